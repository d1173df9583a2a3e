"""Running flows over local files: rows arrive exactly, files appear whole or not at all, and what ran is known."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import fastexcel
import pytest
from flow_project import FlowProject

from ledgerflow.actions.runs import list_runs, run_log, show_run
from ledgerflow.core.errors import InputRefused, RetryLater
from ledgerflow.core.progress import Quiet
from ledgerflow.runner.run import RunRequest, run_flow

ORDERS = (
    "Id,Customer,Amount,Day\n"
    "1,Ann,99999999999999.99,2026-01-02\n"
    "2,Bob,1.50,2026-02-01\n"
    "3,Ann,0.01,\n"
    "4,,7.25,2026-03-01\n"
)


@pytest.fixture
def project(tmp_path: Path) -> FlowProject:
    made = FlowProject(tmp_path / "books")
    made.put("in/orders.csv", ORDERS)
    return made


def test_a_csv_file_goes_through_a_filter_into_parquet(project: FlowProject) -> None:
    project.flow(
        "thin",
        """
orders: {read: files.in/orders.csv}
big: {filter: orders, where: Amount > 1 and Day is not null}
out: {write: big, to: files.out/big.parquet}
""",
    )
    result = project.run("thin")
    assert result.run.status == "done"
    assert result.written["out"].rows == 3
    assert project.parquet("out/big.parquet") == [
        {"Id": 1, "Customer": "Ann", "Amount": Decimal("99999999999999.99"), "Day": date(2026, 1, 2)},
        {"Id": 2, "Customer": "Bob", "Amount": Decimal("1.50"), "Day": date(2026, 2, 1)},
        {"Id": 4, "Customer": None, "Amount": Decimal("7.25"), "Day": date(2026, 3, 1)},
    ]


def test_one_input_goes_into_four_kinds_of_files_with_money_exact(project: FlowProject) -> None:
    project.flow(
        "totals",
        """
orders: {read: files.in/orders.csv}
totals: {aggregate: orders, by: Customer, columns: {total: sum(Amount), n: count(*)}}
sorted: {sort: totals, by: [total desc]}
csv: {write: sorted, to: files.out/totals.csv}
parquet: {write: sorted, to: files.out/totals.parquet}
excel: {write: sorted, to: files.out/totals.xlsx, sheet: Totals}
duck: {write: sorted, to: files.out/books.duckdb, table: totals}
""",
    )
    result = project.run("totals")
    exact = [("Ann", Decimal("100000000000000.00"), 2), (None, Decimal("7.25"), 1), ("Bob", Decimal("1.50"), 1)]
    assert project.text("out/totals.csv") == "Customer,total,n\nAnn,100000000000000.00,2\n,7.25,1\nBob,1.50,1\n"
    assert [tuple(row.values()) for row in project.parquet("out/totals.parquet")] == exact
    with duckdb.connect(str(project.root / "out/books.duckdb"), read_only=True) as books:
        assert books.execute("SELECT * FROM totals").fetchall() == exact
    sheet = fastexcel.read_excel(project.root / "out/totals.xlsx").load_sheet("Totals", dtypes="string")
    assert [row["total"] for row in sheet.to_arrow().to_pylist()] == ["100000000000000", "7.25", "1.5"]
    assert {name: written.rows for name, written in result.written.items()} == dict.fromkeys(
        ["csv", "parquet", "excel", "duck"], 3
    )


def test_numbers_that_excel_would_round_are_text_there_and_the_run_says_so(project: FlowProject) -> None:
    project.flow("x", "orders: {read: files.in/orders.csv}\nout: {write: orders, to: files.out/a.xlsx}")
    result = project.run("x")
    sheet = fastexcel.read_excel(project.root / "out/a.xlsx").load_sheet(0, dtypes="string")
    assert sheet.to_arrow().to_pylist()[0]["Amount"] == "99999999999999.99"
    assert result.notes == ("out/a.xlsx, column Amount: numbers of more than 15 digits stand in it as text, exact.",)


def test_parameters_are_given_by_name_and_fill_sql_and_file_names(project: FlowProject) -> None:
    project.flow(
        "p",
        """
