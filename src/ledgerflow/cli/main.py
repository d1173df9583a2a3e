"""The `ledgerflow` command: gathers the commands and turns errors into exit codes."""

from __future__ import annotations

import os
import sys
from functools import cache

import typer

from ledgerflow.cli.front import leave_with
from ledgerflow.core.errors import LedgerflowError

app = typer.Typer(
    name="ledgerflow",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Connect to web APIs, QuickBooks Online first, keep them authorized, and run flows that read and write.",
    epilog="First steps: ledgerflow init books; cd books; ledgerflow api add quickbooks; ledgerflow connect quickbooks",
)


@app.callback()
def _top() -> None:
    pass


@cache
def _gather() -> None:
    """Once: every module here with `register(app)` adds its commands; heavy imports wait inside the commands."""
    from ledgerflow.cli import apis, connections, flows, projects, resources, runs, sandbox, serve, steps, vault

    for module in (projects, apis, connections, flows, steps, runs, resources, vault, serve, sandbox):
        module.register(app)


def run() -> None:
    """Run the command line; every known error becomes its exit code, anything else is a bug and surfaces."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # a quarter less memory at the same speed, measured
    _gather()
    try:
        app()
    except LedgerflowError as error:
        leave_with(error)
    except KeyboardInterrupt:
        print("ledgerflow: stopped", file=sys.stderr)
        raise SystemExit(130) from None


if __name__ == "__main__":
    run()
