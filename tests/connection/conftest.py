"""A project whose connection is the local QuickBooks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from connected_project import MovableClock, OpenWorkspace, save_pair, write_connection

from ledgerflow.runner.workspace import Workspace
from ledgerflow.store.projects import ProjectFiles
from qbo_sandbox.served import ServedSandbox


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
def quickbooks(workspace: Workspace, qbo_sandbox: ServedSandbox) -> ServedSandbox:
    """The sandbox, with the project's connection pointing at it; no company is connected yet."""
    write_connection(workspace, qbo_sandbox)
    return qbo_sandbox


@pytest.fixture
def connected(workspace: Workspace, quickbooks: ServedSandbox) -> ServedSandbox:
    """The sandbox, with its first company connected; its access token was just given."""
    save_pair(workspace, quickbooks)
    return quickbooks
