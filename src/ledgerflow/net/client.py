"""Calls for one company of one connection: signed, paced, counted, sent again where that is safe."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import quote, urlsplit

import httpx2

from ledgerflow.core.calls import Answer, ApiCall
from ledgerflow.core.errors import InputRefused, LedgerflowError, RetryLater
from ledgerflow.net.limits import Clock, Pace, Sleep
from ledgerflow.net.retry import RetryRule, retry_after_s

LARGEST_ANSWER_BYTES = 1 << 30
"""More than this in one answer is taken for a mistake; a page of 1,000 wide records is about 10 MB."""
_MOST_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class Signer(Protocol):
    """What a connection's security type adds to a call."""

    async def headers(self, company: str) -> Mapping[str, str]:
        """The headers that sign a call. Raises ReconnectNeeded when there is no authorization."""
        ...

    async def query(self, company: str) -> Mapping[str, str]:
        """The query parameters that sign a call; they appear in no error and no log."""
        ...

    async def renew_after_refusal(self, used: Mapping[str, str]) -> None:
        """Renew what `headers` gave, unless somebody did meanwhile. Raises ReconnectNeeded when it cannot."""
        ...


class Unsigned:
    """The signer of a connection without sign-in."""

    async def headers(self, company: str) -> Mapping[str, str]:
        return {}

    async def query(self, company: str) -> Mapping[str, str]:
        return {}

    async def renew_after_refusal(self, used: Mapping[str, str]) -> None:
        """There is nothing to renew; the refusal stands."""


class Meter(Protocol):
    """Counts calls as they are sent."""

    def count(self, kind: str, *, metered: bool) -> None: ...


Refusal = Callable[[Answer, str], LedgerflowError | None]
"""The error that an answer means (told where it came from), or None when it is a success."""


def make_http(
    base_url: str, *, in_flight: int, timeout_s: float, transport: httpx2.AsyncBaseTransport | None = None
) -> httpx2.AsyncClient:
    """The HTTP client of a connection: connections are kept open and reused, redirects are left to `ApiClient`.

    Answers come compressed except from this machine itself, where packing costs more time than sending. Without TLS
    the trusted authorities are not loaded; a redirect to https would be refused anyway.
    """
    headers = {"Accept-Encoding": "identity"} if is_loopback(base_url) else {}
    return httpx2.AsyncClient(
        headers={**headers, "User-Agent": "ledgerflow"},
        http2=find_spec("h2") is not None,
        timeout=httpx2.Timeout(timeout_s, connect=min(timeout_s, 30.0)),
        limits=httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight, keepalive_expiry=60.0),
        follow_redirects=False,
        transport=transport,
        trust_env=not is_loopback(base_url),
        verify=True if base_url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )


