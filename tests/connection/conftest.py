"""A project whose connection is the local QuickBooks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from connected_project import MovableClock, OpenWorkspace, save_pair, write_connection

from ledgerflow.runner.workspace import Workspace
from ledgerflow.store.projects import ProjectFiles
from qbo_sandbox.served import ServedSandbox, serve_in_thread
from qbo_sandbox.settings import SandboxSettings


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return ProjectFiles.make(tmp_path / "books", name="books").root


@pytest.fixture
def open_it(project: Path, clock: MovableClock) -> OpenWorkspace:
    """Opens the project anew, as another process would."""
    return lambda: Workspace(ProjectFiles(project), clock=clock, sleep=asyncio.sleep)


@pytest.fixture
def workspace(open_it: OpenWorkspace) -> Workspace:
    return open_it()


@pytest.fixture
def redirect_url() -> str:
    """A redirect URL at a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


@pytest.fixture
def intuit(workspace: Workspace, redirect_url: str) -> Iterator[ServedSandbox]:
    """A sandbox of two companies that knows `redirect_url`, with the project's connection pointing at it."""
    with serve_in_thread(SandboxSettings(invoices=0, companies=2, redirect_uris=(redirect_url,))) as served:
        write_connection(workspace, served, redirect_url=redirect_url)
        yield served


@pytest.fixture
def quickbooks(workspace: Workspace, qbo_sandbox: ServedSandbox) -> ServedSandbox:
    """The sandbox, with the project's connection pointing at it; no company is connected yet."""
    write_connection(workspace, qbo_sandbox)
    return qbo_sandbox


@pytest.fixture
def connected(workspace: Workspace, quickbooks: ServedSandbox) -> ServedSandbox:
    """The sandbox, with its first company connected; its access token was just given."""
    save_pair(workspace, quickbooks)
    return quickbooks
