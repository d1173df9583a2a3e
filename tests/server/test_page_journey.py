"""The page in a real browser, against a real server and the local QuickBooks in processes of their own."""

from __future__ import annotations

import csv
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from local_books import OVERDUE, connect_company, write_connection

from ledgerflow.server.page import is_built
from ledgerflow.store.projects import ProjectFiles
from qbo_sandbox.served import ServedSandbox, serve_in_process
from qbo_sandbox.settings import SandboxSettings

CHROMIUM = os.environ.get("LEDGERFLOW_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
]
AXE = Path(__file__).parents[2] / "ui/node_modules/axe-core/axe.min.js"
LOAD = """\
flow: load
description: Customers of a spreadsheet into QuickBooks
steps:
  rows: {read: files.in/customers.csv}
  load:
    write: rows
    to: quickbooks.Customer
    operation: create
    fields: {DisplayName: Name, PrimaryEmailAddr.Address: Email}
"""

lacking = [
    what for what, there in (("a Chromium", bool(CHROMIUM)), ("the built page (make ui)", is_built())) if not there
]
pytestmark = pytest.mark.skipif(bool(lacking) and not os.environ.get("CI"), reason=f"needs {' and '.join(lacking)}")


@dataclass
class Books:
    """A project that is served: where, and against which sandbox."""

    root: Path
    address: str
    sandbox: ServedSandbox

    @property
    def port(self) -> int:
        port = urlsplit(self.address).port
        assert port is not None
        return port

    def call(self, method: str, path: str, headers: dict[str, str], body: str = "") -> tuple[int, str]:
        """A call with exactly these headers, as no browser would make it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def runs(self) -> list[dict[str, Any]]:
        status, text = self.call("GET", "/api/runs", {})
        assert status == 200
        found: list[dict[str, Any]] = json.loads(text)["runs"]
        return found


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    port = _free_port()
    address = f"http://127.0.0.1:{port}/"
    root = ProjectFiles.make(tmp_path / "books", name="books").root
    (root / "flows" / "overdue.yaml").write_text(OVERDUE)
    with serve_in_process(SandboxSettings(redirect_uris=(address,))) as sandbox:
        write_connection(root, sandbox, redirect_url=address)
        command = [sys.executable, "-m", "ledgerflow", "serve", "--json", "--port", str(port), "-C", str(root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                assert json.loads(server.stdout.readline())["address"] == address
                yield Books(root, address, sandbox)
            finally:
                server.terminate()
                server.wait(timeout=20)


@dataclass
class Watched:
    """A window of the browser, and what went wrong in it."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)


