"""When a refused or lost call is sent again, and when it is given up: pure rules."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """How patient to be. `within_s` bounds the time from the first try to the start of the last one."""

    within_s: float
    first_wait_s: float = FIRST_WAIT_S
    longest_wait_s: float = LONGEST_WAIT_S

    def wait_s(self, tries: int, *, asked_s: float | None, share: Callable[[], float] = random.random) -> float:
        """How long to wait after so many tries.

        `asked_s` is what the server asked for; it is kept to, with a little on top so that many waiting callers do
        not come back at one moment. Without it the wait doubles with each try, and half of it is left to chance.
        `share` gives numbers from 0 up to 1.
        """
        if asked_s is not None:
            return asked_s + share() * min(1.0, asked_s / 10)
        full = min(self.longest_wait_s, self.first_wait_s * 2.0 ** min(tries - 1, 30))
        return full / 2 + share() * full / 2

    def may_wait(self, wait_s: float, *, spent_s: float) -> bool:
        """Is there time left for such a wait, after `spent_s` since the first try?"""
        return spent_s + wait_s <= self.within_s


def retry_after_s(header: str | None, *, now: datetime | None = None) -> float | None:
    """The seconds that a `Retry-After` header asks for, in either of its forms; None when it says nothing usable."""
    if not header:
        return None
    text = header.strip()
    if text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())
