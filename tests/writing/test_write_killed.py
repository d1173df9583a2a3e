"""A write whose process is killed, again and again, and carried on."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sandbox_caller import ask, sandbox_caller

from qbo_sandbox.served import ServedSandbox

pytestmark = [pytest.mark.anyio, pytest.mark.qbo_sandbox(invoices=0)]

ROWS = 600
BATCHES = 20
GIVE_UP_S = 60


def started(project: Path, sandbox: ServedSandbox) -> subprocess.Popen[str]:
    command = [sys.executable, str(Path(__file__).with_name("killed_writer.py"))]
    arguments = [str(project), json.dumps(vars(sandbox)), str(ROWS)]
    return subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)


def batches(sandbox: ServedSandbox) -> int:
    count: int = sandbox.meter()["by_kind"].get("batch", 0)
    return count


def kill_after(more: int, project: Path, sandbox: ServedSandbox) -> None:
    """Start writing, and kill it without warning once it has sent so many more batches."""
    before = batches(sandbox)
    with started(project, sandbox) as writer:
        deadline = time.monotonic() + GIVE_UP_S
        while batches(sandbox) < before + more:
            assert writer.poll() is None, "it was to be killed before it is done"
            assert time.monotonic() < deadline
            time.sleep(0.03)
        writer.kill()


async def test_a_write_killed_at_any_moment_is_carried_on_with_every_row_written_once(
    qbo_sandbox: ServedSandbox, tmp_path: Path
) -> None:
    """Answers come late, so that each kill strikes while batches are applied whose answers nobody has read."""
    qbo_sandbox.misbehave("slow", delay_s=0.15, times=None, match={"kind": "batch"})
    for more in (1, 5, 7):
        kill_after(more, tmp_path, qbo_sandbox)
    spent_by_the_killed = batches(qbo_sandbox)
    qbo_sandbox.behave()
    with started(tmp_path, qbo_sandbox) as writer:
        told, _ = writer.communicate(timeout=GIVE_UP_S)
    assert json.loads(told) == {"created": ROWS, "set_aside": 0}
    async with sandbox_caller(qbo_sandbox) as caller:
        stored = await ask(
            caller, "select Id, DisplayName from Customer where DisplayName like 'Row %' maxresults 1000"
        )
    assert sorted(record["DisplayName"] for record in stored) == sorted(f"Row {n}" for n in range(1, ROWS + 1))
    repeated = batches(qbo_sandbox) - BATCHES
    assert 3 <= repeated <= 12, "what was under way at each of three kills is sent again, at most four at a time"
    assert spent_by_the_killed < BATCHES + 12
    with (tmp_path / "runs/run-1/load.outcomes.csv").open(encoding="utf-8", newline="") as file:
        outcomes = {row["_row"]: row["Id"] for row in csv.DictReader(file)}
    by_name = {record["DisplayName"]: record["Id"] for record in stored}
    assert outcomes == {str(number): by_name[f"Row {number}"] for number in range(1, ROWS + 1)}
