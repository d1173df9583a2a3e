"""How long is waited before a call is sent again, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerflow.net.retry import RetryRule, retry_after_s

RULE = RetryRule(within_s=300)


@given(tries=st.integers(1, 200), share=st.floats(0, 0.999))
def test_waits_double_up_to_a_minute_and_half_of_each_is_chance(tries: int, share: float) -> None:
    wait = RULE.wait_s(tries, asked_s=None, share=lambda: share)

    full = min(60.0, 0.5 * 2.0 ** min(tries - 1, 30))
    assert full / 2 <= wait <= full


def test_the_first_waits_are_short() -> None:
    assert [RULE.wait_s(tries, asked_s=None, share=lambda: 1.0) for tries in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 4.0]


@given(asked=st.floats(0, 3600), share=st.floats(0, 1))
def test_what_the_server_asks_for_is_kept_to(asked: float, share: float) -> None:
    wait = RULE.wait_s(1, asked_s=asked, share=lambda: share)

    assert asked <= wait <= asked + 1


@given(waits=st.lists(st.floats(0, 100), max_size=30), within=st.floats(0, 500))
def test_the_last_try_starts_within_the_budget(waits: list[float], within: float) -> None:
    rule, spent = RetryRule(within_s=within), 0.0
    for wait in waits:
        if rule.may_wait(wait, spent_s=spent):
            spent += wait

    assert spent <= within


NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Mon, 23 Nov 2026 12:01:30 GMT", 90.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, now=NOW) == seconds