orders: {read: files.in/$what.csv}
since: {filter: orders, where: Day >= $since}
out: {write: since, to: files.out/since_$since.csv}
""",
        head="parameters: {since: {type: date}, what: {type: text, default: orders}}\n",
    )
    project.run("p", given={"since": "2026-02-01"})
    assert project.text("out/since_2026-02-01.csv").splitlines()[1:] == ["2,Bob,1.50,2026-02-01", "4,,7.25,2026-03-01"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "The parameter 'since' needs a value."),
        ({"since": "soon"}, "Expected a date such as 2026-11-23, not 'soon'."),
        ({"since": "2026-01-01", "sinc": "x"}, "'p' has no parameter 'sinc'; known: since. Did you mean 'since'?"),
        ({"since": "2026-01-01", "name": "../up"}, "no parameter 'name'"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(project: FlowProject, given: dict[str, str], said: str) -> None:
    project.flow(
        "p",
        "orders: {read: files.in/orders.csv}\nsince: {filter: orders, where: Day >= $since}\n"
        "out: {write: since, to: files.out/a.csv}",
        head="parameters: {since: {type: date}}\n",
    )
    with pytest.raises(InputRefused) as refused:
        project.run("p", given=given)
    assert any(said in fault.text for fault in refused.value.faults)


def test_a_parameter_cannot_lead_a_file_name_out_of_its_folder(project: FlowProject) -> None:
    project.flow(
        "p",
        "orders: {read: files.in/orders.csv}\nout: {write: orders, to: files.out/$name.csv}",
        head="parameters: {name: {type: text}}\n",
    )
    with pytest.raises(InputRefused) as refused:
        project.run("p", given={"name": "../../up"})
    assert "$name is '../../up', which cannot stand in a file's name." in refused.value.faults[0].text


def test_values_that_a_step_cannot_take_end_the_run_and_no_file_appears(project: FlowProject) -> None:
    project.put("out/a.csv", "what was there\n")
    project.flow(
        "bad",
        """
orders: {read: files.in/orders.csv}
days: {derive: orders, columns: {day: CAST(Customer AS DATE)}}
out: {write: days, to: files.out/a.csv}
also: {write: days, to: files.out/b.parquet}
""",
    )
    with pytest.raises(InputRefused) as refused:
        project.run("bad")
    assert refused.value.what == "The text 'Ann' is no date."
    assert project.text("out/a.csv") == "what was there\n"
    assert sorted(path.name for path in (project.root / "out").iterdir()) == ["a.csv"]
    (run, state, _) = list_runs(project.opened())[0]
    assert state == "failed"
    assert run.error is not None
    assert run.error["what"] == "The text 'Ann' is no date."


def test_a_dry_run_writes_no_file_and_counts_the_rows(project: FlowProject) -> None:
    project.flow("x", "orders: {read: files.in/orders.csv}\nout: {write: orders, to: files.out/a.csv}")
    result = project.run("x", dry_run=True)
    assert result.written["out"].rows == 4
    assert not (project.root / "out").exists()
    assert result.run.dry_run


def test_writes_are_done_in_the_order_that_after_asks_for(project: FlowProject) -> None:
    project.flow(
        "x",
        """
orders: {read: files.in/orders.csv}
some: {limit: orders, rows: 1}
second: {write: orders, to: files.out/b.csv, after: first}
first: {write: some, to: files.out/a.csv}
third: {write: some, to: files.out/c.csv, after: [second]}
""",
    )
    result = project.run("x")
    assert [step.step for step in result.run.steps] == ["first", "second", "third"]


def test_a_flow_without_a_write_can_be_looked_at_but_not_run(project: FlowProject) -> None:
    project.flow("x", "orders: {read: files.in/orders.csv}\nsome: {limit: orders, rows: 1}")
    with pytest.raises(InputRefused) as refused:
        project.run("x")
    assert "writes nothing" in refused.value.what
    assert project.preview("x", "some").table.num_rows == 1


def test_a_flow_with_faults_is_not_run_and_leaves_no_run_behind(project: FlowProject) -> None:
    project.flow(
        "x", "orders: {read: files.in/order.csv}\nout: {write: ordrs, to: files.out/a.csf}\nb: {write: orders, to: x.y}"
    )
    with pytest.raises(InputRefused) as refused:
        project.run("x")
    assert [fault.key for fault in refused.value.faults] == ["steps.orders.read", "steps.out.write", "steps.b.to"]
    assert list_runs(project.opened()) == []


def test_the_same_run_cannot_be_at_work_twice(project: FlowProject) -> None:
    project.flow("x", "orders: {read: files.in/orders.csv}\nout: {write: orders, to: files.out/a.csv}")

    refused: list[BaseException | None] = []

    def run_once_more(_: str) -> None:
        with ThreadPoolExecutor(max_workers=1) as elsewhere:
            refused.append(elsewhere.submit(project.run, "x").exception())

    asyncio.run(run_flow(project.opened(), RunRequest(flow="x"), progress=Quiet(), began=run_once_more))
    assert isinstance(refused[0], RetryLater)
    assert "under way in another process" in refused[0].what
    assert project.run("x").run.status == "done", "the lock is free again"


def test_a_cancelled_run_is_stopped_and_carried_on_by_the_next(project: FlowProject) -> None:
    project.put("in/big.csv", "n\n" + "\n".join(str(number) for number in range(200_000)))
    project.flow(
        "slow",
        """
