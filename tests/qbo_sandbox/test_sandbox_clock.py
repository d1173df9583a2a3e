"""The sandbox clock."""

from datetime import UTC, datetime, timedelta

import pytest

from qbo_sandbox.clock import Clock


def test_the_clock_runs_with_the_real_one_until_it_is_moved() -> None:
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_an_advanced_clock_keeps_running_from_its_new_time() -> None:
    clock = Clock()
    clock.advance(timedelta(days=100))
    first, second = clock.now(), clock.now()
    assert abs(first - datetime.now(UTC) - timedelta(days=100)) < timedelta(seconds=1)
    assert second >= first


def test_a_clock_set_to_a_moment_is_there_in_utc() -> None:
    clock = Clock()
    clock.set(datetime.fromisoformat("2027-02-01T00:00:00-08:00"))
    assert abs(clock.now() - datetime(2027, 2, 1, 8, tzinfo=UTC)) < timedelta(seconds=1)
    assert clock.now().tzinfo is UTC


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Clock().set(datetime(2027, 2, 1))  # noqa: DTZ001
