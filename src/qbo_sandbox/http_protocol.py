"""uvicorn's HTTP protocols with one addition: the app can reach the transport, to cut a connection."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from qbo_sandbox.cut import TRANSPORT


def cuttable_protocol() -> type[asyncio.Protocol]:
    """The fastest protocol class that is installed (httptools, else h11), made cuttable."""
    base: Any = H11Protocol
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        pass
    else:
        base = HttpToolsProtocol

    class CuttableProtocol(base):  # type: ignore[misc]  # one of two classes, known at run time
        app: Any

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            inner = self.app  # one protocol object serves one connection

            async def with_transport(scope: Any, receive: Any, send: Any) -> None:
                scope.setdefault("extensions", {})[TRANSPORT] = transport
                await inner(scope, receive, send)

            self.app = with_transport

    return CuttableProtocol
