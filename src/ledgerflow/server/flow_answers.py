"""Flows as the page shows them: listed, whole, checked, and the first rows of a step."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from ledgerflow.actions.connections import connection_status
from ledgerflow.actions.flows import CheckedFlow, FlowLine, draft_flow, list_flows, resource_of
from ledgerflow.actions.runs import list_runs
from ledgerflow.core.errors import InputRefused
from ledgerflow.core.flow import FlowDraft
from ledgerflow.core.names import FILES, ResourceName
from ledgerflow.core.parameters import Parameter, as_text, parse_value
from ledgerflow.core.step import Step
from ledgerflow.runner.workspace import Workspace
from ledgerflow.server.answers import (
    CheckAnswer,
    CheckedStep,
    ColumnAnswer,
    CompanyChoice,
    FlowAnswer,
    FlowsAnswer,
    FlowSummary,
    ParameterAnswer,
    PreviewAnswer,
    StepAnswer,
)
from ledgerflow.server.problems import fault_answer
from ledgerflow.server.run_answers import run_summary

if TYPE_CHECKING:
    from ledgerflow.runner.preview import Preview

_TOLD_ELSEWHERE = {"to", "after"}


def flows_answer(workspace: Workspace) -> FlowsAnswer:
    """Every flow of the project, with how its last run went."""
    return FlowsAnswer(flows=[_summary(workspace, line) for line in list_flows(workspace)])


def flow_answer(workspace: Workspace, name: str) -> FlowAnswer:
    """One flow as far as its file alone tells."""
    draft = draft_flow(workspace, name)
    there = draft.document.data.get("steps")
    written: Mapping[str, Any] = there if isinstance(there, dict) else {}
    steps = [_step(step_name, step, written[step_name]) for step_name, step in draft.flow.steps.items()]
    kept_out = [_kept_out(step_name, said) for step_name, said in written.items() if step_name not in draft.flow.steps]
    return FlowAnswer(
        name=name,
        file=draft.flow.file,
        description=draft.flow.description,
        parameters=[_parameter(each, parameter) for each, parameter in draft.flow.parameters.items()],
        steps=steps + kept_out,
        faults=[fault_answer(fault) for fault in draft.faults],
        notes=list(draft.notes),
        companies=_companies(workspace, draft),
    )


def check_answer(checked: CheckedFlow) -> CheckAnswer:
    """What a check found."""
    steps = [
        CheckedStep(
            name=step.name,
            columns=None if step.columns is None else [_column(one.name, one.type) for one in step.columns],
        )
        for step in checked.steps
    ]
    return CheckAnswer(
        sound=not checked.faults,
        faults=[fault_answer(fault) for fault in checked.faults],
        notes=list(checked.notes),
        steps=steps,
    )


def preview_answer(preview: Preview) -> PreviewAnswer:
    """The first rows of a step, each cell as the text that a CSV file would hold."""
    from ledgerflow.destinations.plain_values import as_texts

    table = preview.table.combine_chunks()
    columns = [as_texts(column.combine_chunks()).to_pylist() for column in table.itercolumns()]
    return PreviewAnswer(
        step=preview.step,
        columns=[_column(column.name, column.type) for column in preview.schema],
        rows=[list(row) for row in zip(*columns, strict=True)],
        more=preview.more,
        calls=preview.calls,
        cut=list(preview.cut),
        notes=list(dict.fromkeys(preview.notes)),
    )


def _summary(workspace: Workspace, line: FlowLine) -> FlowSummary:
    runs = list_runs(workspace, flow=line.name, limit=1)
    return FlowSummary(
        name=line.name,
        file=line.file,
        description=line.description,
        reads=list(line.reads),
        writes=list(line.writes),
        steps=line.steps,
        faults=line.faults,
        last_run=run_summary(*runs[0]) if runs else None,
    )


def _step(name: str, step: Step, written: Mapping[str, Any]) -> StepAnswer:
    settings = {key: value for key, value in written.items() if key not in {step.kind, *_TOLD_ELSEWHERE}}
    return StepAnswer(
        name=name,
        kind=step.kind,
        role=step.role,
        takes=list(step.inputs),
        after=list(step.after),
        resource=resource_of(step),
        settings=_yaml(settings),
    )


def _kept_out(name: Any, written: Any) -> StepAnswer:
    return StepAnswer(
        name=str(name), kind="", role="transform", takes=[], after=[], resource=None, settings=_yaml(written)
    )


def _parameter(name: str, parameter: Parameter) -> ParameterAnswer:
    default = None if parameter.default is None else as_text(parse_value(parameter.default, parameter.type))
    return ParameterAnswer(name=name, type=parameter.type, default=default, description=parameter.description)


def _companies(workspace: Workspace, draft: FlowDraft) -> list[CompanyChoice]:
    names = [resource_of(step) for step in draft.flow.steps.values()]
    called = dict.fromkeys(ResourceName.parse(name).connection for name in names if name is not None)
    choices: dict[str, CompanyChoice] = {}
    for connection in called:
        if connection == FILES:
            continue
        try:
            (status,) = connection_status(workspace, connection)
        except InputRefused:
            continue  # a check says what is wrong with it
        for one in status.get("companies", []):
            choices[one["company"]] = CompanyChoice(id=one["company"], name=one["name"])
    return list(choices.values())


def _column(name: str, kind: str) -> ColumnAnswer:
    return ColumnAnswer(name=name, type=kind)


def _yaml(settings: Any) -> str:
    if not settings:
        return ""
    writer = YAML(typ="rt")
    writer.width = 100
    writer.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    writer.dump(settings, out)
    return out.getvalue().strip()
