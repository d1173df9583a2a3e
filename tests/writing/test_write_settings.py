"""Settings of a write step."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ledgerflow.apis.quickbooks.write.settings import QuickBooksWrite


def test_references_may_be_a_list_of_fields() -> None:
    given = QuickBooksWrite.model_validate({"references": ["CustomerRef"], "group_by": "Number"})
    assert given.references == {"CustomerRef": None}
    assert given.group_by == ("Number",)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"operation": "upsert"}, "Input should be 'create' or 'update'"),
        ({"operation": "update", "on_existing": "skip"}, "on_existing belongs to operation: create"),
        ({"on_existing": "skip"}, "on_existing needs a key"),
        ({"on_missing": "create"}, "on_missing belongs to operation: update"),
        ({"referenses": {}}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_do_not_belong_together_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        QuickBooksWrite.model_validate(settings)
