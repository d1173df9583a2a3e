"""The gateway in front of the companies: tokens, rights, limits and the meter, before a call reaches its company."""

import gzip
import zlib
from collections.abc import Mapping
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

import qbo_facts
from qbo_sandbox.clock import Clock
from qbo_sandbox.gateway_faults import (
    GatewayFault,
    fault_answer,
    no_token_sent,
    not_authenticated,
    not_this_company,
    too_many_requests,
)
from qbo_sandbox.headers import QBO_VERSION, new_tid
from qbo_sandbox.intuit.grants import AccessRefused, Grant, GrantBook
from qbo_sandbox.intuit.scopes import ACCOUNTING
from qbo_sandbox.limits import Limits
from qbo_sandbox.meter import Meter

PREFIX = "/v3/company/"
LONGEST_BODY: int = qbo_facts.limits()["upload_bytes"].value
_SMALLEST_TO_COMPRESS = 1024
_LARGEST_ON_THE_LOOP = 64 * 1024


class CompanySide(Protocol):
    """The other half of the sandbox, behind the gateway."""

    async def answer(self, request: Request, company: Any) -> Response:
        """Answer a call whose token and realm are good."""

    def kind_of_call(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> str:
        """What a call is, in one word for the meter; `path` is what follows the realm, without a leading slash."""


class Gateway:
    """Everything under /v3/company/{realmId}/, as an ASGI app."""

    def __init__(
        self,
        *,
        companies: Mapping[str, Any],
        side: CompanySide,
        book: GrantBook,
        clock: Clock,
        limits: Limits,
        meter: Meter,
        compress: bool = False,
    ) -> None:
        self._companies = companies
        self._side = side
        self._book = book
        self._clock = clock
        self._limits = limits
        self._meter = meter
        self._compress = compress

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await self._answer(request)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        tid = new_tid()
        realm_id, _, rest = request.scope["path"].removeprefix(PREFIX).partition("/")
        refusal = self._refusal(request, realm_id, is_batch=rest == "batch")
        if refusal is not None:
            self._meter.count_refused(realm_id=realm_id, status=refusal.status)
            accept = request.headers.get("accept", "")
            return fault_answer(refusal, accept=accept, now=self._clock.now(), tid=tid)
        try:
            body = _decoded(await request.body(), request.headers.get("content-encoding", ""))
        except ValueError as error:
            return PlainTextResponse(str(error), status_code=415, headers={"intuit_tid": tid})
        if len(body) > LONGEST_BODY:
            return PlainTextResponse("Request Entity Too Large", status_code=413, headers={"intuit_tid": tid})
        kind = self._side.kind_of_call(request.method, rest, request.query_params, body)
        self._meter.count(realm_id=realm_id, kind=kind)
        answer = await self._side.answer(_with_body(request, body), self._companies[realm_id])
        answer.headers["intuit_tid"] = tid
        answer.headers["qbo-version"] = QBO_VERSION
        if self._compress and "gzip" in request.headers.get("accept-encoding", ""):
            await _compress(answer)
        return answer

    def _refusal(self, request: Request, realm_id: str, *, is_batch: bool) -> GatewayFault | None:
        """Why this call may not reach the company, or None."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return no_token_sent()
        try:
            grant = self._book.access(token.strip())
        except AccessRefused as refused:
            return not_authenticated(str(refused))
        if not _opens(grant, realm_id) or realm_id not in self._companies:
            return not_this_company()
        client_id = grant.consent.client_id
        now = self._clock.now()
        if not self._limits.lets_through(realm_id=realm_id, client_id=client_id, is_batch=is_batch, now=now):
            return too_many_requests()
        return None


def _opens(grant: Grant, realm_id: str) -> bool:
    return grant.consent.realm_id == realm_id and ACCOUNTING in grant.consent.scopes


def _decoded(body: bytes, encoding: str) -> bytes:
    """The body as the client meant it; SDKs may send gzip or deflate.

    Raises:
        ValueError: an encoding that the gateway does not know, or bytes that are not what they claim.
    """
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        return body
    if coding not in ("gzip", "deflate"):
        raise ValueError(f"Content-Encoding {encoding} is not supported")
    # 47: zlib or gzip by its own header, with the largest window
    unpacking = zlib.decompressobj(47)
    try:
        return unpacking.decompress(body, LONGEST_BODY + 1)
    except zlib.error as error:
        raise ValueError(f"The body is not {coding}") from error


def _with_body(request: Request, body: bytes) -> Request:
    """The request for the company: its body is there to be read, decoded."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)


async def _compress(answer: Response) -> None:
    body = getattr(answer, "body", b"")
    if len(body) < _SMALLEST_TO_COMPRESS or "content-encoding" in answer.headers:
        return
    if len(body) > _LARGEST_ON_THE_LOOP:
        answer.body = await run_in_threadpool(gzip.compress, body, 1, mtime=0)
    else:
        answer.body = gzip.compress(body, 1, mtime=0)
    answer.headers["content-encoding"] = "gzip"
    answer.headers["content-length"] = str(len(answer.body))
    answer.headers["vary"] = "Accept-Encoding"
