"""A sandbox served over real HTTP beside the caller, in a thread or a process of its own, and a handle to steer it."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from qbo_sandbox.app import Companies, Sandbox
from qbo_sandbox.server import SandboxServer, address_of, listen
from qbo_sandbox.settings import SandboxSettings

STOP_WITHIN_S = 10.0


class SandboxRefused(Exception):
    """The control endpoint said no; the text is its answer."""


class ServedSandbox:
    """A running sandbox: where it is and how to connect to it, and what a test can do to it.

    The attributes are those of the line that `--json` prints; `companies` holds `realm_id` and `name` of each.
    """

    def __init__(self, described: dict[str, Any]) -> None:
        self.api_url: str = described["api_url"]
        self.discovery_url: str = described["discovery_url"]
        self.authorize_url: str = described["authorize_url"]
        self.token_url: str = described["token_url"]
        self.revoke_url: str = described["revoke_url"]
        self.client_id: str = described["client_id"]
        self.client_secret: str = described["client_secret"]
        self.redirect_uri: str = described["redirect_uri"]
        self.companies: list[dict[str, str]] = described["companies"]
        self.control_url: str = described["control_url"]

    @property
    def realm_id(self) -> str:
        """The realm id of the first company."""
        return self.companies[0]["realm_id"]

    def tokens(self, realm_id: str | None = None, *, scopes: list[str] | None = None) -> dict[str, Any]:
        """A token pair without the consent page: keys of a token answer, and `realm_id`."""
        wish: dict[str, Any] = {} if realm_id is None else {"realm_id": realm_id}
        return self.control("POST", "tokens", wish if scopes is None else wish | {"scopes": scopes})

    def meter(self) -> dict[str, Any]:
        """Calls so far: `calls`, `metered`, `unmetered`, `by_kind`, `refused`, and the same under `companies`."""
        return self.control("GET", "meter")

    def reset_meter(self) -> None:
        self.control("DELETE", "meter")

    def misbehave(self, kind: str, **rule: Any) -> None:
        """Make coming calls go wrong; `GET /control` lists the kinds and their settings."""
        self.control("POST", "misbehaviours", {"kind": kind, **rule})

    def behave(self) -> None:
        """Drop every misbehaviour that still waits."""
        self.control("DELETE", "misbehaviours")

    def advance(self, step: timedelta) -> None:
        """Move the sandbox clock."""
        self.control("POST", "clock", {"advance_s": step.total_seconds()})

    def connections(self) -> list[dict[str, Any]]:
        """Every authorization there was, with how often it was refreshed."""
        found: list[dict[str, Any]] = self.control("GET", "connections")["connections"]
        return found

    def disconnect(self, realm_id: str) -> None:
        """Disconnect a company as its user would, inside QuickBooks."""
        self.control("POST", "disconnect", {"realm_id": realm_id})

    def record(self, realm_id: str, entity: str, record_id: int) -> dict[str, Any]:
        """A record as it is stored, whatever the API would show of it."""
        return self.control("GET", f"companies/{realm_id}/records/{entity}/{record_id}")

    def put_record(self, realm_id: str, entity: str, record_id: int, body: dict[str, Any]) -> None:
        """Store a record unchecked, as if it had always been there."""
        self.control("PUT", f"companies/{realm_id}/records/{entity}/{record_id}", body)

    def consent(self, url: str, *, realm_id: str | None = None, decision: str = "connect") -> str:
        """Be the person: open an authorize URL, choose a company (the first, by default), connect or `cancel`.

        Gives the address that the browser is sent to, with code or error in it; nothing is fetched from there.

        Raises:
            SandboxRefused: the page was an error page.
        """
        page = _fetch(Request(url))
        if page.sent_to is not None:
            return page.sent_to
        form = _ConsentForm(page.text)
        if page.status != 200 or form.ticket is None:
            raise SandboxRefused(f"{page.status}: {form.alert or page.text[:200]}")
        answer = {"ticket": form.ticket, "decision": decision}
        if form.realm_ids:
            answer["realm_id"] = realm_id or form.realm_ids[0]
        answered = _fetch(Request(url, data=urlencode(answer).encode(), method="POST"))
        if answered.sent_to is None:
            raise SandboxRefused(f"{answered.status}: {_ConsentForm(answered.text).alert or answered.text[:200]}")
        return answered.sent_to

    def control(self, method: str, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Make a control call, for instance `control("PUT", "limits", {"enabled": True})`; gives its JSON answer.

        Raises:
            SandboxRefused: the call was refused; the text says why.
        """
        data = None if body is None else json.dumps(body).encode()
        answer = _fetch(Request(f"{self.control_url}/{what}".rstrip("/"), data=data, method=method))
        if answer.status != 200:
            raise SandboxRefused(f"{method} /control/{what}: {answer.status} {answer.text}")
        told: dict[str, Any] = json.loads(answer.text)
        return told


