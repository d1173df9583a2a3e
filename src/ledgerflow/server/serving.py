"""Runs our server: binds its port, with a certificate where one is given, until it is told to stop."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from ledgerflow.core.connection import ConnectionFile, OAuth2
from ledgerflow.core.errors import InputRefused
from ledgerflow.runner.workspace import Workspace
from ledgerflow.server.app import make_app


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Where to serve. `public_url` is the address by which a reverse proxy makes it known.

    `pages` says whether more than sign-ins is served; None: unless a reverse proxy stands before it.
    """

    host: str = "127.0.0.1"
    port: int = 8050
    cert: Path | None = None
    key: Path | None = None
    public_url: str | None = None
    pages: bool | None = None

    def hosts(self, redirect_urls: Iterable[str]) -> tuple[str, ...]:
        """The names it goes by, besides the loopback ones."""
        named = {self.host} if self.host not in ("0.0.0.0", "::", "") else set()
        addresses = [*redirect_urls, *([self.public_url] if self.public_url else [])]
        return tuple(sorted(named | {urlsplit(address).hostname or "" for address in addresses}))

    def shows_pages(self, redirect_urls: Iterable[str]) -> bool:
        """Are the pages shown? An https redirect URL that this server cannot serve itself tells of a reverse proxy."""
        if self.pages is not None:
            return self.pages
        proxied = self.cert is None and any(urlsplit(address).scheme == "https" for address in redirect_urls)
        return self.public_url is None and not proxied


def serve(workspace: Workspace, where: Serving, *, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is told the address once requests are taken.

    Raises:
        InputRefused: the address, certificate or key cannot be used.
    """
    if where.public_url is not None and not urlsplit(where.public_url).hostname:
        raise InputRefused(
            f"{where.public_url!r} is no address.",
            where="--public-url",
            next_step="Give scheme and host, such as https://books.example.com.",
        )
    redirect_urls = _redirect_urls(workspace)
    config = uvicorn.Config(
        make_app(workspace, hosts=where.hosts(redirect_urls), pages=where.shows_pages(redirect_urls)),
        host=where.host,
        port=where.port,
        ssl_certfile=where.cert,
        ssl_keyfile=where.key,
        access_log=False,  # a request line can hold a code
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise InputRefused(
            f"The certificate or its key cannot be used: {error}.",
            where=f"--cert {where.cert}" + (f", --key {where.key}" if where.key else ""),
            next_step="Give PEM files that belong together and that you may read.",
        ) from error
    listening = _bound(where)
    scheme = "https" if where.cert else "http"
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    _Server(config, lambda: ready(f"{scheme}://{shown}:{port}/")).run(sockets=[listening])


def _redirect_urls(workspace: Workspace) -> list[str]:
    """The redirect URLs of the connections as they are now; one whose file has faults has none."""
    urls: list[str] = []
    for name in workspace.files.names("connection"):
        try:
            auth = workspace.files.read("connection", name).check(ConnectionFile).auth
        except InputRefused:
            continue
        if isinstance(auth, OAuth2):
            urls.append(auth.redirect_url)
    return urls


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _bound(where: Serving) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _refused(where, error) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise _refused(where, error) from error
    return listening


def _refused(where: Serving, error: OSError) -> InputRefused:
    return InputRefused(
        f"{where.host} port {where.port} cannot be listened at: {error.strerror or error}.",
        where="--host, --port",
        next_step="Stop what listens there, or give another port (and set the redirect URL to it).",
    )
