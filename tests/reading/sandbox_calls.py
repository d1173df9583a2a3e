"""A caller for the local QuickBooks without a project around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import httpx2

from ledgerflow.apis import all_providers
from ledgerflow.core.connection import Limits
from ledgerflow.net.client import ApiClient, Refusal, make_http
from ledgerflow.net.limits import Pace
from ledgerflow.net.retry import RetryRule
from qbo_sandbox.served import ServedSandbox

FAST = Limits(per_second=1000, per_minute=100_000, in_flight=10, retry_within_s=20)


class TokenSigner:
    """Signs with one token at a time; `renew` gives the next one."""

    def __init__(self, token: str, renew: Callable[[], str]) -> None:
        self.token = token
        self.renewals = 0
        self._renew = renew

    async def headers(self, company: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def query(self, company: str) -> Mapping[str, str]:
        return {}

    async def renew_after_refusal(self, used: Mapping[str, str]) -> None:
        if used["Authorization"] == f"Bearer {self.token}":
            self.renewals += 1
            self.token = await asyncio.to_thread(self._renew)


class Counter:
    """Counts what is sent, by kind."""

    def __init__(self) -> None:
        self.calls: dict[str, int] = {}
        self.metered = 0

    def count(self, kind: str, *, metered: bool) -> None:
        self.calls[kind] = self.calls.get(kind, 0) + 1
        self.metered += metered


def quickbooks_refusal() -> Refusal:
    provider = all_providers()["quickbooks"]
    return lambda answer, where: provider.refusal(answer, where=where)


@asynccontextmanager
async def calling(
    sandbox: ServedSandbox,
    *,
    meter: Counter | None = None,
    limits: Limits = FAST,
    token: str | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> AsyncIterator[ApiClient]:
    """An ApiClient for the sandbox's first company."""
    signer = TokenSigner(token or sandbox.tokens()["access_token"], renew=lambda: str(sandbox.tokens()["access_token"]))
    async with make_http(sandbox.api_url, in_flight=limits.in_flight, timeout_s=30, transport=transport) as http:
        yield ApiClient(
            http,
            base_url=sandbox.api_url,
            connection="quickbooks",
            company=sandbox.realm_id,
            signer=signer,
            pace=Pace(limits, sleep=sleep),
            retry=RetryRule(within_s=limits.retry_within_s, first_wait_s=0.01),
            refusal=quickbooks_refusal(),
            meter=meter or Counter(),
            timeout_s=30,
            sleep=sleep,
        )