@contextmanager
def serve_in_thread(
    settings: SandboxSettings | None = None, *, side: Companies | None = None
) -> Iterator[ServedSandbox]:
    """A sandbox on a thread of this process; quick to start, but it shares the interpreter with the caller."""
    settings = settings or SandboxSettings()
    sandbox = Sandbox(settings, side=side)
    with listen(settings.port) as listening:
        ready = threading.Event()
        server = SandboxServer(sandbox, on_ready=ready.set, own_log=False)
        thread = threading.Thread(target=server.run, args=([listening],), name="qbo-sandbox", daemon=True)
        thread.start()
        try:
            if not ready.wait(timeout=STOP_WITHIN_S):
                raise RuntimeError("the sandbox did not start; its error is in the log")
            yield ServedSandbox(sandbox.described(address_of(listening)))
        finally:
            server.should_exit = True
            thread.join(timeout=STOP_WITHIN_S)
            sandbox.close()


@contextmanager
def serve_in_process(settings: SandboxSettings | None = None) -> Iterator[ServedSandbox]:
    """A sandbox in a process of its own, so that neither side waits for the other's interpreter."""
    command = [sys.executable, "-m", "qbo_sandbox", "--json", *_arguments(settings or SandboxSettings())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            if not line:
                raise RuntimeError(f"the sandbox did not start (exit code {process.wait()}); its error is on stderr")
            yield ServedSandbox(json.loads(line))
        finally:
            process.terminate()
            try:
                process.wait(timeout=STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _arguments(settings: SandboxSettings) -> list[str]:
    """The command line that stands for `settings`."""
    given = settings.model_dump(mode="json", exclude_defaults=True)
    arguments: list[str] = []
    for uri in given.pop("redirect_uris", ()):
        arguments += ["--redirect-uri", uri]
    for name, value in given.items():
        flag = "--" + name.replace("_", "-")
        arguments += [flag] if value is True else [flag, str(value)]
    return arguments


class _Fetched:
    """An answer: its status, its text, and where it sends the browser."""

    def __init__(self, *, status: int, text: str, sent_to: str | None) -> None:
        self.status = status
        self.text = text
        self.sent_to = sent_to


class _StayHere(HTTPRedirectHandler):
    """Does not follow: a redirect goes to the app, which is not ours to call."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_opener = build_opener(ProxyHandler({}), _StayHere)


def _fetch(request: Request) -> _Fetched:
    try:
        with _opener.open(request, timeout=300) as answer:
            return _Fetched(status=answer.status, text=answer.read().decode(), sent_to=None)
    except HTTPError as error:
        with error:
            location = error.headers.get("location")
            sent_to = None if location is None else urljoin(request.full_url, location)
            return _Fetched(status=error.code, text=error.read().decode(), sent_to=sent_to)


class _ConsentForm(HTMLParser):
    """What a consent page asks: its ticket, the companies to choose from, and its alert."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ticket: str | None = None
        self.realm_ids: list[str] = []
        self.alert: str | None = None
        self._in_alert = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name") == "ticket":
            self.ticket = given.get("value")
        elif tag == "input" and given.get("name") == "realm_id":
            self.realm_ids.append(given.get("value") or "")
        self._in_alert = given.get("role") == "alert"

    def handle_data(self, data: str) -> None:
        if self._in_alert:
            self.alert = data
            self._in_alert = False
