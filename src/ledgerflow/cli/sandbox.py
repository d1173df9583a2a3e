"""`ledgerflow sandbox`: the local QuickBooks, with the words of its own command line."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
        add_help_option=False,
        help="Serve a local QuickBooks with made-up companies, for tests and trials (--help lists its options).",
    )(sandbox)


def sandbox(context: typer.Context) -> None:
    """Hand every word to the sandbox itself: its options are declared once, there."""
    from qbo_sandbox.server import main

    raise SystemExit(main(context.args, program="ledgerflow sandbox"))
