"""A small company half for tests of the gateway and of Intuit's side: it remembers what reached it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from qbo_sandbox.clock import Clock


@dataclass
class SmallCompany:
    realm_id: str
    name: str
    written: list[dict[str, Any]] = field(default_factory=list)
    filled_with: int = 0
    is_open: bool = True

    def close(self) -> None:
        self.is_open = False


class SmallCompanies:
    """Answers every call with what it received; a POST is remembered as a write."""

    def make(self, *, realm_id: str, name: str, clock: Clock, data_dir: Path | None) -> SmallCompany:
        return SmallCompany(realm_id=realm_id, name=name)

    def fill(self, company: SmallCompany, *, seed: int, invoices: int, now: datetime) -> None:
        company.filled_with = invoices

    async def answer(self, request: Request, company: SmallCompany) -> Response:
        body = await request.body()
        if request.method == "POST":
            company.written.append(json.loads(body))
        told = {"company": company.name, "path": request.url.path, "body": body.decode(), "padding": "x" * 4000}
        return Response(json.dumps(told), media_type="application/json")

    def kind_of_call(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> str:
        if path in ("query", "batch", "cdc"):
            return path
        return "create" if method == "POST" else "read"
