"""`ledgerflow flow`: list, show, check, preview and run flows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledgerflow.cli.front import (
    RECORDS_SET_ASIDE,
    Bars,
    Json,
    Project,
    parse_pairs,
    print_table,
    project_folder,
    say,
    show,
    wait_for,
    wants_json,
)

if TYPE_CHECKING:
    from ledgerflow.actions.flows import CheckedFlow
    from ledgerflow.runner.preview import Preview
    from ledgerflow.runner.run import RunResult
    from ledgerflow.runner.workspace import Workspace

FlowName = Annotated[str, typer.Argument(help="The flow's name: flows/NAME.yaml.", show_default=False)]
Parameters = Annotated[
    list[str] | None,
    typer.Option("-p", "--param", metavar="NAME=VALUE", help="A parameter of the flow; may be given several times."),
]
Company = Annotated[
    str | None, typer.Option("--company", metavar="ID", help="Which company, by its id or name; needed with several.")
]
MOST_COLUMNS = 8
"""Columns of a step that `flow check` names before it counts the rest."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True, help="List, check, preview and run flows (flows/NAME.yaml).")
    group.command("list")(list_)
    group.command("show")(show_)
    group.command("check")(check)
    group.command("preview")(preview)
    group.command("run")(run)
    group.command("schema")(schema)
    app.add_typer(group, name="flow")


def list_(project: Project = None, json: Json = False) -> None:
    """List the flows of the project."""
    from ledgerflow.actions.flows import list_flows

    flows = list_flows(_workspace())
    rows = [
        (flow.name, flow.steps, ", ".join(flow.reads), ", ".join(flow.writes), flow.faults or "", flow.description)
        for flow in flows
    ]
    show(
        {"flows": [flow.as_json() for flow in flows]},
        lambda: (
            print_table(["flow", "steps", "reads", "writes", "faults", "description"], rows, right=["steps", "faults"])
            if rows
            else say("There is no flow yet. Write one: flows/NAME.yaml (see `ledgerflow flow schema`).")
        ),
    )


def show_(name: FlowName, project: Project = None, json: Json = False) -> None:
    """Show a flow: its parameters, and its steps in the order of the work."""
    from ledgerflow.actions.flows import draft_flow, resource_of
    from ledgerflow.core.parameters import as_text, parse_value

    flow = draft_flow(_workspace(), name).checked()
    parameters = [
        {
            "name": key,
            "type": parameter.type,
            "default": as_text(parse_value(parameter.default, parameter.type))
            if parameter.default is not None
            else None,
            "description": parameter.description,
        }
        for key, parameter in flow.parameters.items()
    ]
    steps: list[dict[str, Any]] = [
        {"name": key, "kind": step.kind, "inputs": list(step.inputs), "resource": resource_of(step)}
        for key, step in flow.steps.items()
    ]

    def as_text_lines() -> None:
        print(f"{flow.name}: {flow.description}" if flow.description else flow.name)
        if parameters:
            print_table(
                ["parameter", "type", "default", "description"],
                [(f"${each['name']}", each["type"], each["default"], each["description"]) for each in parameters],
            )
        print_table(
            ["step", "kind", "takes", "resource"],
            [(step["name"], step["kind"], ", ".join(step["inputs"]), step["resource"]) for step in steps],
        )

    show(
        {
            "name": flow.name,
            "file": flow.file,
            "description": flow.description,
            "parameters": parameters,
            "steps": steps,
        },
        as_text_lines,
    )


def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Which flows (default: all).", show_default=False)
    ] = None,
    param: Parameters = None,
    company: Company = None,
    columns: Annotated[bool, typer.Option("--columns", help="Name every column of every step.")] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Find every fault of flows before anything is called, and show the columns of each step.

    Unknown steps, keys, columns and functions are told with the nearest known name; types that do not go together too.
    """
    from ledgerflow.actions.flows import check_flows
    from ledgerflow.core.errors import InputRefused

    given = parse_pairs(param or [], flag="-p")
    flows = wait_for(check_flows(_workspace(), names or [], given=given, company=company))
    faults = [fault for flow in flows for fault in flow.faults]
    if not faults:
        show({"flows": [flow.as_json() for flow in flows]}, lambda: _print_checked(flows, every_column=columns))
        return
    if not wants_json():
        _print_checked([flow for flow in flows if not flow.faults], every_column=columns)
    faulty = [flow for flow in flows if flow.faults]
    files = ", ".join(flow.file for flow in faulty)
    raise InputRefused(
        faults[0].text if len(faults) == 1 else f"{len(faults)} faults in {files}.",
        where=f"{faults[0].file}, line {faults[0].line}" if faults[0].line else faults[0].file,
        next_step=f"Edit {files}, then run `ledgerflow flow check`.",
        faults=faults,
    )


def preview(
    flow: FlowName,
    step: Annotated[str, typer.Argument(help="The step whose rows to show.", show_default=False)],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many rows.")] = 20,
    param: Parameters = None,
    company: Company = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Read again instead of using the pages of the last look.")
    ] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Show the first rows of a step, with their types.

    Each read spends at most one call, and what came is kept for the next look. With a page of each read alone, a
    join may miss partners and a sum is not the whole sum.
    """
    from ledgerflow.actions.flows import preview_step
    from ledgerflow.runner.preview import PreviewRequest

    request = PreviewRequest(
        flow=flow, step=step, rows=limit, given=parse_pairs(param or [], flag="-p"), company=company, fresh=fresh
    )
    with Bars() as bars:
        seen = wait_for(preview_step(_workspace(), request, progress=bars))
    show(_preview_json(seen), lambda: _print_preview(seen, limit))


