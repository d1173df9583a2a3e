"""Errors say what, where and what to do next; every class has its exit code."""

from __future__ import annotations

import pytest

from ledgerflow.cli.front import exit_code
from ledgerflow.core.errors import (
    Fault,
    InputRefused,
    LedgerflowError,
    ReconnectNeeded,
    RecordRefused,
    RetryLater,
    nearest_name,
)


def every_error() -> list[type[LedgerflowError]]:
    """All subclasses, however deep."""
    found: list[type[LedgerflowError]] = []
    waiting = [LedgerflowError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            found.append(kind)
            waiting.append(kind)
    return found


def test_every_error_has_an_exit_code_of_its_own_kind() -> None:
    promised = {InputRefused: 2, ReconnectNeeded: 3, RetryLater: 4, RecordRefused: 5}
    for kind in every_error():
        expected = next(code for base, code in promised.items() if issubclass(kind, base))
        assert exit_code(kind("what", where="where", next_step="next")) == expected


@pytest.mark.parametrize(("name", "nearest"), [("invocies", "Invoice"), ("CUSTOMER", "Customer"), ("zzz", None)])
def test_the_nearest_name_is_found_whatever_the_letter_case(name: str, nearest: str | None) -> None:
    assert nearest_name(name, ["Invoice", "Customer"]) == nearest


def test_a_fault_reads_as_a_sentence_with_its_place() -> None:
    fault = Fault(file="flows/a.yaml", line=3, key="steps.x", message="Unknown step 'y'.", nearest="z")
    assert str(fault) == "flows/a.yaml, line 3, key steps.x: Unknown step 'y'. Did you mean 'z'?"
