"""A client of one company in process, without the gateway in front of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from qbo_sandbox.company import Company, company_endpoint

REALM = "9130357000000001"


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, **step: float) -> None:
        self._now += timedelta(**step)


def app_of(company: Company) -> ASGIApp:
    async def answer(request: Request) -> Response:
        return await company_endpoint(request, company)

    return Starlette(
        routes=[Route("/v3/company/{realm}/{rest:path}", answer, methods=["GET", "POST", "PUT", "DELETE"])]
    )


class Client:
    """Calls as an SDK makes them; answers are parsed with exact numbers."""

    def __init__(self, company: Company, http: httpx2.AsyncClient) -> None:
        self.company = company
        self.http = http

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **parameters: str
    ) -> httpx2.Response:
        content = body if isinstance(body, str | bytes) or body is None else json.dumps(body, default=str)
        return await self.http.request(
            method,
            f"/v3/company/{REALM}/{path}",
            content=content,
            params=parameters,
            headers={"accept": "application/json"} | (headers or {}),
        )

    async def write(self, entity: str, body: Any, **parameters: str) -> dict[str, Any]:
        """A write that succeeds; gives the record."""
        answer = await self.call("POST", entity.lower(), body, **parameters)
        assert answer.status_code == 200, answer.text
        record: dict[str, Any] = parsed(answer)[entity]
        return record

    async def read(self, entity: str, record_id: str) -> dict[str, Any]:
        answer = await self.call("GET", f"{entity.lower()}/{record_id}")
        assert answer.status_code == 200, answer.text
        record: dict[str, Any] = parsed(answer)[entity]
        return record

    async def refused(self, entity: str, body: Any, **parameters: str) -> list[dict[str, str]]:
        """A write that is refused with HTTP 400; gives the errors."""
        return errors_of(await self.call("POST", entity.lower(), body, **parameters))

    async def query(self, text: str) -> dict[str, Any]:
        answer = await self.call("GET", "query", query=text)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = parsed(answer)["QueryResponse"]
        return found

    async def ids(self, text: str) -> list[str]:
        """The Ids that a query finds, in its order."""
        found = await self.query(text)
        rows = next((value for value in found.values() if isinstance(value, list)), [])
        return [row["Id"] for row in rows]

    async def batch(self, *items: dict[str, Any], **parameters: str) -> list[dict[str, Any]]:
        answer = await self.call("POST", "batch", {"BatchItemRequest": list(items)}, **parameters)
        assert answer.status_code == 200, answer.text
        responses: list[dict[str, Any]] = parsed(answer)["BatchItemResponse"]
        return responses


def parsed(answer: httpx2.Response) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.text, parse_float=Decimal)
    return body


def errors_of(answer: httpx2.Response) -> list[dict[str, str]]:
    assert answer.status_code == 400, answer.text
    fault = parsed(answer)["Fault"]
    assert fault["type"] == "ValidationFault"
    errors: list[dict[str, str]] = fault["Error"]
    return errors


def codes(errors: list[dict[str, str]]) -> list[str]:
    return [error["code"] for error in errors]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basics:
    """Ids of what every transaction needs, and bodies that just suffice."""

    income: str
    expense: str
    payables: str
    receivables: str
    bank: str
    item: str
    customer: str
    vendor: str
    terms: str

    def invoice(self, *amounts: object, **more: Any) -> dict[str, Any]:
        return {"CustomerRef": {"value": self.customer}, "Line": [self.sold(amount) for amount in amounts], **more}

    def sold(self, amount: object, **detail: Any) -> dict[str, Any]:
        return {
            "Amount": amount,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": self.item}, **detail},
        }

    def bill(self, *amounts: object, **more: Any) -> dict[str, Any]:
        return {"VendorRef": {"value": self.vendor}, "Line": [self.spent(amount) for amount in amounts], **more}

    def spent(self, amount: object) -> dict[str, Any]:
        return {
            "Amount": amount,
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": {"AccountRef": {"value": self.expense}},
        }

    def payment(self, total: object, *applied: tuple[str, str, object], **more: Any) -> dict[str, Any]:
        """`applied` are type and Id of a document, and the amount."""
        return {"CustomerRef": {"value": self.customer}, "TotalAmt": total, "Line": _applied(applied), **more}

    def bill_payment(self, total: object, *applied: tuple[str, str, object]) -> dict[str, Any]:
        return {
            "VendorRef": {"value": self.vendor},
            "PayType": "Check",
            "CheckPayment": {"BankAccountRef": {"value": self.bank}},
            "TotalAmt": total,
            "Line": _applied(applied),
        }


def _applied(applied: tuple[tuple[str, str, object], ...]) -> list[dict[str, Any]]:
    return [{"Amount": amount, "LinkedTxn": [{"TxnId": txn, "TxnType": kind}]} for kind, txn, amount in applied]
