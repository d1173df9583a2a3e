"""The reference of steps is made from the steps, and is the one that is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledgerflow.actions.step_reference import explain_steps, steps_page
from ledgerflow.core.errors import InputRefused
from ledgerflow.steps import all_steps

PUBLISHED = Path(__file__).parents[2] / "docs" / "steps.md"


def test_the_published_page_is_the_one_the_code_makes() -> None:
    """Out of date? `ledgerflow steps > docs/steps.md`."""
    assert PUBLISHED.read_text(encoding="utf-8").strip() == steps_page(explain_steps()).strip()


def test_every_step_says_what_it_does_and_what_each_key_is_for() -> None:
    for step in explain_steps():
        assert step["does"][0].endswith(".")
        assert all(key["description"].endswith(".") for key in step["keys"].values()), step["kind"]
    assert [step["kind"] for step in explain_steps()] == list(all_steps())


def test_an_unknown_kind_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputRefused, match="Did you mean 'filter'"):
        explain_steps("fliter")