@contextmanager
def window(*, width: int = 1280, height: int = 800, scheme: Literal["light", "dark"] = "light") -> Iterator[Watched]:
    """An empty window; complaints of the console, also about the page's policy, are kept."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        page = context.new_page()
        page.set_default_timeout(15_000)
        watched = Watched(page)
        page.on("console", lambda said: watched.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("request", lambda request: watched.hosts.add(urlsplit(request.url).netloc))
        try:
            yield watched
        finally:
            browser.close()


def test_a_person_authorizes_a_company_then_checks_and_runs_a_flow_that_writes_a_file(books: Books) -> None:
    chosen = books.sandbox.companies[1]
    with window() as watched:
        page = watched.page
        page.goto(books.address)
        page.get_by_role("link", name="Authorize quickbooks").click()
        page.get_by_role("radio", name=chosen["name"]).check()
        page.get_by_role("button", name="Connect").click()

        page.get_by_text(f"{chosen['name']} is connected through quickbooks").wait_for()
        assert page.url == books.address
        companies = page.get_by_role("list", name="Companies of quickbooks")
        assert chosen["realm_id"] in companies.inner_text()
        assert "authorized until" in companies.inner_text()
        page.get_by_role("link", name="Reconnect quickbooks").wait_for()

        page.get_by_role("navigation", name="Main").get_by_role("link", name="Flows").click()
        page.get_by_role("link", name="overdue", exact=True).click()
        page.get_by_role("button", name="Check").click()
        page.get_by_text("No faults: it can run").wait_for()
        page.get_by_label("as_of").fill("2026-06-30")
        page.get_by_role("button", name="Preview sorted").click()
        table = page.get_by_role("region", name="Rows of sorted")
        table.wait_for()
        previewed = table.get_by_role("row").count() - 1
        first = [cell.inner_text() for cell in table.get_by_role("row").nth(1).get_by_role("cell").all()]

        page.get_by_role("button", name="Run").click()
        page.get_by_role("heading", name="Run of overdue").wait_for()
        page.get_by_text("Done", exact=True).wait_for()
        result = page.get_by_role("region", name="Result of each step").get_by_role("row", name="csv")
        assert "out/overdue.csv" in result.inner_text()
        assert "as_of = 2026-06-30" in page.get_by_role("region", name="Spent and given").inner_text()

        with (books.root / "out" / "overdue.csv").open(newline="") as file:
            rows = list(csv.reader(file))[1:]
        assert len(rows) == previewed > 0
        assert rows[0] == first
        assert str(len(rows)) in result.inner_text()

    assert watched.complaints == []
    assert watched.hosts == {urlsplit(books.address).netloc, urlsplit(books.sandbox.authorize_url).netloc}


def test_rows_that_are_set_aside_are_shown_with_their_reasons_after_a_run_that_was_confirmed(books: Books) -> None:
    connect_company(books.root, books.sandbox)
    (books.root / "flows" / "load.yaml").write_text(LOAD)
    (books.root / "in").mkdir()
    (books.root / "in" / "customers.csv").write_text("Name,Email\nAda,ada@example.com\n,nobody@example.com\n")
    with window() as watched:
        page = watched.page
        page.goto(f"{books.address}flows/load")
        page.get_by_role("button", name="Run", exact=True).click()
        dialog = page.get_by_role("dialog", name="Run load?")
        assert "quickbooks.Customer" in dialog.inner_text()
        assert books.runs() == []
        dialog.get_by_role("button", name="Run and write").click()
        page.get_by_text("Done, 1 row set aside").wait_for()
        aside = page.get_by_role("region", name="Rows that load set aside").get_by_role("row").nth(1).inner_text()
        assert "DisplayName" in aside
        assert "nobody@example.com" in aside
        assert "--mended runs/" in page.get_by_role("region", name="Rows set aside").inner_text()
    assert watched.complaints == []
    assert books.sandbox.meter()["by_kind"].get("batch") == 1


def test_everything_can_be_reached_and_done_by_keyboard(books: Books) -> None:
    connect_company(books.root, books.sandbox)
    with window() as watched:
        page = watched.page
        page.goto(f"{books.address}flows/overdue")
        page.get_by_role("button", name="Run").wait_for()

        def reached_by(key: str, wanted: str) -> list[str]:
            """What has the focus, one after the other, until `wanted` has it."""
            reached: list[str] = []
            while wanted not in reached:
                assert len(reached) < 40, reached
                page.keyboard.press(key)
                focused = page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.innerText")
                reached.append(str(focused).strip())
            return reached

        assert {"Overview", "Flows", "Runs"} <= set(reached_by("Shift+Tab", "Skip to the content"))
        page.keyboard.press("Enter")  # past the navigation, in one step
        reached = reached_by("Tab", "Preview late")
        assert not {"Overview", "Flows", "Runs"} & set(reached)
        assert {"Check", "Run", "Preview invoices"} <= set(reached)
        page.keyboard.press("Enter")
        page.get_by_role("region", name="Rows of late").wait_for()
        assert page.evaluate("document.activeElement.innerText") == "Preview of late"


@pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core (npm ci in ui/)")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_no_page_has_a_fault_of_accessibility_or_is_wider_than_its_window(
    books: Books, width: int, scheme: Literal["light", "dark"]
) -> None:
    from playwright.sync_api import expect

    connect_company(books.root, books.sandbox)
    (books.root / "flows" / "faulty.yaml").write_text(
        "flow: faulty\nsteps:\n  rows: {read: quickbooks.Invoise, wher: 1}\n"
    )
    (books.root / "connections" / "broken.yaml").write_text("api: quickbooks\n")
    with window(width=width, height=844, scheme=scheme) as watched:
        page = watched.page
        faults: list[str] = []

        def look(at: str) -> None:
            page.wait_for_timeout(300)  # colours fade in
            found = page.evaluate(f"{AXE.read_text()}; axe.run().then((r) => r.violations)")
            faults.extend(f"{at}: {one['id']}: {node['html']}" for one in found for node in one["nodes"])
            if page.evaluate("document.documentElement.scrollWidth") > width:
                faults.append(f"{at} is wider than its window")

        page.goto(f"{books.address}flows/overdue")
        page.get_by_role("button", name="Preview joined").click()
        page.get_by_role("region", name="Rows of joined").wait_for()
        look("flow")
        page.get_by_role("button", name="Run").click()
        page.get_by_text("Done", exact=True).wait_for()
        look("run")
        page.goto(f"{books.address}flows/faulty")
        page.get_by_role("button", name="Check").click()
        page.get_by_role("list", name="Faults").wait_for()
        look("faulty flow")
        for path, there in (("", "Connections"), ("flows", "Flows"), ("runs", "Runs"), ("nowhere", "")):
            page.goto(f"{books.address}{path}")
            if there:
                page.get_by_role("heading", name=there, exact=True).wait_for()
                expect(page.get_by_role("status", name="Loading")).to_have_count(0)
            look(path)
    assert faults == []


def test_a_page_of_another_site_starts_nothing_and_learns_nothing(books: Books) -> None:
    connect_company(books.root, books.sandbox)
    target = f"{books.address}api/flows/overdue/run"
    attack = f"""<!doctype html><title>Evil</title><form id=f method=post enctype=text/plain action="{target}">
      <input name='{{"a":"' value='"}}'></form><script>
      const tries = [
        fetch({target!r}, {{method: 'POST', mode: 'no-cors', body: '{{}}'}}),
        fetch({target!r}, {{method: 'POST', headers: {{'content-type': 'application/json'}}, body: '{{}}'}}),
        fetch('{books.address}api/connections').then((answer) => answer.text()).then((text) => window.stolen = text),
      ];
      Promise.allSettled(tries).then((all) => window.outcomes = all.map((one) => one.status));
    </script>"""
    with _site(attack) as evil, window() as watched:
        page = watched.page
        page.goto(evil)
        page.wait_for_function("window.outcomes")
        assert page.evaluate("window.outcomes.slice(1)") == ["rejected", "rejected"]
        assert page.evaluate("window.stolen ?? null") is None
        page.evaluate("document.getElementById('f').submit()")
        page.wait_for_url(target)
        assert "Another site sent you here." in page.content()
    assert books.runs() == []


def test_a_strange_host_is_refused_even_for_a_call_like_the_pages_own(books: Books) -> None:
    strange = {
        "Host": f"books.example:{books.port}",
        "Origin": f"http://books.example:{books.port}",
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/json",
    }
    assert books.call("POST", "/api/flows/overdue/run", strange, "{}")[0] == 421
    assert books.call("GET", "/api/connections", {"Host": "books.example"})[0] == 421
    assert books.runs() == []


@contextmanager
def _site(html: str) -> Iterator[str]:
    """Another site: `localhost` is a different one than 127.0.0.1, whatever the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join(timeout=10)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
