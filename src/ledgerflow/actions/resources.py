"""Read a resource by its name: into a file, a text for the terminal or the pipe, or rows in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ledgerflow.apis.contract import ReadRequest
from ledgerflow.core.progress import Progress
from ledgerflow.destinations import checked_settings, destination_kind
from ledgerflow.destinations.contract import FileTarget
from ledgerflow.runner.direct import DirectWrite
from ledgerflow.runner.pouring import pour
from ledgerflow.runner.single_read import LandedRead, landed_read, opened

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    import pyarrow as pa

    from ledgerflow.apis.contract import PageSink
    from ledgerflow.core.schema import Schema
    from ledgerflow.runner.workspace import Workspace
    from ledgerflow.store.meter import Spent

WHERE = "ledgerflow read"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWish:
    """What is to be read: CONNECTION.RESOURCE, and what narrows it."""

    resource: str
    where: str | None = None
    parameters: Mapping[str, str] | None = None
    company: str | None = None
    limit_rows: int | None = None

    @property
    def request(self) -> ReadRequest:
        return ReadRequest(
            resource=self.resource,
            where=self.where,
            parameters=dict(self.parameters or {}),
            limit_rows=self.limit_rows,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDone:
    """What a read gave. `place` is the file that was written; empty when the rows went elsewhere."""

    resource: str
    company: str
    rows: int
    place: str
    schema: Schema
    notes: Sequence[str]
    spent: Spent

    def as_json(self) -> dict[str, Any]:
        return {
            "resource": self.resource,
            "company": self.company,
            "rows": self.rows,
            "file": self.place or None,
            "columns": {column.name: column.type for column in self.schema},
            "notes": list(self.notes),
            "spent": self.spent.as_json(),
        }


async def read_to_file(workspace: Workspace, wish: ReadWish, to: Path, *, progress: Progress) -> ReadDone:
    """Read into a file whose ending says its kind; it is there whole at the end or not at all.

    Pages are written while the rest is still being read, as long as all have the same columns; else what landed is
    read once more through the engine, which finds columns that hold everything.
    """
    kind = destination_kind(to.name, where=f"{WHERE} --to")
    named = {"table": wish.resource.partition(".")[2]} if "table" in kind.settings_class.model_fields else {}
    settings = checked_settings(kind, named, where=f"{WHERE} --to")
    target = FileTarget(path=Path.cwd() / to, place=str(to), where=f"{WHERE} --to", step="read")
    async with (
        DirectWrite(lambda: kind(target, settings)) as direct,
        _landed(workspace, wish, progress, direct) as read,
    ):
        written = await direct.finish(rows=read.rows)
        if written is not None:
            notes = (*_told(direct.notes, direct.undeclared), *written.notes)
            return _done(read, direct.columns, rows=written.rows, place=written.place, notes=notes)
        task = f"write {to.name}"
        progress.start(task, total=read.rows, unit="rows")
        async with opened(read) as (engine, scan):
            destination = kind(target, settings)
            try:
                async with await engine.stream(scan.sql) as stream:
                    await destination.open(stream.schema)
                    await pour(stream, [destination], advance=lambda rows: progress.advance(task, rows))
                written = await destination.commit()
            except BaseException:
                await destination.abort()
                raise
        progress.finish(task)
        notes = (*_told(scan.notes, scan.undeclared), *written.notes)
        return _done(read, scan.schema, rows=written.rows, place=written.place, notes=notes)


async def read_as_csv(workspace: Workspace, wish: ReadWish, out: BinaryIO, *, progress: Progress) -> ReadDone:
    """Read as CSV into an open stream, such as standard output; nothing is written before everything was read."""
    with tempfile.TemporaryDirectory(dir=workspace.files.state_folder()) as folder:
        file = Path(folder) / "rows.csv"
        done = await read_to_file(workspace, wish, file, progress=progress)
        with file.open("rb") as rows:
            while part := rows.read(1 << 20):
                out.write(part)
        out.flush()
    return ReadDone(
        resource=done.resource,
        company=done.company,
        rows=done.rows,
        place="",
        schema=done.schema,
        notes=done.notes,
        spent=done.spent,
    )


async def read_rows(workspace: Workspace, wish: ReadWish, *, progress: Progress) -> tuple[pa.Table, ReadDone]:
    """Read into an Arrow table in memory."""
    async with _landed(workspace, wish, progress) as read, opened(read) as (engine, scan):
        table = await engine.table(scan.sql)
        notes = _told(scan.notes, scan.undeclared)
        return table, _done(read, scan.schema, rows=table.num_rows, place="", notes=notes)


def rows_as_json(table: pa.Table) -> bytes:
    """Rows as a JSON array of objects: decimals are numbers with every digit that counts, days and times ISO 8601."""
    import msgspec

    rows = [_plain(row) for row in table.to_pylist()]
    return msgspec.json.Encoder(decimal_format="number").encode(rows)


def _landed(
    workspace: Workspace, wish: ReadWish, progress: Progress, sink: PageSink | None = None
) -> AbstractAsyncContextManager[LandedRead]:
    where = f"{WHERE} {wish.resource}"
    return landed_read(workspace, wish.request, company=wish.company, progress=progress, sink=sink, where=where)


def _done(read: LandedRead, columns: Schema, *, rows: int, place: str, notes: Sequence[str]) -> ReadDone:
    return ReadDone(
        resource=read.resource,
        company=read.company,
        rows=rows,
        place=place,
        schema=columns,
        notes=tuple(notes),
        spent=read.spent,
    )


def _told(notes: Sequence[str], undeclared: Sequence[str]) -> tuple[str, ...]:
    """What people should know about the rows."""
    found = (f"Beyond the declared columns there are: {', '.join(undeclared)}.",) if undeclared else ()
    return (*notes, *found)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        short = value.normalize()
        return short if short.as_tuple().exponent <= 0 else short.quantize(Decimal(1))  # type: ignore[operator]
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
