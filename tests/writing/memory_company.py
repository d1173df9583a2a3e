"""A company in memory that answers queries and batches, for what the local QuickBooks does not do on demand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from ledgerflow.core.calls import Answer, ApiCall
from ledgerflow.core.errors import LedgerflowError

Record = dict[str, Any]
Item = dict[str, Any]

_SELECT = re.compile(
    r"select (?P<what>.+?) from (?P<entity>\w+)(?: where (?P<where>.+?))?"
    r"(?: orderby Id startposition (?P<first>\d+) maxresults (?P<rows>\d+))?$",
    re.DOTALL,
)
_IN = re.compile(r"(\w+) in \((.*?)\)(?: and |$)", re.DOTALL)
_TEXT = re.compile(r"'((?:\\.|[^'\\])*)'")
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def fault(code: str, detail: str, *, kind: str = "ValidationFault") -> Item:
    """A batch item's answer that refuses it."""
    return {"Fault": {"type": kind, "Error": [{"Message": detail, "Detail": detail, "code": code}]}}


class Company:
    """Answers like QuickBooks for the calls a write makes. `calls` lists what was asked, `requests` the request ids.

    `on_item` may answer a batch item in place of the company: it gets the item and gives an answer, or None to let
    the item through. `on_call` sees each call first and may give an error to raise. `spoil` may change an answer.
    """

    company = "4620816365"

    def __init__(self, **lists: list[Record]) -> None:
        self.lists: dict[str, list[Record]] = {name: list(records) for name, records in lists.items()}
        self.calls: list[ApiCall] = []
        self.on_item: Callable[[str, Item], Item | None] = lambda operation, item: None
        self.on_call: Callable[[ApiCall], LedgerflowError | None] = lambda call: None
        self.spoil: Callable[[ApiCall, bytes], bytes] = lambda call, body: body
        self.requests: list[str] = []
        self._answers: dict[str, bytes] = {}
        self._next_id = 1000

    def statements(self) -> list[str]:
        """The queries that were asked, in their order."""
        return [(call.body or b"").decode() for call in self.calls if call.kind == "query"]

    async def send(self, call: ApiCall) -> Answer:
        self.calls.append(call)
        if (error := self.on_call(call)) is not None:
            raise error
        body = self._query(call) if call.kind == "query" else self._batch(call)
        return Answer(
            status=200,
            headers={"intuit_tid": f"1-tid-{len(self.calls)}"},
            body=self.spoil(call, body),
            url=f"https://quickbooks.test{call.path}",
            elapsed_s=0.0,
        )

    def add(self, entity: str, record: Record) -> Record:
        self._next_id += 1
        made = {"Id": str(self._next_id), "SyncToken": "0", **record}
        self.lists.setdefault(entity, []).append(made)
        return made

    def _query(self, call: ApiCall) -> bytes:
        assert call.path == f"/v3/company/{self.company}/query"
        asked = _SELECT.match((call.body or b"").decode())
        assert asked is not None, call.body
        found = [record for record in self.lists.get(asked["entity"], []) if _fits(record, asked["where"])]
        if asked["what"] == "count(*)":
            return json.dumps({"QueryResponse": {"totalCount": len(found)}}).encode()
        first, rows = int(asked["first"]), int(asked["rows"])
        page = found[first - 1 : first - 1 + rows]
        return _ENCODER.encode({"QueryResponse": {asked["entity"]: page} if page else {}})

    def _batch(self, call: ApiCall) -> bytes:
        assert call.path == f"/v3/company/{self.company}/batch"
        request_id = call.query["requestid"]
        self.requests.append(request_id)
        if request_id not in self._answers:
            items = msgspec.json.Decoder(float_hook=Decimal).decode(call.body or b"")["BatchItemRequest"]
            assert len(items) <= 30
            answers = [{"bId": item["bId"], **self._item(item)} for item in items]
            self._answers[request_id] = _ENCODER.encode({"BatchItemResponse": answers})
        return self._answers[request_id]

    def _item(self, item: Item) -> Item:
        (entity,) = set(item) - {"bId", "operation", "optionsData"}
        body = item[entity]
        if (answer := self.on_item(item["operation"], body)) is not None:
            return answer
        if item["operation"] == "create":
            return {entity: self.add(entity, body)}
        record = next(record for record in self.lists[entity] if record["Id"] == body["Id"])
        if record["SyncToken"] != body["SyncToken"]:
            return fault("5010", "Stale Object Error : You and Ada were working on this at the same time.")
        record.update({key: value for key, value in body.items() if key not in ("sparse", "SyncToken")})
        record["SyncToken"] = str(int(record["SyncToken"]) + 1)
        return {entity: dict(record)}


def _fits(record: Record, where: str | None) -> bool:
    for prop, values in _IN.findall(where or ""):
        texts = [re.sub(r"\\(.)", r"\1", text).casefold() for text in _TEXT.findall(values)]
        if prop == "Active":
            continue
        if str(record.get(prop, "")).casefold() not in texts:
            return False
    mentions_active = "Active in" in (where or "")
    return mentions_active or record.get("Active", True)
