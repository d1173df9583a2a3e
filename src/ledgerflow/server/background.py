"""Runs that the page began: they go on in the server while nobody waits, and tell how they go."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from ledgerflow.core.errors import LedgerflowError
from ledgerflow.core.progress import Progress

STOP_WITHIN_S = 8.0
"""How long runs get to write down that they were stopped, when the server stops."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something under way; `total` is None while nobody knows it."""

    name: str
    unit: str
    done: int
    total: int | None


class LiveProgress:
    """What a run said last. Threads may tell it; what is finished is dropped."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._lock = threading.Lock()

    def start(self, task: str, *, total: int | None, unit: str) -> None:
        with self._lock:
            self._tasks[task] = Task(name=task, unit=unit, done=0, total=total)

    def advance(self, task: str, count: int = 1) -> None:
        with self._lock:
            if (known := self._tasks.get(task)) is not None:
                self._tasks[task] = replace(known, done=known.done + count)

    def finish(self, task: str) -> None:
        with self._lock:
            self._tasks.pop(task, None)

    def note(self, text: str) -> None:
        """Nothing to keep: a run writes what it says into its own log."""

    def tasks(self) -> tuple[Task, ...]:
        """What is under way now."""
        with self._lock:
            return tuple(self._tasks.values())


Began = Callable[[str], None]
"""Told the id of a run as soon as it has one."""
Work = Callable[[Progress, Began], Coroutine[Any, Any, object]]


class Background:
    """The runs of one server process."""

    def __init__(self) -> None:
        self._working: set[asyncio.Task[object]] = set()
        self._progress: dict[str, LiveProgress] = {}

    async def start(self, work: Work) -> str:
        """Begin a run; its id, as soon as it has one. It goes on by itself, and its record tells how it ended.

        Raises: what kept it from beginning.
        """
        progress = LiveProgress()
        id_known: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def began(run_id: str) -> None:
            self._progress[run_id] = progress
            id_known.set_result(run_id)

        def ended(task: asyncio.Task[object]) -> None:
            self._working.discard(task)
            if not id_known.done():
                return  # the caller is told
            del self._progress[id_known.result()]
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, LedgerflowError):
                _log.error("A run failed by an error of Ledgerflow itself.", exc_info=error)

        task = asyncio.create_task(work(progress, began))
        self._working.add(task)
        task.add_done_callback(ended)
        await asyncio.wait((task, id_known), return_when=asyncio.FIRST_COMPLETED)
        if not id_known.done():
            task.result()
            raise RuntimeError("a run ended without an id")
        return id_known.result()

    def tasks_of(self, run_id: str) -> tuple[Task, ...]:
        """What a run is at; nothing when it ended, or when another process runs it."""
        progress = self._progress.get(run_id)
        return progress.tasks() if progress is not None else ()

    async def stop(self) -> None:
        """Stop every run, so that each writes down that it was stopped and can be carried on."""
        for task in self._working:
            task.cancel()
        if self._working:
            await asyncio.wait(self._working, timeout=STOP_WITHIN_S)
