"""Flows against the local QuickBooks over real HTTP: what they give and cost, and how they go on after a stop."""

from __future__ import annotations

import csv
import json
import os
import signal
import time
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx2
import pyarrow.parquet
import pytest
from sandbox_books import SandboxBooks

from ledgerflow.core.errors import InputRefused, ReconnectNeeded, RetryLater
from ledgerflow.store.runs import RunStore
from qbo_sandbox.served import ServedSandbox

pytestmark = pytest.mark.qbo_sandbox(invoices=2500, companies=2)

OVERDUE = """
  invoices: {read: quickbooks.Invoice, where: Balance > '0'}
  customers: {read: quickbooks.Customer}
  late: {filter: invoices, where: DueDate < $as_of}
  keyed: {derive: late, columns: {customer_id: CustomerRef.value}}
  joined: {join: [keyed, customers], how: left, on: {customer_id: Id}}
  totals: {aggregate: joined, by: [DisplayName], columns: {overdue: sum(Balance), invoices: count(*)}}
  sorted: {sort: totals, by: [overdue desc, DisplayName]}
  csv: {write: sorted, to: files.out/overdue.csv}
  parquet: {write: sorted, to: files.out/overdue.parquet}
  duck: {write: sorted, to: files.out/books.duckdb, table: overdue}
"""
AS_OF = "parameters: {as_of: {type: date, default: 2026-11-23}}\n"
MIRROR = "  invoices: {read: quickbooks.Invoice}\n  out: {write: invoices, to: files.out/invoices.parquet}\n"


@pytest.fixture
def books(tmp_path: Path, qbo_sandbox: ServedSandbox) -> SandboxBooks:
    return SandboxBooks(tmp_path / "books", qbo_sandbox)


def records(books: SandboxBooks, entity: str) -> list[dict[str, Any]]:
    """Every record of the company, asked for plainly, page by page."""
    token = books.sandbox.tokens()["access_token"]
    found: list[dict[str, Any]] = []
    with httpx2.Client(headers={"Authorization": f"Bearer {token}", "Accept": "application/json"}) as http:
        while True:
            statement = f"select * from {entity} orderby Id startposition {len(found) + 1} maxresults 1000"
            answer = http.get(
                f"{books.sandbox.api_url}/v3/company/{books.sandbox.realm_id}/query", params={"query": statement}
            )
            page = json.loads(answer.text, parse_float=Decimal)["QueryResponse"].get(entity, [])
            found += page
            if len(page) < 1000:
                books.sandbox.reset_meter()
                return found


def test_overdue_totals_per_customer_are_what_the_records_say(books: SandboxBooks) -> None:
    books.flow("overdue", OVERDUE, AS_OF)
    result = books.run("overdue")
    assert books.calls() == {"query": 4}, "one count and one page for invoices and for customers"
    assert result.spent.by_kind == {"query": 4}
    names = {record["Id"]: record["DisplayName"] for record in records(books, "Customer")}
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in records(books, "Invoice"):
        if invoice["Balance"] > 0 and invoice["DueDate"] < "2026-11-23":
            expected[names[invoice["CustomerRef"]["value"]]] += Decimal(invoice["Balance"])
    rows = pyarrow.parquet.read_table(books.root / "out/overdue.parquet").to_pylist()
    assert {row["DisplayName"]: row["overdue"] for row in rows} == expected
    assert [row["overdue"] for row in rows] == sorted(expected.values(), reverse=True)
    with (books.root / "out/overdue.csv").open(newline="") as file:
        assert [Decimal(row["overdue"]) for row in csv.DictReader(file)] == [row["overdue"] for row in rows]
    with duckdb.connect(str(books.root / "out/books.duckdb"), read_only=True) as made:
        assert made.execute("SELECT sum(overdue) FROM overdue").fetchall() == [(sum(expected.values()),)]


