"""Flows and runs through the page's routes, with real files and the real engine."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from page_calls import call, served

from ledgerflow.store.projects import ProjectFiles

EXACT = """\
flow: exact
description: Large sums, to the cent
parameters:
  least: {type: decimal, default: 0.01}
  label: {type: text}
steps:
  rows: {read: files.in/sums.parquet}
  large: {filter: rows, where: total >= $least}
  named: {derive: large, columns: {label: $label}}
  csv: {write: named, to: files.out/large.csv, after: []}
"""
FAULTY = """\
flow: faulty
steps:
  rows: {read: files.in/sums.parquet}
  large: {filter: rows, were: total > 1}
  small: {filter: rows, where: totl < 1}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = ProjectFiles.make(tmp_path / "books", name="books").root
    (root / "flows" / "exact.yaml").write_text(EXACT)
    (root / "in").mkdir()
    table = pa.table(
        {
            "total": pa.array(
                [Decimal("99999999999999.99"), Decimal("0.000000001"), Decimal("12.50")], pa.decimal128(28, 9)
            ),
            "customer": pa.array([{"value": "7", "name": "Ada"}, None, {"value": "8", "name": None}]),
        }
    )
    pq.write_table(table, root / "in" / "sums.parquet")
    return root


def test_flows_are_listed_with_what_they_read_and_write_those_with_faults_too(project: Path) -> None:
    (project / "flows" / "faulty.yaml").write_text(FAULTY)
    (project / "flows" / "torn.yaml").write_text("flow: [torn")
    exact, faulty, torn = call(project, "GET", "/api/flows").json()["flows"]
    assert (exact["name"], exact["reads"], exact["writes"]) == (
        "exact",
        ["files.in/sums.parquet"],
        ["files.out/large.csv"],
    )
    assert (exact["steps"], exact["faults"], exact["last_run"]) == (4, 0, None)
    assert (faulty["name"], faulty["faults"] > 0) == ("faulty", True)
    assert (torn["name"], torn["faults"]) == ("torn", 1)


def test_a_flow_is_told_with_its_parameters_and_each_step_as_its_file_has_it(project: Path) -> None:
    flow = call(project, "GET", "/api/flows/exact").json()
    assert flow["parameters"] == [
        {"name": "least", "type": "decimal", "default": "0.01", "description": ""},
        {"name": "label", "type": "text", "default": None, "description": ""},
    ]
    assert [(step["name"], step["kind"], step["takes"], step["resource"]) for step in flow["steps"]] == [
        ("rows", "read", [], "files.in/sums.parquet"),
        ("large", "filter", ["rows"], None),
        ("named", "derive", ["large"], None),
        ("csv", "write", ["named"], "files.out/large.csv"),
    ]
    assert [step["settings"] for step in flow["steps"]] == [
        "",
        "where: total >= $least",
        "columns:\n  label: $label",
        "",
    ]


def test_a_step_that_cannot_be_understood_is_shown_as_it_stands_with_its_faults(project: Path) -> None:
    (project / "flows" / "faulty.yaml").write_text(FAULTY)
    flow = call(project, "GET", "/api/flows/faulty").json()
    (large,) = [step for step in flow["steps"] if step["kind"] == ""]
    assert (large["name"], large["settings"]) == ("large", "filter: rows\nwere: total > 1")
    assert {(fault["line"], fault["key"], fault["nearest"]) for fault in flow["faults"]} >= {
        (4, "steps.large.were", "where")
    }


def test_a_check_tells_every_fault_and_is_no_error_itself(project: Path) -> None:
    (project / "flows" / "faulty.yaml").write_text(FAULTY)
    answer = call(project, "POST", "/api/flows/faulty/check", body="{}")
    assert answer.status_code == 200
    checked = answer.json()
    assert checked["sound"] is False
    assert {"steps.large.were", "steps.small.where"} <= {fault["key"] for fault in checked["faults"]}


def test_a_check_of_a_sound_flow_tells_the_columns_of_each_step(project: Path) -> None:
    checked = call(project, "POST", "/api/flows/exact/check", body="{}").json()
    assert checked["sound"] is True
    columns = {step["name"]: step["columns"] for step in checked["steps"]}
    assert [column["name"] for column in columns["named"]] == ["total", "customer", "label"]
    assert columns["large"][0] == {"name": "total", "type": "DECIMAL(28,9)"}


