"""US Pacific time, in which QuickBooks Online writes its times, without needing a time-zone database."""

from datetime import UTC, date, datetime, timedelta, timezone

_STANDARD = timezone(timedelta(hours=-8))
_DAYLIGHT = timezone(timedelta(hours=-7))


def pacific(moment: datetime) -> datetime:
    """The same instant with the Pacific offset of that day.

    Daylight time runs from the second Sunday of March to the first Sunday of November, 2 o'clock local time
    (United States law since 2007; earlier years are read by the same rule).
    """
    year = moment.astimezone(_STANDARD).year
    begins = _sunday(year, 3, 2, hour=10)  # 2:00 at -08:00
    ends = _sunday(year, 11, 1, hour=9)  # 2:00 at -07:00
    return moment.astimezone(_DAYLIGHT if begins <= moment < ends else _STANDARD)


def pacific_date(moment: datetime) -> date:
    """The day it is in a company at this instant."""
    return pacific(moment).date()


def from_pacific_clock(reading: datetime) -> datetime:
    """The instant at which a wall clock in the Pacific zone shows `reading` (naive)."""
    guess = pacific(reading.replace(tzinfo=_STANDARD))
    return reading.replace(tzinfo=guess.tzinfo)


def time_stamp(moment: datetime) -> str:
    """As in MetaData: whole seconds and offset, `2026-11-02T09:15:00-08:00`."""
    return pacific(moment).isoformat(timespec="seconds")


def envelope_time(moment: datetime) -> str:
    """As beside an answer: with milliseconds, `2026-11-02T09:15:00.412-08:00`."""
    return pacific(moment).isoformat(timespec="milliseconds")


def _sunday(year: int, month: int, which: int, *, hour: int) -> datetime:
    first = datetime(year, month, 1, hour, tzinfo=UTC)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))
