"""`ledgerflow serve`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ledgerflow.cli.front import Json, Project, project_folder, say, wants_json
from ledgerflow.core.errors import InputRefused


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 for every network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.", min=0, max=65535)] = 8050,
    cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate (PEM), for https.")] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="The certificate's private key (PEM).")] = None,
    public_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The address it is known by, behind a reverse proxy.")
    ] = None,
    pages: Annotated[
        bool | None,
        typer.Option(help="Show pages, or only receive sign-ins (default: pages, unless behind a reverse proxy)."),
    ] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Serve the project: the redirect address of its connections and a status page. Ctrl-C stops it.

    The pages are for this machine; from elsewhere only the way back from a consent page is taken.
    """
    from json import dumps

    from ledgerflow.server.serving import Serving
    from ledgerflow.server.serving import serve as run
    from ledgerflow.wiring import open_workspace

    if key is not None and cert is None:
        raise InputRefused("A key without its certificate.", where="--key", next_step="Add --cert FILE.")
    workspace = open_workspace(project_folder())
    name = workspace.files.settings().project

    def ready(address: str) -> None:
        told = {"address": address, "project": name, "public_url": public_url}
        print(dumps(told) if wants_json() else f"{name} is served at {address}", flush=True)
        if sys.stdout.isatty():
            say("Ctrl-C stops it.")

    run(workspace, Serving(host=host, port=port, cert=cert, key=key, public_url=public_url, pages=pages), ready=ready)