def run(
    flow: FlowName,
    param: Parameters = None,
    company: Annotated[
        list[str] | None,
        typer.Option("--company", metavar="ID", help="Which company; given several times: one run for each."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start anew instead of carrying on a run that was cut off.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Plan everything, write no file and send no record.")
    ] = False,
    mended: Annotated[
        Path | None,
        typer.Option(
            "--mended", metavar="FILE", help="Run only the rows of a set-aside file that was mended, for their step."
        ),
    ] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Run a flow: read, transform, write.

    A run that was cut off is carried on: pages that came are not fetched again, records that were sent are not sent
    again. Leaves with 5 when rows were set aside (or would be, in a dry run); runs/RUN/ holds them with their reasons.
    """
    from ledgerflow.actions.flows import run_for_companies
    from ledgerflow.runner.run import RunRequest

    given = parse_pairs(param or [], flag="-p")
    requests = [
        RunRequest(flow=flow, given=given, company=each, fresh=fresh, dry_run=dry_run, mended=mended)
        for each in (company or (None,))
    ]
    workspace = _workspace()
    try:
        with Bars() as bars:
            results = wait_for(run_for_companies(workspace, requests, progress=bars))
    except KeyboardInterrupt:
        say("stopped; the same command carries the run on")
        raise
    reports = [_result_json(workspace, result) for result in results]
    show(reports[0] if len(reports) == 1 else {"runs": reports}, lambda: _print_results(workspace, results))
    if any(result.set_aside for result in results):
        raise SystemExit(RECORDS_SET_ASIDE)


def schema(
    kind: Annotated[
        str, typer.Argument(metavar="[flow|connection|project]", help="Of which kind of file.", show_default=True)
    ] = "flow",
    json: Json = False,
) -> None:
    """Print the JSON Schema of flow files (or of connection and project files), for editors.

    Saved beside your project, a first line such as `# yaml-language-server: $schema=../flow.schema.json` makes
    editors complete and check a flow while it is written.
    """
    import json as json_format

    from ledgerflow.actions.schemas import schema_of

    print(json_format.dumps(schema_of(kind), indent=2, ensure_ascii=False))


def _workspace() -> Workspace:
    from ledgerflow.wiring import open_workspace

    return open_workspace(project_folder())


def _print_checked(flows: list[CheckedFlow], *, every_column: bool) -> None:
    from ledgerflow.engine.refusals import type_word

    for flow in flows:
        print(f"{flow.name}: sound, {len(flow.steps)} steps")
        rows = []
        for step in flow.steps:
            shown = "" if step.kind == "write" else "known when it is read"
            if step.columns is not None:
                most = len(step.columns) if every_column else MOST_COLUMNS
                named = [f"{column.name} {type_word(column.type)}" for column in step.columns[:most]]
                more = len(step.columns) - len(named)
                shown = ", ".join(named) + (f" and {more} more" if more else "")
            rows.append(
                (
                    step.name,
                    step.kind,
                    ", ".join(step.inputs) or step.resource,
                    shown if step.kind != "write" else step.resource,
                )
            )
        print_table(["step", "kind", "takes", "columns"], rows)
        for note in flow.notes:
            say(f"note: {note}")


def _preview_json(seen: Preview) -> dict[str, Any]:
    return {
        "step": seen.step,
        "columns": [{"name": column.name, "type": column.type} for column in seen.schema],
        "rows": _plain_rows(seen),
        "more": seen.more,
        "calls": seen.calls,
        "cut": list(seen.cut),
        "notes": list(seen.notes),
    }


def _plain_rows(seen: Preview) -> list[dict[str, Any]]:
    """Rows as JSON values; decimals become text, so that no reader rounds them."""
    from datetime import date, time

    rows: list[dict[str, Any]] = seen.table.to_pylist()
    return [
        {name: value.isoformat() if isinstance(value, date | time) else value for name, value in row.items()}
        for row in rows
    ]


def _print_preview(seen: Preview, limit: int) -> None:
    from ledgerflow.destinations.plain_values import as_texts
    from ledgerflow.engine.refusals import type_word

    titles = [f"{column.name}\n{type_word(column.type)}" for column in seen.schema]
    numbers = [
        title
        for title, column in zip(titles, seen.schema, strict=True)
        if type_word(column.type) in ("integer", "decimal", "floating-point number")
    ]
    columns = [as_texts(column.combine_chunks()).to_pylist() for column in seen.table.columns]
    print_table(titles, [tuple(_cut(cell) for cell in row) for row in zip(*columns, strict=True)], right=numbers)
    for note in seen.notes:
        say(f"note: {note}")
    if seen.table.num_rows == limit and seen.more:
        say(f"stopped at --limit {limit}; there are more rows")
    for name in seen.cut:
        say(f"note: only the first page of {name!r} was read")
    say(f"calls spent: {seen.calls}")


def _cut(cell: str | None) -> str | None:
    return cell if cell is None or len(cell) <= 60 else f"{cell[:59]}…"


def _result_json(workspace: Workspace, result: RunResult) -> dict[str, Any]:
    from ledgerflow.actions.runs import show_run

    report = show_run(workspace, result.run.run_id).as_json()
    return {
        **report,
        "carried_on": result.carried_on,
        "month": workspace.meter.spent(month=workspace.meter.month()).as_json(),
    }


def _print_results(workspace: Workspace, results: list[RunResult]) -> None:
    from ledgerflow.actions.runs import show_run
    from ledgerflow.cli.runs import print_report

    for result in results:
        print_report(show_run(workspace, result.run.run_id))
    if any(result.spent.calls for result in results):
        say(f"this month so far: {workspace.meter.spent(month=workspace.meter.month())}")
