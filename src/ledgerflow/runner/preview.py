"""Shows the first rows of any step, for at most one call per read; what was read is kept for the next look."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledgerflow.core.errors import InputRefused, nearest_name
from ledgerflow.core.progress import Progress
from ledgerflow.core.schema import Schema
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.runner.check import FlowCheck, bind, check_flow
from ledgerflow.runner.compile import compile_fields, compile_step
from ledgerflow.runner.reading import callers, companies_of, land_side_by_side, relation_of
from ledgerflow.runner.run import SPILL_FOLDER
from ledgerflow.runner.targets import ApiRead, ApiWrite, write_fields
from ledgerflow.runner.workspace import Workspace

if TYPE_CHECKING:
    import pyarrow as pa

    from ledgerflow.store.landing import Landing

PREVIEW_FOLDER = "preview"
"""Among the landings; the pages in it belong to no run."""
PAGE_ROWS = 1000
"""Rows asked of each read: what one call gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRequest:
    """Which step of which flow to look at; the rest as in a run."""

    flow: str
    step: str
    rows: int = 20
    given: Mapping[str, str] = field(default_factory=dict)
    company: str | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first rows of a step. `more` says that there are others; `calls` were spent, `cut` reads are not whole."""

    step: str
    schema: Schema
    table: pa.Table
    more: bool
    calls: int
    cut: tuple[str, ...]
    notes: tuple[str, ...]


async def preview(workspace: Workspace, request: PreviewRequest, *, progress: Progress) -> Preview:
    """The first rows of a step, as the flow would make them from the first page of each of its reads.

    Raises:
        InputRefused: no such step, or the step or one above it has faults.
    """
    spill = workspace.files.state_folder() / SPILL_FOLDER
    async with DuckEngine(readable=[workspace.files.root], spill=spill) as engine:
        check = await _checked(workspace, request, engine)
        step = check.flow.steps[request.step]
        source = step.inputs[0] if step.role == "write" else request.step
        needed = check.flow.upstream(source)
        reads = {name: each for name, each in check.reads.items() if name in needed and isinstance(each, ApiRead)}
        notes = list(check.notes)
        calls = 0
        cut: list[str] = []
        if reads:
            calls, landings = await _landed(workspace, request, reads, progress)
            for name, read in reads.items():
                relation = await relation_of(engine, name, read, landings[name])
                check.relations[name] = relation
                notes.extend(relation.notes)
                if landings[name].rows >= PAGE_ROWS:
                    cut.append(name)
            known: dict[str, Schema | None] = {name: relation.schema for name, relation in check.relations.items()}
            check.faults.clear()
            await bind(check, known, engine)
            _refuse_faults(check, needed, request.step)
        return await _rows(engine, check, request, source, calls=calls, cut=tuple(cut), notes=tuple(notes))


async def _checked(workspace: Workspace, request: PreviewRequest, engine: DuckEngine) -> FlowCheck:
    check = await check_flow(
        workspace,
        request.flow,
        engine=engine,
        given=request.given,
        company=request.company,
        for_work=True,
        limit_rows=PAGE_ROWS,
    )
    known = list(check.document_steps)
    if request.step not in known:
        nearest = nearest_name(request.step, known)
        raise InputRefused(
            f"The flow {request.flow!r} has no step {request.step!r}."
            + (f" Did you mean {nearest!r}?" if nearest else ""),
            where=f"{check.flow.file} (steps: {', '.join(known)})",
            next_step="Name one of its steps.",
        )
    needed = check.flow.upstream(request.step) if request.step in check.flow.steps else known
    _refuse_faults(check, needed, request.step)
    if request.step not in check.flow.steps:
        check.checked()  # it has a fault, or waits for one that has
    return check


def _refuse_faults(check: FlowCheck, needed: tuple[str, ...] | list[str], step: str) -> None:
    """Raise the faults of the steps on the way; those of others do not keep anybody from looking."""
    on_the_way = {*needed, step}
    faults = [
        fault
        for fault in check.faults
        if not fault.key.startswith("steps.") or fault.key.removeprefix("steps.").split(".")[0] in on_the_way
    ]
    check.draft.faults[:] = faults
    check.checked()


async def _landed(
    workspace: Workspace, request: PreviewRequest, reads: Mapping[str, ApiRead], progress: Progress
) -> tuple[int, dict[str, Landing]]:
    """The first page of each read, from the last look where there was one; and the calls that were spent."""
    companies = companies_of(workspace, reads, request.company)
    landings = {name: workspace.landings(PREVIEW_FOLDER, _key(read, companies[name])) for name, read in reads.items()}
    if request.fresh:
        for landing in landings.values():
            landing.clear()
    run_id = f"{PREVIEW_FOLDER}-{request.flow}"
    before = workspace.meter.spent(run_id=run_id).calls
    async with callers(workspace, company=request.company, run_id=run_id, say=progress.note) as calling:
        await land_side_by_side(reads, calling, landings, progress=progress)
    return workspace.meter.spent(run_id=run_id).calls - before, landings


def _key(read: ApiRead, company: str) -> str:
    """A folder name for what was read: the same settings of the same connection and company give the same."""
    said = [
        read.connection.name,
        read.connection.file.base_url,
        company,
        read.request.resource,
        read.request.where,
        sorted(read.request.parameters.items()),
        read.request.limit_rows,
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


async def _rows(
    engine: DuckEngine,
    check: FlowCheck,
    request: PreviewRequest,
    source: str,
    *,
    calls: int,
    cut: tuple[str, ...],
    notes: tuple[str, ...],
) -> Preview:
    write = check.writes.get(request.step)
    if isinstance(write, ApiWrite):
        query = compile_fields(
            check.flow,
            source,
            write_fields(write, check.schemas[source]),
            relations=check.relations,
            schemas=check.schemas,
            values=check.literals,
        ).limit(request.rows + 1)
    else:
        query = compile_step(
            check.flow,
            source,
            relations=check.relations,
            schemas=check.schemas,
            values=check.literals,
            limit_rows=request.rows + 1,
        )
    schema = await engine.describe(query)
    table = await engine.table(query)
    if isinstance(write, ApiWrite):  # `_source` repeats the input for the set-aside file
        schema = Schema(schema.columns[:-1])
        table = table.select(list(schema.names))
    return Preview(
        step=request.step,
        schema=schema,
        table=table.slice(0, request.rows),
        more=table.num_rows > request.rows or bool(cut),
        calls=calls,
        cut=cut,
        notes=notes,
    )
