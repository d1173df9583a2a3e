"""Renews a token and is killed (SIGKILL, by itself) at the point named on the command line."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from ledgerflow.auth.requests import AuthRequest
from ledgerflow.core.calls import Answer
from ledgerflow.net.exchange import TokenExchange
from ledgerflow.store.companies import CompanyStore
from ledgerflow.wiring import open_workspace

POINTS = (
    "before the intent is written",
    "after the intent is written",
    "after the answer came",
    "while the token is being saved",
    "before the save is committed",
    "after the token is saved",
)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    project, company, point = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    assert point in POINTS, point
    workspace = open_workspace(project)
    note, send, save = CompanyStore.note_renewal, TokenExchange.send, CompanyStore.save_token
    put = workspace.vault.put

    def noting(self: CompanyStore, connection: str, called: str) -> None:
        if point == "before the intent is written":
            die()
        note(self, connection, called)
        if point == "after the intent is written":
            die()

    async def sending(self: TokenExchange, request: AuthRequest) -> Answer:
        answer = await send(self, request)
        if point == "after the answer came":
            die()
        return answer

    def saving(self: CompanyStore, *given: Any) -> None:
        if point == "before the save is committed":
            event.listen(workspace.database, "commit", lambda _: die())
        save(self, *given)
        if point == "after the token is saved":
            die()

    def putting(*given: Any, **named: Any) -> None:
        put(*given, **named)
        if point == "while the token is being saved":
            die()

    CompanyStore.note_renewal, TokenExchange.send, CompanyStore.save_token = noting, sending, saving  # type: ignore
    workspace.vault.put = putting  # type: ignore[method-assign]

    async def renew() -> None:
        await workspace.session(workspace.connection("quickbooks"), company).fresh_token()

    asyncio.run(renew())


if __name__ == "__main__":
    main()
