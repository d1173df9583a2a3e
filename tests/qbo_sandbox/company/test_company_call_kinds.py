"""What a call is, for the meter: the word for it, and whether it counts."""

import json
from typing import Any

import pytest

from qbo_sandbox.company import call_kind, is_metered


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "kind"),
    [
        ("GET", "invoice/12", {}, None, "read"),
        ("GET", "preferences", {}, None, "read"),
        ("GET", "companyinfo/9130", {"minorversion": "75"}, None, "read"),
        ("GET", "exchangerate", {"sourcecurrencycode": "EUR"}, None, "read"),
        ("GET", "query", {"query": "select * from Invoice"}, None, "query"),
        ("POST", "query", {}, None, "query"),
        ("GET", "cdc", {}, None, "cdc"),
        ("GET", "reports/BalanceSheet", {}, None, "report"),
        ("GET", "invoice/12/pdf", {}, None, "pdf"),
        ("POST", "invoice/12/send", {}, None, "send"),
        ("POST", "upload", {}, None, "upload"),
        ("GET", "download/12", {}, None, "download"),
        ("POST", "invoice", {}, {"CustomerRef": {"value": "1"}}, "create"),
        ("POST", "invoice", {}, {"Id": "", "CustomerRef": {"value": "1"}}, "create"),
        ("POST", "invoice", {}, {"Id": "12", "SyncToken": "0"}, "update"),
        ("POST", "invoice", {"operation": "update"}, {"Id": "12"}, "update"),
        ("POST", "invoice", {"operation": "delete"}, {"Id": "12"}, "delete"),
        ("POST", "invoice", {"operation": "void"}, {"Id": "12"}, "void"),
        ("POST", "payment", {"operation": "update", "include": "void"}, {"Id": "12"}, "void"),
        ("POST", "preferences", {}, {"SyncToken": "0"}, "update"),
        ("POST", "taxservice/taxcode", {}, {"TaxCode": "x"}, "create"),
        ("POST", "batch", {}, {"BatchItemRequest": [{"bId": "1", "Customer": {}}]}, "batch"),
        ("POST", "batch", {}, {"BatchItemRequest": [{"bId": "1", "Customer": {"Notes": "Query"}}]}, "batch"),
        ("POST", "batch", {}, {"BatchItemRequest": [{"bId": "1"}, {"bId": "2", "Query": "select"}]}, "batch_query"),
        ("PUT", "invoice", {}, None, "other"),
        ("GET", "", {}, None, "other"),
    ],
)
def test_a_call_has_a_kind(method: str, path: str, query: dict[str, str], body: Any, kind: str) -> None:
    assert call_kind(method, path, query, b"" if body is None else json.dumps(body).encode()) == kind


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"Query"', b"\xff", b'{"BatchItemRequest": {"Query": 1}}'])
def test_a_body_that_cannot_be_read_has_a_kind_all_the_same(body: bytes) -> None:
    assert call_kind("POST", "batch", {}, body) == "batch"
    assert call_kind("POST", "invoice", {}, body) == "create"


def test_data_going_out_is_metered_and_data_coming_in_is_not() -> None:
    assert all(map(is_metered, ("read", "query", "cdc", "report", "pdf", "download", "batch_query")))
    assert not any(map(is_metered, ("create", "update", "delete", "void", "batch", "upload", "send", "other")))
