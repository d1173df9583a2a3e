"""A company with a folder of its own: everything is there again after a stop."""

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from company_client import REALM, Basics, Client, HandClock, app_of, codes

from qbo_sandbox.company import Company, CompanyFileUnreadable
from qbo_sandbox.company.company_file import FILE_NAME


@pytest.fixture
def company(clock: HandClock, tmp_path: Path) -> Company:
    return Company(realm_id=REALM, name="Harbor Lane Supplies", clock=clock, data_dir=tmp_path)


def opened_again(company: Company, clock: HandClock, folder: Path) -> tuple[Company, Client]:
    company.close()
    again = Company(realm_id=REALM, name="Harbor Lane Supplies", clock=clock, data_dir=folder)
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app_of(again)), base_url="http://quickbooks.test")
    return again, Client(again, http)


@pytest.mark.anyio
async def test_records_deletions_numbers_and_answers_are_kept(
    company: Company, client: Client, basics: Basics, clock: HandClock, tmp_path: Path
) -> None:
    kept = await client.write("Invoice", basics.invoice("99999999999999.99"))
    deleted = await client.write("Invoice", basics.invoice(2))
    await client.call("POST", "invoice", {"Id": deleted["Id"], "SyncToken": "0"}, operation="delete")
    first = await client.call("POST", "customer", {"DisplayName": "Nora"}, requestid="r-1")
    tables = {name: list(company.records(name)) for name in ("Invoice", "Customer", "Account", "Preferences")}
    again, client = opened_again(company, clock, tmp_path)
    assert {name: list(again.records(name)) for name in tables} == tables
    assert await client.read("Invoice", kept["Id"]) == kept
    cdc = await client.call("GET", "cdc", entities="Invoice", changedSince="2026-11-03T00:00:00-08:00")
    assert [row["Id"] for row in cdc.json()["CDCResponse"][0]["QueryResponse"][0]["Invoice"]] == [
        kept["Id"],
        deleted["Id"],
    ]
    assert (await client.call("POST", "customer", {}, requestid="r-1")).content == first.content
    following = await client.write("Invoice", basics.invoice(3))
    assert int(following["Id"]) == int(deleted["Id"]) + 1
    assert following["DocNumber"] == "1003"


@pytest.mark.anyio
async def test_records_loaded_at_once_are_kept(company: Company, clock: HandClock, tmp_path: Path) -> None:
    rows = [(number, b'{"Id":"%d"}' % number) for number in range(1, 2001)]
    company.load("Bill", rows)
    again, _ = opened_again(company, clock, tmp_path)
    assert again.count("Bill") == 2000
    assert again.raw("Bill", 1999) == b'{"Id":"1999"}'


@pytest.mark.anyio
async def test_a_refused_write_leaves_no_trace_in_the_file(
    company: Company, client: Client, basics: Basics, clock: HandClock, tmp_path: Path
) -> None:
    before = {name: list(company.records(name)) for name in ("Invoice", "Payment", "Customer")}
    assert codes(await client.refused("Payment", basics.payment(5, ("Invoice", "777", 5)))) == ["2500"]
    again, _ = opened_again(company, clock, tmp_path)
    assert {name: list(again.records(name)) for name in before} == before


def test_a_killed_process_loses_no_write_that_was_answered(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "import qbo_facts\n"
        "from qbo_sandbox.company import Company\n"
        "class Clock:\n"
        "    def now(self): return datetime(2026, 11, 3, tzinfo=UTC)\n"
        "company = Company(realm_id='1', name='x', clock=Clock(), data_dir=Path(sys.argv[1]))\n"
        "from qbo_sandbox.company.answers import wrapped\n"
        "for number in range(1000):\n"
        "    part = lambda: company.write(qbo_facts.entity('Customer'), {'DisplayName': f'C{number}'})\n"
        "    company.answer_write(f'r{number}', lambda: wrapped(part(), company.clock.now()))\n"
        "    print(number, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answered = [int(next(process.stdout)) for _ in range(25)]
        os.kill(process.pid, signal.SIGKILL)
        answered += [int(line) for line in process.stdout.read().split()]
    company = Company(realm_id="1", name="x", clock=HandClock(FIXED), data_dir=tmp_path)
    assert company.count("Customer") >= len(answered)
    assert all(company.store.replay(f"r{number}") is not None for number in answered)
    replays = sum(company.store.replay(f"r{number}") is not None for number in range(1000))
    assert company.count("Customer") == replays


@pytest.mark.anyio
async def test_a_file_of_another_layout_is_not_touched(company: Company, clock: HandClock, tmp_path: Path) -> None:
    company.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(CompanyFileUnreadable, match="layout 99"):
        Company(realm_id=REALM, name="x", clock=clock, data_dir=tmp_path)


FIXED = datetime(2026, 11, 3, tzinfo=UTC)
