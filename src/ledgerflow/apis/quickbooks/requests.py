"""What a hand-made request of QuickBooks is: how it is metered, where its records are, which columns they have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from ledgerflow.apis.quickbooks.schema import columns_of
from ledgerflow.core.filling import CallKind
from ledgerflow.core.schema import Schema
from qbo_facts import entity, entity_names

_IN_COMPANY = re.compile(r"/v3/company/[^/]+/(?P<what>[^/?]+)(?P<rest>/.*)?")
_FROM = re.compile(r"\bfrom\s+([A-Za-z]+)", re.IGNORECASE)
_COUNTS = re.compile(r"select\s+count\s*\(", re.IGNORECASE)
_READS = {"query": "query", "cdc": "cdc", "reports": "report", "download": "download"}


def call_kind(method: str, path: str, query: Mapping[str, str]) -> CallKind:
    """Reads are metered, writes are not (Intuit App Partner Program). A batch counts as a write: only one that holds
    a query is metered, and those are not made here. A write with a `requestid` may be repeated: Intuit answers it
    again and does nothing."""
    found = _IN_COMPANY.fullmatch(path)
    what = found["what"].lower() if found else ""
    rest = (found["rest"] or "") if found else ""
    if what in _READS:
        return CallKind(kind=_READS[what], metered=True, repeatable=True)
    if method in {"GET", "HEAD"}:
        return CallKind(kind="pdf" if rest.endswith("/pdf") else "read", metered=True, repeatable=True)
    kind = "batch" if what == "batch" else "write"
    return CallKind(kind=kind, metered=False, repeatable="requestid" in {name.lower() for name in query})


def records_path(path: str, query: Mapping[str, str]) -> str | None:
    """`Invoice` for the path of an invoice, `QueryResponse.Invoice` for a query of invoices."""
    name, queried = _entity(path, query)
    key = entity(name).json_key if name else None
    return f"QueryResponse.{key}" if key and queried else key


def columns(path: str, query: Mapping[str, str]) -> Schema | None:
    """The columns of the entity that the request reads."""
    name, _ = _entity(path, query)
    return columns_of(name) if name else None


def _entity(path: str, query: Mapping[str, str]) -> tuple[str | None, bool]:
    """The entity that a request reads or writes, and whether by a query."""
    found = _IN_COMPANY.fullmatch(path)
    if found is None:
        return None, False
    if found["what"].lower() != "query":
        plain = not (found["rest"] or "").endswith("/pdf")
        return (_by_path().get(found["what"].lower()) if plain else None), False
    statement = query.get("query", "")
    named = _FROM.search(statement)
    if named is None or _COUNTS.search(statement):
        return None, True
    return next((name for name in entity_names() if name.casefold() == named[1].casefold()), None), True


@cache
def _by_path() -> Mapping[str, str]:
    return {entity(name).path.lower(): name for name in entity_names() if entity(name).json_key}
