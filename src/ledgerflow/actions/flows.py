"""What a person can do with flows: list, show, check, preview and run them, and get their JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledgerflow.core.errors import Fault, InputRefused
from ledgerflow.core.flow import FlowDraft, read_flow
from ledgerflow.core.progress import Progress
from ledgerflow.core.schema import Column
from ledgerflow.runner.workspace import Workspace

if TYPE_CHECKING:
    from ledgerflow.core.step import Step
    from ledgerflow.runner.check import FlowCheck
    from ledgerflow.runner.preview import Preview, PreviewRequest
    from ledgerflow.runner.run import RunRequest, RunResult


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLine:
    """A flow in a list. `faults` counts what shows without its connections and data."""

    name: str
    file: str
    description: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    steps: int
    faults: int

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "file": self.file,
            "description": self.description,
            "reads": list(self.reads),
            "writes": list(self.writes),
            "steps": self.steps,
            "faults": self.faults,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedStep:
    """A step in the order of the work. `columns` is None where they show only with the data, and for writes."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    resource: str | None
    columns: tuple[Column, ...] | None

    def as_json(self) -> dict[str, Any]:
        columns = [{"name": column.name, "type": column.type} for column in self.columns or ()]
        return {
            "name": self.name,
            "kind": self.kind,
            "inputs": list(self.inputs),
            "resource": self.resource,
            "columns": columns if self.columns is not None else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFlow:
    """What a check found; without faults the flow is sound."""

    name: str
    file: str
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    steps: tuple[CheckedStep, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "file": self.file,
            "sound": not self.faults,
            "faults": [fault.as_json() for fault in self.faults],
            "notes": list(self.notes),
            "steps": [step.as_json() for step in self.steps],
        }


def list_flows(workspace: Workspace) -> list[FlowLine]:
    """Every flow of the project by name, those with faults too. Nothing is called and no data is looked at."""
    return [_line(workspace, name) for name in workspace.files.names("flow")]


def draft_flow(workspace: Workspace, name: str) -> FlowDraft:
    """A flow as far as its file alone tells.

    Raises:
        InputRefused: no such flow, or its file is no YAML.
    """
    from ledgerflow.steps import all_steps

    shared = workspace.files.settings().parameters
    return read_flow(workspace.files.read("flow", name), kinds=all_steps(), shared_parameters=list(shared))


async def check_flows(
    workspace: Workspace, names: Sequence[str], *, given: Mapping[str, str] | None = None, company: str | None = None
) -> list[CheckedFlow]:
    """Check the named flows, all when none is named. Nothing is called; local files are looked into.

    Raises:
        InputRefused: there is no such flow, or there is none at all. Faults of a flow are in its answer.
    """
    wanted = list(names) or workspace.files.names("flow")
    if not wanted:
        raise InputRefused(
            "There is no flow yet.",
            where=f"flows/ of {workspace.files.root}",
            next_step="Write one: flows/NAME.yaml; `ledgerflow flow schema` tells editors what can stand in it.",
        )
    return [await _check(workspace, name, given=given or {}, company=company) for name in wanted]


async def preview_step(workspace: Workspace, request: PreviewRequest, *, progress: Progress) -> Preview:
    """The first rows of a step; see `runner.preview`."""
    from ledgerflow.runner.preview import preview

    return await preview(workspace, request, progress=progress)


async def run(
    workspace: Workspace, request: RunRequest, *, progress: Progress, began: Callable[[str], None] | None = None
) -> RunResult:
    """Run a flow; see `runner.run`."""
    from ledgerflow.runner.run import run_flow

    return await run_flow(workspace, request, progress=progress, began=began)


async def run_for_companies(
    workspace: Workspace, requests: Sequence[RunRequest], *, progress: Progress
) -> list[RunResult]:
    """Run a flow once per company, one after the other.

    Raises:
        InputRefused: the runs would write into the same file.
    """
    if len(requests) > 1:
        _refuse_shared_files(workspace, requests[0].flow)
    return [await run(workspace, request, progress=progress) for request in requests]


def _refuse_shared_files(workspace: Workspace, name: str) -> None:
    from ledgerflow.core.names import FILES
    from ledgerflow.core.parameters import COMPANY, names_in
    from ledgerflow.steps.write import Write

    draft = draft_flow(workspace, name)
    for step_name, step in draft.flow.of(Write).items():
        appends = step.settings.get("mode") == "append"
        if step.resource.connection == FILES and not appends and COMPANY not in names_in(step.to):
            draft.add(
                step_name,
                ("to",),
                "Every company's run would write this file anew; put $company into its name, "
                "such as files.out/$company/overdue.csv.",
            )
    draft.checked()


async def _check(workspace: Workspace, name: str, *, given: Mapping[str, str], company: str | None) -> CheckedFlow:
    from ledgerflow.engine.duck import DuckEngine
    from ledgerflow.runner.check import check_flow

    spill = workspace.files.state_folder() / "spill"
    async with DuckEngine(readable=[workspace.files.root], spill=spill) as engine:
        try:
            check = await check_flow(workspace, name, engine=engine, given=given, company=company)
        except InputRefused as error:
            if not error.faults or any(fault.file == "-p" for fault in error.faults):
                raise
            return CheckedFlow(
                name=name, file=workspace.files.path("flow", name), faults=error.faults, notes=(), steps=()
            )
    return CheckedFlow(
        name=check.flow.name,
        file=check.flow.file,
        faults=tuple(sorted(dict.fromkeys(check.faults), key=lambda fault: fault.line or 0)),
        notes=tuple(check.notes),
        steps=tuple(_checked_step(check, step_name, step) for step_name, step in check.flow.steps.items()),
    )


def _checked_step(check: FlowCheck, name: str, step: Step) -> CheckedStep:
    bound = check.bound.get(name)
    return CheckedStep(
        name=name,
        kind=step.kind,
        inputs=step.inputs,
        resource=resource_of(step),
        columns=tuple(bound.schema) if bound is not None else None,
    )


def resource_of(step: Step) -> str | None:
    """What a read or a write names; None for other steps."""
    resource = getattr(step, "resource", None)
    return str(resource) if resource is not None else None


def _line(workspace: Workspace, name: str) -> FlowLine:
    file = workspace.files.path("flow", name)
    try:
        draft = draft_flow(workspace, name)
    except InputRefused as error:
        return FlowLine(
            name=name, file=file, description="", reads=(), writes=(), steps=0, faults=max(len(error.faults), 1)
        )
    steps = draft.flow.steps.values()
    return FlowLine(
        name=name,
        file=file,
        description=draft.flow.description,
        reads=tuple(dict.fromkeys(str(resource_of(step)) for step in steps if step.role == "read")),
        writes=tuple(dict.fromkeys(str(resource_of(step)) for step in steps if step.role == "write")),
        steps=len(draft.flow.steps),
        faults=len(draft.faults),
    )
