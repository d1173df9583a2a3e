"""`import ledgerflow`: open a project, read a resource in every shape, run a flow; also where a loop runs already."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

import ledgerflow as lf
from qbo_sandbox.served import ServedSandbox

pytestmark = pytest.mark.qbo_sandbox(invoices=60, companies=1)
FLOW = """
flow: owed
parameters:
  least: {type: decimal, default: 0}
steps:
  invoices: {read: quickbooks.Invoice, where: "Balance > '0'"}
  large: {filter: invoices, where: Balance >= $least}
  totals: {aggregate: large, by: [DocNumber], columns: {owed: sum(Balance)}}
  out: {write: totals, to: files.out/owed.csv}
"""


def test_a_resource_comes_as_arrow_pandas_polars_and_duckdb(quickbooks: ServedSandbox, project: Path) -> None:
    invoices = lf.open(project).read("quickbooks.Invoice")
    assert len(invoices) == 60
    assert invoices.calls == 2  # how many there are, and one page
    total = sum((row["TotalAmt"] for row in invoices), Decimal(0))
    assert sum(invoices.to_arrow().column("TotalAmt").to_pylist()) == total
    assert sum(invoices.to_pandas()["TotalAmt"]) == total
    assert invoices.to_polars()["TotalAmt"].sum() == total
    assert invoices.to_duckdb().sum("TotalAmt").fetchall() == [(total,)]


def test_a_read_works_where_a_loop_runs_already_as_in_a_notebook(quickbooks: ServedSandbox, project: Path) -> None:
    async def cell() -> int:
        return len(lf.open(project).read("quickbooks.Customer", limit=3))

    assert asyncio.run(cell()) == 3


def test_a_flow_runs_with_its_parameters_and_tells_what_it_wrote(quickbooks: ServedSandbox, project: Path) -> None:
    (project / "flows" / "owed.yaml").write_text(FLOW, encoding="utf-8")
    opened = lf.open(project)
    everything = opened.run("owed").written["out"].rows
    some = opened.run("owed", least=Decimal("1000.00"))
    assert 0 < some.written["out"].rows < everything
    assert some.set_aside == 0
    assert some.spent.metered == 2
    assert (project / "out" / "owed.csv").is_file()


def test_an_unknown_flow_or_parameter_is_refused_with_the_nearest_name(
    quickbooks: ServedSandbox, project: Path
) -> None:
    (project / "flows" / "owed.yaml").write_text(FLOW, encoding="utf-8")
    opened = lf.open(project)
    with pytest.raises(lf.InputRefused, match="'owed'"):
        opened.run("owned")
    with pytest.raises(lf.InputRefused) as refused:
        opened.run("owed", lest=3)
    assert "least" in str(refused.value.as_json())


def test_a_read_without_authorization_names_the_command_that_connects(
    unconnected: ServedSandbox, project: Path
) -> None:
    with pytest.raises(lf.ReconnectNeeded) as needed:
        lf.open(project).read("quickbooks.Invoice")
    assert needed.value.next_step == "Run `ledgerflow connect quickbooks`."
