"""Sends requests to an authorization server: within a time limit, and again only where that is safe."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2

from ledgerflow.auth.requests import AuthRequest
from ledgerflow.auth.session import AnswerLost
from ledgerflow.core.calls import Answer
from ledgerflow.core.errors import InputRefused, RetryLater
from ledgerflow.net.client import make_http
from ledgerflow.net.retry import RetryRule, retry_after_s

TIMEOUT_S = 30.0
RETRY_WITHIN_S = 20.0
LARGEST_ANSWER_BYTES = 1 << 20
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class TokenExchange:
    """Sends for one connection. A connection to the server is opened for each request: they are rare."""

    def __init__(
        self,
        connection: str,
        *,
        timeout_s: float = TIMEOUT_S,
        retry: RetryRule | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`timeout_s` bounds one try. `clock` gives seconds that only grow."""
        self._connection = connection
        self._timeout_s = timeout_s
        self._retry = retry or RetryRule(within_s=RETRY_WITHIN_S)
        self._sleep = sleep
        self._clock = clock
        self._transport = transport

    async def send(self, request: AuthRequest) -> Answer:
        """The answer, whatever its status; its `tries` count the times the request went out. No redirect is followed.

        A request that never went out is tried again for 20 seconds; one that did, or that was answered with 429 or a
        server error, only when it is repeatable.

        Raises:
            AnswerLost: it went out and no whole answer came back.
            RetryLater: the server could not be reached.
            InputRefused: the address is none, or its certificate is not trusted.
        """
        began = self._clock()
        tries = sent = 0
        lost_before = False
        while True:
            tries += 1
            failure: RetryLater | None = None
            answer: Answer | None = None
            asked_s: float | None = None
            try:
                answer = await self._send_once(request, sent + 1)
            except AnswerLost as lost:
                failure, again = lost, request.repeatable
                lost_before = True
                sent += 1
            except RetryLater as unreachable:
                failure, again = unreachable, True
            else:
                if answer.status != 429 and answer.status < 500:
                    return answer
                again = request.repeatable
                sent += 1
                asked_s = retry_after_s(answer.headers.get("retry-after"))
            wait_s = self._retry.wait_s(tries, asked_s=asked_s)
            if again and self._retry.may_wait(wait_s, spent_s=self._clock() - began):
                await self._sleep(wait_s)
                continue
            if answer is not None:
                return answer
            assert failure is not None
            if lost_before and not isinstance(failure, AnswerLost):
                raise self._lost(request, "an earlier try was not answered") from failure
            raise failure

    async def _send_once(self, request: AuthRequest, tries: int) -> Answer:
        began = self._clock()
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                make_http(request.url, in_flight=1, timeout_s=self._timeout_s, transport=self._transport) as http,
                http.stream("POST", request.url, headers=dict(request.headers), content=request.body) as response,
            ):
                body = await _bounded(response)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise InputRefused(
                f"The address cannot be used: {error}.",
                where=self._where(request),
                next_step=f"Correct it in connections/{self._connection}.yaml.",
            ) from error
        except _NEVER_SENT as error:
            raise self._unreachable(request, error) from error
        except (httpx2.TransportError, httpx2.DecodingError, TimeoutError) as error:
            reason = "no whole answer in time" if isinstance(error, TimeoutError | httpx2.TimeoutException) else "cut"
            raise self._lost(request, reason) from error
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            url=_without_query(request.url),
            elapsed_s=self._clock() - began,
            tries=tries,
        )

    def _unreachable(self, request: AuthRequest, error: Exception) -> RetryLater | InputRefused:
        host = urlsplit(request.url).netloc
        if (untrusted := untrusted_certificate(error)) is not None:
            return InputRefused(
                f"The certificate of {host} is not trusted: {untrusted}.",
                where=self._where(request),
                next_step="Correct the address, or have the certificate's authority trusted (SSL_CERT_FILE).",
            )
        return RetryLater(
            f"No connection to {host}: {str(error) or type(error).__name__}.",
            where=self._where(request),
            next_step="Check the network and the address, then run the command again; nothing was changed.",
        )

    def _lost(self, request: AuthRequest, reason: str) -> AnswerLost:
        host = urlsplit(request.url).netloc
        next_step = "Run the command again."
        if request.purpose == "code":
            next_step = f"Run `ledgerflow connect {self._connection}` again: a code is good for one try."
        return AnswerLost(
            f"{host} got the request, but its answer did not arrive ({reason}).",
            where=self._where(request),
            next_step=next_step,
        )

    def _where(self, request: AuthRequest) -> str:
        return f"connection {self._connection}, {_without_query(request.url)}"


async def fetch_json(url: str, *, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    """The JSON object at a public address, such as a discovery document.

    Raises:
        RetryLater: it cannot be reached. InputRefused: what is there is none.
    """
    try:
        async with (
            asyncio.timeout(timeout_s),
            make_http(url, in_flight=1, timeout_s=timeout_s) as http,
            http.stream("GET", url, headers={"Accept": "application/json"}) as response,
        ):
            body = await _bounded(response)
    except (httpx2.TransportError, TimeoutError) as error:
        raise RetryLater(
            f"No answer from {urlsplit(url).netloc}: {str(error) or type(error).__name__}.",
            where=url,
            next_step="Check the network and the address, then run the command again.",
        ) from error
    except httpx2.InvalidURL as error:
        raise InputRefused(f"The address cannot be used: {error}.", where=url, next_step="Correct it.") from error
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if response.status_code != 200 or not isinstance(found, dict):
        raise InputRefused(
            f"Expected a JSON object, got HTTP {response.status_code} with {len(body):,} bytes of something else.",
            where=url,
            next_step="Correct the address.",
        )
    return found


def untrusted_certificate(error: BaseException) -> str | None:
    """What is wrong with a certificate, when that is why a connection failed."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return str(cause.verify_message)
        cause = cause.__cause__ or cause.__context__
    return None


async def _bounded(response: httpx2.Response) -> bytes:
    """The body as far as its first megabyte; an answer with a token is a few kilobytes."""
    body = b""
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LARGEST_ANSWER_BYTES:
            break
    return body[:LARGEST_ANSWER_BYTES]


def _without_query(url: str) -> str:
    return url.partition("?")[0]
