"""Bodies made from rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerflow.apis.quickbooks.write.bodies import Assembler, Document, finish_line
from ledgerflow.apis.quickbooks.write.targets import parse_target
from ledgerflow.apis.quickbooks.write.values import converter
from qbo_facts import entity


def documents(name: str, columns: dict[str, list[Any]]) -> Document:
    """One document made of all rows."""
    targets = [parse_target(entity(name), path) for path in columns]
    assembler = Assembler(targets)
    rows = [
        tuple(converter(target.type)(value) for target, value in zip(targets, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    ]
    document = assembler.start(1, rows[0])
    for number, row in enumerate(rows[1:], start=2):
        assembler.add(document, number, row)
    return assembler.finish(document)


def test_nested_paths_make_nested_objects_and_nulls_are_left_out() -> None:
    made = documents(
        "Customer",
        {
            "DisplayName": ["Harbor Lane Bakery"],
            "BillAddr.City": ["Astoria"],
            "BillAddr.Line1": ["8 Pier Road"],
            "BillAddr.Line2": [None],
            "PrimaryEmailAddr": ["nora@harborlane.example"],
            "Notes": [""],
        },
    )
    assert made.body == {
        "DisplayName": "Harbor Lane Bakery",
        "BillAddr": {"City": "Astoria", "Line1": "8 Pier Road"},
        "PrimaryEmailAddr": {"Address": "nora@harborlane.example"},
    }


def test_grouped_rows_make_one_invoice_with_a_line_for_each() -> None:
    made = documents(
        "Invoice",
        {
            "DocNumber": ["1088", "1088"],
            "CustomerRef": ["71", "71"],
            "Line.Description": ["12 loaves", None],
            "Line.SalesItemLineDetail.ItemRef": ["31", "32"],
            "Line.SalesItemLineDetail.Qty": [2, Decimal("0.333")],
            "Line.SalesItemLineDetail.UnitPrice": ["54", "0.5"],
        },
    )
    assert made.rows == [1, 2]
    assert made.reasons == []
    assert made.body == {
        "DocNumber": "1088",
        "CustomerRef": {"value": "71"},
        "Line": [
            {
                "Description": "12 loaves",
                "SalesItemLineDetail": {"ItemRef": {"value": "31"}, "Qty": 2, "UnitPrice": Decimal(54)},
                "DetailType": "SalesItemLineDetail",
                "Amount": Decimal(108),
            },
            {
                "SalesItemLineDetail": {
                    "ItemRef": {"value": "32"},
                    "Qty": Decimal("0.333"),
                    "UnitPrice": Decimal("0.5"),
                },
                "DetailType": "SalesItemLineDetail",
                "Amount": Decimal("0.17"),
            },
        ],
    }


def test_rows_of_one_record_that_do_not_agree_are_told_with_both_values() -> None:
    made = documents("Invoice", {"CustomerRef": ["71", "72"], "TxnDate": ["2026-11-01", None], "Line.Amount": [1, 2]})
    assert [reason.text for reason in made.reasons] == [
        "Rows 1, 2 make one record but do not agree on CustomerRef: “71” and “72”."
    ]


def test_a_row_without_line_values_adds_no_line() -> None:
    made = documents("Invoice", {"DocNumber": ["7", "7"], "Line.Amount": [10, None], "Line.Description": ["a", None]})
    assert made.body["Line"] == [{"Amount": 10, "Description": "a"}]


def test_one_row_can_make_the_debit_and_the_credit_of_a_journal_entry() -> None:
    made = documents(
        "JournalEntry",
        {
            "Line[2].Amount": ["640"],
            "Line[2].JournalEntryLineDetail.PostingType": ["credit"],
            "Line[2].JournalEntryLineDetail.AccountRef": ["33"],
            "Line[1].Amount": ["640"],
            "Line[1].JournalEntryLineDetail.PostingType": ["Debit"],
            "Line[1].JournalEntryLineDetail.AccountRef": ["93"],
        },
    )
    assert made.body == {
        "Line": [
            {
                "Amount": Decimal(640),
                "JournalEntryLineDetail": {"PostingType": posting, "AccountRef": {"value": account}},
                "DetailType": "JournalEntryLineDetail",
            }
            for posting, account in (("Debit", "93"), ("Credit", "33"))
        ]
    }


def test_lists_inside_lines_belong_to_their_line() -> None:
    made = documents(
        "Payment",
        {
            "CustomerRef": ["71", "71"],
            "TotalAmt": ["30", "30.0"],
            "Line.Amount": ["10", "20"],
            "Line.LinkedTxn.TxnId": ["512", "513"],
            "Line.LinkedTxn.TxnType": ["Invoice", "Invoice"],
        },
    )
    assert made.reasons == []
    assert made.body["Line"] == [
        {"Amount": Decimal(10), "LinkedTxn": [{"TxnId": "512", "TxnType": "Invoice"}]},
        {"Amount": Decimal(20), "LinkedTxn": [{"TxnId": "513", "TxnType": "Invoice"}]},
    ]


def test_custom_fields_repeated_on_grouped_rows_are_sent_once() -> None:
    made = documents(
        "Invoice",
        {
            "CustomField[1].DefinitionId": ["1", "1"],
            "CustomField[1].StringValue": ["North", "North"],
            "CustomField[2].DefinitionId": ["2", "2"],
            "CustomField[2].StringValue": ["Crew 4", "Crew 4"],
            "Line.Amount": [1, 1],
        },
    )
    assert made.body["CustomField"] == [
        {"DefinitionId": "1", "StringValue": "North"},
        {"DefinitionId": "2", "StringValue": "Crew 4"},
    ]
    assert len(made.body["Line"]) == 2, "two equal lines are two lines"


@pytest.mark.parametrize(
    ("line", "detail_type"),
    [
        ({"SalesItemLineDetail": {}}, "SalesItemLineDetail"),
        ({"AccountBasedExpenseLineDetail": {}}, "AccountBasedExpenseLineDetail"),
        ({"DescriptionLineDetail": {"ServiceDate": "2026-11-01"}}, "DescriptionOnly"),
        ({"Description": "Thank you"}, "DescriptionOnly"),
        ({"DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}, "SubTotalLineDetail"),
    ],
)
def test_the_detail_type_follows_from_the_detail(line: dict[str, Any], detail_type: str) -> None:
    finish_line(line)
    assert line["DetailType"] == detail_type


def test_a_line_with_links_alone_has_no_detail_type() -> None:
    line: dict[str, Any] = {"Amount": Decimal(10), "LinkedTxn": [{"TxnId": "512", "TxnType": "Invoice"}]}
    finish_line(line)
    assert "DetailType" not in line


def test_a_given_amount_is_kept() -> None:
    line = {"Amount": Decimal(5), "SalesItemLineDetail": {"Qty": 2, "UnitPrice": 3}}
    finish_line(line)
    assert line["Amount"] == Decimal(5)


@given(
    quantity=st.decimals(min_value=0, max_value=10**7, places=5),
    price=st.decimals(min_value=0, max_value=10**10, places=7),
)
def test_an_amount_is_the_exact_product_rounded_to_the_cent_once(quantity: Decimal, price: Decimal) -> None:
    line: dict[str, Any] = {"SalesItemLineDetail": {"Qty": quantity, "UnitPrice": price}}
    finish_line(line)
    cents = (int(quantity * 10**5) * int(price * 10**7) * 2 + 10**10) // (2 * 10**10)
    assert line["Amount"] * 100 == cents
