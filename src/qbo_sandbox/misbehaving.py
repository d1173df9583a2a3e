"""ASGI middleware that carries out the queued misbehaviours; without any it costs one comparison."""

import asyncio
import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qbo_sandbox.clock import Clock
from qbo_sandbox.cut import answer_half, captured, cut_now
from qbo_sandbox.gateway_faults import fault_answer, too_many_requests
from qbo_sandbox.headers import QBO_VERSION, new_tid
from qbo_sandbox.intuit.grants import GrantBook
from qbo_sandbox.misbehaviour import (
    Call,
    Cut,
    ExpireAccessTokens,
    LoseAnswer,
    Misbehaviours,
    RotateRefreshToken,
    ServerError,
    Slow,
    Throttle,
)

KindOfCall = Callable[[Request, bytes], str]
_COMPANY = "/v3/company/"


class Misbehaving:
    """Strikes calls to everything but the control endpoint."""

    def __init__(
        self, app: ASGIApp, *, rules: Misbehaviours, kind_of_call: KindOfCall, book: GrantBook, clock: Clock
    ) -> None:
        self._app = app
        self._rules = rules
        self._kind_of_call = kind_of_call
        self._book = book
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._rules or scope["path"].startswith("/control"):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        call = Call(method=request.method, path=scope["path"], kind=self._kind_of_call(request, body))
        replay = _Replay(body, receive)
        delay_s = 0.0
        half = lost = False
        for rule in self._rules.strike(call):
            match rule:
                case ExpireAccessTokens():
                    self._book.expire_access_tokens(_realm(call.path))
                case RotateRefreshToken():
                    self._book.rotate_now(_realm(call.path))
                case Slow():
                    delay_s += rule.delay_s
                case Throttle():
                    fault = too_many_requests(retry_after_s=rule.retry_after_s)
                    accept = request.headers.get("accept", "")
                    answer = fault_answer(fault, accept=accept, now=self._clock.now(), tid=new_tid())
                    await answer(scope, replay, send)
                    return
                case ServerError():
                    await _server_error(rule)(scope, replay, send)
                    return
                case Cut(when="before_answer"):
                    await cut_now(scope, replay)
                    return
                case Cut():
                    half = True
                case LoseAnswer():
                    lost = True
        if not (delay_s or half or lost):
            await self._app(scope, replay, send)
            return
        messages = await captured(self._app, scope, replay)
        await asyncio.sleep(delay_s)
        if lost:
            await cut_now(scope, replay)
        elif half:
            await answer_half(messages, scope, replay, send)
        else:
            for message in messages:
                await send(message)


class _Replay:
    """Gives a body that was read already, once, and after it what the server has to say."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def _realm(path: str) -> str | None:
    """The company a path is about; None for Intuit's own endpoints."""
    return path.removeprefix(_COMPANY).partition("/")[0] if path.startswith(_COMPANY) else None


def _server_error(rule: ServerError) -> Response:
    headers = {"intuit_tid": new_tid(), "qbo-version": QBO_VERSION}
    if rule.retry_after_s is not None:
        headers["retry-after"] = f"{rule.retry_after_s:g}"
    if rule.status != 500:
        page = f"<html><head><title>{rule.status}</title></head><body><center>nginx</center></body></html>"
        return Response(page, status_code=rule.status, headers=headers, media_type="text/html")
    error = {
        "Message": "An application error has occurred while processing your request",
        "Detail": "System Failure Error: made on demand by the sandbox",
        "code": "10000",
        "element": "",
    }
    fault = json.dumps({"Fault": {"Error": [error], "type": "SystemFault"}})
    return Response(fault, status_code=500, headers=headers, media_type="application/json")
