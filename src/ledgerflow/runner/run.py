"""Runs a flow durably: land the reads, run one statement per input of its writes, carry on after a stop."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ledgerflow.core.destination import Written
from ledgerflow.core.errors import InputRefused, LedgerflowError
from ledgerflow.core.parameters import COMPANY, as_text
from ledgerflow.core.progress import Progress
from ledgerflow.core.schema import Schema
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.runner.binding import Bound
from ledgerflow.runner.check import FlowCheck, bind, check_flow
from ledgerflow.runner.mended import Mended, read_mended
from ledgerflow.runner.narrowing import columns_needed
from ledgerflow.runner.pruning import prune_landings
from ledgerflow.runner.reading import Callers, callers, companies_of, land_side_by_side, relation_of
from ledgerflow.runner.targets import ApiRead, ApiWrite, FileRead
from ledgerflow.runner.workspace import Workspace
from ledgerflow.runner.writing import RunWrites
from ledgerflow.store.meter import Spent
from ledgerflow.store.runs import RunRecord, RunStore

SPILL_FOLDER = "spill"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What a person asks for. `given` are parameters as text, `company` the one to work for where there are several.

    `fresh` starts anew instead of carrying on, `dry_run` writes and sends nothing, `mended` is a set-aside file that
    was mended: only its step runs, with its rows.
    """

    flow: str
    given: Mapping[str, str] = field(default_factory=dict)
    company: str | None = None
    fresh: bool = False
    dry_run: bool = False
    mended: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run did: by write step what was written, sentences for people, the calls it spent."""

    run: RunRecord
    written: Mapping[str, Written]
    notes: tuple[str, ...]
    spent: Spent
    carried_on: bool

    @property
    def set_aside(self) -> int:
        """Rows that were refused."""
        return sum(each.set_aside for each in self.written.values())


async def run_flow(
    workspace: Workspace,
    request: RunRequest,
    *,
    progress: Progress,
    began: Callable[[str], None] | None = None,
) -> RunResult:
    """Run a flow to its end.

    If the newest run of the same flow file with the same parameters, company and mended file was cut off, it is carried
    on: pages that landed are not fetched again, finished writes into an api are not repeated. `began` is told the run's
    id as soon as it has one.

    Raises:
        InputRefused: the flow has faults (all are told), or its data does not go through a step.
        ReconnectNeeded, RetryLater: as calls do. The run can be carried on by running it again.
    """
    readable = [workspace.files.root]
    if request.mended is not None:
        readable.append(request.mended.resolve().parent)
    async with DuckEngine(readable=readable, spill=workspace.files.state_folder() / SPILL_FOLDER) as engine:
        check = await _checked(workspace, request, engine)
        companies = companies_of(workspace, _needed_apis(check, request), request.company)
        digest = _digest(workspace, request, check, companies)
        store = workspace.runs
        with store.alone(request.flow, digest):
            record, carried_on = _begin(store, request, check, digest)
            if began is not None:
                began(record.run_id)
            working = _Run(workspace, request, engine, check, record, progress)
            if carried_on:
                working.say(
                    f"Carrying on the run that began {record.began_at:%Y-%m-%d %H:%M} UTC (--fresh starts anew)."
                )
                working.say_what_changed(since=record.began_at)
            try:
                written = await working.work()
            except BaseException as error:
                _end_badly(store, record.run_id, error)
                raise
            ended = store.end(record.run_id, "done")
        prune_landings(workspace)
        return RunResult(
            run=ended,
            written=written,
            notes=ended.notes,
            spent=workspace.meter.spent(run_id=record.run_id),
            carried_on=carried_on,
        )


async def _checked(workspace: Workspace, request: RunRequest, engine: DuckEngine) -> FlowCheck:
    """The flow without a fault, and with something to write."""
    found = await check_flow(
        workspace, request.flow, engine=engine, given=request.given, company=request.company, for_work=True
    )
    found.checked()
    if not found.writes:
        raise InputRefused(
            f"The flow {request.flow!r} writes nothing, so there is nothing to run.",
            where=found.flow.file,
            next_step="Add a write step, or look at its rows: `ledgerflow flow preview FLOW STEP`.",
        )
    return found


def _apis(check: FlowCheck) -> dict[str, ApiRead | ApiWrite]:
    return {
        name: each for name, each in {**check.reads, **check.writes}.items() if isinstance(each, ApiRead | ApiWrite)
    }


def _begin(store: RunStore, request: RunRequest, check: FlowCheck, digest: str) -> tuple[RunRecord, bool]:
    left = None if request.fresh else store.unfinished(request.flow, digest)
    if left is not None:
        return store.carry_on(left.run_id), True
    values = {name: as_text(value) for name, value in check.values.items()}
    company = values.pop(COMPANY, request.company or "")
    return store.begin(
        flow=request.flow, digest=digest, parameters=values, company=company, dry_run=request.dry_run
    ), False


def _end_badly(store: RunStore, run_id: str, error: BaseException) -> None:
    if isinstance(error, LedgerflowError):
        store.log(run_id, f"failed: {error.what}")
        store.end(run_id, "failed", error=error.as_json())
    elif isinstance(error, Exception):
        store.log(run_id, f"failed: {type(error).__name__}")
        store.end(run_id, "failed", error={"error": type(error).__name__, "what": "An error of Ledgerflow itself."})
    else:
        store.log(run_id, "stopped")
        store.end(run_id, "stopped")


def _needed_apis(check: FlowCheck, request: RunRequest) -> dict[str, ApiRead | ApiWrite]:
    """The steps that will call an api. A mended file stands for everything above its write."""
    flow = check.flow
    needed = {name for write in check.writes for name in flow.upstream(flow.steps[write].inputs[0])}
    return {
        name: each
        for name, each in _apis(check).items()
        if name in check.writes or (name in needed and request.mended is None)
    }


def _digest(workspace: Workspace, request: RunRequest, check: FlowCheck, companies: Mapping[str, str]) -> str:
    """Two runs with one digest would do the same; one may carry on what the other left."""
    apis = _apis(check)
    said = {
        "called": {name: [apis[name].connection.file.base_url, company] for name, company in companies.items()},
        "flow": (workspace.files.root / check.flow.file).read_text(encoding="utf-8"),
        "parameters": {name: as_text(value) for name, value in sorted(check.values.items())},
        "company": request.company,
        "dry_run": request.dry_run,
        "mended": hashlib.sha256(request.mended.read_bytes()).hexdigest() if request.mended is not None else None,
    }
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


class _Run:
    """One run at work."""

    def __init__(
        self,
        workspace: Workspace,
        request: RunRequest,
        engine: DuckEngine,
        check: FlowCheck,
        record: RunRecord,
        progress: Progress,
    ) -> None:
        self._workspace = workspace
        self._request = request
        self._engine = engine
        self._check = check
        self._flow = check.flow
        self._record = record
        self._id = record.run_id
        self._store = workspace.runs
        self._progress = _Told(progress, self)
        self._done = {step.step: step for step in record.steps if step.status == "done"}

    def say(self, text: str) -> None:
        """Tell the person, and write it into the run's log."""
        self._store.log(self._id, text)
        self._progress.listener.note(text)

    def say_what_changed(self, *, since: datetime) -> None:
        """A run that is carried on sends what it planned; a person who edited its input would expect otherwise."""
        if not any(isinstance(write, ApiWrite) for write in self._check.writes.values()):
            return
        for read in self._check.reads.values():
            if isinstance(read, FileRead) and read.path.stat().st_mtime > since.timestamp():
                self.say(
                    f"{read.place} has changed since the run began; what was planned from it already is sent as it was "
                    "(--fresh starts anew)."
                )

    async def work(self) -> dict[str, Written]:
        writes = dict(self._check.writes)
        mended: Mended | None = None
        if self._request.mended is not None:
            mended = await read_mended(self._engine, self._check, self._request.mended)
            writes = {mended.step: writes[mended.step]}
        needed = {name for write in writes for name in self._flow.upstream(self._flow.steps[write].inputs[0])}
        reads = {} if mended is not None else {name: each for name, each in self._check.reads.items() if name in needed}
        api_reads = {name: each for name, each in reads.items() if isinstance(each, ApiRead)}
        async with callers(
            self._workspace, company=self._request.company, run_id=self._id, say=self._progress.note
        ) as calling:
            await self._land(api_reads, calling)
            notes = [note for note in self._check.notes if not note.startswith("The columns of ")]
            if mended is not None:
                self._take_mended(mended)
            elif api_reads:
                notes += await self._take_landed(api_reads, needed)
                await self._narrow(api_reads, writes)
            self._store.note(self._id, notes)
            writing = RunWrites(
                self._workspace,
                engine=self._engine,
                check=self._check,
                record=self._record,
                calling=calling,
                progress=self._progress,
            )
            return await writing.all(writes)

    async def _land(self, reads: Mapping[str, ApiRead], calling: Callers) -> None:
        landings = {name: self._workspace.landings(self._id, name) for name in reads}
        for name in reads:
            if name not in self._done:
                self._store.step_began(self._id, name, "read")

        def landed(name: str) -> None:
            if name not in self._done:
                self._store.step_done(self._id, name, rows=landings[name].rows)
                self._store.log(self._id, f"{landings[name].rows:,} rows landed", step=name)

        await land_side_by_side(reads, calling, landings, progress=self._progress, landed=landed)

    async def _take_landed(self, reads: Mapping[str, ApiRead], needed: set[str]) -> list[str]:
        """Relations of what landed, and a second check of every step against the columns that really came."""
        notes: list[str] = []
        for name, read in reads.items():
            relation = await relation_of(self._engine, name, read, self._workspace.landings(self._id, name))
            self._check.relations[name] = relation
            notes.extend(relation.notes)
        known: dict[str, Schema | None] = {
            name: relation.schema for name, relation in self._check.relations.items() if name in needed
        }
        self._check.draft.faults.clear()
        await bind(self._check, known, self._engine)
        self._check.checked()
        return notes

    async def _narrow(self, reads: Mapping[str, ApiRead], writes: Iterable[str]) -> None:
        """Take apart only the columns that the writes use. They were all there for the check and the notes."""
        check = self._check
        needed = columns_needed(self._flow, [self._flow.steps[write].inputs[0] for write in writes], check.schemas)
        narrow = {name: columns for name, columns in needed.items() if name in reads and columns is not None}
        if not narrow:
            return
        for name, columns in narrow.items():
            landing = self._workspace.landings(self._id, name)
            check.relations[name] = await relation_of(self._engine, name, reads[name], landing, columns=columns)
        known: dict[str, Schema | None] = {name: check.relations[name].schema for name in needed}
        await bind(check, known, self._engine)
        check.checked()

    def _take_mended(self, mended: Mended) -> None:
        """The mended rows stand for everything above the write."""
        self._check.relations[mended.source] = mended.relation
        self._check.bound[mended.source] = Bound(schema=mended.relation.schema)


class _Told:
    """Hands progress on, and keeps what is said with the run."""

    def __init__(self, listener: Progress, run: _Run) -> None:
        self.listener = listener
        self._run = run

    def start(self, task: str, *, total: int | None, unit: str) -> None:
        self.listener.start(task, total=total, unit=unit)

    def advance(self, task: str, count: int = 1) -> None:
        self.listener.advance(task, count)

    def finish(self, task: str) -> None:
        self.listener.finish(task)

    def note(self, text: str) -> None:
        self._run.say(text)
