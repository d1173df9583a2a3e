"""An httpx2 client that calls a sandbox without a network, and meets its cut connections as network errors."""

from typing import Any

import httpx2
from starlette.types import ASGIApp

from qbo_sandbox.cut import ConnectionCut


class InProcessTransport(httpx2.ASGITransport):
    """httpx2's transport for ASGI apps, in whose terms a cut connection is an error of the remote side."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return await super().handle_async_request(request)
        except ConnectionCut as cut:
            raise httpx2.RemoteProtocolError(str(cut), request=request) from cut


def client_of(asgi: ASGIApp, **options: Any) -> httpx2.AsyncClient:
    """A client for `asgi` at http://localhost."""
    return httpx2.AsyncClient(transport=InProcessTransport(app=asgi), base_url="http://localhost", **options)
