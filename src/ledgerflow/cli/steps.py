"""`ledgerflow steps`: what a flow's steps can do."""

from __future__ import annotations

from typing import Annotated

import typer

from ledgerflow.cli.front import Json, show


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(steps)


def steps(
    kind: Annotated[str | None, typer.Argument(help="A kind of step, such as join (default: all).")] = None,
    json: Json = False,
) -> None:
    """Explain the kinds of steps a flow can have, each with its keys and an example."""
    from ledgerflow.actions.step_reference import explain_steps, steps_page

    explained = explain_steps(kind)
    show(explained, steps_page(explained, head=kind is None).strip())
