"""Chance that comes out the same for the same seed on every machine and Python version."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


class Chance:
    """A stream of choices for one topic; streams of different topics do not disturb each other.

    Only `random()` and `getrandbits()` are used, because Python promises nothing about the other methods.
    """

    def __init__(self, seed: int, topic: str) -> None:
        source = random.Random(f"{seed}/{topic}")
        self.bits = source.getrandbits
        self._random = source.random

    def below(self, limit: int) -> int:
        """A whole number from 0 up to, not including, `limit`."""
        return int(self._random() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both possible."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, things: Sequence[Thing]) -> Thing:
        return things[int(self._random() * len(things))]

    def happens(self, percent: float) -> bool:
        return self._random() * 100 < percent