rows: {read: files.in/big.csv}
pairs: {join: [rows, rows], how: inner, on: {n: n}}
heavy: {aggregate: pairs, columns: {x: "max(list_sum(list_transform(range(n % 3000), i -> hash(i + n) % 7)))"}}
out: {write: heavy, to: files.out/a.csv}
""",
    )

    async def cancelled() -> None:
        task = asyncio.create_task(project.running("slow"))
        await asyncio.sleep(2)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    ((run, state, _),) = list_runs(project.opened())
    assert state == "stopped"
    project.put("in/big.csv", "n\n1\n2\n")  # the data of a file may change, the run is the same
    result = project.run("slow")
    assert result.carried_on
    assert result.run.run_id == run.run_id
    assert result.run.tries == 2
    assert any(note.startswith("Carrying on the run that began") for note in project.heard.notes)


def test_fresh_starts_anew_instead_of_carrying_on(project: FlowProject) -> None:
    project.flow("x", "orders: {read: files.in/orders.csv}\nout: {write: orders, to: files.out/a.csv}")
    store = project.opened().runs
    first = project.run("x").run
    store.end(first.run_id, "stopped")  # as if it had been
    anew = project.run("x", fresh=True)
    assert not anew.carried_on
    assert anew.run.run_id != first.run_id


def test_rows_are_appended_to_a_table_once_even_when_the_run_is_carried_on(project: FlowProject) -> None:
    project.flow(
        "x",
        "orders: {read: files.in/orders.csv}\n"
        "out: {write: orders, to: files.out/b.duckdb, table: orders, mode: append}",
    )
    first = project.run("x")
    project.opened().runs.end(first.run.run_id, "stopped")  # killed between the table's commit and the run's end
    project.run("x")
    with duckdb.connect(str(project.root / "out/b.duckdb"), read_only=True) as books:
        assert books.execute("SELECT count(*) FROM orders").fetchall() == [(4,)]
    project.run("x")
    with duckdb.connect(str(project.root / "out/b.duckdb"), read_only=True) as books:
        assert books.execute("SELECT count(*) FROM orders").fetchall() == [(8,)]


def test_what_a_run_did_can_be_seen_afterwards(project: FlowProject) -> None:
    project.flow("x", "orders: {read: files.in/orders.csv}\nout: {write: orders, to: files.out/a.csv}")
    run_id = project.run("x").run.run_id
    workspace = project.opened()
    report = show_run(workspace, run_id).as_json()
    assert report["state"] == "done"
    assert [(step["step"], step["rows"], step["place"]) for step in report["steps"]] == [("out", 4, "out/a.csv")]
    assert [event.text for event in run_log(workspace, run_id)] == ["4 rows to out/a.csv"]
    with pytest.raises(InputRefused) as refused:
        show_run(workspace, run_id[:-1] + "z")
    assert f"Did you mean {run_id!r}?" in refused.value.what


def test_a_preview_shows_rows_and_types_of_any_step_and_says_when_there_are_more(project: FlowProject) -> None:
    project.flow(
        "x",
        """
orders: {read: files.in/orders.csv}
sorted: {sort: orders, by: [Amount desc]}
broken: {filter: orders, where: Amont > 1}
out: {write: sorted, to: files.out/a.csv}
""",
    )
    seen = project.preview("x", "out", rows=2)
    assert [column.type for column in seen.schema] == ["BIGINT", "VARCHAR", "DECIMAL(18,2)", "DATE"]
    assert [row["Id"] for row in seen.table.to_pylist()] == [1, 4]
    assert seen.more
    assert seen.calls == 0
    with pytest.raises(InputRefused) as refused:
        project.preview("x", "broken")
    assert "has no column 'Amont'. Did you mean 'Amount'?" in refused.value.what
    with pytest.raises(InputRefused) as refused:
        project.preview("x", "sortd")
    assert "has no step 'sortd'. Did you mean 'sorted'?" in refused.value.what


def test_an_unused_parameter_and_floating_point_columns_are_noted(project: FlowProject) -> None:
    project.flow(
        "x",
        """
orders: {read: files.in/orders.csv}
mean: {aggregate: orders, columns: {mean: avg(Amount)}}
out: {write: mean, to: files.out/a.csv}
""",
        head="parameters: {as_of: {type: date, default: 2026-01-01}}\n",
    )
    assert project.run("x").notes == (
        "The parameter 'as_of' is not used.",
        "mean.mean is a floating-point number, which is not exact; CAST(... AS DECIMAL(18,2)) in its expression makes "
        "it exact to the cent.",
    )
