"""`ledgerflow read` and `import ledgerflow`: a resource into a file, a pipe, JSON, or a table in Python."""

from __future__ import annotations

import asyncio
import csv
import io
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import ledgerflow as lf
from conftest import Command
from qbo_sandbox.served import ServedSandbox

pytestmark = pytest.mark.qbo_sandbox(shared=True, invoices=1200, companies=1)


def test_a_resource_is_written_to_parquet_with_its_types(
    ledgerflow: Command, quickbooks: ServedSandbox, project: Path
) -> None:
    done = ledgerflow("read", "quickbooks.Invoice", "--to", "invoices.parquet", "--json")

    assert done.code == 0, done.err
    told = done.json
    table = pq.read_table(project / "invoices.parquet")
    assert told["rows"] == table.num_rows >= 1200
    assert told["spent"]["calls"] == quickbooks.meter()["metered"]
    assert str(table.schema.field("TotalAmt").type) == "decimal128(28, 9)"
    assert str(table.schema.field("TxnDate").type) == "date32[day]"
    made = table.schema.field("MetaData").type.field("CreateTime").type
    assert (made.unit, made.tz) in {("us", "UTC"), ("us", "Etc/UTC")}
    assert told["columns"]["TotalAmt"] == "DECIMAL(28,9)"
    assert not list((project / ".ledgerflow" / "landing" / "reads").iterdir())


@pytest.mark.usefixtures("quickbooks")
def test_a_pipe_gets_csv_and_nothing_else(ledgerflow: Command) -> None:
    done = ledgerflow("read", "quickbooks.Invoice", "--limit", "5")

    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert len(rows) == 5
    assert "TotalAmt" in rows[0]
    assert "Spent 1 call (1 metered: 1 query)" in done.err


@pytest.mark.usefixtures("quickbooks")
def test_json_has_every_digit_and_nested_objects(ledgerflow: Command) -> None:
    done = ledgerflow("read", "quickbooks.Invoice", "--where", "Balance > '0'", "--limit", "1", "--json")

    (row,) = done.json
    assert row["Balance"] > 0
    assert row["CustomerRef"]["value"]
    assert isinstance(row["Line"][0]["Amount"], int | float)
    assert row["MetaData"]["CreateTime"].endswith("Z")


@pytest.mark.parametrize("name", ["open.csv", "open.xlsx", "open.duckdb", "open.parquet"])
@pytest.mark.usefixtures("quickbooks")
def test_every_kind_of_file_is_written(ledgerflow: Command, project: Path, name: str) -> None:
    done = ledgerflow("read", "quickbooks.Customer", "--where", "Balance > '0'", "--to", f"out/{name}")

    assert done.code == 0, done.err
    assert (project / "out" / name).stat().st_size > 1000
    assert done.out.startswith(f"Wrote out/{name}")


@pytest.mark.usefixtures("quickbooks")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("quickbooks.Invoce",), "has no resource 'Invoce'. Did you mean 'Invoice'?"),
        (("quickbooks.Invoice", "--where", "Balence > 0"), "Did you mean 'Balance'?"),
        (("quickbook.Invoice",), "Did you mean 'quickbooks'?"),
        (("Invoice",), "Expected CONNECTION.RESOURCE"),
        (("files.in/x.csv",), "Files are read by flows."),
        (("quickbooks.Invoice", "-p", "id=1"), "Invoice takes no parameters; it has a where."),
        (("quickbooks.Invoice", "--to", "x.parqet"), "Did you mean '.parquet'?"),
        (("quickbooks.Invoice", "--company", "7"), "is not authorized for company '7'"),
    ],
)
def test_a_wrong_wish_costs_no_call(
    ledgerflow: Command, quickbooks: ServedSandbox, words: tuple[str, ...], message: str
) -> None:
    done = ledgerflow("read", *words)

    assert done.code in {2, 3}
    assert message in done.err
    assert quickbooks.meter()["calls"] == 0


@pytest.mark.usefixtures("quickbooks")
def test_a_file_that_cannot_be_written_leaves_nothing_and_costs_no_second_read(
    ledgerflow: Command, quickbooks: ServedSandbox, project: Path
) -> None:
    (project / "taken.csv").mkdir()

    refused = ledgerflow("read", "quickbooks.Term", "--to", "taken.csv")
    calls = quickbooks.meter()["calls"]
    done = ledgerflow("read", "quickbooks.Term", "--to", "terms.csv")

    assert refused.code == 2
    assert "taken.csv is a folder." in refused.err
    assert done.code == 0
    assert "Carrying on a read that was cut off" in done.err
    assert quickbooks.meter()["calls"] == calls


def test_two_reads_of_the_same_at_once_do_not_disturb_each_other(quickbooks: ServedSandbox, project: Path) -> None:
    command = [sys.executable, "-m", "ledgerflow", "read", "quickbooks.Term", "--json", "--project", str(project)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    told = [reader.communicate(timeout=100) for reader in readers]

    assert [reader.returncode for reader in readers] == [0, 0, 0], told
    assert len({out for out, _ in told}) == 1


def test_python_reads_a_resource_into_what_is_wanted(quickbooks: ServedSandbox, project: Path) -> None:
    rows = lf.open(project).read("quickbooks.Invoice", where="Balance > '0'")

    assert len(rows) > 10
    assert rows.calls == quickbooks.meter()["calls"] == 2
    assert rows.metered_calls == 2
    assert rows.notes == ()
    table = rows.to_arrow()
    assert table.num_rows == len(rows)
    frame = rows.to_pandas()
    assert isinstance(frame["Balance"].iloc[0], Decimal)
    assert rows.to_polars().height == len(rows)
    total = rows.to_duckdb().aggregate("sum(Balance)").fetchall()[0][0]
    assert total == sum(row["Balance"] for row in rows) == sum(frame["Balance"])
    assert rows.schema.names[0] == "Id"
    assert repr(rows).startswith(f"<{len(rows):,} rows of quickbooks.Invoice, ")


def test_python_reads_inside_a_running_loop_as_a_notebook_has(quickbooks: ServedSandbox, project: Path) -> None:
    async def cell() -> int:
        opened = lf.open(project)
        return len(opened.read("quickbooks.Term")) + len(opened.read("quickbooks.Invoice", limit=3))

    assert asyncio.run(cell()) > 3


@pytest.mark.usefixtures("quickbooks")
def test_errors_in_python_are_those_of_the_command_line(project: Path, tmp_path: Path) -> None:
    with pytest.raises(lf.InputRefused, match="Did you mean 'Invoice'"):
        lf.open(project).read("quickbooks.Invoce")
    with pytest.raises(lf.InputRefused, match="not in a Ledgerflow project"):
        lf.open(tmp_path)


def test_importing_costs_nothing() -> None:
    program = (
        "import sys, ledgerflow; heavy = {'duckdb', 'pyarrow', 'httpx2', 'pydantic'} & set(sys.modules); print(heavy)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
