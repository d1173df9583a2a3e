"""Cuts a connection so that the client sees a broken protocol: for real when served, as an exception in process."""

from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

TRANSPORT = "qbo_sandbox.transport"
"""Key in `scope["extensions"]` under which our server gives the connection's transport."""


class Cuttable(Protocol):
    """What is needed of a transport."""

    def abort(self) -> None: ...
    def close(self) -> None: ...


class ConnectionCut(ConnectionResetError):
    """Stands for a cut connection where there is no connection: the sandbox is called in process."""


async def cut_now(scope: Scope, receive: Receive) -> None:
    """Drop the connection without a further byte, and wait until it is gone.

    Raises:
        ConnectionCut: the sandbox is called in process.
    """
    _transport(scope).abort()
    await _until_gone(receive)


async def answer_half(answer: list[Message], scope: Scope, receive: Receive, send: Send) -> None:
    """Send the headers of `answer`, which promise the whole body, and half of the body; then drop the connection.

    Raises:
        ConnectionCut: the sandbox is called in process.
    """
    body = b"".join(message.get("body", b"") for message in answer[1:])
    if not body:
        await cut_now(scope, receive)
        return
    await send(answer[0])
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    _transport(scope).close()  # unlike abort, it lets what was written leave first
    await _until_gone(receive)


async def captured(app: ASGIApp, scope: Scope, receive: Receive) -> list[Message]:
    """Let `app` handle the request with all its effects, and keep the answer instead of sending it."""
    answer: list[Message] = []

    async def keep(message: Message) -> None:
        answer.append(message)

    await app(scope, receive, keep)
    return answer


def _transport(scope: Scope) -> Cuttable:
    transport: Cuttable | None = scope.get("extensions", {}).get(TRANSPORT)
    if transport is None:
        raise ConnectionCut("the sandbox cut this connection on demand")
    return transport


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
