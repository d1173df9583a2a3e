"""Writes customers into a sandbox in a process of its own, which a test may kill. Arguments: project, sandbox, rows."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from sandbox_caller import sandbox_caller
from write_step import WriteStep

from qbo_sandbox.served import ServedSandbox


async def write(project: Path, sandbox: ServedSandbox, count: int) -> None:
    step = WriteStep(project=project, resource="Customer", fields={"DisplayName": "Name"}, batch_rows=100)
    async with sandbox_caller(sandbox) as caller:
        written = await step.run(caller, [{"Name": f"Row {number}"} for number in range(1, count + 1)])
    print(json.dumps({"created": written.created, "set_aside": written.set_aside}))


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), ServedSandbox(json.loads(sys.argv[2])), int(sys.argv[3])))
