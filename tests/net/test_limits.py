"""Calls never start faster than the limits say, whatever the pattern of asking."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerflow.core.connection import Limits
from ledgerflow.net.limits import Pace, Window


class VirtualTime:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def starts_of(limits: Limits, waits: list[float]) -> list[float]:
    """When calls start that are asked for one after the other with `waits` between."""
    time = VirtualTime()
    starts: list[float] = []

    async def call_all() -> None:
        pace = Pace(limits, clock=time.clock, sleep=time.sleep)
        for wait in waits:
            time.now += wait
            async with pace.slot():
                starts.append(time.now)

    asyncio.run(call_all())
    return starts


@settings(deadline=None)
@given(
    per_second=st.sampled_from([0.5, 1.0, 2.0, 3.0, 10.0]),
    per_minute=st.sampled_from([0.5, 5.0, 30.0, 500.0]),
    waits=st.lists(st.sampled_from([0.0, 0.0, 0.05, 0.3, 1.0, 20.0]), max_size=80),
)
def test_no_stretch_of_time_holds_more_starts_than_allowed(
    per_second: float, per_minute: float, waits: list[float]
) -> None:
    starts = starts_of(Limits(per_second=per_second, per_minute=per_minute), waits)

    assert len(starts) == len(waits)
    for rate, seconds in ((per_second, 1.0), (per_minute, 60.0)):
        calls, stretch = (max(1, int(rate)), seconds if rate >= 1 else seconds / rate)
        for first, last in zip(starts, starts[calls:], strict=False):
            assert last - first >= stretch - 1e-6


def test_calls_within_the_limits_do_not_wait() -> None:
    starts = starts_of(Limits(per_second=10, per_minute=500), [0.125] * 50)

    assert starts == [1000.0 + 0.125 * number for number in range(1, 51)]


def test_no_more_calls_are_under_way_than_allowed() -> None:
    async def most_at_once() -> int:
        pace = Pace(Limits(per_second=1000, per_minute=100_000, in_flight=3))
        under_way = most = 0

        async def call() -> None:
            nonlocal under_way, most
            async with pace.slot():
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(0.001)
                under_way -= 1

        await asyncio.gather(*(call() for _ in range(20)))
        return most

    assert asyncio.run(most_at_once()) == 3


def test_a_hold_keeps_everybody_waiting_and_a_shorter_one_does_not_end_it() -> None:
    time = VirtualTime()

    async def held() -> float:
        pace = Pace(Limits(), clock=time.clock, sleep=time.sleep)
        pace.hold(60)
        pace.hold(5)
        async with pace.slot():
            return time.now

    assert asyncio.run(held()) == 1060.0


def test_a_caller_that_gives_up_frees_its_place() -> None:
    async def after_one_gave_up() -> bool:
        pace = Pace(Limits(per_second=1000, per_minute=100_000, in_flight=1))
        async with pace.slot():
            waiting = asyncio.create_task(pace.slot().__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
        async with asyncio.timeout(1), pace.slot():
            return True

    assert asyncio.run(after_one_gave_up())


def test_a_rate_below_one_makes_the_stretch_longer() -> None:
    window = Window(calls=0.5, seconds=1.0)
    window.start(10.0)

    assert window.earliest(10.5) == 12.0
    assert window.earliest(12.5) == 12.5
