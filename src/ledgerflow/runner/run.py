"""Runs a flow durably: land the reads, run one statement per input of its writes, carry on after a stop."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from ledgerflow.apis.contract import WriteRequest
from ledgerflow.core.destination import Destination, Written
from ledgerflow.core.errors import InputRefused, LedgerflowError
from ledgerflow.core.parameters import COMPANY, as_text
from ledgerflow.core.progress import Progress, Quiet
from ledgerflow.core.schema import Schema
from ledgerflow.destinations import file_destination
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.runner.binding import Bound
from ledgerflow.runner.check import FlowCheck, bind, check_flow
from ledgerflow.runner.compile import compile_fields, compile_step
from ledgerflow.runner.mended import Mended, read_mended
from ledgerflow.runner.reading import Callers, callers, companies_of, land_side_by_side, relation_of
from ledgerflow.runner.statements import count_rows, stream_into
from ledgerflow.runner.targets import ApiRead, ApiWrite, FileRead, FileWrite, write_fields
from ledgerflow.runner.workspace import Workspace
from ledgerflow.store.meter import Spent
from ledgerflow.store.runs import RunRecord, RunStore

KEPT_LANDINGS = 3
"""Landing folders of so many finished runs are kept, the newest ones, to look into."""
LANDING_FOLDER = "landing"
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
        _prune_landings(workspace)
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
            self._store.note(self._id, notes)
            return await self._write_all(writes, calling)

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

    def _take_mended(self, mended: Mended) -> None:
        """The mended rows stand for everything above the write."""
        self._check.relations[mended.source] = mended.relation
        self._check.bound[mended.source] = Bound(schema=mended.relation.schema)

    async def _write_all(self, writes: Mapping[str, FileWrite | ApiWrite], calling: Callers) -> dict[str, Written]:
        written: dict[str, Written] = {}
        order = [name for name in self._flow.writes_in_order() if name in writes]
        while order:
            name = order[0]
            write = writes[name]
            if isinstance(write, FileWrite):
                together = self._together(name, order, writes)
                written.update(await self._write_files({each: writes[each] for each in together}))  # type: ignore[misc]
            else:
                together = [name]
                written[name] = await self._write_api(name, write, calling)
            order = [each for each in order if each not in together]
        return written

    def _together(self, first: str, order: list[str], writes: Mapping[str, FileWrite | ApiWrite]) -> list[str]:
        """The file writes that take the same rows as `first` and wait for nothing that is still to be done."""
        source = self._flow.steps[first].inputs
        return [
            name
            for name in order
            if isinstance(writes[name], FileWrite)
            and self._flow.steps[name].inputs == source
            and not any(other in order for other in self._flow.steps[name].after)
        ]

    async def _write_files(self, writes: Mapping[str, FileWrite]) -> dict[str, Written]:
        source = self._flow.steps[next(iter(writes))].inputs[0]
        query = compile_step(
            self._flow,
            source,
            relations=self._check.relations,
            schemas=self._check.schemas,
            values=self._check.literals,
        )
        for name in writes:
            self._store.step_began(self._id, name, "write")
        if self._request.dry_run:
            rows = await count_rows(self._engine, query)
            written = {name: Written(rows=rows, place=f"{write.place} (not written)") for name, write in writes.items()}
        else:
            destinations: dict[str, Destination] = {
                name: file_destination(
                    self._workspace.files.root,
                    write.place,
                    write.settings.model_dump(),
                    where=self._where(name),
                    run_id=self._id,
                    step=name,
                )
                for name, write in writes.items()
            }
            written = await stream_into(self._engine, query, destinations, progress=self._progress)
        for name, each in written.items():
            self._finish_write(name, each)
        return written

    async def _write_api(self, name: str, write: ApiWrite, calling: Callers) -> Written:
        if name in self._done and not self._request.dry_run:
            return Written(**{**self._done[name].result, "notes": tuple(self._done[name].result.get("notes", ()))})
        provider = write.connection.provider
        assert provider is not None
        source = self._flow.steps[name].inputs[0]
        schema = self._check.schemas[source]
        query = compile_fields(
            self._flow,
            source,
            write_fields(write, schema),
            relations=self._check.relations,
            schemas=self._check.schemas,
            values=self._check.literals,
        )
        self._store.step_began(self._id, name, "write")
        destination = provider.destination(
            WriteRequest(
                resource=write.resource,
                settings=write.settings,
                run_id=self._id,
                step=name,
                dry_run=self._request.dry_run,
            ),
            caller=await calling.of(write.connection, write.company),
            journal=self._workspace.journal(self._id, name),
            progress=self._progress,
            where=self._where(name),
        )
        done = await stream_into(self._engine, query, {name: destination}, progress=Quiet())  # it tells its own
        self._finish_write(name, done[name])
        return done[name]

    def _finish_write(self, name: str, written: Written) -> None:
        self._store.step_done(self._id, name, rows=written.rows, result=asdict(written))
        aside = f", {written.set_aside:,} set aside" if written.set_aside else ""
        self._store.log(self._id, f"{written.rows:,} rows to {written.place}{aside}", step=name)
        if written.notes:
            self._store.note(self._id, written.notes)

    def _where(self, step: str) -> str:
        line = self._check.draft.document.line_of(("steps", step, "to"))
        return f"{self._flow.file}, line {line}, key steps.{step}.to" if line else f"{self._flow.file}, step {step}"


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


def _prune_landings(workspace: Workspace) -> None:
    """Remove the landed pages of finished runs but the newest, and of cut-off runs that a later one has replaced."""
    folder = workspace.files.state_folder() / LANDING_FOLDER
    if not folder.is_dir():
        return
    there = {path.name for path in folder.iterdir() if path.is_dir()}
    finished = 0
    seen: set[tuple[str, str]] = set()
    for run in workspace.runs.list(limit=1000):
        replaced = (run.flow, run.digest) in seen
        seen.add((run.flow, run.digest))
        if run.status == "done":
            finished += 1
        old = run.status == "done" and finished > KEPT_LANDINGS
        left_over = run.status != "done" and replaced and not workspace.runs.is_under_way(run)
        if run.run_id in there and (old or left_over):
            shutil.rmtree(folder / run.run_id, ignore_errors=True)
