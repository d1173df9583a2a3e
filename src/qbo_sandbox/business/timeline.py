"""The days a business has lived through, when things happen on them, and the ids they get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

DAYS = 548  # about eighteen months
_OPENS_AT = 8 * 3600
_WORKING_SECONDS = 10 * 3600
_CLOCK = tuple(
    f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    for second in range(_OPENS_AT, _OPENS_AT + _WORKING_SECONDS)
)
_WEEKDAY_WEIGHTS = (100, 110, 105, 105, 95, 20, 5)  # Monday first


class Timeline:
    """Working days up to the one before `now`, as Intuit's Pacific time sees it.

    A day is named by its index from 0. `dates` are texts as in `TxnDate`; longer than the working days by some
    months, so that due dates can be looked up. A day's records are created between 8:00 and 18:00 in order of id.
    """

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("now needs a time zone")
        last = (now.astimezone(UTC) - timedelta(hours=8)).date() - timedelta(days=1)
        self.first = last - timedelta(days=DAYS - 1)
        self.last = last
        self.days = DAYS
        self.dates = [(self.first + timedelta(days=day)).isoformat() for day in range(DAYS + 120)]
        self.weekdays = [(self.first.weekday() + day) % 7 for day in range(DAYS)]
        self._offsets = [_offset(self.first + timedelta(days=day)) for day in range(DAYS)]
        self._first_id = [1] * (DAYS + 1)
        self._starts: dict[str, list[int]] = {}

    def spread(self, count: int, *, growth: float = 0.4) -> list[int]:
        """How many of `count` things fall on each day: more on working days, more as the business grows."""
        weights = [_WEEKDAY_WEIGHTS[self.weekdays[day]] * (1 + growth * day / DAYS) for day in range(DAYS)]
        total = sum(weights)
        counts: list[int] = []
        passed, placed = 0.0, 0
        for weight in weights:
            passed += weight
            upto = int(count * passed / total + 0.5)
            counts.append(upto - placed)
            placed = upto
        counts[-1] += count - placed
        return counts

    def number(self, counts: Mapping[str, Sequence[int]]) -> None:
        """Give out ids: day by day, and within a day kind by kind in the order of `counts`."""
        self._starts = {kind: [] for kind in counts}
        upcoming = 1
        for day in range(DAYS):
            self._first_id[day] = upcoming
            for kind, per_day in counts.items():
                self._starts[kind].append(upcoming)
                upcoming += per_day[day]
        self._first_id[DAYS] = upcoming

    def first_id(self, kind: str, day: int) -> int:
        """The id of the first record of this kind on this day."""
        return self._starts[kind][day]

    def created(self, record_id: int, day: int) -> str:
        """The moment a record of this day was made, as in `MetaData`."""
        start = self._first_id[day]
        in_day = self._first_id[day + 1] - start
        second = (record_id - start) * _WORKING_SECONDS // in_day
        return f"{self.dates[day]}T{_CLOCK[second]}{self._offsets[day]}"

    def before_opening(self, days: int, second: int) -> str:
        """A moment on one of the days before the first, for records that were there from the start."""
        day = self.first - timedelta(days=days)
        return f"{day.isoformat()}T{_CLOCK[second % _WORKING_SECONDS]}{_offset(day)}"

    def day_of_month(self, number: int) -> list[int]:
        """Indexes of the days that are the `number`th of their month."""
        return [day for day in range(DAYS) if int(self.dates[day][8:]) == number]


def _offset(day: date) -> str:
    """Pacific time's offset during working hours. Worked out here, because not every machine has zone data.

    Summer time runs from the second Sunday of March to the first Sunday of November (US law since 2007).
    """
    starts, ends = _sunday_from(date(day.year, 3, 8)), _sunday_from(date(day.year, 11, 1))
    return "-07:00" if starts <= day < ends else "-08:00"


def _sunday_from(day: date) -> date:
    return day + timedelta(days=(6 - day.weekday()) % 7)
