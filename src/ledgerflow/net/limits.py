"""How fast calls may start: a sliding window per second and per minute, a number in flight, and pauses asked for."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ledgerflow.core.connection import Limits

Clock = Callable[[], float]
"""Seconds that only ever grow; their zero means nothing."""
Sleep = Callable[[float], Awaitable[None]]


class Window:
    """At most `calls` starts in any stretch of `seconds`. A rate below one call per stretch makes the stretch longer.

    Pure bookkeeping: it is told the time and never waits.
    """

    def __init__(self, *, calls: float, seconds: float) -> None:
        self._calls = max(1, int(calls))
        self._seconds = seconds if calls >= 1 else seconds / calls
        self._starts: deque[float] = deque()

    def earliest(self, now: float) -> float:
        """When the next call may start: `now`, or later."""
        while self._starts and self._starts[0] + self._seconds <= now:
            self._starts.popleft()
        return now if len(self._starts) < self._calls else self._starts[0] + self._seconds

    def start(self, now: float) -> None:
        """Write down a call that starts at `now`."""
        self._starts.append(now)


class Pace:
    """The limits of one company, shared by everything in this process that calls for it."""

    def __init__(self, limits: Limits, *, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._windows = (
            Window(calls=limits.per_second, seconds=1.0),
            Window(calls=limits.per_minute, seconds=60.0),
        )
        self._in_flight = asyncio.Semaphore(limits.in_flight)
        self._turn = asyncio.Lock()
        self._not_before = float("-inf")
        self._clock = clock
        self._sleep = sleep

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a free place and for the turn to start; calls start in the order in which they asked."""
        async with self._in_flight:
            async with self._turn:
                while (wait_s := self._earliest() - self._clock()) > 0:
                    await self._sleep(wait_s)
                now = self._clock()
                for window in self._windows:
                    window.start(now)
            yield

    def hold(self, seconds: float) -> None:
        """Let nothing start for so long; a shorter hold never ends a longer one."""
        self._not_before = max(self._not_before, self._clock() + seconds)

    def _earliest(self) -> float:
        now = self._clock()
        return max(self._not_before, *(window.earliest(now) for window in self._windows))
