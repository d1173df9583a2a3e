"""Refuse calls that another site's page makes in a person's browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from ledgerflow.server.refusals import CrossSiteRefused, NotJson

OWN_SITES = {"same-origin", "none"}
"""Values of `Sec-Fetch-Site` that a page of ours, or a person, causes (Fetch Metadata Request Headers, W3C)."""


def refuse_strangers(request: Request) -> None:
    """Let a state-changing call pass only with a JSON body, from a page of this server or from a program.

    A browser always says where a POST comes from: `Origin`, and `Sec-Fetch-Site` beside it. A program sends neither,
    and holds nobody's session. JSON cannot be sent by a form, and across sites not without asking first.

    Raises:
        CrossSiteRefused: another site's page asks.
        NotJson: the content type is another one.
    """
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if (origin is not None and not _is_own(origin, request)) or (site is not None and site not in OWN_SITES):
        raise CrossSiteRefused(
            "The call comes from a page of another site.",
            where=f"{request.method} {request.url.path}",
            next_step="Open the page of this server itself and do it there.",
        )
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise NotJson(
            "The body has to be JSON.",
            where=f"{request.method} {request.url.path}, header Content-Type",
            next_step="Send it with Content-Type: application/json.",
        )


def _is_own(origin: str, request: Request) -> bool:
    """Is it the address that the browser has open? The scheme is left out: a proxy in front may speak https for us."""
    host = request.headers.get("host", "").lower()
    return bool(host) and urlsplit(origin).netloc.lower() == host
