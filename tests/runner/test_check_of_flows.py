"""Checking flows in a project: what they name, file by file; and project files that are wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from flow_project import FlowProject

from ledgerflow.actions.flows import check_flows, list_flows
from ledgerflow.core.errors import InputRefused

CONNECTION = """api: shop
base_url: https://shop.example
"""
API = """openapi: 3.1.0
info: {title: Shop, version: '1'}
paths:
  /orders:
    get:
      summary: Orders
      x-ledgerflow: {records: orders, layout: {id: BIGINT, total: "DECIMAL(28,9)"}}
      responses: {'200': {description: Rows}}
"""


@pytest.fixture
def project(tmp_path: Path) -> FlowProject:
    made = FlowProject(tmp_path / "books")
    made.put("in/orders.csv", "Id,Name,Amount\n1,Ann,5.50\n")
    made.put("apis/shop.yaml", API)
    made.put("connections/shop.yaml", CONNECTION)
    return made


def faults(project: FlowProject) -> list[str]:
    (checked,) = asyncio.run(check_flows(project.opened(), ["a"]))
    return [f"line {fault.line}, {fault.key.removeprefix('steps.')}: {fault.text}" for fault in checked.faults]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("b: {read: files.in/order.csv}", "b.read: There is no file in/order.csv. Did you mean 'orders.csv'?"),
        ("b: {read: files.inn/orders.csv}", "b.read: There is no folder for inn/orders.csv."),
        ("b: {read: files.in/orders.xslx}", "b.read: Files ending in '.xslx' cannot be read; known: "),
        ("b: {read: files.in/orders}", "b.read: Files ending in '' cannot be read; known: "),
        ("b: {read: files./etc/passwd.csv}", "b.read: '/etc/passwd.csv' lies outside the project"),
        ("b: {read: files.../orders.csv}", "b.read: '../orders.csv' lies outside the project"),
        ("b: {read: files..ledgerflow/x.csv}", "b.read: .ledgerflow/ holds the project's saved state"),
        ("b: {read: files.in/orders.csv, delimter: ';'}", "b.delimter: Unknown key 'delimter'; expected one of "),
        ("b: {read: files.in/orders.csv, delimiter: '||'}", "b.delimiter: Expected at most 1 character, not '||'."),
        ("b: {read: files.in/orders.csv, encoding: klingon}", "b.encoding: Unknown encoding 'klingon'"),
        ("b: {read: files.in/orders.csv, columns: {Id: number}}", "b.columns.Id: Expected one of 'text', 'integer',"),
        ("b: {read: files.in/orders.csv, where: Id > 5}", "b.where: 'where' belongs to reads of an api"),
        (
            "b: {read: shpo.Orders}",
            "b.read: There is no connection 'shpo'; known: 'shop', 'files'. Did you mean 'shop'?",
        ),
        ("b: {read: shop.Order}", "b.read: Connection 'shop' has no resource 'Order'. Did you mean 'Orders'?"),
        ("b: {read: shop.Orders, parameters: {limit: 5}}", "b.parameters: "),
        (
            "b: {filter: orders, where: ttotal > 5}",
            "b.where: `ttotal > 5`, character 1: 'orders' has no column 'ttotal'.",
        ),
        ("b: {write: orders, to: files.out/a.csvv}", "b.to: Files ending in '.csvv' cannot be written; known: "),
        ("b: {write: orders, to: files.out/a.duckdb}", "b.table: Missing key 'table'."),
        (
            "b: {write: orders, to: files.out/a.csv, fields: {x: Id}}",
            "b.fields: 'fields' belongs to writes into an api",
        ),
        ("b: {write: orders, to: files.out/a.xlsx, sheet: 'a/b'}", "b.sheet: "),
        ("b: {write: orders, to: shop.Orders}", "b.to: Nothing can be written into 'shop' yet"),
        (
            "b: {write: orders, to: files.out/a.csv}\n  c: {write: orders, to: files.out/a.csv}",
            "c.to: Step 'b' writes out/a.csv too; name another.",
        ),
        (
            "b: {write: orders, to: files.out/a.duckdb, table: t}\n"
            "  c: {write: orders, to: files.out/a.duckdb, table: T}",
            "c.to: Step 'b' writes table 'T' of out/a.duckdb too; name another.",
        ),
    ],
)
def test_what_a_step_names_has_to_be_there(project: FlowProject, step: str, expected: str) -> None:
    project.put("flows/a.yaml", f"flow: a\nsteps:\n  orders: {{read: shop.Orders}}\n  {step}\n")
    told = faults(project)
    assert len(told) == 1
    line = 5 if expected.startswith("c.") else 4
    assert told[0].startswith(f"line {line}, {expected}")


def test_two_tables_of_one_file_may_be_written(project: FlowProject) -> None:
    project.put(
        "flows/a.yaml",
        "flow: a\nsteps:\n  orders: {read: files.in/orders.csv}\n"
        "  b: {write: orders, to: files.out/a.duckdb, table: t}\n"
        "  c: {write: orders, to: files.out/a.duckdb, table: u}\n",
    )
    assert faults(project) == []
    assert {written.rows for written in project.run("a").written.values()} == {1}


def test_all_flows_are_checked_when_none_is_named_and_each_tells_its_own_faults(project: FlowProject) -> None:
    project.flow("good", "orders: {read: files.in/orders.csv}\nout: {write: orders, to: files.out/a.csv}")
    project.flow("bad", "orders: {read: files.in/orders.csv}\nf: {filter: orders, where: Amount > Name}")
    project.put("flows/torn.yaml", "flow: torn\nsteps: [\n")
    checked = {flow.name: flow for flow in asyncio.run(check_flows(project.opened(), []))}
    assert {name: len(flow.faults) for name, flow in checked.items()} == {"bad": 1, "good": 0, "torn": 1}
    assert [step.name for step in checked["good"].steps] == ["orders", "out"]
    listed = {flow.name: (flow.steps, flow.faults) for flow in list_flows(project.opened())}
    assert listed == {"bad": (2, 0), "good": (2, 0), "torn": (0, 1)}


def test_a_project_without_flows_says_what_to_do(project: FlowProject) -> None:
    with pytest.raises(InputRefused) as refused:
        asyncio.run(check_flows(project.opened(), []))
    assert refused.value.what == "There is no flow yet."
    with pytest.raises(InputRefused) as refused:
        asyncio.run(check_flows(project.opened(), ["a"]))
    assert refused.value.what == "There is no flow 'a'."


PROJECT_ID = "id: 5f0c7e9a-0000-4000-8000-000000000000\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PROJECT_ID, ["line 1, key project: Missing key 'project'."]),
        ("project: books\n", ["line 1, key id: Missing key 'id'."]),
        ("project: books\nid: short\n", ["line 2, key id: Expected at least 8 characters, not 'short'."]),
        (
            f"project: books\n{PROJECT_ID}descripton: x\n",
            [
                "line 3, key descripton: Unknown key 'descripton'; expected one of 'project', 'id', 'description', "
                "'parameters'. Did you mean 'description'?"
            ],
        ),
        (f"project: my books\n{PROJECT_ID}", ["line 1, key project: "]),
        (
            f"project: books\n{PROJECT_ID}parameters: [1]\n",
            ["line 3, key parameters: Expected a mapping of keys to values, not a list."],
        ),
        (f"project: books\nproject: books\n{PROJECT_ID}", ["line 2: "]),
        ("- books\n", ["line 1: Expected a mapping of keys to values at the top."]),
    ],
)
def test_a_malformed_project_file_is_refused_with_its_faults(
    project: FlowProject, text: str, expected: list[str]
) -> None:
    project.flow("a", "orders: {read: files.in/orders.csv}\nout: {write: orders, to: files.out/a.csv}")
    project.put("ledgerflow.yaml", text)
    with pytest.raises(InputRefused) as refused:
        project.run("a")
    told = [str(fault).removeprefix("ledgerflow.yaml, ") for fault in refused.value.faults]
    assert len(told) == len(expected)
    assert all(one.startswith(start) for one, start in zip(told, expected, strict=True)), told


def test_values_of_the_project_are_parameters_of_every_flow(project: FlowProject) -> None:
    project.put("ledgerflow.yaml", f"project: books\n{PROJECT_ID}parameters: {{least: 2, name: Ann}}\n")
    project.flow(
        "a",
        "orders: {read: files.in/orders.csv}\n"
        "some: {filter: orders, where: Amount > $least and Name = $name}\n"
        "out: {write: some, to: files.out/a.csv}",
    )
    assert project.run("a").written["out"].rows == 1
    assert project.run("a", given={"least": "6"}).written["out"].rows == 0


def test_a_project_value_that_sql_cannot_have_is_told(project: FlowProject) -> None:
    project.put("ledgerflow.yaml", f"project: books\n{PROJECT_ID}parameters: {{many: [1, 2]}}\n")
    project.flow("a", "orders: {read: files.in/orders.csv}\nout: {write: orders, to: files.out/a.csv}")
    with pytest.raises(InputRefused) as refused:
        project.run("a")
    assert refused.value.faults[0].key == "parameters.many"
