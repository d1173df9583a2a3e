"""`ledgerflow runs`: what ran, what it did, what was set aside."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ledgerflow.cli.front import Json, Project, print_table, project_folder, say, show

if TYPE_CHECKING:
    from ledgerflow.actions.runs import RunReport
    from ledgerflow.runner.workspace import Workspace

RunName = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, as `ledgerflow runs` shows it.")]
Flow = Annotated[str | None, typer.Option("--flow", help="Only runs of this flow.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many, the newest first.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="List runs, show what one did, read its log.")
    group.callback(invoke_without_command=True)(bare)
    group.command("list")(list_)
    group.command("show")(show_)
    group.command("log")(log)
    app.add_typer(group, name="runs")


def bare(
    context: typer.Context, flow: Flow = None, limit: Limit = 20, project: Project = None, json: Json = False
) -> None:
    """List runs, show what one did, read its log. By itself it lists them."""
    if context.invoked_subcommand is None:
        list_(flow=flow, limit=limit)


def list_(flow: Flow = None, limit: Limit = 20, project: Project = None, json: Json = False) -> None:
    """List runs, the newest first."""
    from ledgerflow.actions.runs import list_runs, run_json

    found = list_runs(_workspace(), flow=flow, limit=limit)
    rows = [
        (
            run.run_id,
            f"{state} (dry run)" if run.dry_run else state,
            _time(run.began_at),
            _span(run.began_at, run.ended_at),
            aside or "",
        )
        for run, state, aside in found
    ]
    show(
        {"runs": [{**run_json(run, state), "set_aside": aside} for run, state, aside in found]},
        lambda: (
            print_table(["run", "state", "began (UTC)", "took", "set aside"], rows, right=["took", "set aside"])
            if rows
            else say("Nothing has run yet: `ledgerflow flow run NAME`.")
        ),
    )


def show_(run: RunName, project: Project = None, json: Json = False) -> None:
    """Show what a run did: rows and files per step, rows that were set aside with their reasons, calls spent."""
    from ledgerflow.actions.runs import show_run

    report = show_run(_workspace(), run)
    show(report.as_json(), lambda: print_report(report))


def log(run: RunName, project: Project = None, json: Json = False) -> None:
    """Print the log of a run, a line per event."""
    from ledgerflow.actions.runs import run_log

    events = run_log(_workspace(), run)
    show(
        {"events": [{"at": event.at.isoformat(), "step": event.step or None, "text": event.text} for event in events]},
        "\n".join(f"{_time(event.at)}  {event.step + ': ' if event.step else ''}{event.text}" for event in events),
    )


def print_report(report: RunReport) -> None:
    """Print a run: its steps, what was set aside, notes, calls."""
    run = report.run
    tried = f", {run.tries} tries" if run.tries > 1 else ""
    dry = ", dry run: nothing was written or sent" if run.dry_run else ""
    print(f"{run.run_id}: {report.state}{dry}{tried}, {_span(run.began_at, run.ended_at)}")
    rows = []
    for step in run.steps:
        result = step.result
        did = ", ".join(
            f"{result[key]:,} {key.replace('_', ' ')}"
            for key in ("created", "updated", "skipped", "set_aside")
            if result.get(key)
        )
        seconds = f"{step.seconds:.1f} s" if step.seconds is not None else ""
        rows.append(
            (step.step, step.kind, f"{step.rows:,}" if step.rows is not None else "", result.get("place"), did, seconds)
        )
    print_table(["step", "kind", "rows", "where", "what", "took"], rows, right=["rows", "took"])
    _print_set_aside(report)
    for note in run.notes:
        say(f"note: {note}")
    if run.error is not None:
        print(f"failed: {run.error.get('what')}")
        for part, title in (("where", "where"), ("next", "next ")):
            if run.error.get(part):
                print(f"  {title}: {run.error[part]}")
    print(f"calls spent: {report.spent}")


def _print_set_aside(report: RunReport) -> None:
    run = report.run
    if report.set_aside_rows:
        word = "would be" if run.dry_run else "was" if report.set_aside_rows == 1 else "were"
        print(f"{report.set_aside_rows:,} row{'' if report.set_aside_rows == 1 else 's'} {word} set aside:")
        for row in report.set_aside:
            print(f"  {row.step}, row {row.row}: {row.reason}")
        if report.set_aside_rows > len(report.set_aside):
            print(f"  ... and {report.set_aside_rows - len(report.set_aside):,} more")
    for step in run.steps:
        if name := step.result.get("set_aside_file"):
            again = "" if run.dry_run else f"; mend them there, then: ledgerflow flow run {run.flow} --mended {name}"
            print(f"{step.step}: set-aside rows with their reasons: {name}{again}")
        if name := step.result.get("outcomes_file"):
            print(f"{step.step}: {'the plan' if run.dry_run else 'what became of each row'}: {name}")


def _workspace() -> Workspace:
    from ledgerflow.wiring import open_workspace

    return open_workspace(project_folder())


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _span(began: datetime, ended: datetime | None) -> str:
    return f"{(ended - began).total_seconds():.1f} s" if ended is not None else ""
