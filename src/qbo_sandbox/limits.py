"""The published limits of the accounting API, counted in sliding windows of the sandbox clock."""

from collections import defaultdict, deque
from datetime import datetime, timedelta

from qbo_sandbox.settings import LimitSettings

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)


class _Window:
    """The moments of the calls let through in the last `span`."""

    def __init__(self) -> None:
        self._moments: deque[datetime] = deque()

    def count(self, now: datetime, span: timedelta) -> int:
        while self._moments and self._moments[0] <= now - span:
            self._moments.popleft()
        return len(self._moments)

    def add(self, now: datetime) -> None:
        self._moments.append(now)


class Limits:
    """Says whether one more call is let through. A refused call is not counted."""

    def __init__(self, settings: LimitSettings) -> None:
        self._windows: defaultdict[tuple[str, ...], _Window] = defaultdict(_Window)
        self._settings = settings

    @property
    def settings(self) -> LimitSettings:
        return self._settings

    def change(self, settings: LimitSettings) -> None:
        """Count anew under other limits."""
        self._settings = settings
        self._windows.clear()

    def lets_through(self, *, realm_id: str, client_id: str, is_batch: bool, now: datetime) -> bool:
        """Whether this call is within every limit; if so it is counted."""
        if not self._settings.enabled:
            return True
        rules: list[tuple[tuple[str, ...], timedelta, int]] = [
            (("second", realm_id, client_id), _SECOND, self._settings.per_second),
            (("minute", realm_id), _MINUTE, self._settings.per_minute),
        ]
        if is_batch:
            rules.append((("batch", realm_id, client_id), _MINUTE, self._settings.batch_per_minute))
            rules.append((("all batch", realm_id), _MINUTE, self._settings.batch_per_minute_all_apps))
        if any(self._windows[key].count(now, span) >= most for key, span, most in rules):
            return False
        for key, _, _ in rules:
            self._windows[key].add(now)
        return True
