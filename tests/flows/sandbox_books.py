"""A project connected to the local QuickBooks: flows run in this process or by the command, calls are counted there."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from ledgerflow.auth.tokens import Token
from ledgerflow.core.progress import Quiet
from ledgerflow.runner.preview import Preview, PreviewRequest, preview
from ledgerflow.runner.run import RunRequest, RunResult, run_flow
from ledgerflow.runner.workspace import Workspace
from ledgerflow.store.projects import ProjectFiles
from ledgerflow.wiring import open_workspace
from qbo_sandbox.served import ServedSandbox

API = """openapi: 3.1.0
info: {title: QuickBooks, version: '1'}
x-ledgerflow: {provider: quickbooks}
paths:
  /v3/company/{realmId}/query:
    get:
      summary: Query
      parameters:
        - {name: realmId, in: path, required: true, schema: {type: string}}
        - {name: query, in: query, required: true, schema: {type: string}}
      responses: {'200': {description: Rows}}
  /v3/company/{realmId}/companyinfo/{id}:
    get:
      summary: About
      parameters:
        - {name: realmId, in: path, required: true, schema: {type: string}}
        - {name: id, in: path, required: true, schema: {type: string}}
      responses: {'200': {description: One record}}
"""


class Heard(Quiet):
    """A listener that keeps the notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


class SandboxBooks:
    """A project whose connection `quickbooks` leads to the companies of a sandbox."""

    def __init__(self, root: Path, sandbox: ServedSandbox, *, companies: int = 1) -> None:
        ProjectFiles.make(root, name="books")
        self.root = root
        self.sandbox = sandbox
        self.heard = Heard()
        workspace = self.opened()
        self.put("apis/quickbooks.yaml", API)
        self.put(
            "connections/quickbooks.yaml",
            f"api: quickbooks\nbase_url: {sandbox.api_url}\n"
            "limits: {per_second: 1000, per_minute: 60000, in_flight: 4, retry_within_s: 20}\n"
            "auth:\n  type: oauth2\n"
            f"  auth_url: {sandbox.authorize_url}\n  token_url: {sandbox.token_url}\n"
            f"  client_id: {sandbox.client_id}\n  client_secret: vault:client_secret\n"
            "  scope: com.intuit.quickbooks.accounting\n",
        )
        workspace.vault.put("quickbooks", "client_secret", sandbox.client_secret)
        for company in sandbox.companies[:companies]:
            self.connect(company["realm_id"])

    def connect(self, realm_id: str) -> None:
        """Authorize a company without the consent page."""
        given = self.sandbox.tokens(realm_id)
        workspace = self.opened()
        now = workspace.clock()
        token = Token(
            access_token=given["access_token"],
            refresh_token=given["refresh_token"],
            obtained_at=now,
            expires_at=now + timedelta(hours=1),
            refresh_expires_at=now + timedelta(days=101),
            scope="com.intuit.quickbooks.accounting",
        )
        workspace.companies.connect("quickbooks", realm_id, token)
        self.sandbox.reset_meter()

    def opened(self) -> Workspace:
        return open_workspace(self.root)

    def put(self, place: str, text: str) -> Path:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def flow(self, name: str, steps: str, head: str = "") -> None:
        self.put(f"flows/{name}.yaml", f"flow: {name}\n{head}steps:\n{steps.strip(chr(10))}\n")

    def run(self, name: str, **wish: Any) -> RunResult:
        return asyncio.run(run_flow(self.opened(), RunRequest(flow=name, **wish), progress=self.heard))

    def preview(self, name: str, step: str, **wish: Any) -> Preview:
        return asyncio.run(preview(self.opened(), PreviewRequest(flow=name, step=step, **wish), progress=self.heard))

    def calls(self) -> dict[str, int]:
        """What the sandbox counted since the meter was set to nothing, by kind."""
        counted: dict[str, int] = self.sandbox.meter()["by_kind"]
        return counted

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "ledgerflow", *words],
            cwd=self.root,
            env={**os.environ, "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def command(self, *words: str, expect: int = 0) -> str:
        """Run a command to its end; what it printed on stdout."""
        with self.start(*words) as process:
            out, err = process.communicate(timeout=60)
        assert process.returncode == expect, (process.returncode, out, err)
        return out

    def command_json(self, *words: str, expect: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.command(*words, "--json", expect=expect))
        return found