def test_money_that_no_double_holds_and_fields_that_no_schema_knows_arrive(books: SandboxBooks) -> None:
    realm_id = books.sandbox.realm_id
    one = books.sandbox.record(realm_id, "Invoice", 1)
    changed = json.dumps({**one, "TotalAmt": "MONEY", "Surprise": {"deep": [1, "x"]}})
    httpx2.put(
        f"{books.sandbox.control_url}/companies/{realm_id}/records/Invoice/1",
        content=changed.replace('"MONEY"', "99999999999999.99"),  # a float of Python would lose the cent
        headers={"Content-Type": "application/json"},
    ).raise_for_status()
    books.flow("mirror", MIRROR)
    result = books.run("mirror")
    table = pyarrow.parquet.read_table(books.root / "out/invoices.parquet")
    row = next(row for row in table.to_pylist() if row["Id"] == "1")
    assert row["TotalAmt"] == Decimal("99999999999999.99")
    assert row["Surprise"] is not None
    assert any("fields that the definition does not know, kept as they are: Surprise" in note for note in result.notes)


def test_columns_that_only_the_data_has_can_be_used_once_they_are_there(books: SandboxBooks) -> None:
    """A request has no declared columns: its steps are checked when it has been read."""
    books.flow(
        "about",
        "  about: {read: quickbooks.About, parameters: {id: $company}}\n"
        "  name: {select: about, columns: [CompanyName]}\n"
        "  out: {write: name, to: files.out/$company.csv}\n",
    )
    checked = books.command_json("flow", "check", "about")
    assert checked["flows"][0]["sound"]
    books.run("about")
    text = (books.root / f"out/{books.sandbox.realm_id}.csv").read_text()
    assert text.splitlines() == ["CompanyName", books.sandbox.companies[0]["name"]]


def test_a_wrong_column_of_a_request_is_told_once_its_data_is_there_and_nothing_is_written(books: SandboxBooks) -> None:
    books.flow(
        "q",
        "  rows: {read: quickbooks.Query, parameters: {query: select Id from Item}}\n"
        "  some: {filter: rows, where: Nmae is null}\n"
        "  out: {write: some, to: files.out/a.csv}\n",
    )
    with pytest.raises(InputRefused) as refused:
        books.run("q")
    assert "'rows' has no column 'Nmae'" in refused.value.what
    assert not (books.root / "out").exists()


def test_a_preview_spends_one_call_a_read_and_none_the_next_time(books: SandboxBooks) -> None:
    books.flow("overdue", OVERDUE, AS_OF)
    seen = books.preview("overdue", "totals", rows=5)
    assert (seen.calls, books.calls()) == (2, {"query": 2})
    assert seen.table.num_rows == 5
    assert [column.type for column in seen.schema] == ["VARCHAR", "DECIMAL(38,9)", "BIGINT"]
    again = books.preview("overdue", "late", rows=5, given={"as_of": "2026-01-01"})
    assert (again.calls, books.calls()) == (0, {"query": 2})
    fresh = books.preview("overdue", "invoices", rows=5, fresh=True)
    assert (fresh.calls, books.calls()) == (1, {"query": 3})
    books.flow("mirror", MIRROR)
    assert books.preview("mirror", "invoices").cut == ("invoices",), "there is more than one page of invoices"


def test_parameters_go_along_into_the_condition_that_is_sent(books: SandboxBooks) -> None:
    books.flow(
        "since",
        "  invoices: {read: quickbooks.Invoice, where: TxnDate >= $since}\n"
        "  out: {write: invoices, to: files.out/a.parquet}\n",
        "parameters: {since: {type: date}}\n",
    )
    result = books.run("since", given={"since": "2026-06-01"})
    dates = pyarrow.parquet.read_table(books.root / "out/a.parquet").column("TxnDate").to_pylist()
    assert 0 < result.written["out"].rows < 2500
    assert min(day.isoformat() for day in dates) >= "2026-06-01"
    books.flow(
        "text",
        "  rows: {read: quickbooks.Customer, where: DisplayName = $name}\n  out: {write: rows, to: files.out/a.csv}\n",
        "parameters: {name: {type: text}}\n",
    )
    with pytest.raises(InputRefused) as refused:
        books.run("text", given={"name": "x' or Id > '0"})
    assert "cannot be sent along in a where" in refused.value.what


