"""A sandbox in process, and one over real HTTP, both with the small company half."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from intuit_app import Intuit
from small_companies import SmallCompanies

from qbo_sandbox.app import Sandbox
from qbo_sandbox.served import ServedSandbox, serve_in_thread
from qbo_sandbox.settings import SandboxSettings


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(SandboxSettings(), side=SmallCompanies())


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=sandbox.asgi)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.fixture
def served() -> Iterator[ServedSandbox]:
    with serve_in_thread(side=SmallCompanies()) as running:
        yield running


@pytest.fixture
def intuit(sandbox: Sandbox, http: httpx2.AsyncClient) -> Intuit:
    return Intuit(sandbox, http)
