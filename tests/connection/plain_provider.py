"""An authorization server and an api in one, as plain as RFC 6749 allows: what it was sent can be looked at."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge

CLIENT_ID, CLIENT_SECRET = "plain-app", "plain-app-secret"
USER, PASSWORD = "robin", "robins-password"


@dataclass(slots=True, kw_only=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]


@dataclass(slots=True, kw_only=True)
class PlainProvider:
    """What the server knows and has seen. `life_s` is how long its access tokens live."""

    url: str = ""
    life_s: int = 3600
    gives_refresh_tokens: bool = True
    seen: list[Seen] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    access: set[str] = field(default_factory=set)
    refresh: set[str] = field(default_factory=set)

    def forms(self) -> list[dict[str, str]]:
        """What was posted to the token endpoint."""
        return [one.form for one in self.seen if one.path == "/token"]

    def answer(self, request: Seen) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, JSON and headers for a request."""
        self.seen.append(request)
        if request.path == "/authorize":
            code = secrets.token_hex(8)
            self.codes[code] = request.query
            back = urlencode({"code": code, "state": request.query["state"], "tenant": "t-1"})
            return 303, {}, {"Location": f"{request.query['redirect_uri']}?{back}"}
        if request.path == "/token":
            return (*self._token(request.form, request.headers), {})
        if request.path == "/revoke":
            self.refresh.discard(request.form.get("token", ""))
            return 200, {}, {}
        return 200, {"path": request.path}, {}

    def _token(self, form: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        public = form.get("client_id") == CLIENT_ID
        if headers.get("authorization") != f"Basic {basic}" and not public:
            return 401, {"error": "invalid_client"}
        match form["grant_type"]:
            case "authorization_code":
                asked = self.codes.pop(form.get("code", ""), None)
                good = asked is not None and asked["redirect_uri"] == form.get("redirect_uri")
                if asked is not None and "code_challenge" in asked:
                    good = good and create_s256_code_challenge(form.get("code_verifier", "")) == asked["code_challenge"]
            case "refresh_token":
                good = form.get("refresh_token") in self.refresh
            case "password":
                good = (form.get("username"), form.get("password")) == (USER, PASSWORD)
            case _:
                good = form["grant_type"] == "client_credentials"
        if not good:
            return 400, {"error": "invalid_grant"}
        given: dict[str, Any] = {
            "access_token": secrets.token_hex(24),
            "token_type": "Bearer",
            "expires_in": self.life_s,
        }
        self.access.add(given["access_token"])
        if self.gives_refresh_tokens and form["grant_type"] != "client_credentials":
            given["refresh_token"] = secrets.token_hex(24)
            self.refresh.add(given["refresh_token"])
        return 200, given


@contextmanager
def serve_plain_provider() -> Iterator[PlainProvider]:
    """The server on a free loopback port."""
    provider = PlainProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            status, told, headers = provider.answer(
                Seen(
                    method=self.command,
                    path=parts.path,
                    query=dict(parse_qsl(parts.query)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    form=dict(parse_qsl(body)),
                )
            )
            raw = json.dumps(told).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield provider
        server.shutdown()
