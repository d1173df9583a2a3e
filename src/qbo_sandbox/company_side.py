"""Joins the sandbox's two halves: makes companies, fills them with a made-up business, passes calls to them."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from qbo_sandbox.clock import Clock
from qbo_sandbox.storage import StateUnreadable


class QuickBooksCompanies:
    """The real company half. Its modules load when the first company is made."""

    def make(self, *, realm_id: str, name: str, clock: Clock, data_dir: Path | None) -> Any:
        """A company: empty, or as it was kept in `data_dir`.

        Raises:
            StateUnreadable: what is in `data_dir` cannot be used.
        """
        from qbo_sandbox.company import Company, CompanyFileUnreadable

        try:
            return Company(realm_id=realm_id, name=name, clock=clock, data_dir=data_dir)
        except (CompanyFileUnreadable, sqlite3.Error) as error:
            raise StateUnreadable(f"company {realm_id} in {data_dir} cannot be read: {error}") from error

    def fill(self, company: Any, *, seed: int, invoices: int, now: datetime) -> None:
        """Load a made-up business into an empty company."""
        from qbo_sandbox.business import generate

        batches = generate(seed=seed, invoices=invoices, now=now, currency="USD", company_name=company.name)
        for entity, rows in batches:
            company.load(entity, rows)

    async def answer(self, request: Request, company: Any) -> Response:
        from qbo_sandbox.company import company_endpoint

        return await company_endpoint(request, company)

    def kind_of_call(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> str:
        from qbo_sandbox.company import call_kind

        return call_kind(method, path, query, body)
