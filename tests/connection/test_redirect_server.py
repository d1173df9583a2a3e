"""Our own server: receives sign-ins for everybody, shows its pages to this machine alone."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ledgerflow.actions.awaiting import health
from ledgerflow.actions.connecting import begin
from ledgerflow.core import errors
from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RecordRefused, RetryLater
from ledgerflow.runner.workspace import Workspace
from ledgerflow.server.app import make_app
from ledgerflow.server.serving import Serving
from ledgerflow.server.statuses import HTTP_STATUSES, http_status
from qbo_sandbox.served import ServedSandbox

HERE = ("127.0.0.1", 51000)
ELSEWHERE = ("203.0.113.9", 51000)


def ask(
    workspace: Workspace,
    path: str,
    *,
    host: str = "127.0.0.1:8050",
    client: tuple[str, int] = HERE,
    hosts: tuple[str, ...] = (),
    pages: bool = True,
    **headers: str,
) -> httpx2.Response:
    """One request to the server in process, with the status page as its page."""

    async def send() -> httpx2.Response:
        app = make_app(workspace, hosts=hosts, pages=pages, static=None)
        transport = httpx2.ASGITransport(app=app, client=client)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8050") as browser:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await browser.get(path, headers={"Host": host, **named})

    return asyncio.run(send())


def all_errors(base: type[LedgerflowError] = LedgerflowError) -> Iterator[type[LedgerflowError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from all_errors(kind)


def test_every_error_has_an_http_status_and_no_status_is_without_its_error() -> None:
    import ledgerflow.auth.session
    import ledgerflow.library
    import ledgerflow.server.refusals  # noqa: F401 - their subclasses count too

    kinds = {kind for kind in all_errors() if kind.__module__.startswith("ledgerflow.")}
    declared = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, LedgerflowError)}
    assert declared - {LedgerflowError} <= set(HTTP_STATUSES)
    assert set(HTTP_STATUSES) <= kinds
    for kind in kinds:
        status = http_status(kind("what", where="where", next_step="next"))
        assert 400 <= status < 600
        assert status != 500, kind


@pytest.mark.parametrize(
    ("error", "status"),
    [(InputRefused, 400), (ReconnectNeeded, 409), (RecordRefused, 422), (RetryLater, 503), (LedgerflowError, 500)],
)
def test_the_status_of_an_error_says_who_acts_next(error: type[LedgerflowError], status: int) -> None:
    assert http_status(error("what", where="where", next_step="next")) == status


@pytest.mark.parametrize("path", ["/", "/oauth/callback"])
def test_a_sign_in_is_finished_at_both_addresses(workspace: Workspace, intuit: ServedSandbox, path: str) -> None:
    back = urlsplit(intuit.consent(begin(workspace, "quickbooks").address))
    page = ask(workspace, f"{path}?{back.query}")
    assert page.status_code == 200
    assert f"{intuit.companies[0]['name']} is connected." in page.text
    assert [one.company for one in workspace.companies.of("quickbooks")] == [intuit.realm_id]
    again = ask(workspace, f"{path}?{back.query}")
    assert again.status_code == 400
    assert "used already" in again.text


def test_a_failed_sign_in_shows_its_error_in_three_parts(workspace: Workspace, intuit: ServedSandbox) -> None:
    back = urlsplit(intuit.consent(begin(workspace, "quickbooks").address, decision="cancel"))
    page = ask(workspace, f"/?{back.query}")
    assert page.status_code == 409
    for part in ("consent was refused", "Where", "Next", "ledgerflow connect quickbooks"):
        assert part in page.text


def test_an_error_is_json_for_a_program(workspace: Workspace) -> None:
    told = ask(workspace, "/?code=x&state=guessed", accept="application/json")
    assert told.status_code == 400
    assert told.json()["error"] == "InputRefused"
    assert set(told.json()) >= {"what", "where", "next"}


def test_a_sign_in_is_started_by_a_link(workspace: Workspace, intuit: ServedSandbox) -> None:
    sent = ask(workspace, "/connect/quickbooks")
    assert sent.status_code == 303
    assert sent.headers["location"].startswith(intuit.authorize_url)
    assert ask(workspace, "/connect/nothing").status_code == 400


def test_the_status_page_lists_connections_with_a_link_and_escapes_names(
    workspace: Workspace, intuit: ServedSandbox
) -> None:
    from connected_project import save_pair

    assert 'href="/connect/quickbooks"' in ask(workspace, "/").text
    save_pair(workspace, intuit)
    workspace.companies.rename("quickbooks", intuit.realm_id, "<b>Shop & Sons</b>")
    page = ask(workspace, "/").text
    assert "&lt;b&gt;Shop &amp; Sons&lt;/b&gt;" in page
    assert f'href="/connect/quickbooks?company={intuit.realm_id}"' in page
    assert "<script" not in page


def test_the_status_page_lists_flows_with_their_last_run(workspace: Workspace) -> None:
    workspace.files.write_text("flows/overdue.yaml", "flow: overdue\ndescription: Overdue & late\nsteps: {}\n")
    workspace.files.write_text("flows/broken.yaml", "flow: [broken\n")
    assert "never" in ask(workspace, "/").text
    run = workspace.runs.begin(flow="overdue", digest="d", parameters={}, company="", dry_run=False)
    workspace.runs.end(run.run_id, "done")
    page = ask(workspace, "/").text
    assert f"<td>Overdue &amp; late</td><td>done, {run.began_at:%Y-%m-%d %H:%M} UTC</td>" in page
    assert "A bracket is opened here and not closed." in page


def test_every_answer_carries_the_strict_headers(workspace: Workspace) -> None:
    for path in ("/", "/healthz", "/nowhere", "/?code=x&state=y"):
        headers = ask(workspace, path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("host", ["evil.test", "evil.test:8050", "127.0.0.1.evil.test", "", "[::", "books.test"])
def test_a_name_that_is_not_ours_is_refused(workspace: Workspace, host: str) -> None:
    assert ask(workspace, "/", host=host).status_code == 421
    assert ask(workspace, "/?code=x&state=y", host=host).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8050", "127.0.0.1:8050", "[::1]:8050", "LOCALHOST"])
def test_the_loopback_names_are_ours(workspace: Workspace, host: str) -> None:
    assert ask(workspace, "/", host=host).status_code == 200


@pytest.mark.parametrize("path", ["/", "/connect/quickbooks", "/nowhere", "/connect/quickbooks?code=x&state=y"])
def test_a_stranger_sees_no_page_and_starts_nothing(workspace: Workspace, intuit: ServedSandbox, path: str) -> None:
    for case in (
        {"client": ELSEWHERE},
        {"host": "books.test", "hosts": ("books.test",)},
        {"client": ELSEWHERE, "host": "books.test", "hosts": ("books.test",)},
        {"pages": False},
    ):
        assert ask(workspace, path, **case).status_code == 403  # type: ignore[arg-type]


def test_a_stranger_may_bring_a_sign_in_back_and_ask_for_health(workspace: Workspace, intuit: ServedSandbox) -> None:
    back = urlsplit(intuit.consent(begin(workspace, "quickbooks").address))
    public: dict[str, Any] = {"host": "books.test", "hosts": ("books.test",), "client": ELSEWHERE, "pages": False}
    assert ask(workspace, "/healthz", **public).json() == {"status": "ok", **health(workspace)}
    assert ask(workspace, f"/?{back.query}", **public).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_start_a_sign_in(workspace: Workspace, intuit: ServedSandbox, site: str) -> None:
    assert ask(workspace, "/connect/quickbooks", sec_fetch_site=site).status_code == 403
    assert ask(workspace, "/connect/quickbooks", sec_fetch_site="same-origin").status_code == 303


@pytest.mark.parametrize(
    ("where", "redirect_url", "pages"),
    [
        (Serving(), "http://127.0.0.1:8050/", True),
        (Serving(host="0.0.0.0"), "http://books.test:8050/", True),
        (Serving(), "https://books.test/", False),
        (Serving(cert=Path("cert.pem")), "https://books.test:8050/", True),
        (Serving(public_url="https://books.test"), "http://127.0.0.1:8050/", False),
        (Serving(public_url="https://books.test", pages=True), "https://books.test/", True),
        (Serving(pages=False), "http://127.0.0.1:8050/", False),
    ],
)
def test_pages_are_shown_unless_a_reverse_proxy_stands_before_the_server(
    where: Serving, redirect_url: str, pages: bool
) -> None:
    assert where.shows_pages([redirect_url]) is pages


def test_the_server_goes_by_the_names_of_the_redirect_urls() -> None:
    where = Serving(host="0.0.0.0", public_url="https://public.test:8443/x")
    assert where.hosts(["http://books.test:8050/", "http://127.0.0.1:8050/"]) == (
        "127.0.0.1",
        "books.test",
        "public.test",
    )


@contextlib.contextmanager
def served(project: Path, *words: str) -> Iterator[dict[str, Any]]:
    """`ledgerflow serve` in a process of its own; what it says when it is ready, and its stderr afterwards."""
    command = [sys.executable, "-m", "ledgerflow", "serve", "--json", "-C", str(project), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        told: dict[str, Any] = {}
        try:
            told |= json.loads(process.stdout.readline())
            yield told
        finally:
            process.terminate()
            process.wait(timeout=20)
            told["stderr"] = process.stderr.read()


def test_the_command_hands_over_to_a_server_that_runs_and_sees_the_company(
    workspace: Workspace, intuit: ServedSandbox, project: Path, redirect_url: str
) -> None:
    port = str(urlsplit(redirect_url).port)
    with served(project, "--port", port) as server:
        assert server["address"] == redirect_url
        command = [sys.executable, "-m", "ledgerflow", "connect", "quickbooks", "--no-browser", "-C", str(project)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as connecting:
            assert connecting.stderr is not None
            address = ""
            for line in connecting.stderr:
                if line.startswith("http"):
                    address = line.strip()
                if "it will receive the redirect" in line:
                    break
            back = intuit.consent(address)
            page = httpx2.get(back, follow_redirects=True)
            assert page.status_code == 200
            out, _ = connecting.communicate(timeout=30)
        assert connecting.returncode == 0
        assert out == f"{intuit.companies[0]['name']} ({intuit.realm_id}) is connected to quickbooks.\n"
    assert dict(pair.split("=") for pair in urlsplit(back).query.split("&"))["code"] not in server["stderr"]


def test_a_port_that_is_taken_is_told_by_the_server(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "ledgerflow", "serve", "--port", port, "-C", str(project)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert f"127.0.0.1 port {port} cannot be listened at" in done.stderr


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


def test_https_is_served_with_a_certificate(project: Path, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    with served(project, "--port", "0", "--cert", str(cert), "--key", str(key)) as server:
        assert server["address"].startswith("https://127.0.0.1:")
        address = server["address"].replace("127.0.0.1", "localhost")
        trusting = ssl.create_default_context(cafile=str(cert))
        told = httpx2.get(f"{address}healthz", verify=trusting).json()
    assert told["service"] == "ledgerflow"


@pytest.mark.parametrize("wrong", ["missing", "no certificate", "key of another"])
def test_a_certificate_that_cannot_be_used_is_told(
    project: Path, certificate: tuple[Path, Path], tmp_path: Path, wrong: str
) -> None:
    cert, key = certificate
    if wrong == "missing":
        cert = tmp_path / "nowhere.pem"
    elif wrong == "no certificate":
        cert.write_text("hello")
    else:
        other = ec.generate_private_key(ec.SECP256R1())
        key.write_bytes(
            other.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    words = ["serve", "--port", "0", "--cert", str(cert), "--key", str(key), "-C", str(project)]
    command = [sys.executable, "-m", "ledgerflow", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30, env={**os.environ})
    assert done.returncode == 2
    assert "certificate or its key cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
