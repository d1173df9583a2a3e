"""`ledgerflow init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledgerflow.cli.front import Json, say, show


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(init)


def init(
    name: Annotated[str, typer.Argument(help="The project's name, and its folder unless --folder is given.")],
    folder: Annotated[
        Path | None, typer.Option(help="Where to make it (default: a folder of the project's name).")
    ] = None,
    json: Json = False,
) -> None:
    """Make a project: a folder of text files that is safe to commit."""
    from ledgerflow.actions.projects import make_project

    made = make_project(folder or Path(name), name=name)
    show(made, f"Made project {made['project']} in {made['folder']}")
    say(f"next: cd {made['folder']}; ledgerflow api add quickbooks")
