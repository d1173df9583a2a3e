"""What a call is, in one word, for meters and for rules that pick calls out."""

from collections.abc import Mapping

import msgspec

METERED_KINDS = frozenset({"read", "query", "cdc", "report", "pdf", "download", "batch_query"})
"""Kinds that carry data out. A batch counts once, when a query is in it.

Source: Intuit's App Partner Program (reads, queries and company information are metered, creates and updates are
not); reports, CDC, PDF and downloads by the same logic; how batches count is not stated.
"""
_UPDATED_WITHOUT_ID = frozenset({"companyinfo", "preferences", "exchangerate"})

_ABSENT = msgspec.Raw(b"")


class _Identified(msgspec.Struct, gc=False):
    Id: msgspec.Raw = _ABSENT


class _Item(msgspec.Struct, gc=False):
    Query: msgspec.Raw = _ABSENT


class _Batch(msgspec.Struct, gc=False):
    BatchItemRequest: list[_Item] = []


def call_kind(method: str, path: str, query: Mapping[str, str], body: bytes) -> str:
    """The kind of a call to a company; `path` is what follows the realm id, without a leading slash.

    One of read, query, cdc, report, pdf, download, batch, batch_query, create, update, delete, void, upload, send and
    other. A call counts as what it asks for, also when it is refused.
    """
    head, *rest = path.strip("/").lower().split("/")
    if head == "query":
        return "query"
    if head == "batch":
        return "batch_query" if _has_query(body) else "batch"
    if head in ("cdc", "upload", "download"):
        return head
    if head == "reports":
        return "report"
    if rest and rest[-1] in ("pdf", "send"):
        return rest[-1]
    if method.upper() == "GET":
        return "read" if head else "other"
    return _write_kind(head, query, body) if method.upper() == "POST" and head else "other"


def is_metered(kind: str) -> bool:
    """Whether a call of this kind counts against the monthly allowance."""
    return kind in METERED_KINDS


def _write_kind(head: str, query: Mapping[str, str], body: bytes) -> str:
    operation = query.get("operation", "").lower()
    if operation in ("delete", "void"):
        return operation
    if "void" in query.get("include", "").lower().split(","):
        return "void"
    return "update" if operation == "update" or head in _UPDATED_WITHOUT_ID or _has_id(body) else "create"


def _has_query(body: bytes) -> bool:
    if b'"Query"' not in body:
        return False
    try:
        items = msgspec.json.decode(body, type=_Batch).BatchItemRequest
    except msgspec.DecodeError:
        return False
    return any(bytes(item.Query) for item in items)


def _has_id(body: bytes) -> bool:
    try:
        given = msgspec.json.decode(body, type=_Identified).Id
    except msgspec.DecodeError:
        return False
    return bytes(given) not in (b"", b'""', b"null")
