"""The commands of flows and runs, as a person or a script uses them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flow_project import FlowProject

from ledgerflow.cli import front, main


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Done]


@pytest.fixture
def project(tmp_path: Path) -> FlowProject:
    made = FlowProject(tmp_path / "books")
    made.put("in/orders.csv", "Id,Name,Amount\n1,Ann,99999999999999.99\n2,Bob,0.10\n3,Cid,\n")
    made.flow(
        "orders",
        """
orders: {read: files.in/orders.csv}
some: {filter: orders, where: Amount > $least}
out: {write: some, to: files.out/some.csv}
""",
        head="description: Some of the orders\n"
        "parameters: {least: {type: decimal, default: 0, description: At least.}}\n",
    )
    return made


@pytest.fixture
def ledgerflow(project: FlowProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in the project, in this process."""
    monkeypatch.setenv("LEDGERFLOW_PROJECT", str(project.root))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> Done:
        front.forget()
        monkeypatch.setattr(sys, "argv", ["ledgerflow", *words])
        capsys.readouterr()
        try:
            main.run()
            code = 0
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
        told = capsys.readouterr()
        return Done(code=code, out=told.out, err=told.err)

    return run


def test_flows_are_listed_with_what_they_read_and_write(ledgerflow: Command) -> None:
    told = ledgerflow("flow", "list")
    assert told.code == 0
    assert "files.in/orders.csv" in told.out
    assert ledgerflow("flow", "list", "--json").json == {
        "flows": [
            {
                "name": "orders",
                "file": "flows/orders.yaml",
                "description": "Some of the orders",
                "reads": ["files.in/orders.csv"],
                "writes": ["files.out/some.csv"],
                "steps": 3,
                "faults": 0,
            }
        ]
    }


def test_a_flow_shows_its_parameters_and_steps(ledgerflow: Command) -> None:
    told = ledgerflow("flow", "show", "orders")
    assert "$least" in told.out
    assert "At least." in told.out
    shown = ledgerflow("flow", "show", "orders", "--json").json
    assert shown["parameters"] == [{"name": "least", "type": "decimal", "default": "0", "description": "At least."}]
    assert [step["kind"] for step in shown["steps"]] == ["read", "filter", "write"]


def test_a_check_of_a_sound_flow_prints_its_steps_with_their_columns(ledgerflow: Command) -> None:
    told = ledgerflow("flow", "check")
    assert told.code == 0
    assert "orders: sound, 3 steps" in told.out
    assert "Id integer, Name text, Amount decimal" in told.out
    (flow,) = ledgerflow("flow", "check", "orders", "--json").json["flows"]
    assert flow["steps"][1]["columns"][2] == {"name": "Amount", "type": "DECIMAL(18,2)"}


def test_a_check_that_finds_faults_tells_each_with_file_line_and_key_and_leaves_with_2(
    project: FlowProject, ledgerflow: Command
) -> None:
    project.flow(
        "bad", "orders: {read: files.in/orders.csv}\nf: {filter: orders, where: Amont > 0}\nx: {sort: f, by: [Nme]}"
    )
    told = ledgerflow("flow", "check")
    assert told.code == 2
    assert "orders: sound, 3 steps" in told.out
    assert "flows/bad.yaml, line 4, key steps.f.where: `Amont > 0`, character 1: 'orders' has no column" in told.err
    assert "flows/bad.yaml, line 5, key steps.x.by[0]" in told.err
    assert "next:  Edit flows/bad.yaml, then run `ledgerflow flow check`." in told.err
    faults = ledgerflow("flow", "check", "bad", "--json").json["faults"]
    assert [(fault["line"], fault["nearest"]) for fault in faults] == [(4, "Amount"), (5, "Name")]


def test_a_preview_prints_rows_and_types_and_says_where_it_stopped(ledgerflow: Command) -> None:
    told = ledgerflow("flow", "preview", "orders", "orders", "--limit", "2")
    assert told.code == 0
    assert "99999999999999.99" in told.out
    assert "decimal" in told.out
    assert "stopped at --limit 2; there are more rows" in told.err
    assert "calls spent: 0" in told.err
    seen = ledgerflow("flow", "preview", "orders", "some", "-p", "least=1", "--json").json
    assert seen["rows"] == [{"Id": 1, "Name": "Ann", "Amount": "99999999999999.99"}]
    assert seen["columns"][2] == {"name": "Amount", "type": "DECIMAL(18,2)"}
    assert not seen["more"]


