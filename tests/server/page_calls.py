"""Calls to the server of a project, in process, as a browser that shows its page makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import httpx2

from ledgerflow.server.app import make_app
from ledgerflow.wiring import open_workspace

ADDRESS = "http://127.0.0.1:8050"
OWN_PAGE = {"origin": ADDRESS, "sec-fetch-site": "same-origin", "content-type": "application/json"}


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
        transport = httpx2.ASGITransport(app=make_app(open_workspace(project), static=static))
        async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as http:
            return await http.request(method, path, headers=OWN_PAGE if headers is None else headers, content=body)

    return asyncio.run(answered())
