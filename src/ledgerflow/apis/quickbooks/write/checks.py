"""Judges documents before anything is sent: by the facts about QuickBooks, and against each other."""

from __future__ import annotations

from typing import Any, Literal

from ledgerflow.apis.quickbooks.write.bodies import Document, Reason
from ledgerflow.apis.quickbooks.write.references import folded, spoken
from qbo_facts.check import check_body
from qbo_facts.model import Entity

_BY_NUMBER = "DocNumber"
_WHOSE = ("VendorRef", "ParentRef")
"""Bills are numbered per vendor, and items, accounts, classes and departments are named per parent."""

_WRITTEN_AS = {"FullyQualifiedName": "Name"}
"""QuickBooks makes the full name of the name and those of its parents."""


def faults_of(
    entity: Entity, body: dict[str, Any], *, operation: Literal["create", "update", "sparse"]
) -> list[Reason]:
    """What QuickBooks would refuse in `body`, in plain words."""
    return [Reason(text=violation.sentence()) for violation in check_body(entity, body, operation=operation)]


class Duplicates:
    """Remembers what was seen, and finds documents that would be the same record as an earlier one."""

    def __init__(self, entity: Entity, *, numbers_may_repeat: bool, grouped: bool) -> None:
        self._entity = entity
        self._grouped = grouped
        fields = (
            []
            if entity.unique_names is None
            else [_WRITTEN_AS.get(entity.unique_names.field, entity.unique_names.field)]
        )
        if _BY_NUMBER in entity.fields and not numbers_may_repeat:
            fields.append(_BY_NUMBER)
        self._fields = fields
        self._seen: dict[tuple[str, ...], int] = {}

    def of_new(self, document: Document) -> Reason | None:
        """Why this new record would be one too many, or None. The first of its kind is remembered."""
        for field in self._fields:
            value = document.body.get(field)
            if not isinstance(value, str):
                continue
            first = self._first((field, folded(value), *self._whose(document, field)), document)
            if first is not None:
                hint = ""
                if field == _BY_NUMBER and not self._grouped:
                    hint = f" To make one {spoken(self._entity.name)} of several rows, name the column in group_by."
                return Reason(text=f"Row {first} has the {field} “{value}” already.{hint}")
        return None

    def of_changed(self, document: Document, record_id: str) -> Reason | None:
        """Why this change cannot go along with an earlier one of the same record, or None."""
        first = self._first(("Id", record_id), document)
        if first is None:
            return None
        return Reason(text=f"Row {first} changes the same {spoken(self._entity.name)} (Id {record_id}).")

    def _first(self, key: tuple[str, ...], document: Document) -> int | None:
        row = document.rows[0]
        first = self._seen.setdefault(key, row)
        return first if first != row else None

    def _whose(self, document: Document, field: str) -> list[str]:
        if field == "DisplayName":
            return []
        owners = [document.body.get(name) for name in _WHOSE]
        return [str(owner.get("value")) if isinstance(owner, dict) else "" for owner in owners]