def test_a_preview_shows_every_digit_and_no_value_as_none(project: Path) -> None:
    body = '{"step": "named", "parameters": {"label": "x", "least": "0"}, "rows": 3}'
    shown = call(project, "POST", "/api/flows/exact/preview", body=body).json()
    assert shown["rows"] == [
        ["99999999999999.99", '{"value":"7","name":"Ada"}', "x"],
        ["0.000000001", None, "x"],
        ["12.50", '{"value":"8","name":null}', "x"],
    ]
    assert (shown["more"], shown["calls"], shown["cut"]) == (False, 0, [])


def test_a_preview_says_that_there_is_more_than_it_shows(project: Path) -> None:
    body = '{"step": "rows", "parameters": {"label": "x"}, "rows": 2}'
    shown = call(project, "POST", "/api/flows/exact/preview", body=body).json()
    assert (len(shown["rows"]), shown["more"]) == (2, True)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ('{"parameters": {"least": "much", "label": "x"}}', "Expected a number such as 12.50, not 'much'."),
        ("{}", "The parameter 'label' needs a value."),
    ],
)
def test_a_run_with_wrong_values_is_refused_before_it_begins(project: Path, body: str, what: str) -> None:
    answer = call(project, "POST", "/api/flows/exact/run", body=body)
    assert answer.status_code == 400
    assert answer.json()["what"] == what
    assert call(project, "GET", "/api/runs").json() == {"runs": [], "more": False}


def test_a_run_of_a_faulty_flow_is_refused_with_all_its_faults(project: Path) -> None:
    (project / "flows" / "faulty.yaml").write_text(FAULTY)
    answer = call(project, "POST", "/api/flows/faulty/run", body="{}")
    assert answer.status_code == 400
    assert len(answer.json()["faults"]) > 1


def test_a_run_answers_its_id_at_once_and_its_result_when_it_has_ended(project: Path) -> None:
    async def run() -> None:
        async with served(project) as page:
            run_id = await page.run("exact", parameters={"label": "x"})
            ended = await page.ended(run_id)
            assert ended["state"] == "done"
            assert ended["parameters"] == {"least": "0.01", "label": "x"}
            (csv,) = [step for step in ended["steps"] if step["name"] == "csv"]
            assert (csv["rows"], csv["place"], csv["state"]) == (2, "out/large.csv", "done")
            assert ended["calls"] == {"metered": 0, "unmetered": 0, "by_kind": {}}
            (listed,) = (await page.get("/api/runs"))["runs"]
            assert (listed["id"], listed["state"]) == (run_id, "done")
            (flow,) = (await page.get("/api/flows"))["flows"]
            assert flow["last_run"]["id"] == run_id

    asyncio.run(run())
    assert "99999999999999.99" in (project / "out" / "large.csv").read_text()


def test_a_dry_run_writes_nothing_and_says_so(project: Path) -> None:
    async def run() -> None:
        async with served(project) as page:
            ended = await page.ended(await page.run("exact", parameters={"label": "x"}, dry_run=True))
            assert (ended["state"], ended["dry_run"]) == ("done", True)

    asyncio.run(run())
    assert not (project / "out").exists()


def test_a_run_that_fails_keeps_its_problem_in_three_parts(project: Path) -> None:
    flow = EXACT.replace("total >= $least", "CAST($label AS INTEGER) > 0")
    (project / "flows" / "exact.yaml").write_text(flow)

    async def run() -> None:
        async with served(project) as page:
            ended = await page.ended(await page.run("exact", parameters={"label": "not a number"}))
            assert ended["state"] == "failed"
            problem = ended["problem"]
            assert problem["error"] == "InputRefused"
            assert all(problem[part] for part in ("what", "where", "next"))

    asyncio.run(run())


def test_runs_are_listed_newest_first_and_say_that_there_are_more(project: Path) -> None:
    async def run() -> None:
        async with served(project) as page:
            ids = []
            for label in "ab":
                ids.append(await page.run("exact", parameters={"label": label}))
                await page.ended(ids[-1])
            listed = await page.get("/api/runs?limit=1")
            assert [each["id"] for each in listed["runs"]] == [ids[1]]
            assert listed["more"] is True
            assert (await page.get("/api/runs?flow=exact"))["more"] is False
            assert (await page.get("/api/runs?flow=other"))["runs"] == []

    asyncio.run(run())


def test_a_run_that_is_not_there_is_told_with_the_nearest_name(project: Path) -> None:
    answer = call(project, "GET", "/api/runs/exact-never")
    assert answer.status_code == 400
    assert answer.json()["what"] == "There is no run 'exact-never'."
