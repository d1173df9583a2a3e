"""What every file destination shares: Arrow batches in, work on a thread, the file in its place only at the end."""

from __future__ import annotations

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from ledgerflow.core.destination import Written
from ledgerflow.core.documents import FileModel

if TYPE_CHECKING:
    import pyarrow as pa


class FileSettings(FileModel):
    """The keys of a write step that only this kind of file has; none by default."""


class FileDestination(ABC):
    """One file being written. Blocking work runs on a thread; the file appears, whole, at `commit`."""

    extensions: ClassVar[tuple[str, ...]]
    settings_model: ClassVar[type[FileSettings]] = FileSettings

    def __init__(self, path: Path, *, shown: str, settings: FileSettings) -> None:
        """`shown` is the path as people know it, relative to the project."""
        self.path = path
        self.shown = shown
        self.settings = settings
        self.rows = 0
        self.part = path.with_name(f".{path.name}.{os.getpid()}.part")

    async def open(self, schema: pa.Schema) -> None:
        """Begin; `schema` holds for every batch."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(self._open, schema)

    async def write_batch(self, batch: pa.RecordBatch) -> None:
        """Write the next rows."""
        await asyncio.to_thread(self._write, batch)
        self.rows += batch.num_rows

    async def commit(self) -> Written:
        """Put the finished file in its place."""
        await asyncio.to_thread(self._finish)
        return Written(rows=self.rows, place=self.place)

    async def abort(self) -> None:
        """Leave what stood there before as it was."""
        await asyncio.to_thread(self._give_up)

    @property
    def place(self) -> str:
        """Where the rows are, for people."""
        return self.shown

    @abstractmethod
    def _open(self, schema: pa.Schema) -> None: ...

    @abstractmethod
    def _write(self, batch: pa.RecordBatch) -> None: ...

    @abstractmethod
    def _close(self) -> None:
        """Finish the part file. Called once, by commit or abort; must bear being called before `open`."""

    def _finish(self) -> None:
        self._close()
        with self.part.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(self.part, self.path)

    def _give_up(self) -> None:
        try:
            self._close()
        finally:
            self.part.unlink(missing_ok=True)


def nested_as_json(schema: pa.Schema) -> tuple[pa.Schema, Callable[[pa.RecordBatch], pa.RecordBatch]]:
    """For files without nested columns: the schema with those as text, and the change of a batch to it.

    Decimals inside stay exact JSON numbers.
    """
    import pyarrow as pa

    nested = [index for index, field in enumerate(schema) if pa.types.is_nested(field.type)]
    flat = schema
    for index in nested:
        flat = flat.set(index, pa.field(schema.field(index).name, pa.string()))
    encoder = msgspec.json.Encoder(decimal_format="number")

    def change(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = list(batch.columns)
        for index in nested:
            texts = [
                None if value is None else encoder.encode(_short_decimals(value)).decode()
                for value in columns[index].to_pylist()
            ]
            columns[index] = pa.array(texts, pa.string())
        return pa.RecordBatch.from_arrays(columns, schema=flat)

    return flat, change


def short_decimal(value: Decimal) -> Decimal:
    """The same number without the zeros that only its column's type put behind it: 12.500000000 is 12.5."""
    whole = value.to_integral_value()
    return whole if value == whole else value.normalize()


def _short_decimals(value: Any) -> Any:
    if isinstance(value, Decimal):
        return short_decimal(value)
    if isinstance(value, dict):
        return {key: _short_decimals(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_short_decimals(inner) for inner in value]
    return value
