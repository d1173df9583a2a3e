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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2
import xlsxwriter

HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("LEDGERFLOW_DEMO", "demo"))
PROJECT = FOLDER / "books"
COMMAND = [sys.executable, "-m", "ledgerflow"]
REDIRECT_URL = "http://127.0.0.1:8050/"


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
        authorize()
        ledgerflow("connection", "status")

        title("4. Try a request")
        first = json.loads(
            ledgerflow("api", "try", "quickbooks", "Query", "-p", "query=select Id from Invoice", "--json", quiet=True)
        )
        invoice_id = body_of(first)["QueryResponse"]["Invoice"][0]["Id"]
        ledgerflow("api", "try", "quickbooks", "Read invoice", "-p", f"id={invoice_id}", most_lines=25)

        title("5. Read flow: overdue totals per customer, to CSV, Parquet and DuckDB")
        shutil.copytree(HERE / "flows", PROJECT / "flows", dirs_exist_ok=True)
        ledgerflow("flow", "check")
        ledgerflow("flow", "preview", "overdue", "totals", "--limit", "5", "-p", f"as_of={date.today()}")
        ledgerflow("flow", "run", "overdue", "-p", f"as_of={date.today()}")

        title("6. Write flow: a spreadsheet of 20 customers and 200 invoices into QuickBooks")
        make_spreadsheet(PROJECT / "in" / "load.xlsx")
        ledgerflow("flow", "run", "load", "--dry-run")
        ledgerflow("flow", "run", "load", expect=5)
        show_set_aside()
        ledgerflow("runs")

        title("7. What it cost, and where everything lies")
        meter = httpx2.get(f"{quickbooks['control_url']}/meter").json()
        print(f"Calls as the local QuickBooks counted them: {json.dumps(meter)}")
    for path in sorted(p for p in FOLDER.rglob("*") if p.is_file() and ".ledgerflow" not in p.parts):
        print(f"  {path}  ({path.stat().st_size:,} bytes)")
    print(f"\nDone in {time.monotonic() - began:.1f} s. Go on by hand:")
    print(f"  . .venv/bin/activate; cd {PROJECT}; ledgerflow sandbox   # and in another terminal: ledgerflow --help")
    print("  Your own company: README.md, 'With a real Intuit app'.")


@contextmanager
def local_quickbooks() -> Iterator[dict[str, Any]]:
    """A local QuickBooks in a process of its own; yields what `ledgerflow sandbox --json` says when it is ready."""
    words = [*COMMAND, "sandbox", "--json", "--invoices", "2000", "--redirect-uri", REDIRECT_URL]
    print(f"$ ledgerflow {' '.join(words[3:])} &")
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(timeout=10)


def add_api_and_connection(quickbooks: dict[str, Any]) -> None:
    ledgerflow("api", "add", "--custom", "quickbooks", "--base-url", quickbooks["api_url"], "--provider", "quickbooks")
    ledgerflow(
        *("connection", "set", "quickbooks", "--auth", "oauth2", "--grant", "authorization_code"),
        *("--auth-url", quickbooks["authorize_url"], "--token-url", quickbooks["token_url"]),
        *("--revoke-url", quickbooks["revoke_url"], "--client-id", quickbooks["client_id"], "--client-secret", "-"),
        *("--scope", "com.intuit.quickbooks.accounting", "--state", "demo", "--redirect-url", REDIRECT_URL),
        stdin=quickbooks["client_secret"],
    )


def add_requests() -> None:
    add = ("api", "request", "add", "quickbooks")
    ledgerflow(*add, "Read invoice", "GET", "/v3/company/{realmId}/invoice/{id}")
    ledgerflow(*add, "Query", "GET", "/v3/company/{realmId}/query", "--query", "query={query}")
    ledgerflow(
        *add, "Create customer", "POST", "/v3/company/{realmId}/customer", "--body", '{"DisplayName": "New customer"}'
    )


def authorize() -> None:
    """What a person does: open the address, pick the first company, press Connect, follow the redirect."""
    words = [*COMMAND, "connect", "quickbooks", "--no-browser"]
    print(f"$ ledgerflow {' '.join(words[3:])}")
    with subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        address = ""
        for line in process.stdout:
            print(f"  {line.rstrip()}")
            if found := re.search(r"https?://\S+/connect/oauth2\?\S+", line):
                address = found.group()
                break
        with httpx2.Client(follow_redirects=True) as browser:
            page = browser.get(address)
            action = re.search(r'<form[^>]*action="([^"]*)"', page.text)
            answer = browser.post(
                urljoin(str(page.url), action.group(1).replace("&amp;", "&") if action else ""),
                data=consent_choice(page.text),
            )
            print(f"  (browser) consent given; the redirect page says: {heading_of(answer.text)}")
        for line in process.stdout:
            print(f"  {line.rstrip()}")
    if process.returncode:
        raise SystemExit(f"authorizing failed with exit code {process.returncode}")


def consent_choice(page: str) -> dict[str, str]:
    """The fields a browser would send: hidden ones as they are, the first radio button of each group, the first submit button."""
    fields: dict[str, str] = {}
    for tag in re.findall(r"<(?:input|button)[^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if name := attributes.get("name"):
            fields.setdefault(name, attributes.get("value", "").replace("&amp;", "&").replace("&quot;", '"'))
    return fields


def heading_of(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S)
    return re.sub(r"<[^>]+>", "", found.group(1)).strip() if found else page[:80]


def body_of(tried: dict[str, Any]) -> dict[str, Any]:
    body = tried["body"]
    return dict(json.loads(body) if isinstance(body, str) else body)


def make_spreadsheet(path: Path) -> None:
    """20 customers and 200 invoices; five rows are wrong on purpose, each in its own way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        customers = book.add_worksheet("Customers")
        customers.write_row(0, 0, ["Name", "Email", "Phone", "City"])
        for row in range(20):
            customers.write_row(
                row + 1,
                0,
                [f"Harbour Row {row + 1:02d}", f"desk@row{row + 1:02d}.example", f"(555) 010-{7000 + row}", "Astoria"],
            )
        invoices = book.add_worksheet("Invoices")
        invoices.write_row(0, 0, ["Number", "Customer", "Date", "Item", "Quantity", "Rate", "Note"])
        for row in range(200):
            invoices.write_row(row + 1, 0, [f"HR-{row + 1:04d}", f"Harbour Row {row % 20 + 1:02d}"])
            invoices.write_datetime(row + 1, 2, _midnight(date.today() - timedelta(days=row % 90)), day)
            invoices.write_row(row + 1, 3, ["Delivery", row % 7 + 1, 49.95 + row, "loaded from a spreadsheet"])
        invoices.write(10, 1, "Harbour Row 99")  # no such customer
        invoices.write(50, 3, "Delivary")  # no such item
        invoices.write(90, 0, "HR-0090-far-too-long-for-a-document-number")  # 21 characters at most
        invoices.write(130, 5, -12.5)  # a sale below zero
        invoices.write(170, 1, "")  # no customer at all


def show_set_aside() -> None:
    for path in sorted(PROJECT.glob("runs/*/*set_aside.csv")):
        print(f"$ cat {path}")
        for line in path.read_text(encoding="utf-8").splitlines():
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


def _midnight(day: date) -> Any:
    from datetime import datetime

    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a spreadsheet's dates have no zone


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    main()
