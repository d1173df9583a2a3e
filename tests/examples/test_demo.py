"""The demo does the whole journey and says so; it is run as a newcomer runs it."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo's folder and what it printed. It needs port 8050, the redirect address."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "demo.py")],
        cwd=ROOT,
        env={**os.environ, "LEDGERFLOW_DEMO": str(folder), "XDG_DATA_HOME": str(folder / "data")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return folder, done.stdout


def test_a_call_before_authorizing_fails_and_names_the_command_that_connects(demo: tuple[Path, str]) -> None:
    assert "ledgerflow: Connection 'quickbooks' is not authorized yet." in demo[1]
    assert "next:  Run `ledgerflow connect quickbooks`." in demo[1]


def test_the_consent_page_leads_back_to_the_redirect_url_and_the_company_is_kept(demo: tuple[Path, str]) -> None:
    assert "Harbor Lane Bakery is connected." in demo[1]
    assert "good" in demo[1]


def test_the_read_flow_writes_the_same_rows_to_three_kinds_of_file(demo: tuple[Path, str]) -> None:
    out = demo[0] / "books" / "out"
    with (out / "overdue.csv").open(encoding="utf-8", newline="") as file:
        names = [row["DisplayName"] for row in csv.DictReader(file)]
    assert len(names) > 10
    assert pyarrow.parquet.read_table(out / "overdue.parquet").column("DisplayName").to_pylist() == names
    with duckdb.connect(str(out / "books.duckdb"), read_only=True) as books:
        assert books.execute("SELECT count(*), sum(overdue) > 0 FROM overdue").fetchone() == (len(names), True)


def test_five_wrong_rows_are_set_aside_each_for_its_own_reason(demo: tuple[Path, str]) -> None:
    runs = [path for path in (demo[0] / "books" / "runs").glob("load-*") if not list(path.glob("*.plan.csv"))]
    (run,) = runs
    with (run / "load_invoices.set_aside.csv").open(encoding="utf-8", newline="") as file:
        refused = list(csv.DictReader(file))
    assert [row["_row"] for row in refused] == ["10", "50", "90", "130", "170"]
    assert len({row["_reason"] for row in refused}) == 5
    assert [row["_code"] for row in refused] == ["", "", "", "6000", ""]
    with (run / "load_invoices.outcomes.csv").open(encoding="utf-8", newline="") as file:
        created = [row for row in csv.DictReader(file) if row["outcome"] == "created" or "created" in row.values()]
    assert len(created) == 195


def test_it_says_what_it_spent_and_how_to_go_on(demo: tuple[Path, str]) -> None:
    assert "metered" in demo[1]
    assert "Go on by hand:" in demo[1]
