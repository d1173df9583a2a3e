"""Forks many processes that all want a token at one moment; prints what each was given, one JSON line per process."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from sqlalchemy.dialects import sqlite  # noqa: F401 - loaded before the fork, so that fifty need not load it

import ledgerflow.net.exchange
import ledgerflow.store.companies  # noqa: F401 - likewise
from ledgerflow.wiring import open_workspace


def want_a_token(project: Path, company: str, ready: int, gate: int) -> dict[str, object]:
    workspace = open_workspace(project)
    connection = workspace.connection("quickbooks")
    workspace.companies.of("quickbooks")  # everything is open before the moment comes
    os.write(ready, b".")
    os.read(gate, 1)  # ends when the parent closes the other side

    async def token() -> str:
        return (await workspace.session(connection, company).fresh_token()).access_token

    return {"pid": os.getpid(), "token": asyncio.run(token())[-24:]}


def main() -> None:
    project, company, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    open_workspace(project).connection("quickbooks")  # what it imports is loaded once, before the fork
    told_ready, ready = os.pipe()
    gate, keeper = os.pipe()
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            os.close(keeper)
            try:
                line = json.dumps(want_a_token(project, company, ready, gate))
            except BaseException as error:  # noqa: BLE001 - told to the test, which expects none
                line = json.dumps({"pid": os.getpid(), "error": repr(error)})
            os.write(1, (line + "\n").encode())
            os._exit(0)
        children.append(child)
    for _ in range(count):
        os.read(told_ready, 1)
    os.close(keeper)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
