"""The Pacific clock without a time-zone database, held against one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from qbo_sandbox.query.pacific import envelope_time, from_pacific_clock, pacific, time_stamp

moments = st.integers(0, 38 * 365 * 86_400).map(lambda second: datetime(2008, 1, 1, tzinfo=UTC) + timedelta(0, second))


@given(moment=moments)
@example(moment=datetime(2026, 3, 8, 9, 59, 59, tzinfo=UTC))
@example(moment=datetime(2026, 3, 8, 10, 0, tzinfo=UTC))
@example(moment=datetime(2026, 11, 1, 8, 59, 59, tzinfo=UTC))
@example(moment=datetime(2026, 11, 1, 9, 0, tzinfo=UTC))
def test_every_instant_has_the_offset_of_los_angeles(moment: datetime) -> None:
    assert pacific(moment).utcoffset() == moment.astimezone(ZoneInfo("America/Los_Angeles")).utcoffset()


@given(moment=moments)
def test_a_reading_of_the_wall_clock_shows_that_time_on_it(moment: datetime) -> None:
    reading = pacific(moment).replace(tzinfo=None)
    instant = from_pacific_clock(reading)
    assert instant.replace(tzinfo=None) == reading
    assert abs((instant - moment).total_seconds()) in (0, 3600)  # the hour that comes twice in autumn


def test_records_carry_whole_seconds_and_envelopes_milliseconds() -> None:
    moment = datetime(2026, 11, 2, 17, 15, 0, 412_345, tzinfo=UTC)
    assert time_stamp(moment) == "2026-11-02T09:15:00-08:00"
    assert envelope_time(moment) == "2026-11-02T09:15:00.412-08:00"
