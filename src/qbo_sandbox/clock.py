"""The sandbox clock: real time that can be moved, so that a token ages 100 days in one call."""

from datetime import UTC, datetime, timedelta


class Clock:
    """UTC time that runs on with the real clock, plus an offset that can be changed."""

    def __init__(self, *, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset

    @property
    def offset(self) -> timedelta:
        """How far this clock is ahead of the real one; negative when it is behind."""
        return self._offset

    def now(self) -> datetime:
        """The sandbox time, zoned UTC."""
        return datetime.now(UTC) + self._offset

    def advance(self, step: timedelta) -> None:
        """Move the clock by `step`; it keeps running from there."""
        self._offset += step

    def set(self, moment: datetime) -> None:
        """Make `moment` (zoned) the present; the clock keeps running from there.

        Raises:
            ValueError: `moment` has no time zone, so which instant it means is unknown.
        """
        if moment.tzinfo is None:
            raise ValueError(f"the clock needs a moment with a time zone, got {moment.isoformat()}")
        self._offset = moment - datetime.now(UTC)
