"""Values of columns as QuickBooks takes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerflow.apis.quickbooks.write.batches import decode, encode
from ledgerflow.apis.quickbooks.write.values import converter, exact, plain_text
from qbo_facts import Enum, ListOf, Object, Ref, Scalar
from qbo_facts.field_types import FieldType


@pytest.mark.parametrize(
    ("field_type", "given_value", "sent"),
    [
        (Scalar("string"), "Net 30", "Net 30"),
        (Scalar("string"), 1001, "1001"),
        (Scalar("string"), 1001.0, "1001"),
        (Scalar("string"), Decimal("1001.500000000"), "1001.5"),
        (Scalar("string"), date(2026, 11, 23), "2026-11-23"),
        (Scalar("string"), True, "true"),
        (Scalar("string"), "   ", None),
        (Scalar("string"), None, None),
        (Scalar("decimal"), "1234.50", Decimal("1234.5")),
        (Scalar("decimal"), 0.1, Decimal("0.1")),
        (Scalar("decimal"), 12, 12),
        (Scalar("decimal"), Decimal("99999999999999.990000000"), Decimal("99999999999999.99")),
        (Scalar("decimal"), Decimal("1E+2"), Decimal(100)),
        (Scalar("decimal"), float("nan"), None),
        (Scalar("integer"), "3", 3),
        (Scalar("integer"), 3.0, 3),
        (Scalar("boolean"), "TRUE", True),
        (Scalar("boolean"), False, False),
        (Scalar("date"), date(2026, 11, 23), "2026-11-23"),
        (Scalar("date"), datetime(2026, 11, 23), "2026-11-23"),  # noqa: DTZ001 - a spreadsheet's day
        (Scalar("date"), " 2026-11-23 ", "2026-11-23"),
        (Scalar("datetime"), datetime(2026, 11, 23, 9, 15, tzinfo=UTC), "2026-11-23T09:15:00+00:00"),
        (Enum("PrintStatusEnum"), "needtoprint", "NeedToPrint"),
        (Ref(), 71, {"value": "71"}),
        (Ref(), " 71 ", {"value": "71"}),
        (Ref(), {"value": "71", "name": "Harbor", "type": None}, {"value": "71", "name": "Harbor"}),
        (Object("EmailAddress"), "nora@harborlane.example", {"Address": "nora@harborlane.example"}),
        (Object("TelephoneNumber"), "(555) 010-7788", {"FreeFormNumber": "(555) 010-7788"}),
        (Object("WebSiteAddress"), "https://harborlane.example", {"URI": "https://harborlane.example"}),
        (Object("MemoRef"), "Thank you", {"value": "Thank you"}),
        (
            Object("PhysicalAddress"),
            {"Line1": "8 Pier Road", "City": None, "PostalCode": 97103},
            {"Line1": "8 Pier Road", "PostalCode": "97103"},
        ),
        (ListOf(Object("LinkedTxn")), [{"TxnId": 512, "TxnType": "Invoice"}], [{"TxnId": "512", "TxnType": "Invoice"}]),
        (ListOf(Object("LinkedTxn")), [], None),
    ],
)
def test_a_value_is_sent_as_its_field_wants_it(field_type: FieldType, given_value: Any, sent: Any) -> None:
    made = converter(field_type)(given_value)
    assert made == sent
    assert type(made) is type(sent)


@pytest.mark.parametrize(
    ("field_type", "text"),
    [
        (Scalar("decimal"), "1,234.50"),
        (Scalar("decimal"), "twelve"),
        (Scalar("decimal"), "1_000"),
        (Scalar("decimal"), "Infinity"),
        (Scalar("boolean"), "maybe"),
        (Scalar("date"), "31/12/2026"),
        (Enum("PrintStatusEnum"), "Later"),
    ],
)
def test_what_does_not_fit_is_left_for_the_check_to_name(field_type: FieldType, text: str) -> None:
    assert converter(field_type)(text) == text


def test_a_day_with_a_time_in_it_is_not_cut_to_the_day() -> None:
    assert converter(Scalar("date"))(datetime(2026, 11, 23, 9, 15, tzinfo=UTC)) == "2026-11-23T09:15:00+00:00"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**15), max_value=10**15))
def test_every_amount_reaches_the_wire_digit_by_digit(amount: Decimal) -> None:
    sent = encode({"Amount": converter(Scalar("decimal"))(amount)})
    assert Decimal(decode(sent)["Amount"]) == amount
    assert b'"' not in sent.removeprefix(b'{"Amount":')


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**25), max_value=10**25))
def test_exact_changes_the_spelling_and_never_the_number(number: Decimal) -> None:
    shorter = exact(number)
    assert shorter == number
    assert "E+" not in str(shorter)


@given(st.floats(allow_nan=False, allow_infinity=False, width=64, min_value=-1e15, max_value=1e15))
def test_a_spreadsheets_number_is_taken_by_its_shortest_spelling(number: float) -> None:
    assert float(plain_text(number) or "") == number
    assert msgspec.json.decode(encode(converter(Scalar("decimal"))(number))) == number
