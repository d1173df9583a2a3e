"""Runs as the page shows them: listed, and one with all that came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ledgerflow.actions.runs import SetAsideRow as RefusedRow
from ledgerflow.actions.runs import list_runs, run_log, set_aside_of, show_run
from ledgerflow.runner.workspace import Workspace
from ledgerflow.server.answers import (
    CallsAnswer,
    FaultAnswer,
    LogLine,
    ProblemAnswer,
    RunAnswer,
    RunsAnswer,
    RunState,
    RunStepAnswer,
    RunSummary,
    SetAsideAnswer,
    SetAsideRow,
    TaskAnswer,
)
from ledgerflow.server.background import Task
from ledgerflow.store.runs import RunRecord, StepRecord

SET_ASIDE_SHOWN = 100


def runs_answer(workspace: Workspace, *, flow: str | None, limit: int) -> RunsAnswer:
    """Runs, the newest first."""
    found = list_runs(workspace, flow=flow, limit=limit + 1)
    return RunsAnswer(runs=[run_summary(*each) for each in found[:limit]], more=len(found) > limit)


def run_summary(run: RunRecord, state: str, set_aside: int) -> RunSummary:
    """A run in a list."""
    return RunSummary(
        id=run.run_id,
        flow=run.flow,
        state=cast(RunState, state),
        dry_run=run.dry_run,
        started_at=run.began_at,
        ended_at=run.ended_at,
        set_aside=set_aside,
    )


def run_answer(workspace: Workspace, run_id: str, *, tasks: Sequence[Task]) -> RunAnswer:
    """One run; `tasks` are what this server is at for it."""
    report = show_run(workspace, run_id, most_set_aside=SET_ASIDE_SHOWN)
    run = report.run
    return RunAnswer(
        id=run.run_id,
        flow=run.flow,
        state=cast(RunState, report.state),
        dry_run=run.dry_run,
        started_at=run.began_at,
        ended_at=run.ended_at,
        tries=run.tries,
        parameters=dict(run.parameters),
        company=run.company,
        steps=[_step(step) for step in run.steps],
        set_aside=[_set_aside(step, report.set_aside) for step in run.steps if set_aside_of(step)],
        calls=CallsAnswer(
            metered=report.spent.metered, unmetered=report.spent.unmetered, by_kind=dict(report.spent.by_kind)
        ),
        tasks=[TaskAnswer(name=task.name, unit=task.unit, done=task.done, total=task.total) for task in tasks],
        notes=list(run.notes),
        log=[LogLine(at=event.at, step=event.step, text=event.text) for event in run_log(workspace, run_id)],
        problem=_problem(run.run_id, run.error) if run.error is not None else None,
    )


def _step(step: StepRecord) -> RunStepAnswer:
    result = step.result
    return RunStepAnswer(
        name=step.step,
        kind=step.kind,
        state=step.status,
        rows=step.rows,
        place=result.get("place"),
        created=int(result.get("created", 0)),
        updated=int(result.get("updated", 0)),
        skipped=int(result.get("skipped", 0)),
        set_aside=set_aside_of(step),
        outcomes_file=result.get("outcomes_file"),
    )


def _set_aside(step: StepRecord, refused: Sequence[RefusedRow]) -> SetAsideAnswer:
    own = [row for row in refused if row.step == step.step]
    columns = list(own[0].values) if own else []
    return SetAsideAnswer(
        step=step.step,
        file=str(step.result.get("set_aside_file") or ""),
        total=set_aside_of(step),
        columns=columns,
        rows=[
            SetAsideRow(row=row.row, reason=row.reason, cells=[row.values.get(name) for name in columns]) for row in own
        ],
    )


def _problem(run_id: str, told: Mapping[str, Any]) -> ProblemAnswer:
    """Why a run failed, as its record has it; an error of Ledgerflow itself has no place and no next step there."""
    return ProblemAnswer(
        error=told["error"],
        what=told["what"],
        where=told.get("where", f"run {run_id}"),
        next=told.get("next", "Look at what `ledgerflow serve` printed, and report it with this run's log."),
        faults=[FaultAnswer(**fault) for fault in told.get("faults", [])],
    )
