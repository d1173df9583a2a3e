"""Listens at the redirect URL for the way back from the consent page, for as long as somebody waits for it."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6, gaierror, getaddrinfo
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from ledgerflow.auth.redirects import CALLBACK_PATH, is_answer
from ledgerflow.core.page import HEADERS, message_page
from ledgerflow.net.client import is_loopback

HEALTH_PATH = "/healthz"
SERVICE = "ledgerflow"
_SHOW_WITHIN_S = 5.0
_ASK_WITHIN_S = 3.0

Answered = Callable[[Sequence[tuple[str, str]]], Awaitable[tuple[int, str]]]
"""Takes the parameters of a redirect; gives the status and the page to show."""


class CannotListen(Exception):
    """The redirect URL cannot be listened at from here. `taken`: something else does already."""

    def __init__(self, reason: str, *, taken: bool) -> None:
        super().__init__(reason)
        self.taken = taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a redirect URL leads."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, redirect_url: str) -> Place:
        parts = urlsplit(redirect_url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(scheme=parts.scheme, host=parts.hostname or "", port=port, path=parts.path or "/")

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


class RedirectListener:
    """An HTTP server on the redirect URL's own host and port, in threads of its own; `async with` starts and stops it.

    It answers the redirect at the URL's path, at `/` and at `/oauth/callback`, and tells at `/healthz` whose it is.
    """

    def __init__(self, redirect_url: str, *, answered: Answered, health: Mapping[str, str]) -> None:
        """`answered` is run in the event loop that entered the listener."""
        self._place = Place.of(redirect_url)
        self._answered = answered
        self._health = dict(health)
        self._servers: list[ThreadingHTTPServer] = []
        self._answering = _Answering()

    async def __aenter__(self) -> RedirectListener:
        """Start listening. Raises CannotListen."""
        if self._place.scheme != "http":
            raise CannotListen("an https address needs a server with a certificate", taken=False)
        loop = asyncio.get_running_loop()

        def handle(pairs: Sequence[tuple[str, str]], show: Callable[[int, str], None]) -> None:
            with self._answering:
                status, text = asyncio.run_coroutine_threadsafe(_awaited(self._answered, pairs), loop).result()
                show(status, text)

        for number, (family, host) in enumerate(await asyncio.to_thread(_addresses, self._place)):
            try:
                server = _server(family, host, self._place, handle, self._health)
            except OSError as error:
                if number:
                    continue  # the second address of `localhost`, which a browser can do without
                taken = error.errno == errno.EADDRINUSE
                raise CannotListen(error.strerror or str(error), taken=taken) from error
            self._servers.append(server)
            threading.Thread(target=server.serve_forever, args=(0.1,), name="ledgerflow-redirect", daemon=True).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._answering.wait_until_done(_SHOW_WITHIN_S)  # the page of the redirect that ended the wait
        for server in self._servers:
            await asyncio.to_thread(server.shutdown)
            server.server_close()
        self._servers.clear()


async def who_listens(redirect_url: str) -> dict[str, Any] | None:
    """What the server at a redirect URL says of itself at `/healthz`; None when it is none of ours."""
    place = Place.of(redirect_url)
    try:
        async with httpx2.AsyncClient(timeout=_ASK_WITHIN_S, trust_env=not is_loopback(place.address)) as http:
            answer = await http.get(place.address + HEALTH_PATH)
            told = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OSError):
        return None
    return told if isinstance(told, dict) and told.get("service") == SERVICE else None


class _Answering:
    """Counts the redirects that are being answered, across threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    async def wait_until_done(self, seconds: float) -> None:
        """Wait until none is being answered, at most so long."""

        def wait() -> None:
            with self._changed:
                self._changed.wait_for(lambda: self._count == 0, seconds)

        await asyncio.to_thread(wait)


async def _awaited(answered: Answered, pairs: Sequence[tuple[str, str]]) -> tuple[int, str]:
    return await answered(pairs)


def _addresses(place: Place) -> list[tuple[int, str]]:
    """The addresses of this machine to listen at; both kinds for `localhost`, since browsers differ."""
    if place.host == "localhost":
        return [(AF_INET, "127.0.0.1"), (AF_INET6, "::1")]
    try:
        found = getaddrinfo(place.host, place.port)
    except gaierror as error:
        raise CannotListen(f"the host {place.host} is not known here", taken=False) from error
    return [(found[0][0], str(found[0][4][0]))]


def _server(
    family: int,
    host: str,
    place: Place,
    handle: Callable[[Sequence[tuple[str, str]], Callable[[int, str], None]], None],
    health: Mapping[str, str],
) -> ThreadingHTTPServer:
    hosts = {"localhost", "127.0.0.1", "::1", place.host.casefold()}
    paths = {place.path, "/", CALLBACK_PATH}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10  # seconds that an idle browser connection may stay

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if (urlsplit("//" + self.headers.get("Host", "")).hostname or "") not in hosts:
                self._page(
                    421, "This address is not served here.", "Use the address that `ledgerflow connect` printed."
                )
            elif parts.path == HEALTH_PATH:
                self._send(200, "application/json", json.dumps(health))
            elif parts.path not in paths:
                self._page(404, "There is nothing here.", "This server only waits for a sign-in to come back.")
            else:
                pairs = parse_qsl(parts.query, keep_blank_values=True)
                if is_answer(name for name, _ in pairs):
                    self._redirect(pairs)
                else:
                    self._page(200, "Waiting for a sign-in to come back.", "Go on with the page that was opened.")

        def _redirect(self, pairs: Sequence[tuple[str, str]]) -> None:
            try:
                handle(pairs, lambda status, text: self._send(status, "text/html; charset=utf-8", text))
            except OSError:
                raise
            except Exception:
                self._page(500, "Something went wrong here.", "The window where `ledgerflow connect` runs shows what.")
                raise

        def _page(self, status: int, heading: str, text: str) -> None:
            good = None if status == 200 else False
            self._send(status, "text/html; charset=utf-8", message_page(heading, [text], details={}, good=good))

        def _send(self, status: int, content_type: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            for name, value in {**HEADERS, "Content-Type": content_type, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def version_string(self) -> str:
            return SERVICE

        def log_message(self, format: str, *args: Any) -> None:
            """Write no log: the request line holds the code."""

    class Server(ThreadingHTTPServer):
        address_family = family
        daemon_threads = True
        allow_reuse_address = os.name == "posix"  # elsewhere it would take the port from its owner

        def handle_error(self, request: Any, client_address: Any) -> None:
            if not isinstance(sys.exception(), OSError):
                super().handle_error(request, client_address)  # a browser that hung up early is nobody's error

    return Server((host, place.port), Handler)
