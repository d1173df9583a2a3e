"""What a person can see of runs: which there were, what each did, what was set aside and why."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledgerflow.runner.workspace import Workspace
from ledgerflow.store.meter import Spent
from ledgerflow.store.runs import RunEvent, RunRecord, StepRecord

SET_ASIDE_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAsideRow:
    """A refused row: its number in the step's input, from 1, and why. `values` are the input's own columns as text."""

    step: str
    row: str
    reason: str
    values: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        return {"step": self.step, "row": self.row, "reason": self.reason, "values": dict(self.values)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """A run with everything about it. `state` is `stopped` for a run whose process is gone.

    `set_aside` are the first of the rows that were refused, `set_aside_rows` counts them all.
    """

    run: RunRecord
    state: str
    spent: Spent
    set_aside: tuple[SetAsideRow, ...]
    set_aside_rows: int

    def as_json(self) -> dict[str, Any]:
        return {
            **run_json(self.run, self.state),
            "steps": [_step_json(step) for step in self.run.steps],
            "set_aside": {"count": self.set_aside_rows, "rows": [row.as_json() for row in self.set_aside]},
            "calls": self.spent.as_json(),
            "notes": list(self.run.notes),
            "error": self.run.error,
        }


def list_runs(workspace: Workspace, *, flow: str | None = None, limit: int = 50) -> list[tuple[RunRecord, str, int]]:
    """Runs with their state and how many rows each set aside, the newest first."""
    found = []
    for run in workspace.runs.list(flow=flow, limit=limit):
        steps = workspace.runs.get(run.run_id).steps
        found.append((run, state_of(workspace, run), sum(set_aside_of(step) for step in steps)))
    return found


def show_run(workspace: Workspace, run_id: str, *, most_set_aside: int = SET_ASIDE_SHOWN) -> RunReport:
    """Everything about one run.

    Raises:
        InputRefused: there is no such run; the nearest one is suggested.
    """
    run = workspace.runs.get(run_id)
    return RunReport(
        run=run,
        state=state_of(workspace, run),
        spent=workspace.meter.spent(run_id=run_id),
        set_aside=tuple(set_aside_rows(workspace, run, limit=most_set_aside)),
        set_aside_rows=sum(set_aside_of(step) for step in run.steps),
    )


def run_log(workspace: Workspace, run_id: str) -> Sequence[RunEvent]:
    """The lines of a run's log, the oldest first. Raises InputRefused when there is no such run."""
    return workspace.runs.events(run_id)


def state_of(workspace: Workspace, run: RunRecord) -> str:
    """`running`, `done`, `failed` or `stopped`; the last also for a run whose process was killed."""
    if run.status == "running" and not workspace.runs.is_under_way(run):
        return "stopped"
    return run.status


def set_aside_rows(workspace: Workspace, run: RunRecord, *, limit: int) -> list[SetAsideRow]:
    """The first refused rows of a run with their reasons, from its set-aside files as far as these are still there."""
    rows: list[SetAsideRow] = []
    for step in run.steps:
        name = step.result.get("set_aside_file")
        path = workspace.files.root / str(name)
        if not name or not path.is_file():
            continue
        with path.open(encoding="utf-8", newline="") as file:
            for record in csv.DictReader(file):
                if len(rows) >= limit:
                    return rows
                rows.append(
                    SetAsideRow(
                        step=step.step,
                        row=record.get("_row") or "",
                        reason=record.get("_reason") or "",
                        values={key: value for key, value in record.items() if not key.startswith("_")},
                    )
                )
    return rows


def set_aside_of(step: StepRecord) -> int:
    """How many rows a step refused."""
    return int(step.result.get("set_aside", 0))


def run_json(run: RunRecord, state: str) -> dict[str, Any]:
    """A run as plain values."""
    return {
        "run": run.run_id,
        "flow": run.flow,
        "state": state,
        "began_at": run.began_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "parameters": dict(run.parameters),
        "company": run.company or None,
        "dry_run": run.dry_run,
        "tries": run.tries,
    }


def _step_json(step: StepRecord) -> dict[str, Any]:
    return {
        "step": step.step,
        "kind": step.kind,
        "state": step.status,
        "rows": step.rows,
        "seconds": step.seconds,
        **{key: value for key, value in step.result.items() if key != "rows"},
    }
