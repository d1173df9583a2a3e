"""What a file destination promises: batches in, one whole file at commit, nothing at all before."""

from __future__ import annotations

import asyncio
import os
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from ledgerflow.core.destination import Written
from ledgerflow.core.documents import FileModel
from ledgerflow.core.errors import InputRefused

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTarget:
    """A file to write. `place` is how people call it (`out/overdue.csv`), `where` the key of the flow that names it;
    run and step tell one write from another."""

    path: Path
    place: str
    where: str
    run_id: str = ""
    step: str = ""

    def refused(self, what: str, next_step: str) -> InputRefused:
        """An error about this file."""
        return InputRefused(what, where=self.where, next_step=next_step)


class FileDestination(ABC):
    """Base of the kinds of files that can be written; a `core.destination.Destination`.

    A subclass writes in four blocking methods, which run on one thread of their own, one after the other. The base
    class sees to the rest: the file is written beside its place and takes it in one step at `commit`.
    """

    endings: ClassVar[tuple[str, ...]]
    settings_class: ClassVar[type[FileModel]]
    """The keys of a write step that belong to this kind of file."""
    shared: ClassVar[bool] = False
    """May several steps write to one file, as into several tables of a database?"""

    def __init__(self, target: FileTarget, settings: FileModel) -> None:
        self.target = target
        self.settings = settings
        self.rows = 0
        self.notes: list[str] = []
        self.beside = target.path.with_name(f".{target.path.name}.{uuid.uuid4().hex}.part")
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"write-{target.step}")

    async def open(self, schema: pa.Schema) -> None:
        """Get ready for batches of this schema.

        Raises:
            InputRefused: the place cannot be written.
        """
        await self._on_thread(lambda: self._started(schema))

    async def write_batch(self, batch: pa.RecordBatch) -> None:
        """Take in rows. Batches stay in their order."""
        await self._on_thread(lambda: self.write(batch))
        self.rows += batch.num_rows

    async def commit(self) -> Written:
        """Put everything in its place, in one step."""
        await self._on_thread(self._committed)
        self._thread.shutdown(wait=False)
        return Written(rows=self.rows, place=self.place, notes=tuple(self.notes))

    async def abort(self) -> None:
        """Leave everything as it was before `open`."""
        await self._on_thread(self._aborted)
        self._thread.shutdown(wait=False)

    @property
    def place(self) -> str:
        """Where the rows are, for people."""
        return self.target.place

    @abstractmethod
    def start(self, schema: pa.Schema) -> None:
        """Open `self.beside` for writing."""

    @abstractmethod
    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of a batch."""

    @abstractmethod
    def finish(self) -> None:
        """Close what `start` opened; `self.beside` is whole."""

    @abstractmethod
    def discard(self) -> None:
        """Close what `start` opened, whatever state it is in; called also when `start` failed halfway."""

    def put_in_place(self) -> None:
        """Force the file to the disk and let it take its place."""
        handle = os.open(self.beside, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(self.beside, self.target.path)

    def _started(self, schema: pa.Schema) -> None:
        folder = self.target.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if self.target.path.is_dir():
                raise self.target.refused(f"{self.target.place} is a folder.", "Name a file in it.")
            for leftover in folder.glob(f".{self.target.path.name}.*.part"):  # what a killed run was writing
                leftover.unlink(missing_ok=True)
            self.start(schema)
        except OSError as error:
            raise self._unwritable(error) from error

    def _committed(self) -> None:
        try:
            self.finish()
            self.put_in_place()
        except OSError as error:
            raise self._unwritable(error) from error

    def _aborted(self) -> None:
        try:
            self.discard()
        finally:
            self.beside.unlink(missing_ok=True)

    def _unwritable(self, error: OSError) -> InputRefused:
        return self.target.refused(
            f"{self.target.place} cannot be written: {error.strerror or error}.",
            "Make room or give this user the right to write there, then run it again.",
        )

    async def _on_thread(self, work: Callable[[], T]) -> T:
        """Run `work` after everything given before. A cancelled caller leaves at once; `abort` then comes after it."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