def is_loopback(url: str) -> bool:
    """Does `url` name this machine?"""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class RefusedAnswer(Exception):
    """The cause of an error that an answer gave: the answer itself, for those who want to show it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP status {answer.status}")
        self.answer = answer


class ApiClient:
    """A `core.calls.Caller`. Make one per company and run; it holds no state but the HTTP client it was given."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        *,
        base_url: str,
        connection: str,
        company: str,
        signer: Signer,
        pace: Pace,
        retry: RetryRule,
        refusal: Refusal,
        meter: Meter,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
        say: Callable[[str], None] | None = None,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        share: Callable[[], float] = random.random,
        largest_answer_bytes: int = LARGEST_ANSWER_BYTES,
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._connection = connection
        self._company = company
        self._signer = signer
        self._pace = pace
        self._retry = retry
        self._refusal = refusal
        self._meter = meter
        self._timeout_s = timeout_s
        self._headers = dict(headers or {})
        self._say = say
        self._clock = clock
        self._sleep = sleep
        self._share = share
        self._largest_answer_bytes = largest_answer_bytes

    @property
    def company(self) -> str:
        return self._company

    async def send(self, call: ApiCall) -> Answer:
        """The answer to `call`; see `core.calls.Caller.send` for what it raises.

        A 401 is answered by renewing the authorization once. Throttling (429) is waited out for every call, since the
        api did not act on it. Server errors and lost connections are waited out for repeatable calls only.
        """
        where = self.where(call)
        began = self._clock()
        renewed = False
        tries = 0
        while True:
            tries += 1
            signature = await self._signer.headers(self._company)
            try:
                answer = await self._try(call, signature, where=where, tries=tries)
            except _Lost as lost:
                error: LedgerflowError = self._unreachable(lost, call, where)
                cause: Exception = lost.cause
                wait_s = self._retry.wait_s(tries, asked_s=None, share=self._share)
                again = call.repeatable or not lost.sent
            else:
                if answer.status == 401 and not renewed:
                    renewed = True
                    await self._signer.renew_after_refusal(signature)
                    continue
                refused = self._refusal(answer, where)
                if refused is None:
                    return answer
                error, cause = refused, RefusedAnswer(answer)
                asked_s = retry_after_s(answer.headers.get("retry-after"))
                if isinstance(refused, RetryLater) and answer.status == 429:
                    asked_s = asked_s if asked_s is not None else refused.after_s
                    self._pace.hold(asked_s)
                    again = True
                else:
                    again = isinstance(refused, RetryLater) and call.repeatable
                wait_s = self._retry.wait_s(tries, asked_s=asked_s, share=self._share)
            if not again or not self._retry.may_wait(wait_s, spent_s=self._clock() - began):
                raise error from cause
            if self._say is not None and wait_s >= 1:
                self._say(f"{error.what} Trying again in {wait_s:.0f} s ({where}).")
            await self._sleep(wait_s)

    def where(self, call: ApiCall) -> str:
        """The place of a call in an error: connection, company, method and path; never the query, which may hold
        secrets."""
        return f"connection {self._connection}, company {self._company}, {call.method} {call.path}"

    async def _try(self, call: ApiCall, signature: Mapping[str, str], *, where: str, tries: int) -> Answer:
        """Send once, following redirects that stay on the host. Raises `_Lost` when no whole answer came."""
        url = self._base_url + call.path
        for _ in range(_MOST_REDIRECTS):
            answer = await self._send_once(url, call, signature, where=where, tries=tries)
            target = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not target:
                return answer
            goal = httpx2.URL(url).join(target)
            if _origin(str(goal)) != _origin(self._base_url):
                raise InputRefused(
                    f"The api answered with a redirect to another host, {goal.host}; calls are never sent on to one.",
                    where=where,
                    next_step=f"Correct base_url in connections/{self._connection}.yaml if the api has moved.",
                )
            if call.method not in {"GET", "HEAD"}:
                raise InputRefused(
                    f"The api answered a {call.method} with a redirect to {goal.path}.",
                    where=where,
                    next_step="Correct the request's path: a call that may change data is not sent to another address.",
                )
            url, call = str(goal.copy_with(query=None)), replace(call, query=dict(goal.params))
        raise InputRefused(
            f"The api answered with more than {_MOST_REDIRECTS} redirects.",
            where=where,
            next_step="Correct the request's path.",
        )

    async def _send_once(
        self, url: str, call: ApiCall, signature: Mapping[str, str], *, where: str, tries: int
    ) -> Answer:
        secret_query = await self._signer.query(self._company)
        headers = {**self._headers, **call.headers, **signature}
        if call.content_type is not None:
            headers["Content-Type"] = call.content_type
        async with self._pace.slot():
            began = time.perf_counter()
            try:
                request = self._http.build_request(
                    call.method,
                    with_query(url, {**call.query, **secret_query}),
                    headers=headers,
                    content=call.body,
                )
                request.url = _UnloggedUrl(request.url)
                async with asyncio.timeout(self._timeout_s):
                    self._meter.count(call.kind, metered=call.metered)
                    response = await self._http.send(request, stream=True)
                    try:
                        body = await self._body(response, where)
                    finally:
                        await response.aclose()
            except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as error:
                raise InputRefused(
                    f"The call cannot be sent: {error}.", where=where, next_step="Correct the request or its values."
                ) from error
            except (httpx2.TransportError, httpx2.DecodingError, TimeoutError) as error:
                if (untrusted := _untrusted(error)) is not None:
                    raise InputRefused(
                        f"The certificate of {urlsplit(url).hostname} is not trusted: {untrusted}.",
                        where=where,
                        next_step="Correct base_url, or have the certificate's authority trusted (SSL_CERT_FILE).",
                    ) from error
                raise _Lost(error, sent=not isinstance(error, _NEVER_SENT)) from error
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            url=with_query(url, call.query),
            elapsed_s=time.perf_counter() - began,
            tries=tries,
        )

    async def _body(self, response: httpx2.Response, where: str) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > self._largest_answer_bytes:
                raise InputRefused(
                    f"The answer is longer than {self._largest_answer_bytes:,} bytes.",
                    where=where,
                    next_step="Ask for less in one call: a smaller page, or a narrower filter.",
                )
            parts.append(part)
        return b"".join(parts)

    def _unreachable(self, lost: _Lost, call: ApiCall, where: str) -> RetryLater:
        host = urlsplit(self._base_url).netloc
        reason = str(lost.cause) or type(lost.cause).__name__
        if isinstance(lost.cause, TimeoutError | httpx2.TimeoutException):
            what = f"No whole answer from {host} within {self._timeout_s:g} s."
        elif not lost.sent:
            what = f"No connection to {host}: {reason}."
        else:
            what = f"The connection to {host} was cut: {reason}."
        if lost.sent and not call.repeatable:
            what += " Whether the api acted on the call is not known, so it was not sent again."
            next_step = "Look in the api whether it was done, then run the command again if it was not."
        else:
            next_step = "Check the network and base_url, then run the command again."
        return RetryLater(what, where=where, next_step=next_step)


def with_query(url: str, query: Mapping[str, str]) -> str:
    """`url` with `query` put behind it, each value percent-encoded (a space as %20, which every server reads)."""
    if not query:
        return url
    pairs = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items())
    return f"{url}{'&' if '?' in url else '?'}{pairs}"


class _UnloggedUrl(httpx2.URL):
    """An address whose text has no query: the HTTP library logs each address it calls, and a query may hold a key."""

    def __str__(self) -> str:
        return super().__str__().partition("?")[0]


class _Lost(Exception):
    """No whole answer came. `sent`: the api may have got the call."""

    def __init__(self, cause: Exception, *, sent: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.sent = sent


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def _untrusted(error: BaseException) -> str | None:
    """What is wrong with a certificate, when that is why the connection failed."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return str(cause.verify_message)
        cause = cause.__cause__ or cause.__context__
    return None
