"""The page's JSON routes: each reads the request, calls one action, and shapes its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request

from ledgerflow.actions.flows import check_flows, preview_step
from ledgerflow.actions.flows import run as run_flow
from ledgerflow.core.progress import Progress, Quiet
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
from ledgerflow.server.background import Background, Began
from ledgerflow.server.connection_answers import connections_answer
from ledgerflow.server.flow_answers import check_answer, flow_answer, flows_answer, preview_answer
from ledgerflow.server.problems import PageRoute
from ledgerflow.server.refusals import NoSuchRoute
from ledgerflow.server.run_answers import run_answer, runs_answer

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {"model": ProblemAnswer, "description": "What went wrong, where, and what to do next."}
}
FlowName = Annotated[str, Path(min_length=1, max_length=64)]


@asynccontextmanager
async def _until_stopped(app: FastAPI) -> AsyncIterator[None]:
    """While the server runs; its runs end with it."""
    yield
    await app.state.background.stop()


routes = APIRouter(prefix="/api", responses=PROBLEMS, route_class=PageRoute, lifespan=_until_stopped)


def add_page_routes(app: FastAPI, workspace: Workspace) -> None:
    """Serve `routes` for one project."""
    app.state.workspace = workspace
    app.state.background = Background()
    app.include_router(routes)


def _workspace(request: Request) -> Workspace:
    workspace = request.app.state.workspace
    assert isinstance(workspace, Workspace)
    return workspace


def _background(request: Request) -> Background:
    background = request.app.state.background
    assert isinstance(background, Background)
    return background


Opened = Annotated[Workspace, Depends(_workspace)]
Working = Annotated[Background, Depends(_background)]


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
async def flows(workspace: Opened) -> FlowsAnswer:
    """Every flow."""
    return await asyncio.to_thread(flows_answer, workspace)


@routes.get("/flows/{name}")
async def flow(workspace: Opened, name: FlowName) -> FlowAnswer:
    """One flow with its steps, as far as its file alone tells."""
    return await asyncio.to_thread(flow_answer, workspace, name)


@routes.post("/flows/{name}/check")
async def check(workspace: Opened, name: FlowName, wanted: CheckWanted) -> CheckAnswer:
    """Whether the flow can run, with every fault. Nothing is called."""
    (checked,) = await check_flows(workspace, [name], given=wanted.parameters, company=wanted.company)
    return check_answer(checked)


@routes.post("/flows/{name}/preview")
async def preview(workspace: Opened, name: FlowName, wanted: PreviewWanted) -> PreviewAnswer:
    """The first rows of a step."""
    from ledgerflow.runner.preview import PreviewRequest

    request = PreviewRequest(
        flow=name, step=wanted.step, rows=wanted.rows, given=wanted.parameters, company=wanted.company
    )
    return preview_answer(await preview_step(workspace, request, progress=Quiet()))


@routes.post("/flows/{name}/run", status_code=202)
async def run(workspace: Opened, background: Working, name: FlowName, wanted: RunWanted) -> RunStarted:
    """Begin a run; it goes on in the background."""
    from ledgerflow.runner.run import RunRequest

    request = RunRequest(
        flow=name, given=wanted.parameters, company=wanted.company, fresh=wanted.fresh, dry_run=wanted.dry_run
    )

    async def work(progress: Progress, began: Began) -> None:
        await run_flow(workspace, request, progress=progress, began=began)

    return RunStarted(run=await background.start(work))


@routes.get("/runs")
async def runs(
    workspace: Opened,
    flow: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> RunsAnswer:
    """Runs, newest first."""
    return await asyncio.to_thread(runs_answer, workspace, flow=flow, limit=limit)


@routes.get("/runs/{id}")
async def run_detail(
    workspace: Opened, background: Working, id: Annotated[str, Path(min_length=1, max_length=160)]
) -> RunAnswer:
    """One run."""
    tasks = background.tasks_of(id)
    return await asyncio.to_thread(run_answer, workspace, id, tasks=tasks)


@routes.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
async def nothing(request: Request) -> None:
    """Every other address below /api."""
    raise NoSuchRoute(
        "There is nothing here.",
        where=f"{request.method} {request.url.path}",
        next_step="Reload the page; it may be older than the server.",
    )
