"""Calls to the server of a project, in process, as a browser that shows its page makes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from ledgerflow.server.app import make_app
from ledgerflow.wiring import open_workspace

ADDRESS = "http://127.0.0.1:8050"
OWN_PAGE = {"origin": ADDRESS, "sec-fetch-site": "same-origin", "content-type": "application/json"}
ENDED_WITHIN_S = 30.0


class Page:
    """The page of one running server."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def get(self, path: str) -> Any:
        """The JSON that the server answers with 200."""
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> httpx2.Response:
        return await self.http.post(path, headers=OWN_PAGE, content=json.dumps(body or {}))

    async def run(self, flow: str, **wanted: Any) -> str:
        """The id of a run that was begun."""
        answer = await self.post(f"/api/flows/{flow}/run", wanted)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["run"])

    async def ended(self, run_id: str) -> dict[str, Any]:
        """A run, once it is at its end."""
        async with asyncio.timeout(ENDED_WITHIN_S):
            while True:
                run: dict[str, Any] = await self.get(f"/api/runs/{run_id}")
                if run["state"] != "running":
                    return run
                await asyncio.sleep(0.02)


@asynccontextmanager
async def served(project: Path, *, static: Path | None = None) -> AsyncIterator[Page]:
    """The server of a project from its start to its stop."""
    app = make_app(open_workspace(project), static=static)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=ADDRESS) as http,
    ):
        yield Page(http)


def call(
    project: Path,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    static: Path | None = None,
) -> httpx2.Response:
    """The answer to one call; `headers` are those of the page itself when none are given."""

    async def answered() -> httpx2.Response:
        async with served(project, static=static) as page:
            given = OWN_PAGE if headers is None else headers
            return await page.http.request(method, path, headers=given, content=body)

    return asyncio.run(answered())
