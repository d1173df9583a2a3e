"""The page's JSON routes: each reads the request, calls one action, and shapes its answer."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request

from ledgerflow.runner.workspace import Workspace
from ledgerflow.server.answers import (
    CheckAnswer,
    CheckWanted,
    ConnectionsAnswer,
    FlowAnswer,
    FlowsAnswer,
    PreviewAnswer,
    PreviewWanted,
    ProblemAnswer,
    ProjectAnswer,
    RunAnswer,
    RunsAnswer,
    RunStarted,
    RunWanted,
)
from ledgerflow.server.connection_answers import connections_answer
from ledgerflow.server.problems import PageRoute
from ledgerflow.server.refusals import NoSuchRoute

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {"model": ProblemAnswer, "description": "What went wrong, where, and what to do next."}
}
FlowName = Annotated[str, Path(min_length=1, max_length=64)]

routes = APIRouter(prefix="/api", responses=PROBLEMS, route_class=PageRoute)


def add_page_routes(app: FastAPI, workspace: Workspace) -> None:
    """Serve `routes` for one project."""
    app.state.workspace = workspace
    app.include_router(routes)


def _workspace(request: Request) -> Workspace:
    workspace = request.app.state.workspace
    assert isinstance(workspace, Workspace)
    return workspace


Opened = Annotated[Workspace, Depends(_workspace)]


@routes.get("/project")
async def project(workspace: Opened) -> ProjectAnswer:
    """The project that is served."""
    settings = await asyncio.to_thread(workspace.files.settings)
    return ProjectAnswer(
        project=settings.project,
        description=settings.description,
        folder=str(workspace.files.root),
        version=version("ledgerflow"),
    )


@routes.get("/connections")
async def connections(workspace: Opened) -> ConnectionsAnswer:
    """Every connection with its companies."""
    return await asyncio.to_thread(connections_answer, workspace)


@routes.get("/flows")
async def flows() -> FlowsAnswer:
    """Every flow."""
    raise NotImplementedError


@routes.get("/flows/{name}")
async def flow(name: FlowName) -> FlowAnswer:
    """One flow with its steps."""
    raise NotImplementedError


@routes.post("/flows/{name}/check")
async def check(name: FlowName, wanted: CheckWanted) -> CheckAnswer:
    """Whether the flow can run, with every fault."""
    raise NotImplementedError


@routes.post("/flows/{name}/preview")
async def preview(name: FlowName, wanted: PreviewWanted) -> PreviewAnswer:
    """The first rows of a step."""
    raise NotImplementedError


@routes.post("/flows/{name}/run", status_code=202)
async def run(name: FlowName, wanted: RunWanted) -> RunStarted:
    """Begin a run; it goes on in the background."""
    raise NotImplementedError


@routes.get("/runs")
async def runs(
    flow: Annotated[str | None, Query(max_length=64)] = None, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> RunsAnswer:
    """Runs, newest first."""
    raise NotImplementedError


@routes.get("/runs/{id}")
async def run_detail(id: Annotated[str, Path(min_length=1, max_length=100)]) -> RunAnswer:
    """One run."""
    raise NotImplementedError


@routes.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
async def nothing(request: Request) -> None:
    """Every other address below /api."""
    raise NoSuchRoute(
        "There is nothing here.",
        where=f"{request.method} {request.url.path}",
        next_step="Reload the page; it may be older than the server.",
    )
