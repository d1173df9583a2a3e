"""What every test stands on: no connection leaves this machine, and no saved state outside its own folder."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that opens a connection to another machine fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to connect to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def own_vault_key(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vault's key file of a test lies in a temporary folder; the person's own keyring is never asked."""
    folder = tmp_path_factory.mktemp("keys")
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY_SOURCE", "file")
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.delenv("LEDGERFLOW_PROJECT", raising=False)
    return folder
