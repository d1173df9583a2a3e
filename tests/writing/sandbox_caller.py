"""Calls the local QuickBooks as a run does: signed, paced, sent again where that is safe."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec
from write_step import Time

from ledgerflow.apis.quickbooks.faults import refusal
from ledgerflow.core.calls import ApiCall
from ledgerflow.core.connection import Limits
from ledgerflow.net.client import ApiClient, make_http
from ledgerflow.net.limits import Pace
from ledgerflow.net.retry import RetryRule
from qbo_sandbox.served import ServedSandbox

IN_A_HURRY = Limits(per_second=1000, per_minute=100_000, in_flight=10)


class SandboxToken:
    """Signs with a token pair that the sandbox hands out; another one when it is refused."""

    def __init__(self, sandbox: ServedSandbox) -> None:
        self._sandbox = sandbox
        self._token = str(sandbox.tokens()["access_token"])

    async def headers(self, company: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    async def query(self, company: str) -> Mapping[str, str]:
        return {}

    async def renew_after_refusal(self, used: Mapping[str, str]) -> None:
        self._token = str(self._sandbox.tokens()["access_token"])


class Uncounted:
    """A meter that leaves counting to the sandbox's own."""

    def count(self, kind: str, *, metered: bool) -> None:
        """Nothing to do."""


@asynccontextmanager
async def sandbox_caller(
    sandbox: ServedSandbox, *, time: Time | None = None, within_s: float = 300
) -> AsyncIterator[ApiClient]:
    """A caller for the first company. It waits on `time`, which costs nothing."""
    time = time or Time()
    async with make_http(sandbox.api_url, in_flight=10, timeout_s=30) as http:
        yield ApiClient(
            http,
            base_url=sandbox.api_url,
            connection="quickbooks",
            company=sandbox.realm_id,
            signer=SandboxToken(sandbox),
            pace=Pace(IN_A_HURRY, clock=time.clock, sleep=time.sleep),
            retry=RetryRule(within_s=within_s),
            refusal=lambda answer, where: refusal(answer, where=where),
            meter=Uncounted(),
            timeout_s=30,
            sleep=time.sleep,
            clock=time.clock,
        )


async def ask(caller: ApiClient, statement: str) -> list[dict[str, Any]]:
    """The records a query finds, numbers exact."""
    answer = await caller.send(
        ApiCall(
            method="POST",
            path=f"/v3/company/{caller.company}/query",
            kind="query",
            metered=True,
            repeatable=True,
            body=statement.encode(),
            content_type="application/text",
        )
    )
    response = msgspec.json.Decoder(float_hook=Decimal).decode(answer.body)["QueryResponse"]
    return next((value for value in response.values() if isinstance(value, list)), [])
