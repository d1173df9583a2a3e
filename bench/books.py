"""A project connected to the local QuickBooks, made with the same commands a person uses."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from qbo_sandbox.served import ServedSandbox

LEDGERFLOW = [sys.executable, "-m", "ledgerflow"]


def make_books(folder: Path, quickbooks: ServedSandbox) -> Path:
    """Make the project in `folder`, authorized for the sandbox's first company; its folder."""
    project = folder / "books"
    _ledgerflow(folder, "init", "books")
    _ledgerflow(
        project,
        *("api", "add", "--custom", "quickbooks", "--base-url", quickbooks.api_url, "--provider", "quickbooks"),
    )
    _ledgerflow(
        project,
        *("connection", "set", "quickbooks", "--auth", "oauth2", "--grant", "authorization_code"),
        *("--auth-url", quickbooks.authorize_url, "--token-url", quickbooks.token_url),
        *("--client-id", quickbooks.client_id, "--client-secret", "-", "--redirect-url", quickbooks.redirect_uri),
        *("--scope", "com.intuit.quickbooks.accounting"),
        stdin=quickbooks.client_secret,
    )
    _connect(project, quickbooks)
    return project


def _connect(project: Path, quickbooks: ServedSandbox) -> None:
    """Sign in as a person without a browser does: open the printed address elsewhere, paste where it led to."""
    command = [*LEDGERFLOW, "connect", "quickbooks", "--paste", "-"]
    with subprocess.Popen(
        command, cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if address := re.search(r"https?://\S+/connect/oauth2\?\S+", line):
                process.stdin.write(quickbooks.consent(address.group()) + "\n")
                process.stdin.close()
                break
        said += process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"connecting failed: {said}")


def _ledgerflow(folder: Path, *words: str, stdin: str | None = None) -> None:
    subprocess.run([*LEDGERFLOW, *words], cwd=folder, input=stdin, text=True, check=True, stdout=subprocess.DEVNULL)
