"""Who may ask our server what: host names, strangers, requests that another site sent; and the headers of answers."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledgerflow.auth.redirects import CALLBACK_PATH, is_answer
from ledgerflow.core.page import HEADERS, message_page
from ledgerflow.net.redirect_listener import HEALTH_PATH

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """ASGI middleware. A request is refused unless it names this server and comes from this machine; the way back
    from a consent page and the health check are for everybody. Every answer carries the headers of `core.page`,
    unless it has its own.

    A page of another site cannot read ours (no CORS), cannot be shown under our name (Host is checked, so a name that
    was made to point here does not help it), and cannot start a sign-in (`Sec-Fetch-Site`).
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], pages: bool = True) -> None:
        """`hosts` are the names of this server besides the loopback ones.

        Without `pages` only sign-ins are received. That is for a server behind a reverse proxy: what it passes on
        from anywhere may look as if it came from this machine (nginx changes the Host by default, and names nobody).
        """
        self._app = app
        self._pages = pages
        self._hosts = LOOPBACK_NAMES | {host.casefold() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            status, heading, text = refusal
            page = message_page(heading, [text], details={}, good=False)
            await HTMLResponse(page, status_code=status)(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        headers = Headers(scope=scope)
        host = _name_of(headers.get("host", ""))
        if host not in self._hosts:
            text = "Start it with --public-url to serve it under another name than localhost."
            return 421, "This server does not go by that name.", text
        path = scope["path"]
        if path in (HEALTH_PATH, CALLBACK_PATH):
            return None
        if path == "/" and is_answer(QueryParams(scope["query_string"]).keys()):
            return None
        if not self._pages:
            text = (
                "Started with --public-url it only receives sign-ins; `ledgerflow serve --port 8051` shows its pages."
            )
            return 403, "This page is not for everybody.", text
        if not may_see_pages(scope):
            text = "Its pages are for the machine that it runs on; open them there."
            return 403, "This page is not for everybody.", text
        if path != "/" and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "Another site sent you here.", "Open Ledgerflow's own page and go on from there."
        return None


def may_see_pages(scope: Scope) -> bool:
    """Does the request come from this machine, by one of its own names?"""
    return _name_of(Headers(scope=scope).get("host", "")) in LOOPBACK_NAMES and _is_here(scope)


def _name_of(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").casefold()
    except ValueError:
        return ""


def _is_here(scope: Scope) -> bool:
    """Does the request come from this machine?"""
    client = scope.get("client")
    if not client:
        return False
    try:
        return ip_address(client[0]).is_loopback
    except ValueError:
        return False