def test_a_run_prints_rows_files_and_calls(project: FlowProject, ledgerflow: Command) -> None:
    told = ledgerflow("flow", "run", "orders", "-p", "least=0.05")
    assert told.code == 0
    assert "out/some.csv" in told.out
    assert "calls spent: 0 calls" in told.out
    assert project.text("out/some.csv") == "Id,Name,Amount\n1,Ann,99999999999999.99\n2,Bob,0.10\n"
    report = ledgerflow("flow", "run", "orders", "--json").json
    assert (report["state"], report["carried_on"], report["set_aside"]) == ("done", False, {"count": 0, "rows": []})
    assert report["parameters"] == {"least": "0"}
    assert [(step["step"], step["rows"]) for step in report["steps"]] == [("out", 2)]


def test_wrong_words_are_told_in_three_parts_and_leave_with_2(ledgerflow: Command) -> None:
    for words, said in (
        (["flow", "run", "ordrs"], "There is no flow 'ordrs'. Did you mean 'orders'?"),
        (["flow", "run", "orders", "-p", "least"], "'least' is not NAME=VALUE."),
        (["flow", "run", "orders", "-p", "lest=1"], "Did you mean 'least'?"),
        (["flow", "preview", "orders", "sme"], "has no step 'sme'. Did you mean 'some'?"),
        (["runs", "show", "orders-1"], "There is no run 'orders-1'."),
    ):
        told = ledgerflow(*words)
        assert told.code == 2
        assert said in told.err
        assert "where:" in told.err
        assert "next:" in told.err
        assert said in json.dumps(ledgerflow(*words, "--json").json)


def test_runs_by_themselves_are_listed_and_each_can_be_shown_with_its_log(ledgerflow: Command) -> None:
    assert ledgerflow("runs", "--json").json == {"runs": []}
    ledgerflow("flow", "run", "orders")
    ledgerflow("flow", "run", "orders", "--dry-run")
    dry, wet = ledgerflow("runs", "--json").json["runs"]
    assert ledgerflow("runs", "list", "--flow", "orders", "--json").json["runs"] == [dry, wet]
    assert (dry["dry_run"], wet["dry_run"]) == (True, False)
    assert "done (dry run)" in ledgerflow("runs").out
    shown = ledgerflow("runs", "show", wet["run"])
    assert "out/some.csv" in shown.out
    log = ledgerflow("runs", "log", wet["run"])
    assert "out: 2 rows to out/some.csv" in log.out
    assert ledgerflow("runs", "log", wet["run"], "--json").json["events"][0]["step"] == "out"


def test_ctrl_c_stops_a_run_which_is_then_carried_on(project: FlowProject, ledgerflow: Command) -> None:
    project.put("in/big.csv", "n\n" + "\n".join(str(number) for number in range(200_000)))
    project.flow(
        "slow",
        """
rows: {read: files.in/big.csv}
heavy: {aggregate: rows, columns: {x: "max(list_sum(list_transform(range(n % 5000), i -> hash(i + n) % 7)))"}}
out: {write: heavy, to: files.out/slow.csv}
""",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "ledgerflow", "flow", "run", "slow"],
        cwd=project.root,
        env={**os.environ, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not ledgerflow("runs", "--json").json["runs"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=15)
    assert process.returncode == 130
    assert "stopped; the same command carries the run on" in err
    (run,) = ledgerflow("runs", "--json").json["runs"]
    assert run["state"] == "stopped"
    assert not list(project.root.glob("out/.*"))
    project.put("in/big.csv", "n\n1\n")
    report = ledgerflow("flow", "run", "slow", "--json").json
    assert (report["run"], report["carried_on"], report["tries"]) == (run["run"], True, 2)


@pytest.mark.parametrize(
    "words", [["flow"], ["flow", "run"], ["flow", "check"], ["flow", "preview"], ["runs"], ["runs", "log"]]
)
def test_every_command_teaches_what_it_does(ledgerflow: Command, words: list[str]) -> None:
    told = ledgerflow(*words, "--help")
    assert told.code == 0
    assert len(told.out.splitlines()) > 5
