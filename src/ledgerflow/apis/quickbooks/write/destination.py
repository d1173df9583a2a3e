"""QuickBooks as a destination of a flow: rows are taken in, planned as a whole, then sent and answered for."""

from __future__ import annotations

import asyncio
import time
from asyncio import to_thread
from collections.abc import Awaitable, Callable, Sequence

import pyarrow as pa
from pydantic import ValidationError

from ledgerflow.apis.contract import WriteFault, WriteRequest
from ledgerflow.apis.quickbooks.write.gather import Gathered, source_columns
from ledgerflow.apis.quickbooks.write.lookups import Lookups
from ledgerflow.apis.quickbooks.write.plan import WritePlan, check_resource, check_write, plan_write, settings_of
from ledgerflow.apis.quickbooks.write.planner import Planner
from ledgerflow.apis.quickbooks.write.report import report
from ledgerflow.apis.quickbooks.write.sender import Sender
from ledgerflow.apis.quickbooks.write.settings import QuickBooksWrite
from ledgerflow.apis.quickbooks.write.targets import ROW_COLUMN, SOURCE_COLUMN
from ledgerflow.core.calls import Caller
from ledgerflow.core.destination import Written
from ledgerflow.core.errors import Fault, InputRefused
from ledgerflow.core.progress import Progress
from ledgerflow.store.journal import Journal


class QuickBooksDestination:
    """Writes one step's rows into one company.

    Batches have a column per target path, `_row` (the input row, from 1) and `_source` (a struct of the input's own
    columns). Nothing is sent before `commit`. When an earlier try of the same run and step has finished its plan,
    that plan is carried on: `needs_rows` is false after `open`, and rows given nevertheless are passed over.
    """

    def __init__(
        self,
        request: WriteRequest,
        *,
        caller: Caller,
        journal: Journal,
        progress: Progress,
        where: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises InputRefused, placed at `where`, for settings that cannot be. `clock` gives seconds that only grow."""
        self._request = request
        self._settings = _settings(request, where)
        self._caller = caller
        self._journal = journal
        self._progress = progress
        self._where = where
        self._sleep = sleep
        self._clock = clock
        self._plan: WritePlan | None = None
        self._gathered: Gathered | None = None
        self._chunks = 0
        _refuse(check_resource(request.resource, self._settings), where)

    @property
    def needs_rows(self) -> bool:
        """Are rows wanted? Not when a plan from an earlier try is carried on."""
        return self._gathered is not None

    async def open(self, schema: pa.Schema) -> None:
        """Get ready for batches of this schema. Raises InputRefused for columns that cannot be written."""
        columns = [name for name in schema.names if name not in (ROW_COLUMN, SOURCE_COLUMN)]
        source = source_columns(schema)
        _refuse(check_write(self._request.resource, self._settings, columns=columns, source=source), self._where)
        if not columns:
            raise InputRefused(
                f"There is no column to write into {self._request.resource}.",
                where=self._where,
                next_step="Give the step `fields`: the fields to fill, and the column each is filled from.",
            )
        request = self._request
        self._plan = plan_write(
            request.resource,
            self._settings,
            columns=columns,
            run_id=request.run_id,
            step=request.step,
            dry_run=request.dry_run,
        )
        phase = await to_thread(lambda: self._journal.phase)
        if phase in ("planned", "finished") and not await self._was_dry():
            self._progress.note(f"{request.step}: carrying on; what is written already is not sent again.")
            return
        key = self._plan.existing_key
        names_in = dict.fromkeys([*self._plan.references, *([key] if key is not None else [])])
        self._gathered = Gathered(names_in=list(names_in), group_by=self._settings.group_by)
        facts = {"resource": request.resource, "company": self._caller.company, "dry_run": request.dry_run}
        await to_thread(self._journal.begin, facts)

    async def write_batch(self, batch: pa.RecordBatch) -> None:
        """Take rows in."""
        if self._gathered is None:
            return
        for content in await to_thread(lambda: list(self._take(batch))):
            await to_thread(self._journal.add_input, self._chunks, content)
            self._chunks += 1

    async def commit(self) -> Written:
        """Plan, send, and account for every row. Raises what `Caller.send` raises; a later try carries on."""
        assert self._plan is not None, "open comes first"
        lookups = Lookups(self._caller)
        if self._gathered is not None:
            planner = Planner(self._plan, lookups=lookups, journal=self._journal, progress=self._progress)
            await planner.make(self._gathered)
        if not self._plan.dry_run:
            await self._send(self._plan, lookups)
        return await to_thread(report, self._plan, self._journal, place=self._place)

    async def abort(self) -> None:
        """Take nothing back: before `commit` nothing was sent, and what a failed `commit` sent is in the journal."""

    async def _send(self, plan: WritePlan, lookups: Lookups) -> None:
        open_records = await to_thread(self._journal.count_open)
        self._progress.start(plan.step, total=open_records, unit="records")
        sender = Sender(
            plan,
            caller=self._caller,
            lookups=lookups,
            journal=self._journal,
            progress=self._progress,
            sleep=self._sleep,
            clock=self._clock,
        )
        try:
            await sender.send_all()
        except BaseException:
            await to_thread(report, plan, self._journal, place=self._place)  # what was done is told all the same
            raise
        finally:
            self._progress.finish(plan.step)
        await to_thread(self._journal.finish)

    def _take(self, batch: pa.RecordBatch) -> Sequence[bytes]:
        assert self._gathered is not None
        return list(self._gathered.take(batch))

    async def _was_dry(self) -> bool:
        return bool((await to_thread(lambda: self._journal.facts)).get("dry_run"))

    @property
    def _place(self) -> str:
        return f"{self._request.resource}, company {self._caller.company}"


def _settings(request: WriteRequest, where: str) -> QuickBooksWrite:
    try:
        return settings_of(request.settings)
    except ValidationError as error:
        faults = [
            WriteFault(key=tuple(map(str, detail["loc"])), message=str(detail["msg"])) for detail in error.errors()
        ]
        _refuse(faults, where)
        raise AssertionError("pydantic raises with at least one fault") from error


def _refuse(faults: Sequence[WriteFault], where: str) -> None:
    if not faults:
        return
    named = [
        Fault(file=where, line=None, key=".".join(fault.key), message=fault.message, nearest=fault.nearest)
        for fault in faults
    ]
    raise InputRefused(
        named[0].text if len(named) == 1 else f"{len(named)} faults in the write step.",
        where=where,
        next_step="Edit the flow, then run `ledgerflow flow check`.",
        faults=named,
    )