def test_wrong_names_and_conditions_cost_no_call(books: SandboxBooks) -> None:
    books.flow(
        "wrong",
        "  a: {read: quickbooks.Invoise}\n"
        "  b: {read: quickbooks.Invoice, where: Balanse > '0'}\n"
        "  c: {read: quickboks.Invoice}\n"
        "  d: {read: quickbooks.Invoice, sheet: X}\n"
        "  e: {filter: d, where: TotalAmnt > 5}\n"
        "  out: {write: e, to: quickbooks.Invoice, fields: {DocNumbr: DocNumber}}\n"
        "  f: {write: d, to: quickbooks.Invoice, operation: delete}\n",
    )
    with pytest.raises(InputRefused) as refused:
        books.run("wrong")
    told = {fault.key.removeprefix("steps."): fault.text for fault in refused.value.faults}
    assert "Did you mean 'Invoice'?" in told["a.read"]
    assert "Balanse" in told["b.where"]
    assert "Did you mean 'quickbooks'?" in told["c.read"]
    assert told["d.sheet"].startswith("Unknown key 'sheet' for a read of an api.")
    assert "Did you mean 'DocNumber'?" in told["out.fields.DocNumbr"]
    assert "'create', 'update'" in told["f.operation"]
    assert books.calls() == {}


def test_a_run_without_authorization_names_the_command_that_connects(
    tmp_path: Path, qbo_sandbox: ServedSandbox
) -> None:
    books = SandboxBooks(tmp_path / "books", qbo_sandbox, companies=0)
    books.flow("mirror", MIRROR)
    with pytest.raises(ReconnectNeeded) as refused:
        books.run("mirror")
    assert "ledgerflow connect quickbooks" in refused.value.next_step
    assert books.opened().runs.list() == [], "nothing began"


def test_a_run_cut_off_by_the_api_is_carried_on_without_fetching_a_page_twice(books: SandboxBooks) -> None:
    text = (books.root / "connections/quickbooks.yaml").read_text()
    books.put("connections/quickbooks.yaml", text.replace("retry_within_s: 20", "retry_within_s: 0"))
    books.flow("mirror", MIRROR)
    books.sandbox.misbehave("server_error", times=None, after=2)
    with pytest.raises(RetryLater):
        books.run("mirror")
    books.sandbox.behave()
    landed = 2500 - missing_rows(books)
    before = books.sandbox.meter()["calls"]
    result = books.run("mirror")
    assert result.carried_on
    assert result.written["out"].rows == 2500
    assert books.sandbox.meter()["calls"] - before == 3 - landed // 1000
    table = pyarrow.parquet.read_table(books.root / "out/invoices.parquet")
    assert len(set(table.column("Id").to_pylist())) == 2500


def missing_rows(books: SandboxBooks) -> int:
    workspace = books.opened()
    (run,) = workspace.runs.list()
    return 2500 - workspace.landings(run.run_id, "invoices").rows


@pytest.mark.qbo_sandbox(invoices=2500, companies=2, process=True)
def test_a_killed_run_is_carried_on_by_the_same_command(books: SandboxBooks) -> None:
    """`kill -9` once a page has landed; the next run fetches the others alone."""
    books.flow("mirror", MIRROR)
    books.sandbox.misbehave("slow", times=None, after=2, delay_s=30)  # the count and one page come at once
    process = books.start("flow", "run", "mirror")
    try:
        deadline = time.monotonic() + 30
        while not list(books.root.glob(".ledgerflow/landing/mirror-*/invoices/*.ndjson.zst")):
            assert time.monotonic() < deadline, "no page landed"
            time.sleep(0.05)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    books.sandbox.behave()
    (run,) = books.command_json("runs")["runs"]
    assert run["state"] == "stopped"
    before = books.sandbox.meter()["calls"]
    report = books.command_json("flow", "run", "mirror")
    assert report["carried_on"]
    assert report["run"] == run["run"]
    assert books.sandbox.meter()["calls"] - before == 2, "the two pages that had not landed, and no count"
    assert report["steps"][-1]["rows"] == 2500


def test_landed_pages_of_all_but_the_newest_finished_runs_are_removed(books: SandboxBooks) -> None:
    books.flow("items", "  items: {read: quickbooks.Item}\n  out: {write: items, to: files.out/items.parquet}\n")
    ran = [books.run("items").run.run_id for _ in range(5)]
    left = {path.name for path in (books.root / ".ledgerflow/landing").iterdir() if path.is_dir()}
    assert left == set(ran[2:])


