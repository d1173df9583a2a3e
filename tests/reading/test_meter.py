"""Calls are counted once each, by kind, run and month, whoever counts them."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ledgerflow.store.database import open_database
from ledgerflow.store.meter import MeterStore, Spent

PROCESS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ledgerflow.store.database import open_database
from ledgerflow.store.meter import MeterStore
store = MeterStore(open_database(Path(sys.argv[1])), clock=lambda: datetime(2026, 11, 23, tzinfo=UTC))
tally = store.tally(connection="quickbooks", company="42", run_id="r")
for _ in range(150):
    tally.count("query", metered=True)
    tally.flush()
"""


class Calendar:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def database(tmp_path: Path) -> Engine:
    return open_database(tmp_path)


def test_calls_are_told_apart_by_kind_and_by_whether_they_are_charged(database: Engine) -> None:
    store = MeterStore(database, clock=Calendar())
    tally = store.tally(connection="quickbooks", company="42", run_id="r1")
    for _ in range(3):
        tally.count("query", metered=True)
    tally.count("batch", metered=False)

    spent = store.spent(run_id="r1")

    assert spent == Spent(metered=3, unmetered=1, by_kind={"batch": 1, "query": 3})
    assert spent.calls == 4
    assert str(spent) == "4 calls (3 metered: 1 batch, 3 query)"


def test_counts_are_narrowed_by_connection_company_run_and_month(database: Engine) -> None:
    calendar = Calendar()
    store = MeterStore(database, clock=calendar)
    for connection, company, run in (("a", "1", "r1"), ("a", "2", "r1"), ("b", "1", "r2"), ("b", "1", None)):
        store.tally(connection=connection, company=company, run_id=run).count("read", metered=True)
    store.flush()
    calendar.now = datetime(2026, 12, 1, tzinfo=UTC)
    store.tally(connection="a", company="1", run_id="r1").count("read", metered=True)

    assert store.month() == "2026-12"
    assert store.spent().calls == 5
    assert store.spent(connection="a").calls == 3
    assert store.spent(connection="a", company="2").calls == 1
    assert store.spent(run_id="r1").calls == 3
    assert store.spent(month="2026-11").calls == 4
    assert store.spent(connection="b", run_id="r2", month="2026-11").calls == 1
    assert store.spent(month="2026-10") == Spent(by_kind={})


def test_counts_outlive_the_process(database: Engine, tmp_path: Path) -> None:
    tally = MeterStore(database, clock=Calendar()).tally(connection="a", company="1")
    tally.count("read", metered=True)
    tally.flush()

    assert MeterStore(open_database(tmp_path), clock=Calendar()).spent(connection="a").calls == 1


def test_many_counts_are_saved_without_being_asked(database: Engine, tmp_path: Path) -> None:
    tally = MeterStore(database, clock=Calendar()).tally(connection="a", company="1")
    for _ in range(450):
        tally.count("read", metered=True)

    assert MeterStore(open_database(tmp_path), clock=Calendar()).spent(connection="a").calls == 400


def test_threads_and_processes_count_side_by_side(database: Engine, tmp_path: Path) -> None:
    store = MeterStore(database, clock=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    tally = store.tally(connection="quickbooks", company="42", run_id="r")
    others = [subprocess.Popen([sys.executable, "-c", PROCESS, str(tmp_path)]) for _ in range(2)]
    with ThreadPoolExecutor(4) as threads:
        for _ in range(600):
            threads.submit(tally.count, "query", metered=True)
    assert [other.wait(60) for other in others] == [0, 0]

    assert store.spent(run_id="r").metered == 600 + 2 * 150
