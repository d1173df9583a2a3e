"""A where is checked before a call is spent on it; every refusal says the rule or the nearest name."""

from __future__ import annotations

import pytest

from ledgerflow.apis.quickbooks.where import check_where
from ledgerflow.core.errors import InputRefused
from qbo_facts import entity

PLACE = "flows/overdue.yaml, line 7"


@pytest.mark.parametrize(
    "text",
    [
        "Balance > '0'",
        "balance>=0 and TxnDate <= '2026-01-01'",
        "CustomerRef = '12' AND DocNumber LIKE '10%'",
        "Id IN ('1', '2','3')",
        "Id = '7'",
        r"DocNumber = 'Adam\'s shop \\ 2'",
        "MetaData.LastUpdatedTime > '2026-01-01T00:00:00-08:00'",
        "metadata.createtime >= '2026-01-01'",
        "AllowOnlinePayment = true",
        "TxnDate = CURRENT_DATE",
        "BillEmail = 'a@b.example'",
        "TotalAmt < -12.50",
        "DocNumber = 'this OR that <> \"x\" JOIN'",
    ],
)
def test_what_quickbooks_understands_is_sent_as_it_stands(text: str) -> None:
    assert check_where(f"  {text} ", entity("Invoice"), where=PLACE).text == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The where is empty."),
        ("Balence > '0'", "Invoice has no property 'Balence'. Did you mean 'Balance'?"),
        ("MetaData.LastUpdateTime > '2026-01-01'", "Did you mean 'MetaData.LastUpdatedTime'?"),
        ("Balance > '0' OR Balance < '0'", "QuickBooks' query language has no OR."),
        ("NOT Balance = '0'", "QuickBooks' query language has no NOT."),
        ("Balance <> '0'", "QuickBooks' query language has no <>."),
        ("Balance != '0'", "QuickBooks' query language has no !=."),
        ("Balance == '0'", "Write = for equality."),
        ("Balance > '0' JOIN Customer", "QuickBooks' query language has no JOIN."),
        ("TxnDate BETWEEN '2026-01-01' AND '2026-02-01'", "QuickBooks' query language has no BETWEEN."),
        ("DocNumber IS NULL", "QuickBooks' query language cannot ask for null."),
        ("Balance > '0' ORDERBY Id", "The order of a read is not chosen"),
        ("Balance > '0' GROUP BY Id", "QuickBooks' query language has no GROUP BY."),
        ("Balance > '0' MAXRESULTS 5", "Paging is done for you; leave MAXRESULTS out."),
        ("WHERE Balance > '0'", "Give only the condition, without the word WHERE."),
        ("SELECT * FROM Invoice", "Give only the condition, without SELECT and WHERE."),
        ("Id > '5'", "Id can only be compared with = and IN, not >."),
        ("CustomerRef.value = '12'", "A reference is compared by its id without .value: CustomerRef = '12'."),
        ("CustomerRef.name = 'x'", "A reference can only be compared by its id"),
        ("Line = 'x'", "Line holds a list or an object; it cannot be compared."),
        ('DocNumber = "x"', "Write texts in single quotes: DocNumber ... 'x'."),
        ("DocNumber = 'Adam''s'", r"A quote inside a text is written with a backslash: 'Adam\'s shop'."),
        ("DocNumber = 'x", "A quote is not closed: 'x"),
        ("DocNumber = open", "Expected a value in single quotes for DocNumber, not 'open'."),
        ("DocNumber", "Expected =, <, >, <=, >=, LIKE or IN after DocNumber, but the where ends there."),
        ("DocNumber =", "Expected a value for DocNumber, but the where ends there."),
        ("DocNumber = 'a' AND", "Expected a property, but the where ends there."),
        ("DocNumber = 'a' DocNumber = 'b'", "Expected AND or the end, not 'DocNumber'"),
        ("DocNumber IN 'a'", "Expected ( after DocNumber IN, not \"'a'\"."),
        ("DocNumber IN ('a', 'b'", "Expected ) at the end of the list"),
        ("DocNumber LIKE 5", "LIKE wants a text with % in it: DocNumber LIKE 'A%'."),
        ("TxnDate > 'soon'", "TxnDate is compared with a date such as '2026-11-03', not 'soon'."),
        ("TxnDate > '2026-02-30'", "TxnDate is compared with a date"),
        ("AllowOnlinePayment = 'maybe'", "AllowOnlinePayment is true or false, not 'maybe'."),
        ("Balance > 'much'", "Balance is a number, not 'much'."),
        ("Balance > '0' ; DROP", "Expected AND or the end, not ';'"),
    ],
)
def test_a_refusal_says_the_rule_or_the_nearest_name(text: str, message: str) -> None:
    with pytest.raises(InputRefused) as refused:
        check_where(text, entity("Invoice"), where=PLACE)

    assert message in refused.value.what
    assert refused.value.where == f"{PLACE}, where: {text}"
    assert [fault.key for fault in refused.value.faults] == ["where"]


@pytest.mark.parametrize(
    ("text", "mentions"),
    [("Active = true", True), ("active IN (true, false)", True), ("DisplayName LIKE '%Active%'", False)],
)
def test_choosing_on_active_is_noticed_by_the_property_not_by_the_word(text: str, mentions: bool) -> None:
    assert check_where(text, entity("Customer"), where=PLACE).mentions_active is mentions
