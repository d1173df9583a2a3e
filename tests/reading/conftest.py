"""A project connected to the local QuickBooks, and its commands."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ledgerflow.actions.apis import add_custom_api
from ledgerflow.auth.tokens import Token
from ledgerflow.cli import front, main
from ledgerflow.runner.workspace import Workspace
from ledgerflow.store.projects import ProjectFiles
from ledgerflow.wiring import open_workspace
from qbo_sandbox.served import ServedSandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Done]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return ProjectFiles.make(tmp_path / "books", name="books").root


@pytest.fixture
def workspace(project: Path) -> Workspace:
    return open_workspace(project)


@pytest.fixture
def ledgerflow(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in the project's folder, in this process."""
    monkeypatch.chdir(project)

    def run(*words: str, stdin: str = "") -> Done:
        front.forget()
        monkeypatch.setattr(sys, "argv", ["ledgerflow", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        try:
            main.run()
            code = 0
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
        told = capsys.readouterr()
        return Done(code=code, out=told.out, err=told.err)

    return run


@pytest.fixture
def unconnected(workspace: Workspace, qbo_sandbox: ServedSandbox) -> ServedSandbox:
    """The local QuickBooks as a custom api that nobody has signed in to; limits out of the way."""
    add_custom_api(workspace, "quickbooks", base_url=qbo_sandbox.api_url, provider_name="quickbooks")
    document = workspace.files.read("connection", "quickbooks")
    for key, value in {"per_second": 1000, "per_minute": 100_000, "retry_within_s": 5}.items():
        document.set(("limits", key), value)
    for key, value in {
        "auth_url": qbo_sandbox.authorize_url,
        "token_url": qbo_sandbox.token_url,
        "client_id": qbo_sandbox.client_id,
        "client_secret": "vault:client_secret",
    }.items():
        document.set(("auth", key), value)
    workspace.files.save(document)
    workspace.vault.put("quickbooks", "client_secret", qbo_sandbox.client_secret)
    return qbo_sandbox


@pytest.fixture
def quickbooks(workspace: Workspace, unconnected: ServedSandbox) -> ServedSandbox:
    """The same, connected to its first company."""
    given = unconnected.tokens()
    now = workspace.clock()
    token = Token(
        access_token=given["access_token"],
        refresh_token=given["refresh_token"],
        obtained_at=now,
        expires_at=now + timedelta(hours=1),
        refresh_expires_at=now + timedelta(days=101),
        scope="com.intuit.quickbooks.accounting",
    )
    workspace.companies.connect("quickbooks", unconnected.realm_id, token)
    return unconnected
