"""Lands the api reads of a flow side by side, and makes relations of what landed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from ledgerflow.core.calls import Caller
from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded
from ledgerflow.core.progress import Progress
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.engine.relation import Relation
from ledgerflow.engine.typed_scan import typed_scan
from ledgerflow.runner.targets import ApiRead, ApiWrite
from ledgerflow.runner.workspace import Connection, Workspace

if TYPE_CHECKING:
    from ledgerflow.store.landing import Landing

_MOST_NAMED = 12


class Callers:
    """The callers of one run: one per connection and company, opened when first needed."""

    def __init__(
        self, workspace: Workspace, *, company: str | None, run_id: str | None, say: Callable[[str], None]
    ) -> None:
        """`company` is the run's own, which steps that name none are for; `say` is told of long waits."""
        self._say = say
        self._workspace = workspace
        self._company = company
        self._run_id = run_id
        self._open: dict[tuple[str, str], Caller] = {}
        self._stack = AsyncExitStack()
        self._one_at_a_time = asyncio.Lock()

    async def of(self, connection: Connection, company: str | None) -> Caller:
        """The caller for a step; its own `company` goes before the run's."""
        called = self._workspace.company_for(connection, company or self._company)
        async with self._one_at_a_time:
            key = (connection.name, called)
            if key not in self._open:
                caller = self._workspace.caller(connection.name, called, run_id=self._run_id, say=self._say)
                self._open[key] = await self._stack.enter_async_context(caller)
            return self._open[key]

    async def close(self) -> None:
        """Close them all."""
        await self._stack.aclose()


@asynccontextmanager
async def callers(
    workspace: Workspace, *, company: str | None, run_id: str | None, say: Callable[[str], None]
) -> AsyncIterator[Callers]:
    """Callers that are closed at the end."""
    opened = Callers(workspace, company=company, run_id=run_id, say=say)
    try:
        yield opened
    finally:
        await opened.close()


def companies_of(
    workspace: Workspace, targets: Mapping[str, ApiRead | ApiWrite], company: str | None
) -> dict[str, str]:
    """The company that each step is for, by step.

    Raises:
        ReconnectNeeded: a connection is not authorized.
        InputRefused: there are several companies and none was named.
    """
    return {
        name: workspace.company_for(target.connection, target.company or company) for name, target in targets.items()
    }


async def land_side_by_side(
    reads: Mapping[str, ApiRead],
    calling: Callers,
    landings: Mapping[str, Landing],
    *,
    progress: Progress,
    landed: Callable[[str], None] = lambda _: None,
) -> None:
    """Land every read. Pages that are there are not fetched again; `landed` hears of each step that is complete.

    Raises:
        LedgerflowError: the most telling of what went wrong; what landed stays.
    """

    async def land(name: str, read: ApiRead) -> None:
        caller = await calling.of(read.connection, read.company)
        await read.source.land(caller, landings[name], progress)
        landed(name)

    try:
        async with asyncio.TaskGroup() as group:
            for name, read in reads.items():
                group.create_task(land(name, read))
    except BaseExceptionGroup as several:
        raise most_telling(several) from several


async def relation_of(
    engine: DuckEngine, name: str, read: ApiRead, landing: Landing, *, columns: Collection[str] | None = None
) -> Relation:
    """What landed as rows: declared types joined with what is there; departures are noted. `columns` narrows it."""
    narrowed = sorted(columns) if columns is not None else None
    scan = await engine.use(
        lambda connection: typed_scan(connection, landing.files(), read.source.schema, columns=narrowed)
    )
    notes = [f"{name}: {note}" for note in scan.notes]
    if scan.undeclared and read.source.schema is not None:
        named = ", ".join(scan.undeclared[:_MOST_NAMED])
        more = f" and {len(scan.undeclared) - _MOST_NAMED} more" if len(scan.undeclared) > _MOST_NAMED else ""
        notes.append(f"{name}: fields that the definition does not know, kept as they are: {named}{more}.")
    return Relation(query=scan.query, schema=scan.schema, notes=tuple(notes))


def most_telling(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of errors that came together, the one that a person has to act on first; bugs go before everything."""
    flat = list(_flat(several))
    bugs = [error for error in flat if not isinstance(error, LedgerflowError)]
    for kind in (ReconnectNeeded, InputRefused, LedgerflowError):
        found = [error for error in flat if isinstance(error, kind)]
        if found and not bugs:
            return found[0]
    return bugs[0]


def _flat(several: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in several.exceptions:
        found.extend(_flat(error) if isinstance(error, BaseExceptionGroup) else [error])
    return found
