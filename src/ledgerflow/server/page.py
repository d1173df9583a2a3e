"""Serve the built web page: its document at every address of the page, its files, and the policy they stand under."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ledgerflow.core.page import HEADERS

STATIC = Path(__file__).with_name("static")
"""Where `npm run build` in `ui/` puts the page; absent in a checkout that has not built it."""

PAGE_PATHS = ("/flows", "/flows/{name}", "/runs", "/runs/{id}")
"""Every address of the page besides `/`: the routes of `ui/src/app/App.tsx`."""

PAGE_HEADERS: Mapping[str, str] = {
    **HEADERS,
    # inline styles alone: the component set writes its theme into a <style> element
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
}
"""Sent with the page's document: it loads and calls this server alone."""


def is_built(folder: Path = STATIC) -> bool:
    """Is there a page to serve?"""
    return (folder / "index.html").is_file()


def page_document(folder: Path = STATIC) -> Response:
    """The page's document, which is the same at each of its addresses."""
    return FileResponse(folder / "index.html", media_type="text/html", headers=PAGE_HEADERS)


def add_page_files(app: FastAPI, folder: Path = STATIC) -> None:
    """Serve the document at the page's addresses, and what it loads. The front of the server is not among them."""

    async def document() -> Response:
        return page_document(folder)

    async def icon() -> Response:
        return FileResponse(folder / "icon.svg", media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})

    for path in PAGE_PATHS:
        app.add_api_route(path, document, include_in_schema=False)
    app.add_api_route("/icon.svg", icon, include_in_schema=False)
    app.mount("/assets", _Assets(directory=folder / "assets"), name="assets")


class _Assets(StaticFiles):
    """Files whose names hold a hash of their content, so that they never have to be asked for again."""

    def file_response(self, full_path: object, stat_result: object, scope: Scope, status_code: int = 200) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)  # type: ignore[arg-type]
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer
