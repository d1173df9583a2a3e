"""Our own server: the redirect address of every connection, a status page, and the start of a sign-in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from ledgerflow.actions.awaiting import health
from ledgerflow.actions.connecting import begin, connected_page, finish
from ledgerflow.actions.connections import connection_status
from ledgerflow.auth.redirects import CALLBACK_PATH, is_answer, read_redirect
from ledgerflow.core.errors import LedgerflowError, RetryLater
from ledgerflow.core.page import error_page, message_page
from ledgerflow.net.redirect_listener import HEALTH_PATH
from ledgerflow.runner.workspace import Workspace
from ledgerflow.server.guard import Guard, may_see_pages
from ledgerflow.server.page import STATIC, add_page_files, is_built, page_document
from ledgerflow.server.pages import status_page
from ledgerflow.server.routes import add_page_routes
from ledgerflow.server.statuses import http_status


def make_app(
    workspace: Workspace, *, hosts: Iterable[str] = (), pages: bool = True, static: Path | None = STATIC
) -> FastAPI:
    """The server of one project. `hosts` are the names it goes by besides the loopback ones.

    Without `pages` it only receives sign-ins.
    `static` is where the built page lies; the status page stands in for it when it is not there, or None.
    """
    built = static if pages and static is not None and is_built(static) else None
    app = FastAPI(title="Ledgerflow", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard, hosts=tuple(hosts), pages=pages)
    app.add_exception_handler(LedgerflowError, _show_error)
    app.add_exception_handler(HTTPException, _show_status)

    @app.get("/", response_class=HTMLResponse)
    async def front(request: Request) -> Response:
        """The redirect address when a consent page's answer is in the query, else the status page."""
        if is_answer(request.query_params.keys()):
            return await _finished(workspace, request, has_page=built is not None)
        if built is not None:
            return page_document(built)
        return HTMLResponse(await asyncio.to_thread(_status, workspace))

    @app.get(CALLBACK_PATH, response_class=HTMLResponse)
    async def callback(request: Request) -> Response:
        """The other redirect address."""
        return await _finished(workspace, request, has_page=built is not None)

    @app.get("/connect/{name}")
    async def connect(name: str, company: str | None = None) -> Response:
        """Start a sign-in: on to the consent page."""
        begun = await asyncio.to_thread(begin, workspace, name, company=company)
        return RedirectResponse(begun.address, status_code=303)

    @app.get(HEALTH_PATH)
    async def healthz() -> dict[str, str]:
        """That it runs, and for which project."""
        return {"status": "ok", **health(workspace)}

    add_page_routes(app, workspace)
    if built is not None:
        add_page_files(app, built)
    return app


async def _finished(workspace: Workspace, request: Request, *, has_page: bool) -> Response:
    """Finish the sign-in; not stopped by a browser that goes away, since the code is good for one try.

    Whoever may see the page goes on there, unless there is something to read first.
    """
    redirect = read_redirect(request.query_params.multi_items())
    connected = await asyncio.shield(asyncio.ensure_future(finish(workspace, redirect)))
    if has_page and may_see_pages(request.scope) and not connected.warnings:
        return RedirectResponse(f"/?connected={connected.connection}", status_code=303)
    return HTMLResponse(connected_page(connected))


def _status(workspace: Workspace) -> str:
    settings = workspace.files.settings()
    return status_page(settings.project, connection_status(workspace), _flows(workspace))


def _flows(workspace: Workspace) -> list[dict[str, Any]]:
    """Each flow with its last run; one whose file has faults tells its first."""
    flows: list[dict[str, Any]] = []
    for name in workspace.files.names("flow"):
        try:
            description = str(workspace.files.read("flow", name).data.get("description") or "")
        except LedgerflowError as error:
            description = error.what
        last = next(iter(workspace.runs.list(flow=name, limit=1)), None)
        told = f"{last.status}, {last.began_at:%Y-%m-%d %H:%M} UTC" if last is not None else "never"
        flows.append({"flow": name, "description": description, "last_run": told})
    return flows


async def _show_error(request: Request, error: Exception) -> Response:
    """An error in its three parts: as JSON for programs, as a page for people."""
    assert isinstance(error, LedgerflowError)
    headers = {"Retry-After": f"{error.after_s:.0f}"} if isinstance(error, RetryLater) else None
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(error.as_json(), status_code=http_status(error), headers=headers)
    return HTMLResponse(error_page(error), status_code=http_status(error), headers=headers)


async def _show_status(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = {404: "There is nothing here.", 405: "This cannot be done here."}.get(error.status_code, error.detail)
    return HTMLResponse(message_page(text, [], details={}, good=False), status_code=error.status_code)