def test_with_several_companies_one_has_to_be_named_and_each_gets_its_own_file(
    tmp_path: Path, qbo_sandbox: ServedSandbox
) -> None:
    books = SandboxBooks(tmp_path / "books", qbo_sandbox, companies=2)
    first, second = (company["realm_id"] for company in qbo_sandbox.companies)
    books.flow("items", "  items: {read: quickbooks.Item}\n  out: {write: items, to: files.out/$company/items.csv}\n")
    with pytest.raises(InputRefused) as refused:
        books.run("items")
    assert "2 companies; say which one" in refused.value.what
    told = books.command_json("flow", "run", "items", "--company", first, "--company", second)
    assert [run["company"] for run in told["runs"]] == [first, second]
    assert (books.root / f"out/{first}/items.csv").exists()
    assert (books.root / f"out/{second}/items.csv").exists()
    books.flow("one", "  items: {read: quickbooks.Item}\n  out: {write: items, to: files.out/items.csv}\n")
    refused_run = books.command_json("flow", "run", "one", "--company", first, "--company", second, expect=2)
    assert "put $company into its name" in refused_run["faults"][0]["message"]


LOAD = """
  customers: {read: files.in/customers.csv}
  load_customers:
    write: customers
    to: quickbooks.Customer
    operation: create
    fields: {DisplayName: Name}
  invoices: {read: files.in/invoices.csv, columns: {Number: text}}
  load_invoices:
    write: invoices
    to: quickbooks.Invoice
    operation: create
    after: [load_customers]
    fields:
      DocNumber: Number
      CustomerRef: Customer
      TxnDate: Day
      Line.Amount: Quantity * Rate
      Line.SalesItemLineDetail.ItemRef: Item
      Line.SalesItemLineDetail.Qty: Quantity
      Line.SalesItemLineDetail.UnitPrice: Rate
    references: {CustomerRef: DisplayName, Line.SalesItemLineDetail.ItemRef: Name}
"""


@pytest.fixture
def loading(books: SandboxBooks) -> SandboxBooks:
    item = next(item["Name"] for item in records(books, "Item") if item["Type"] == "Service")
    lines = [
        f"N-{row:03},Quay {row % 4},2026-11-{row % 28 + 1:02},{item},{row % 5 + 1},{row}.05" for row in range(1, 61)
    ]
    lines[9] = lines[9].replace("Quay 2", "Quay 9")
    lines[19] = "N-020-" + "9" * 30 + lines[19][5:]
    books.put("in/customers.csv", "Name\n" + "".join(f"Quay {row}\n" for row in range(4)))
    books.put("in/invoices.csv", "Number,Customer,Day,Item,Quantity,Rate\n" + "\n".join(lines) + "\n")
    books.flow("load", LOAD)
    return books


def test_a_dry_run_sends_nothing_and_tells_what_it_would_do(loading: SandboxBooks) -> None:
    report = loading.command_json("flow", "run", "load", "--dry-run", expect=5)
    assert report["dry_run"]
    assert loading.sandbox.meter()["by_kind"].get("batch") is None
    writes = {step["step"]: step for step in report["steps"]}
    assert (writes["load_customers"]["created"], writes["load_invoices"]["created"]) == (4, 58)
    assert report["set_aside"]["count"] == 2


