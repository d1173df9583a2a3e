"""A project connected to the local QuickBooks, made with the same commands a person uses."""

from __future__ import annotations

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
        *("--per-second", "1000", "--per-minute", "100000"),  # what is measured is the way, not Intuit's limits
        stdin=quickbooks.client_secret,
    )
    tokens = quickbooks.tokens()
    _ledgerflow(
        project,
        *("connect", "quickbooks", "--refresh-token", "-", "--company", tokens["realm_id"]),
        stdin=tokens["refresh_token"],
    )
    return project


def _ledgerflow(folder: Path, *words: str, stdin: str | None = None) -> str:
    """Run a command; its whole output. Raises RuntimeError when it fails."""
    done = subprocess.run(
        [*LEDGERFLOW, *words],
        cwd=folder,
        input=stdin,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise RuntimeError(f"ledgerflow {' '.join(words[:2])} left with {done.returncode}:\n{done.stdout}")
    return done.stdout
