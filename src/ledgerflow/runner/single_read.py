"""Read one resource outside a flow: landed, typed, and ready as a query in the engine."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from ledgerflow.apis.contract import ReadRequest
from ledgerflow.core.errors import InputRefused
from ledgerflow.core.names import FILES, ResourceName
from ledgerflow.core.progress import Progress
from ledgerflow.runner.sources import source_for
from ledgerflow.store.landing import Landing

if TYPE_CHECKING:
    from ledgerflow.apis.contract import PageSink
    from ledgerflow.core.schema import Schema
    from ledgerflow.engine.duck import DuckEngine
    from ledgerflow.engine.typed_scan import TypedScan
    from ledgerflow.runner.workspace import Workspace
    from ledgerflow.store.meter import Spent

CARRY_ON_WITHIN_S = 3600.0
"""A read that was cut off is carried on when its last page is no older; an older one would mix two times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedRead:
    """A resource that has been read and lies in `landing`. `spent` is what that cost, including an earlier try that it
    carried on."""

    resource: str
    company: str
    schema: Schema | None
    landing: Landing
    spent: Spent

    @property
    def rows(self) -> int:
        return self.landing.rows


@asynccontextmanager
async def landed_read(
    workspace: Workspace,
    request: ReadRequest,
    *,
    company: str | None,
    progress: Progress,
    sink: PageSink | None = None,
    where: str,
) -> AsyncIterator[LandedRead]:
    """Read a resource (`request.resource` with its connection in front); what landed is there until the block ends.

    `sink` is handed the pages on their way, so that they can be written while the rest is read.

    Raises:
        InputRefused: the name, condition or values are wrong; placed at `where`.
        ReconnectNeeded, RetryLater: as `Caller.send` raises them.
    """
    name = _resource_name(request.resource, where)
    connection = workspace.connection(name.connection)
    inner = ReadRequest(
        resource=name.resource,
        where=request.where,
        parameters=request.parameters,
        limit_rows=request.limit_rows,
    )
    source = source_for(connection, inner, where=where)
    called = workspace.company_for(connection, company)
    with _landing(workspace, request, called, progress) as landing:
        run_id = landing.recall("run_id") or f"read-{uuid.uuid4()}"
        landing.remember("run_id", run_id)
        async with workspace.caller(connection.name, called, run_id=run_id, say=progress.note) as caller:
            await source.land(caller, landing, progress, sink=sink)
        yield LandedRead(
            resource=str(name),
            company=called,
            schema=source.schema,
            landing=landing,
            spent=workspace.meter.spent(run_id=run_id),
        )


@asynccontextmanager
async def opened(landed: LandedRead) -> AsyncIterator[tuple[DuckEngine, TypedScan]]:
    """An engine that reads what landed, and the query that gives the rows in it."""
    from ledgerflow.engine.duck import DuckEngine
    from ledgerflow.engine.typed_scan import typed_scan

    files = landed.landing.files()
    async with DuckEngine(readable=[landed.landing.folder]) as engine:
        yield engine, await engine.use(lambda connection: typed_scan(connection, files, landed.schema))


def _resource_name(text: str, where: str) -> ResourceName:
    try:
        name = ResourceName.parse(text)
    except ValueError as error:
        raise InputRefused(str(error), where=where, next_step="Write it as quickbooks.Invoice.") from error
    if name.connection == FILES:
        raise InputRefused(
            "Files are read by flows.",
            where=where,
            next_step=f"Use a step `read: {text}` in a flow, or name a resource of a connection.",
        )
    return name


@contextmanager
def _landing(workspace: Workspace, request: ReadRequest, company: str, progress: Progress) -> Iterator[Landing]:
    """Where the pages go: one place for the same read, so that it is carried on when it was cut off, and gone when it
    is done. While another process does the same read, a place of its own."""
    wish = [request.resource, request.where, sorted(request.parameters.items()), request.limit_rows, company]
    digest = hashlib.sha256(json.dumps(wish).encode()).hexdigest()[:24]
    folder = workspace.files.state_folder() / "landing" / "reads"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{digest}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        digest = uuid.uuid4().hex
        lock = FileLock(folder / f"{digest}.lock")
        lock.acquire(timeout=0)
    try:
        _forget_old(folder)
        place = folder / digest
        landing = Landing(place)
        if landing.rows:
            progress.note(f"Carrying on a read that was cut off: {landing.rows:,} rows are here already.")
        yield landing
        shutil.rmtree(place)  # only a read that came to its end is forgotten
        (folder / f"{digest}.lock").unlink(missing_ok=True)
    finally:
        lock.release()


def _forget_old(folder: Path) -> None:
    """Remove what cut-off reads left behind, once it is too old to be carried on."""
    for place in folder.iterdir():
        if place.is_dir() and time.time() - _last_change(place) > CARRY_ON_WITHIN_S:
            shutil.rmtree(place, ignore_errors=True)
            place.with_suffix(".lock").unlink(missing_ok=True)


def _last_change(folder: Path) -> float:
    return max((path.stat().st_mtime for path in folder.iterdir()), default=folder.stat().st_mtime)
