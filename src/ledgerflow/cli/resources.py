"""`ledgerflow read`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledgerflow.cli.front import (
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
    from ledgerflow.actions.resources import ReadDone, ReadWish
    from ledgerflow.runner.workspace import Workspace

SHOWN_ROWS = 20
"""How many rows a terminal shows when nobody says how many; one call."""
_SHOWN_COLUMNS = 8


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(read)


def read(
    resource: Annotated[
        str, typer.Argument(help='What to read: quickbooks.Invoice, or "quickbooks.Read invoice".', show_default=False)
    ],
    where: Annotated[
        str | None,
        typer.Option(help="A condition in the api's own language, such as \"Balance > '0'\"; it is sent along."),
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A value of a request.")
    ] = None,
    company: Annotated[str | None, typer.Option(metavar="ID", help="Which company; needed with several.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="ROWS", help="Stop after so many rows.")] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file to write: .csv, .parquet, .xlsx or .duckdb.")
    ] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Read a resource: into a file, as a table on a terminal, as CSV into a pipe, as JSON with --json.

    Example: ledgerflow read quickbooks.Invoice --where "Balance > '0'" --to open.parquet
    """
    from ledgerflow.actions.resources import ReadWish

    on_terminal = to is None and sys.stdout.isatty() and not wants_json()
    wish = ReadWish(
        resource=resource,
        where=where,
        parameters=parse_pairs(parameter or (), flag="--parameter"),
        company=company,
        limit_rows=limit if limit is not None or not on_terminal else SHOWN_ROWS,
    )
    with Bars() as bars:
        if to is not None:
            _to_file(wish, to, bars)
        elif on_terminal or wants_json():
            _rows(wish, bars)
        else:
            _to_pipe(wish, bars)


def _to_file(wish: ReadWish, to: Path, bars: Bars) -> None:
    from ledgerflow.actions.resources import read_to_file

    done = wait_for(read_to_file(_workspace(), wish, to, progress=bars))
    show(done.as_json(), f"Wrote {done.place}: {done.rows:,} rows, {len(done.schema)} columns")
    _tell(done)


def _to_pipe(wish: ReadWish, bars: Bars) -> None:
    from ledgerflow.actions.resources import read_as_csv

    _tell(wait_for(read_as_csv(_workspace(), wish, sys.stdout.buffer, progress=bars)))


def _rows(wish: ReadWish, bars: Bars) -> None:
    from ledgerflow.actions.resources import read_rows, rows_as_json

    table, done = wait_for(read_rows(_workspace(), wish, progress=bars))
    if wants_json():
        sys.stdout.buffer.write(rows_as_json(table) + b"\n")
        return
    names = [name for name in table.column_names if table[name].null_count < table.num_rows][:_SHOWN_COLUMNS]
    print_table(names or table.column_names[:_SHOWN_COLUMNS], [_cells(row, names) for row in table.to_pylist()])
    hidden = len(table.column_names) - len(names)
    if hidden > 0:
        say(f"{hidden} more columns are not shown; --json or --to FILE has them all.")
    if done.rows == wish.limit_rows:
        say(f"Stopped at {done.rows} rows; give --limit ROWS for more, or --to FILE for every row.")
    _tell(done)


def _cells(row: dict[str, Any], names: list[str]) -> list[str]:
    return [_cell(row[name]) for name in names]


def _cell(value: Any) -> str:
    """A value in few words: what a reference is called, how long a list is."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return str(value.get("name") or value.get("value") or next((v for v in value.values() if v is not None), ""))
    if isinstance(value, list):
        return f"{len(value)} items"
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text and text.replace(".", "").lstrip("-").isdigit() else text


def _tell(done: ReadDone) -> None:
    for note in done.notes:
        say(note)
    say(f"Spent {done.spent}")


def _workspace() -> Workspace:
    from ledgerflow.wiring import open_workspace

    return open_workspace(project_folder())
