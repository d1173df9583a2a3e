"""The declared columns are made from the facts, and the definition is sound OpenAPI."""

from __future__ import annotations

import json

import duckdb
import pytest
from openapi_spec_validator import validate

from ledgerflow.apis import all_providers
from ledgerflow.apis.quickbooks.definition import definition
from ledgerflow.apis.quickbooks.requests import call_kind, columns, records_path
from ledgerflow.apis.quickbooks.schema import columns_of
from ledgerflow.core.api_document import requests_of
from ledgerflow.engine.types import parse_type, spelled
from qbo_facts import entity, entity_names


@pytest.mark.parametrize("name", entity_names())
def test_every_entity_has_columns_that_the_engine_knows(name: str) -> None:
    schema = columns_of(name)

    with duckdb.connect() as engine:
        for column in schema:
            assert str(engine.sql(f"SELECT NULL::{column.type}").types[0])
            assert parse_type(spelled(parse_type(column.type))) == parse_type(column.type)
    assert len(set(map(str.casefold, schema.names))) == len(schema)
    documented = [each for each, field in entity(name).fields.items() if field.documented]
    assert [each for each in schema.names if each in documented] == documented


def test_an_invoice_has_exact_money_dated_days_and_nested_lines() -> None:
    types = {column.name: column.type for column in columns_of("Invoice")}

    assert types["TotalAmt"] == "DECIMAL(28,9)"
    assert types["TxnDate"] == "DATE"
    assert types["MetaData"] == 'STRUCT("CreateTime" TIMESTAMPTZ, "LastUpdatedTime" TIMESTAMPTZ)'
    assert types["CustomerRef"] == 'STRUCT("value" VARCHAR, "name" VARCHAR)'
    assert types["EmailStatus"] == "VARCHAR"
    assert types["Line"].endswith("[]")
    assert '"Amount" DECIMAL(28,9)' in types["Line"]
    assert '"SalesItemLineDetail" STRUCT("ItemRef" STRUCT("value" VARCHAR' in types["Line"]
    assert "AccountBasedExpenseLineDetail" not in types["Line"]
    assert "AutoDocNumber" not in types


def test_a_bundle_has_lines_but_no_bundles() -> None:
    line = next(column.type for column in columns_of("Invoice") if column.name == "Line")

    assert line.count('"GroupLineDetail"') == 1
    assert line.count('"Line" STRUCT') == 1


def test_a_reference_to_several_kinds_says_which() -> None:
    types = {column.name: column.type for column in columns_of("Purchase")}

    assert types["EntityRef"] == 'STRUCT("value" VARCHAR, "name" VARCHAR, "type" VARCHAR)'


def test_the_definition_is_sound_openapi() -> None:
    validate(definition())
    json.dumps(definition())


def test_every_entity_has_its_requests_by_name() -> None:
    names = {request.name for request in requests_of(definition())}

    assert {"Read invoice", "Save invoice", "Read invoice as PDF", "Send invoice by e-mail", "Query"} <= names
    assert {"Read company info", "Read preferences", "Send a batch", "Read changes"} <= names
    assert "Read tax service" not in names
    for name in all_providers()["quickbooks"].resources():
        words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
        assert f"Read {words}" in names


@pytest.mark.parametrize(
    ("method", "path", "query", "kind", "metered", "repeatable"),
    [
        ("GET", "/v3/company/1/invoice/12", {}, "read", True, True),
        ("GET", "/v3/company/1/query", {"query": "select * from Item"}, "query", True, True),
        ("POST", "/v3/company/1/query", {}, "query", True, True),
        ("GET", "/v3/company/1/cdc", {}, "cdc", True, True),
        ("GET", "/v3/company/1/reports/BalanceSheet", {}, "report", True, True),
        ("GET", "/v3/company/1/invoice/12/pdf", {}, "pdf", True, True),
        ("POST", "/v3/company/1/customer", {}, "write", False, False),
        ("POST", "/v3/company/1/customer", {"requestid": "a"}, "write", False, True),
        ("POST", "/v3/company/1/batch", {}, "batch", False, False),
    ],
)
def test_calls_are_counted_as_intuit_counts_them(
    method: str, path: str, query: dict[str, str], kind: str, metered: bool, repeatable: bool
) -> None:
    found = call_kind(method, path, query)

    assert (found.kind, found.metered, found.repeatable) == (kind, metered, repeatable)


@pytest.mark.parametrize(
    ("path", "query", "records", "entity_name"),
    [
        ("/v3/company/1/invoice/12", {}, "Invoice", "Invoice"),
        ("/v3/company/1/billpayment/12", {}, "BillPayment", "BillPayment"),
        ("/v3/company/1/query", {"query": "SELECT * FROM invoice WHERE x"}, "QueryResponse.Invoice", "Invoice"),
        ("/v3/company/1/query", {"query": "select count(*) from Invoice"}, None, None),
        ("/v3/company/1/invoice/12/pdf", {}, None, None),
        ("/v3/company/1/reports/BalanceSheet", {}, None, None),
        ("/somewhere/else", {}, None, None),
    ],
)
def test_the_records_of_a_hand_made_request_are_found(
    path: str, query: dict[str, str], records: str | None, entity_name: str | None
) -> None:
    assert records_path(path, query) == records
    assert columns(path, query) == (columns_of(entity_name) if entity_name else None)
