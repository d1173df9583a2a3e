"""How long work tells that it is alive, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A listener. `task` is a short name shown to people; counts are in the unit named by `unit`."""

    def start(self, task: str, *, total: int | None, unit: str) -> None: ...

    def advance(self, task: str, count: int = 1) -> None: ...

    def finish(self, task: str) -> None: ...

    def note(self, text: str) -> None: ...


class Quiet:
    """A listener that says nothing."""

    def start(self, task: str, *, total: int | None, unit: str) -> None:
        """Ignore it."""

    def advance(self, task: str, count: int = 1) -> None:
        """Ignore it."""

    def finish(self, task: str) -> None:
        """Ignore it."""

    def note(self, text: str) -> None:
        """Ignore it."""
