"""The whole job once, against a local QuickBooks over real HTTP: connect, read, write. Run it with `make demo`.

Every step is a `ledgerflow` command, shown before it runs, so that it can be repeated by hand. The only thing done
here by code is what a person does in a browser: opening the consent page, picking a company and pressing Connect.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import xlsxwriter

from qbo_sandbox.served import ServedSandbox

HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("LEDGERFLOW_DEMO", "demo"))
PROJECT = FOLDER / "books"
DATA = FOLDER / "quickbooks"
COMMAND = [sys.executable, "-m", "ledgerflow"]
REDIRECT_URL = "http://127.0.0.1:8050/"
TODAY = datetime.now().astimezone().date()


def main() -> None:
    began = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with local_quickbooks() as quickbooks:
        title("1. A project, QuickBooks as a custom api, its shared connection")
        ledgerflow("init", "books", "--folder", str(PROJECT), inside=False)
        add_api_and_connection(quickbooks)

        title("2. A call before authorizing fails, and says what to do")
        add_requests()
        ledgerflow("api", "try", "quickbooks", "Read invoice", "-p", "id=1001", expect=3)

        title("3. Authorize: the consent page, and back to the redirect URL")
        authorize(quickbooks)
        ledgerflow("connection", "status")

        title("4. Try a request")
        first = json.loads(
            ledgerflow("api", "try", "quickbooks", "Query", "-p", "query=select Id from Invoice", "--json", quiet=True)
        )
        invoice_id = body_of(first)["QueryResponse"]["Invoice"][0]["Id"]
        ledgerflow("api", "try", "quickbooks", "Read invoice", "-p", f"id={invoice_id}", most_lines=25)

        title("5. Read flow: overdue totals per customer, to CSV, Parquet and DuckDB")
        shutil.copytree(HERE / "flows", PROJECT / "flows", dirs_exist_ok=True)
        make_spreadsheet(PROJECT / "in" / "load.xlsx")
        ledgerflow("flow", "check")
        ledgerflow("flow", "preview", "overdue", "totals", "--limit", "5", "-p", f"as_of={TODAY}")
        ledgerflow("flow", "run", "overdue", "-p", f"as_of={TODAY}")
        show_file(PROJECT / "out" / "overdue.csv", most_lines=9)

        title("6. Write flow: a spreadsheet of 20 customers and 200 invoices into QuickBooks")
        ledgerflow("flow", "run", "load", "--dry-run", expect=5)
        ledgerflow("flow", "run", "load", expect=5)
        newest = json.loads(ledgerflow("runs", "--json", quiet=True))["runs"][0]["run"]
        show_file(PROJECT / "runs" / newest / "load_invoices.set_aside.csv", most_lines=10)
        ledgerflow("runs")

        title("7. What it cost, and where everything lies")
        meter = quickbooks.meter()
        print(f"Calls, as the local QuickBooks counted them: {meter['calls']}, of these {meter['metered']} metered")
        print("  " + ", ".join(f"{count} {kind}" for kind, count in meter["by_kind"].items()))
    for path in sorted(path for path in PROJECT.rglob("*") if path.is_file() and ".ledgerflow" not in path.parts):
        print(f"  {path}  ({path.stat().st_size:,} bytes)")
    print(f"\nDone in {time.monotonic() - began:.1f} s. Go on by hand:")
    print("  . .venv/bin/activate")
    port = urlsplit(quickbooks.api_url).port
    print(f"  ledgerflow sandbox --port {port} --data {DATA} &    # the same local QuickBooks again")
    print(f"  cd {PROJECT}; ledgerflow flow run overdue; ledgerflow --help")
    print("Your own company: README.md, 'The journey, against your own company'.")


@contextmanager
def local_quickbooks() -> Iterator[ServedSandbox]:
    """A local QuickBooks in a process of its own, as `ledgerflow sandbox --json` describes it when it is ready."""
    words = [*COMMAND, "sandbox", "--json", "--invoices", "2000", "--redirect-uri", REDIRECT_URL, "--data", str(DATA)]
    print(f"$ ledgerflow {' '.join(words[3:])} &")
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield ServedSandbox(json.loads(process.stdout.readline()))
        finally:
            process.terminate()
            process.wait(timeout=10)


def add_api_and_connection(quickbooks: ServedSandbox) -> None:
    ledgerflow("api", "add", "--custom", "quickbooks", "--base-url", quickbooks.api_url, "--provider", "quickbooks")
    ledgerflow(
        *("connection", "set", "quickbooks", "--auth", "oauth2", "--grant", "authorization_code"),
        *("--auth-url", quickbooks.authorize_url, "--token-url", quickbooks.token_url),
        *("--revoke-url", quickbooks.revoke_url, "--client-id", quickbooks.client_id, "--client-secret", "-"),
        *("--scope", "com.intuit.quickbooks.accounting", "--state", "demo", "--redirect-url", REDIRECT_URL),
        stdin=quickbooks.client_secret,
    )


def add_requests() -> None:
    add = ("api", "request", "add", "quickbooks")
    ledgerflow(*add, "Read invoice", "GET", "/v3/company/{realmId}/invoice/{id}")
    ledgerflow(*add, "Query", "GET", "/v3/company/{realmId}/query", "--query", "query")
    ledgerflow(
        *add, "Create customer", "POST", "/v3/company/{realmId}/customer", "--body", '{"DisplayName": "New customer"}'
    )


def authorize(quickbooks: ServedSandbox) -> None:
    """What a person does: open the address, pick the first company, press Connect, follow the redirect."""
    words = [*COMMAND, "connect", "quickbooks", "--no-browser"]
    print(f"$ ledgerflow {' '.join(words[3:])}")
    with subprocess.Popen(
        words, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    ) as process:
        assert process.stdout is not None
        address = ""
        for line in process.stdout:
            print(f"  {line.rstrip()}")
            if found := re.search(r"https?://\S+/connect/oauth2\?\S+", line):
                address = found.group()
            if "Waiting" in line:
                break
        back = quickbooks.consent(address, realm_id=quickbooks.realm_id)
        answer = httpx2.get(back)
        print(f"  (browser) consent given, sent to {REDIRECT_URL}, which says: {heading_of(answer.text)}")
        for line in process.stdout:
            print(f"  {line.rstrip()}")
    if process.returncode:
        raise SystemExit(f"authorizing failed with exit code {process.returncode}")


def heading_of(page: str) -> str:
    """The heading of a page, without its tags."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S)
    return " ".join(re.sub(r"<[^>]+>", "", found.group(1)).split()) if found else page[:80]