def test_rows_are_loaded_in_order_bad_ones_set_aside_mended_and_run_again(loading: SandboxBooks) -> None:
    out = loading.command("flow", "run", "load", expect=5)
    assert "58 created, 2 set aside" in out
    assert "load_invoices, row 10: No customer has the DisplayName “Quay 9”" in out
    assert loading.calls()["batch"] == 3, "one of customers, two of invoices"
    (aside,) = loading.root.glob("runs/load-*/load_invoices.set_aside.csv")
    with aside.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["_row"], row["_step"]) for row in rows] == [("10", "load_invoices"), ("20", "load_invoices")]
    rows[0]["Customer"] = "Quay 2"
    rows[1]["Number"] = "N-020"
    with aside.open("w", newline="", encoding="utf-8-sig") as file:  # as some spreadsheets save it
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    mended = loading.command_json("flow", "run", "load", "--mended", str(aside.relative_to(loading.root)))
    assert [(step["step"], step["created"]) for step in mended["steps"]] == [("load_invoices", 2)]
    stored = [record for record in records(loading, "Invoice") if str(record.get("DocNumber", "")).startswith("N-")]
    assert len(stored) == 60
    assert len({record["DocNumber"] for record in stored}) == 60
    by_number = {record["DocNumber"]: record for record in stored}
    assert by_number["N-010"]["TotalAmt"] == Decimal("10.05"), "10 % 5 + 1 = 1 at 10.05"
    assert by_number["N-059"]["TotalAmt"] == Decimal("295.25")


def test_a_finished_run_loads_again_but_a_cut_off_one_repeats_nothing(loading: SandboxBooks) -> None:
    text = (loading.root / "connections/quickbooks.yaml").read_text()
    loading.put("connections/quickbooks.yaml", text.replace("retry_within_s: 20", "retry_within_s: 0"))
    loading.sandbox.misbehave("lose_answer", match={"kind": "batch"}, after=1)  # applied, but the answer never comes
    with pytest.raises(RetryLater):
        loading.run("load")
    loading.sandbox.behave()
    result = loading.run("load")
    assert result.carried_on
    assert (result.written["load_customers"].created, result.written["load_invoices"].created) == (4, 58)
    numbers = [
        record["DocNumber"] for record in records(loading, "Invoice") if str(record.get("DocNumber")).startswith("N-")
    ]
    assert len(numbers) == len(set(numbers)) == 58


class Stopped(BaseException):
    """Stands for a kill between two checkpoints."""


@pytest.mark.parametrize("checkpoint", range(1, 7))
def test_a_load_that_stops_at_any_checkpoint_ends_the_same_when_it_is_carried_on(
    loading: SandboxBooks, checkpoint: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoints of the run's own state; those of the writing itself are proved where it is written."""
    passed = 0
    with monkeypatch.context() as patched:
        for name in ("step_began", "step_done", "log"):
            honest = getattr(RunStore, name)

            def stop_there(self: RunStore, *given: Any, _honest: Any = honest, **named: Any) -> None:
                nonlocal passed
                _honest(self, *given, **named)
                passed += 1
                if passed == checkpoint:
                    raise Stopped

            patched.setattr(RunStore, name, stop_there)
        with pytest.raises(Stopped):
            loading.run("load")
    assert loading.run("load").carried_on
    names = [record["DisplayName"] for record in records(loading, "Customer")]
    numbers = [record.get("DocNumber") for record in records(loading, "Invoice")]
    assert sum(name.startswith("Quay ") for name in names) == 4
    assert sum(str(number).startswith("N-") for number in numbers) == 58
    (aside,) = loading.root.glob("runs/load-*/load_invoices.set_aside.csv")
    assert len(aside.read_text().splitlines()) == 3


def test_a_changed_input_of_a_carried_on_load_is_pointed_out(loading: SandboxBooks) -> None:
    run = loading.run("load").run
    loading.opened().runs.end(run.run_id, "stopped")
    os.utime(loading.root / "in/invoices.csv", (time.time() + 60, time.time() + 60))
    loading.run("load")
    assert any(note.startswith("in/invoices.csv has changed since the run began") for note in loading.heard.notes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("load_invoices", "lod_invoices"), "Did you mean 'load_invoices'?"),
        (lambda text: text.replace("Customer", "Custmer"), "has no column 'Customer'"),
        (lambda text: text.replace("load_invoices", "load_customers", 1), "rows of several steps"),
    ],
)
def test_a_mended_file_that_does_not_fit_is_refused(loading: SandboxBooks, change: Any, said: str) -> None:
    loading.run("load")
    (aside,) = loading.root.glob("runs/load-*/load_invoices.set_aside.csv")
    aside.write_text(change(aside.read_text()))
    with pytest.raises(InputRefused) as refused:
        loading.run("load", mended=aside)
    assert said in refused.value.what
