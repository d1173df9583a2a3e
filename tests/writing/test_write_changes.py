"""Updates: what is sent, and what is left alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ledgerflow.apis.quickbooks.write.bodies import Reason
from ledgerflow.apis.quickbooks.write.changes import Update, first_touched, plan_update
from qbo_facts import entity

INVOICE = entity("Invoice")


def there() -> dict[str, Any]:
    return {
        "Id": "512",
        "SyncToken": "3",
        "DocNumber": "1088",
        "TxnDate": "2026-11-03",
        "CustomerRef": {"value": "71", "name": "Harbor Lane Bakery"},
        "ExchangeRate": Decimal("1.50"),
        "BillAddr": {"Id": "201", "Line1": "8 Pier Road", "City": "Astoria"},
        "CustomField": [{"DefinitionId": "1", "StringValue": "North"}, {"DefinitionId": "2", "StringValue": "Crew 4"}],
        "Line": [
            {
                "Id": "1",
                "LineNum": 1,
                "Amount": Decimal("108.0"),
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {"ItemRef": {"value": "31", "name": "Crate"}, "UnitPrice": 54, "Qty": 2},
            },
            {"Amount": Decimal("108.0"), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
        ],
    }


def update(wanted: dict[str, Any], name: str = "Invoice", current: dict[str, Any] | None = None) -> Update:
    made = plan_update(entity(name), current or there(), wanted)
    assert isinstance(made, Update)
    return made


def test_what_is_so_already_is_not_sent() -> None:
    wanted = {
        "Id": "512",
        "DocNumber": "1088",
        "TxnDate": "2026-11-03",
        "CustomerRef": {"value": "71"},
        "ExchangeRate": Decimal("1.5"),
        "BillAddr": {"City": "Astoria"},
        "CustomField": [{"DefinitionId": "2", "StringValue": "Crew 4"}],
        "Line": [{"Amount": 108, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"Qty": Decimal(2)}}],
    }
    assert plan_update(INVOICE, there(), wanted) is None


def test_only_what_differs_is_sent_with_the_old_value_noted() -> None:
    made = update({"DocNumber": "1089", "TxnDate": "2026-11-03"})
    assert made.body == {"Id": "512", "SyncToken": "3", "sparse": True, "DocNumber": "1089"}
    assert [(change.field, change.old, change.new) for change in made.changes] == [("DocNumber", "1088", "1089")]


def test_the_rest_of_an_object_is_kept() -> None:
    made = update({"BillAddr": {"City": "Seaside"}})
    assert made.body["BillAddr"] == {"Id": "201", "Line1": "8 Pier Road", "City": "Seaside"}


def test_custom_fields_that_are_not_named_are_kept() -> None:
    made = update({"CustomField": [{"DefinitionId": "1", "StringValue": "South"}]})
    assert made.body["CustomField"] == [
        {"DefinitionId": "1", "StringValue": "South"},
        {"DefinitionId": "2", "StringValue": "Crew 4"},
    ]


def test_a_line_with_its_id_changes_that_line_and_its_amount_follows() -> None:
    made = update({"Line": [{"Id": "1", "SalesItemLineDetail": {"Qty": 3}, "DetailType": "SalesItemLineDetail"}]})
    line, subtotal = made.body["Line"]
    assert line["SalesItemLineDetail"] == {"ItemRef": {"value": "31", "name": "Crate"}, "UnitPrice": 54, "Qty": 3}
    assert line["Amount"] == Decimal(162)
    assert subtotal["DetailType"] == "SubTotalLineDetail"


def test_a_line_id_that_is_not_there_is_refused() -> None:
    made = plan_update(INVOICE, there(), {"Line": [{"Id": "9", "Amount": 1}]})
    assert made == Reason(text="The record has no line with the Id “9”.")


def test_lines_without_ids_replace_all_lines() -> None:
    wanted = [{"Amount": Decimal(5), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"Qty": 1}}]
    assert update({"Line": wanted}).body["Line"] == wanted


def test_fields_that_quickbooks_wants_repeated_are_repeated() -> None:
    bill = {"Id": "561", "SyncToken": "0", "VendorRef": {"value": "84"}, "PrivateNote": "old"}
    made = update({"PrivateNote": "new"}, "Bill", bill)
    assert made.body == {
        "Id": "561",
        "SyncToken": "0",
        "sparse": True,
        "VendorRef": {"value": "84"},
        "PrivateNote": "new",
    }
    term = {"Id": "3", "SyncToken": "0", "Name": "Net 30", "Type": "STANDARD", "DueDays": 30, "Active": True}
    made = update({"Active": False}, "Term", term)
    assert made.body["Name"] == "Net 30"
    assert made.body["DueDays"] == 30


def test_an_entity_without_sparse_updates_gets_the_whole_record_back() -> None:
    code = {"Id": "5", "SyncToken": "1", "Name": "VE", "Type": "Sales", "Description": "old"}
    made = update({"Description": "new"}, "JournalCode", code)
    assert made.body == {**code, "Description": "new"}


def test_another_persons_change_is_noticed_only_in_the_fields_we_change() -> None:
    before, now = there(), {**there(), "SyncToken": "4", "TxnDate": "2026-11-09"}
    assert first_touched(before, now, ["DocNumber"]) is None
    assert first_touched(before, now, ["DocNumber", "TxnDate"]) == "TxnDate"
