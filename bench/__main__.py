"""`python -m bench`: reading invoices into Parquet beside peers and the floor, as a table with ratios."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.books import LEDGERFLOW, make_books
from bench.contenders.task import Task, check_rows
from bench.measure import Run, median_ratio, middle, run
from qbo_sandbox.served import ServedSandbox, serve_in_process
from qbo_sandbox.settings import SandboxSettings

HERE = Path(__file__).parent
OURS = "ledgerflow read --to parquet"
FLOOR = "bare download, ten at a time"
PEERS = {
    "python-quickbooks and pandas": ["with_python_quickbooks.py"],
    "dlt rest_api, lists as tables": ["with_dlt.py"],
    "dlt rest_api, lists as JSON": ["with_dlt.py", "json"],
}
console = Console()


def main() -> None:
    options = _options()
    results: dict[str, Any] = {"rows": options.rows, "rounds": options.rounds}
    with tempfile.TemporaryDirectory(prefix="ledgerflow-bench-") as made:
        folder = Path(made)
        results["reading"] = reading(folder / "reading", rows=options.rows, rounds=options.rounds, peers=options.peers)
        if options.memory_rows:
            small = results["reading"][OURS]["peak_mb"]
            results["memory"] = memory(folder / "memory", rows=options.memory_rows, small_mb=small, small=options.rows)
        results["help"] = help_time(folder / "help")
    out = HERE / "out"
    out.mkdir(exist_ok=True)
    (out / "reading.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    console.print(f"As JSON: {out / 'reading.json'}")


def reading(folder: Path, *, rows: int, rounds: int, peers: int) -> dict[str, Any]:
    """Ours and the floor in turn `rounds` times, each peer in turn with ours `peers` times; medians and ratios."""
    console.print(f"A local QuickBooks with {rows:,} invoices of four lines ...")
    with serve_in_process(SandboxSettings(invoices=rows, companies=1)) as quickbooks:
        folder.mkdir(parents=True)
        project = make_books(folder, quickbooks)
        contenders = _contenders(project, folder, quickbooks, rows)
        runs: dict[str, list[Run]] = {}
        pairs: dict[str, list[Run]] = {}
        plan = [(FLOOR, rounds), *((name, peers) for name in PEERS)]
        _one(contenders[OURS], "a run that is not counted: caches warm up")
        quickbooks.reset_meter()
        _one(contenders[OURS], "counting the calls of one read")
        calls = quickbooks.meter()["metered"]
        for name, times in plan:
            for turn in range(times):
                title = f"round {turn + 1} of {times}: {name}"
                pairs.setdefault(name, []).append(_one(contenders[OURS], title))
                runs.setdefault(name, []).append(_one(contenders[name], title))
    ours = middle([each for several in pairs.values() for each in several])
    table = _table(f"{rows:,} invoices into Parquet; medians of whole processes, ratios pair by pair")
    _row(table, OURS, ours, rows, "")
    told: dict[str, Any] = {OURS: {**asdict(ours), "calls": calls}}
    for name, theirs in runs.items():
        ratio = median_ratio(pairs[name], theirs)
        shown = f"we take {1 / ratio:.2f} times as long" if name == FLOOR else f"we are {ratio:.1f} times as fast"
        _row(table, name, middle(theirs), rows, shown)
        told[name] = {**asdict(middle(theirs)), "their_time_over_ours": ratio}
    console.print(table)
    console.print(f"Calls spent by one read: {calls}")
    return told


def memory(folder: Path, *, rows: int, small: int, small_mb: float) -> dict[str, Any]:
    """The peak of one read of `rows` invoices, beside that of the small read."""
    console.print(f"A local QuickBooks with {rows:,} invoices ...")
    with serve_in_process(SandboxSettings(invoices=rows, companies=1)) as quickbooks:
        folder.mkdir(parents=True)
        project = make_books(folder, quickbooks)
        large = _one(_contenders(project, folder, quickbooks, rows)[OURS], f"reading {rows:,}")
    console.print(
        f"Peak memory: {small_mb:.0f} MB at {small:,} rows, {large.peak_mb:.0f} MB at {rows:,}: "
        f"{large.peak_mb / small_mb:.2f} times. {large.wall_s:.1f} s, {rows / large.wall_s:,.0f} rows/s"
    )
    return {"rows": rows, **asdict(large), "over_small": large.peak_mb / small_mb}


def help_time(folder: Path) -> dict[str, float]:
    """Processor time of `ledgerflow --help`, the median of five."""
    cpu_s = middle([run([*LEDGERFLOW, "--help"], folder=folder) for _ in range(5)]).cpu_s
    console.print(f"ledgerflow --help: {cpu_s:.2f} s of processor time")
    return {"cpu_s": cpu_s}


def _contenders(project: Path, folder: Path, quickbooks: ServedSandbox, rows: int) -> dict[str, Callable[[], Run]]:
    def ours() -> Run:
        target = project / "out" / "invoices.parquet"
        command = [*LEDGERFLOW, "read", "quickbooks.Invoice", "--to", "out/invoices.parquet", "--project", str(project)]
        finished = run(command, folder=project)
        check_rows(target, rows)
        target.unlink()
        return finished

    def other(words: list[str]) -> Callable[[], Run]:
        def start() -> Run:
            with tempfile.TemporaryDirectory(dir=folder) as made:
                task = Task(
                    api_url=quickbooks.api_url,
                    realm_id=quickbooks.realm_id,
                    access_token=quickbooks.tokens()["access_token"],
                    discovery_url=quickbooks.discovery_url,
                    rows=rows,
                    target=f"{made}/invoices.parquet",
                )
                program = str(HERE / "contenders" / words[0])
                return run([sys.executable, program, task.as_argument(), *words[1:]], folder=Path(made))

        return start

    return {OURS: ours, FLOOR: other(["bare_download.py"]), **{name: other(words) for name, words in PEERS.items()}}


def _one(start: Callable[[], Run], title: str) -> Run:
    with console.status(title):
        return start()


def _table(title: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("way")
    for name in ("seconds", "rows/s", "cpu s", "peak MB"):
        table.add_column(name, justify="right")
    table.add_column("beside it")
    return table


def _row(table: Table, name: str, found: Run, rows: int, beside: str) -> None:
    figures = (f"{found.wall_s:.2f}", f"{rows / found.wall_s:,.0f}", f"{found.cpu_s:.2f}", f"{found.peak_mb:.0f}")
    table.add_row(name, *figures, beside)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="invoices to read (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="pairs with the bare download (default %(default)s)")
    parser.add_argument(
        "--peers", type=int, default=1, help="pairs with each peer; each takes minutes, 0 leaves them out"
    )
    parser.add_argument("--memory-rows", type=int, default=1_000_000, help="size of the memory run; 0 leaves it out")
    parser.add_argument("--quick", action="store_true", help="5,000 invoices, three rounds, no memory run")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.rounds, options.memory_rows = 5_000, 3, 0
    return options


if __name__ == "__main__":
    main()
