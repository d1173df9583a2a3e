"""What every command shares: data on stdout, talk on stderr, `--json`, the exit codes, progress bars."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RecordRefused, RetryLater

EXIT_CODES: dict[type[LedgerflowError], int] = {InputRefused: 2, ReconnectNeeded: 3, RetryLater: 4, RecordRefused: 5}
"""0 done, 1 a bug, 2 input refused, 3 reconnect needed, 4 try later, 5 records set aside."""
RECORDS_SET_ASIDE = 5

T = TypeVar("T")


class _Talk:
    as_json = False
    project: Path | None = None


_talk = _Talk()


def _remember_json(value: bool) -> bool:
    _talk.as_json = _talk.as_json or value
    return value


def _remember_project(value: Path | None) -> Path | None:
    _talk.project = value or _talk.project
    return value


Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print the answer, or the error, as one JSON document.", callback=_remember_json, is_eager=True
    ),
]
Project = Annotated[
    Path | None,
    typer.Option(
        "--project",
        "-C",
        metavar="FOLDER",
        help="The project's folder (default: this one or the nearest above it).",
        callback=_remember_project,
        is_eager=True,
    ),
]


def wants_json() -> bool:
    """Was `--json` given?"""
    return _talk.as_json


def project_folder() -> Path:
    """Where the search for the project starts: `--project`, else $LEDGERFLOW_PROJECT, else the current folder."""
    return _talk.project or Path(os.environ.get("LEDGERFLOW_PROJECT") or ".")


def forget() -> None:
    """Start afresh; for tests that run several commands in one process."""
    _talk.as_json = False
    _talk.project = None


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run the one coroutine of a command; Ctrl-C cancels it and its tasks."""
    import asyncio

    return asyncio.run(work)


def show(data: Any, text: Callable[[], None] | str | None = None) -> None:
    """Print an answer: `data` as JSON when asked for, else `text` (printed, or called to print)."""
    if wants_json():
        print(json.dumps(data, indent=2, default=str, ensure_ascii=False))
    elif callable(text):
        text()
    else:
        print(text if text is not None else json.dumps(data, indent=2, default=str, ensure_ascii=False))


def say(text: str) -> None:
    """Talk to the person, on stderr; silent under `--json`."""
    if not wants_json():
        console().print(text, highlight=False, markup=False, soft_wrap=True)


def console() -> Any:
    """The stderr console. Rich honours NO_COLOR and the width of the terminal."""
    from rich.console import Console

    return Console(stderr=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Iterable[str] = ()) -> None:
    """Print rows as a table on stdout; the columns named in `right` are aligned to the right. Plain when piped."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    numeric = set(right)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    out = Console(markup=False, highlight=False)  # what a cell holds is data, such as [this]
    if not out.is_terminal:
        out = Console(width=max(out.width, 160), markup=False, highlight=False)
    out.print(table)


def leave_with(error: LedgerflowError) -> NoReturn:
    """Show an error in its three parts and leave with the code of its class."""
    if wants_json():
        print(json.dumps(error.as_json(), indent=2, default=str, ensure_ascii=False))
    else:
        lines = [f"ledgerflow: {error.what}"]
        faults = error.faults if isinstance(error, InputRefused) else ()
        if len(faults) > 1 or (faults and faults[0].text != error.what):
            lines += [f"  - {fault}" for fault in faults]
        lines += [f"  where: {error.where}", f"  next:  {error.next_step}"]
        print("\n".join(lines), file=sys.stderr)
    raise SystemExit(exit_code(error))


def exit_code(error: LedgerflowError) -> int:
    """The exit code of an error: that of its class, or of the nearest base class that has one."""
    return next((EXIT_CODES[base] for base in type(error).__mro__ if base in EXIT_CODES), 1)


def parse_pairs(pairs: Sequence[str], *, flag: str) -> dict[str, str]:
    """`["id=12", "since=2026-01-01"]` as a dictionary. Raises InputRefused for a pair without '='."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InputRefused(
                f"{pair!r} is not NAME=VALUE.", where=flag, next_step=f"Write it as `{flag} name=value`."
            )
        found[name] = value
    return found


class Bars:
    """Progress bars on stderr where a person watches; a line per finished task elsewhere; nothing under `--json`."""

    def __init__(self) -> None:
        self._shown = not wants_json() and sys.stderr.isatty()
        self._bars: Any = None
        self._ids: dict[str, Any] = {}

    def __enter__(self) -> Bars:
        if self._shown:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[unit]}"),
                TimeElapsedColumn(),
                console=console(),
                transient=False,
            )
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def start(self, task: str, *, total: int | None, unit: str) -> None:
        if self._bars is not None:
            self._ids[task] = self._bars.add_task(task, total=total, unit=unit)

    def advance(self, task: str, count: int = 1) -> None:
        if self._bars is not None and task in self._ids:
            self._bars.advance(self._ids[task], count)

    def finish(self, task: str) -> None:
        if self._bars is not None and task in self._ids:
            done = self._bars.tasks[self._bars.task_ids.index(self._ids[task])].completed
            self._bars.update(self._ids[task], total=done or 1, completed=done or 1)

    def note(self, text: str) -> None:
        say(text)


def as_rows(records: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    """Column names and rows of uniform dictionaries."""
    names = list(records[0]) if records else []
    return names, [[record.get(name) for name in names] for record in records]