def body_of(tried: dict[str, Any]) -> dict[str, Any]:
    body = tried["body"]
    return dict(json.loads(body) if isinstance(body, str) else body)


WRONG_ON_PURPOSE: dict[int, dict[str, object]] = {
    10: {"Customer": "Harbour Row 99"},  # there is no such customer
    50: {"Item": "Delivary"},  # nor such an item
    90: {"Number": "HR-0090-far-too-long-for-a-document-number"},  # 21 characters at most
    130: {"Rate": -12.5},  # below zero: QuickBooks itself refuses it
    170: {"Customer": None},  # an invoice to nobody
}
"""What is wrong in which row of the invoices."""


def make_spreadsheet(path: Path) -> None:
    """20 customers and 200 invoices; five rows are wrong, each in its own way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        customers = book.add_worksheet("Customers")
        customers.write_row(0, 0, ["Name", "Email", "Phone", "City"])
        for row in range(1, 21):
            name, number = f"Harbour Row {row:02d}", f"(555) 010-{7000 + row}"
            customers.write_row(row, 0, [name, f"desk@row{row:02d}.example", number, "Astoria"])
        invoices = book.add_worksheet("Invoices")
        for row in range(1, 201):
            values: dict[str, object] = {
                "Number": f"HR-{row:04d}",
                "Customer": f"Harbour Row {row % 20 + 1:02d}",
                "Date": _midnight(TODAY - timedelta(days=row % 90)),
                "Item": "Delivery",
                "Quantity": row % 7 + 1,
                "Rate": 49.95 + row,
                "Note": "loaded from a spreadsheet",
            }
            invoices.write_row(0, 0, list(values))
            for column, value in enumerate((values | WRONG_ON_PURPOSE.get(row, {})).values()):
                if value is not None:
                    invoices.write(row, column, value, day if isinstance(value, datetime) else None)


def show_file(path: Path, *, most_lines: int) -> None:
    """The first lines of a text file."""
    print(f"$ head -{most_lines} {path}")
    for line in path.read_text(encoding="utf-8").splitlines()[:most_lines]:
        print(f"  {line}")


def ledgerflow(
    *words: str,
    expect: int = 0,
    inside: bool = True,
    stdin: str | None = None,
    quiet: bool = False,
    most_lines: int | None = None,
) -> str:
    """Run a command, show it and what it printed; stop the demo when it ends in another way than expected."""
    shown = " ".join(f"'{word}'" if re.search(r"[\s{}?*$]", word) else word for word in words)
    print(f"$ ledgerflow {shown}")
    done = subprocess.run(
        [*COMMAND, *words],
        cwd=PROJECT if inside else None,
        input=stdin,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if quiet else subprocess.STDOUT,
    )
    lines = done.stdout.rstrip().splitlines()
    if not quiet:
        for line in lines[:most_lines]:
            print(f"  {line}")
        if most_lines is not None and len(lines) > most_lines:
            print(f"  ... {len(lines) - most_lines} more lines")
    if done.returncode != expect:
        print(done.stdout, done.stderr or "", sep="\n")
        raise SystemExit(f"`ledgerflow {shown}` left with {done.returncode}, expected {expect}")
    if expect:
        print(f"  [exit code {expect}, as it should]")
    return done.stdout


def title(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a spreadsheet's dates have no zone


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    main()
