"""The page's JSON routes: each reads the request, calls one action, and shapes its answer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

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
from ledgerflow.server.same_origin import refuse_strangers

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {"model": ProblemAnswer, "description": "What went wrong, where, and what to do next."}
}
FlowName = Annotated[str, Path(min_length=1, max_length=64)]

routes = APIRouter(prefix="/api", responses=PROBLEMS)


@routes.get("/project")
async def project() -> ProjectAnswer:
    """The project that is served."""
    raise NotImplementedError


@routes.get("/connections")
async def connections() -> ConnectionsAnswer:
    """Every connection with its companies."""
    raise NotImplementedError


@routes.get("/flows")
async def flows() -> FlowsAnswer:
    """Every flow."""
    raise NotImplementedError


@routes.get("/flows/{name}")
async def flow(name: FlowName) -> FlowAnswer:
    """One flow with its steps."""
    raise NotImplementedError


@routes.post("/flows/{name}/check", dependencies=[Depends(refuse_strangers)])
async def check(name: FlowName, wanted: CheckWanted) -> CheckAnswer:
    """Whether the flow can run, with every fault."""
    raise NotImplementedError


@routes.post("/flows/{name}/preview", dependencies=[Depends(refuse_strangers)])
async def preview(name: FlowName, wanted: PreviewWanted) -> PreviewAnswer:
    """The first rows of a step."""
    raise NotImplementedError


@routes.post("/flows/{name}/run", dependencies=[Depends(refuse_strangers)], status_code=202)
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
