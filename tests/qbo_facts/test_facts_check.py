"""A body is judged the way QuickBooks would judge it, and the verdict can be read by an accountant."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qbo_facts
from qbo_facts import Enum, Field, FieldType, ListOf, Object, Operation, Ref, Scalar, check_body

INVOICE_LINE = {
    "Amount": Decimal("108.00"),
    "DetailType": "SalesItemLineDetail",
    "SalesItemLineDetail": {"ItemRef": {"value": "31"}},
}
EXPENSE_LINE = {
    "Amount": "312.40",
    "DetailType": "AccountBasedExpenseLineDetail",
    "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "20"}},
}
SMALLEST: dict[str, dict[str, Any]] = {
    "Account": {"Name": "Oven leases", "AccountType": "Expense"},
    "Attachable": {"Note": "seen"},
    "Bill": {"VendorRef": {"value": "84"}, "Line": [EXPENSE_LINE]},
    "BillPayment": {
        "VendorRef": {"value": "84"},
        "PayType": "Check",
        "CheckPayment": {"BankAccountRef": {"value": "35"}},
        "TotalAmt": 312.4,
        "Line": [{"Amount": 312.4, "LinkedTxn": [{"TxnId": "561", "TxnType": "Bill"}]}],
    },
    "Budget": {"Name": "2027", "StartDate": "2027-01-01", "EndDate": "2027-12-31"},
    "Class": {"Name": "North"},
    "CompanyCurrency": {"Code": "EUR"},
    "CreditCardPayment": {"CreditCardAccountRef": {"value": "1"}, "BankAccountRef": {"value": "2"}, "Amount": 5},
    "CreditMemo": {"CustomerRef": {"value": "71"}, "Line": [INVOICE_LINE]},
    "Customer": {"DisplayName": "Harbor Lane Bakery"},
    "Department": {"Name": "Pier"},
    "Deposit": {
        "DepositToAccountRef": {"value": "35"},
        "Line": [
            {
                "Amount": 20,
                "DetailType": "DepositLineDetail",
                "DepositLineDetail": {"AccountRef": {"value": "79"}},
            },
            {"Amount": 100, "LinkedTxn": [{"TxnId": "540", "TxnType": "Payment", "TxnLineId": "0"}]},
        ],
    },
    "Employee": {"FamilyName": "Quist"},
    "Estimate": {"CustomerRef": {"value": "71"}, "Line": [INVOICE_LINE]},
    "InventoryAdjustment": {
        "TxnDate": "2026-11-03",
        "AdjustAccountRef": {"value": "60"},
        "Line": [
            {
                "DetailType": "ItemAdjustmentLineDetail",
                "ItemAdjustmentLineDetail": {"ItemRef": {"value": "31"}, "QtyDiff": -2},
            }
        ],
    },
    "Invoice": {"CustomerRef": {"value": "71"}, "Line": [INVOICE_LINE]},
    "Item": {"Name": "Delivery", "Type": "Service", "IncomeAccountRef": {"value": "79"}},
    "JournalCode": {"Name": "VT", "Type": "Sales"},
    "JournalEntry": {
        "Line": [
            {
                "Amount": 640,
                "DetailType": "JournalEntryLineDetail",
                "JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": "93"}},
            },
            {
                "Amount": 640,
                "DetailType": "JournalEntryLineDetail",
                "JournalEntryLineDetail": {
                    "PostingType": "Credit",
                    "AccountRef": {"value": "33"},
                    "Entity": {"Type": "Vendor", "EntityRef": {"value": "84"}},
                },
            },
        ]
    },
    "Payment": {"CustomerRef": {"value": "71"}, "TotalAmt": Decimal("100.00")},
    "PaymentMethod": {"Name": "Wire"},
    "Purchase": {"PaymentType": "CreditCard", "AccountRef": {"value": "42"}, "Line": [EXPENSE_LINE]},
    "PurchaseOrder": {"VendorRef": {"value": "84"}, "APAccountRef": {"value": "33"}, "Line": [EXPENSE_LINE]},
    "RecurringTransaction": {
        "Invoice": {"CustomerRef": {"value": "71"}, "Line": [INVOICE_LINE], "RecurringInfo": {"Name": "Rent"}}
    },
    "RefundReceipt": {
        "DepositToAccountRef": {"value": "35"},
        "CustomerRef": {"value": "71"},
        "Line": [INVOICE_LINE],
    },
    "SalesReceipt": {"Line": [INVOICE_LINE]},
    "TaxAgency": {"DisplayName": "State of Oregon"},
    "TaxService": {"TaxCode": "City", "TaxRateDetails": [{"TaxRateId": "3"}]},
    "Term": {"Name": "Net 30", "DueDays": 30},
    "TimeActivity": {"NameOf": "Employee", "EmployeeRef": {"value": "55"}, "Hours": 2, "Minutes": 30},
    "Transfer": {"FromAccountRef": {"value": "35"}, "ToAccountRef": {"value": "36"}, "Amount": "250.00"},
    "Vendor": {"CompanyName": "Tillamook Flour Co", "GivenName": "Ann"},
    "VendorCredit": {"VendorRef": {"value": "84"}, "Line": [EXPENSE_LINE]},
}
CREATABLE = [name for name in qbo_facts.entity_names() if qbo_facts.entity(name).operations.create]


def check(
    entity: str, body: dict[str, Any], operation: Operation = "create", company: tuple[str, ...] = ()
) -> list[str]:
    found = check_body(qbo_facts.entity(entity), body, operation=operation, company=company)
    return [f"{violation.kind} {violation.path}" for violation in found]


def test_the_smallest_bodies_cover_every_entity_that_can_be_created() -> None:
    assert sorted(SMALLEST) == CREATABLE


@pytest.mark.parametrize("name", CREATABLE)
def test_the_smallest_body_is_enough(name: str) -> None:
    assert check(name, SMALLEST[name]) == []


@pytest.mark.parametrize("name", CREATABLE)
def test_the_smallest_body_without_any_one_of_its_parts_is_refused_or_the_part_was_a_choice(name: str) -> None:
    optional = {("Vendor", "CompanyName"), ("TimeActivity", "Hours"), ("TimeActivity", "Minutes")}
    for key in SMALLEST[name]:
        shortened = {other: value for other, value in SMALLEST[name].items() if other != key}
        kinds = {line.split()[0] for line in check(name, shortened)}
        assert kinds == (set() if (name, key) in optional else {"required"}), key


def test_an_empty_invoice_lacks_customer_and_lines() -> None:
    assert check("Invoice", {}) == ["required CustomerRef", "required Line"]


def test_a_line_lacking_its_item_is_named_with_its_place() -> None:
    body = {"CustomerRef": {"value": "1"}, "Line": [INVOICE_LINE, {**INVOICE_LINE, "SalesItemLineDetail": {"Qty": 1}}]}
    found = check_body(qbo_facts.entity("Invoice"), body, operation="create")
    assert [violation.path for violation in found] == ["Line[1].SalesItemLineDetail.ItemRef"]
    assert found[0].sentence() == "Line 2: Item (SalesItemLineDetail.ItemRef) is missing."


@pytest.mark.parametrize("empty", [None, "", {}, {"value": ""}, {"value": None}])
def test_an_empty_reference_counts_as_missing(empty: Any) -> None:
    assert [line.split()[0] for line in check("Invoice", {"CustomerRef": empty, "Line": [INVOICE_LINE]})] == [
        "required"
    ]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("DocNumber", "x" * 22, "length DocNumber"),
        ("PrivateNote", "x" * 4001, "length PrivateNote"),
        ("TxnDate", "2026-02-30", "date TxnDate"),
        ("TxnDate", "11/03/2026", "date TxnDate"),
        ("TxnDate", "20261103", "date TxnDate"),
        ("TxnDate", 20261103, "date TxnDate"),
        ("ExchangeRate", "1,2", "number ExchangeRate"),
        ("ExchangeRate", "1_000", "number ExchangeRate"),
        ("ExchangeRate", float("nan"), "number ExchangeRate"),
        ("ExchangeRate", Decimal("Infinity"), "number ExchangeRate"),
        ("ExchangeRate", True, "number ExchangeRate"),
        ("EmailStatus", "Needtosend", "enum EmailStatus"),
        ("EmailStatus", ["NotSet"], "enum EmailStatus"),
        ("CustomerRef", "71", "type CustomerRef"),
        ("CustomerRef", {"value": "71", "nmae": "H"}, "unknown CustomerRef.nmae"),
        ("CustomerRef", {"value": ["71"]}, "type CustomerRef.value"),
        ("Line", INVOICE_LINE, "type Line"),
        ("BillAddr", "8 Pier Road", "type BillAddr"),
        ("BillAddr", {"Zip": "97103"}, "unknown BillAddr.Zip"),
        ("BillAddr", {"PostalCode": "9" * 31}, "length BillAddr.PostalCode"),
        ("Customer", {"value": "71"}, "unknown Customer"),
        ("ApplyTaxAfterDiscount", "perhaps", "type ApplyTaxAfterDiscount"),
        ("DocNumber", True, "type DocNumber"),
        ("DocNumber", 1.5, "type DocNumber"),
        ("CustomField", [{"Type": "StringTyp"}], "enum CustomField[0].Type"),
    ],
)
def test_a_bad_value_is_found_at_its_place(field: str, value: Any, expected: str) -> None:
    assert expected in check("Invoice", {**SMALLEST["Invoice"], field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("DocNumber", "x" * 21),
        ("DocNumber", 1088),
        ("TxnDate", "2026-02-28"),
        ("ExchangeRate", "1.25"),
        ("ExchangeRate", Decimal("99999999999999.99")),
        ("ExchangeRate", 1),
        ("ExchangeRate", ""),
        ("EmailStatus", "NotSet"),
        ("ApplyTaxAfterDiscount", "false"),
        ("PrivateNote", None),
        ("sparse", False),
        ("domain", "QBO"),
        ("status", "Pending"),
        ("TotalAmt", "not even a number, but QuickBooks ignores what it counts itself"),
        ("MetaData", {"Anything": 1}),
        ("FOB", "a field only the schema knows"),
        ("CustomerMemo", {"value": "Thank you"}),
    ],
)
def test_a_value_quickbooks_would_take_is_taken(field: str, value: Any) -> None:
    assert check("Invoice", {**SMALLEST["Invoice"], field: value}) == []


def test_a_misspelled_field_names_the_nearest_one() -> None:
    (violation,) = check_body(
        qbo_facts.entity("Customer"), {"DisplayName": "A", "CompanyNmae": "B"}, operation="create"
    )
    assert (violation.kind, violation.nearest) == ("unknown", "CompanyName")
    assert violation.sentence() == "QuickBooks has no field CompanyNmae here. Did you mean CompanyName?"


def test_a_colon_in_a_name_is_refused() -> None:
    (violation,) = check_body(qbo_facts.entity("Customer"), {"DisplayName": "Inn: North"}, operation="create")
    assert violation.kind == "characters"
    assert violation.sentence() == "Display name (DisplayName) must not contain a colon; “Inn: North” does."


def test_a_limit_on_a_phone_number_counts_its_digits() -> None:
    body = {"DisplayName": "A", "PrimaryPhone": {"FreeFormNumber": "5" * 31}}
    assert check("Customer", body) == ["length PrimaryPhone.FreeFormNumber"]


def test_a_bundle_cannot_be_created_but_may_be_changed() -> None:
    group = {"Name": "Breakfast", "Type": "Group"}
    assert check("Item", group) == ["enum Type"]
    assert check("Item", {**group, "Id": "9", "SyncToken": "0"}, "update") == []


def test_a_detail_of_another_form_is_refused() -> None:
    assert check("Invoice", {"CustomerRef": {"value": "1"}, "Line": [INVOICE_LINE, EXPENSE_LINE]}) == [
        "enum Line[1].DetailType"
    ]


def test_lines_inside_a_bundle_line_are_checked_too() -> None:
    bundle = {
        "DetailType": "GroupLineDetail",
        "GroupLineDetail": {"GroupItemRef": {"value": "9"}, "Line": [{"Amount": "two"}]},
    }
    assert check("Invoice", {"CustomerRef": {"value": "1"}, "Line": [bundle]}) == [
        "number Line[0].GroupLineDetail.Line[0].Amount"
    ]


def test_a_journal_entry_needs_a_debit_and_a_credit() -> None:
    body = copy.deepcopy(SMALLEST["JournalEntry"])
    body["Line"][1]["JournalEntryLineDetail"]["PostingType"] = "Debit"
    found = check_body(qbo_facts.entity("JournalEntry"), body, operation="create")
    assert [violation.sentence() for violation in found] == ["Line needs at least 1 entry with Credit."]


def test_an_email_address_is_needed_to_send() -> None:
    body = {**SMALLEST["Invoice"], "EmailStatus": "NeedToSend"}
    assert check("Invoice", body) == ["required BillEmail.Address"]
    assert check("Invoice", {**body, "BillEmail": {"Address": "nora@harborlane.example"}}) == []


def test_an_inventory_item_needs_its_accounts_and_count() -> None:
    body = {"Name": "Crate", "Type": "Inventory", "IncomeAccountRef": {"value": "79"}}
    assert check("Item", body) == [
        "required ExpenseAccountRef",
        "required AssetAccountRef",
        "required InvStartDate",
        "required QtyOnHand",
        "required TrackQtyOnHand",
    ]


def test_some_fields_are_needed_only_in_some_companies() -> None:
    assert check("Invoice", SMALLEST["Invoice"], company=("multicurrency",)) == ["required CurrencyRef"]
    assert check("Invoice", SMALLEST["Invoice"], company=("outside_us",)) == ["required GlobalTaxCalculation"]


def test_an_update_needs_id_and_sync_token() -> None:
    for operation in ("update", "sparse"):
        assert check("Customer", {"DisplayName": "A"}, operation) == ["required Id", "required SyncToken"]


def test_a_full_update_needs_what_a_create_needs() -> None:
    assert check("Invoice", {"Id": "1", "SyncToken": "0"}, "update") == ["required CustomerRef", "required Line"]


def test_a_sparse_update_needs_only_what_has_to_be_repeated() -> None:
    assert check("Invoice", {"Id": "1", "SyncToken": "0"}, "sparse") == []
    assert check("Bill", {"Id": "1", "SyncToken": "0"}, "sparse") == ["required VendorRef"]
    assert check("Term", {"Id": "1", "SyncToken": "0", "Name": "N", "Type": "STANDARD"}, "sparse") == [
        "required DueDays"
    ]


def test_deleting_and_voiding_need_id_and_sync_token_only() -> None:
    assert check("Invoice", {"Id": "1", "SyncToken": "0", "Anything": 1}, "delete") == []
    assert check("Payment", {"Id": "1"}, "void") == ["required SyncToken"]


@pytest.mark.parametrize(
    ("entity", "operation"),
    [
        ("Customer", "delete"),
        ("Estimate", "void"),
        ("TaxRate", "create"),
        ("InventoryAdjustment", "update"),
        ("Attachable", "sparse"),
    ],
)
def test_what_quickbooks_does_not_offer_is_said_so(entity: str, operation: Operation) -> None:
    (violation,) = check_body(qbo_facts.entity(entity), {}, operation=operation)
    assert violation.kind == "not_supported"
    assert violation.sentence().startswith("QuickBooks does not offer to ")
    assert entity in violation.sentence()


def test_a_recurring_transaction_is_checked_as_what_it_wraps() -> None:
    body = copy.deepcopy(SMALLEST["RecurringTransaction"])
    del body["Invoice"]["CustomerRef"]
    body["Invoice"]["Line"][0]["Amount"] = "x"
    body["Sparse"] = True
    assert check("RecurringTransaction", body) == [
        "required Invoice.CustomerRef",
        "number Invoice.Line[0].Amount",
        "unknown Sparse",
    ]


def test_one_of_several_ways_is_asked_for_in_one_sentence() -> None:
    (violation,) = check_body(qbo_facts.entity("Employee"), {}, operation="create")
    assert violation.alternatives == (("GivenName",), ("FamilyName",))
    assert violation.sentence() == ("One of these must be given: Given name (GivenName); Family name (FamilyName).")


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=10, alphabet=st.characters(exclude_characters=':"\t\n', categories=("L", "N", "Zs"))),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False, places=2) | st.integers() | st.just("12.50"),
    "integer": st.integers(-(10**6), 10**6) | st.just("7"),
    "boolean": st.booleans(),
    "date": st.dates().map(lambda day: day.isoformat()) | st.dates(),
    "datetime": st.datetimes().map(lambda time: time.isoformat(timespec="seconds") + "-08:00") | st.datetimes(),
}
JUNK = st.sampled_from([object(), b"bytes", {"no": "such"}, [["deep"]], float("inf")])


def good_value(field: Field, field_type: FieldType, depth: int = 0) -> st.SearchStrategy[Any]:
    match field_type:
        case Scalar(kind=kind):
            return VALUES[kind]
        case Enum(name=name):
            return st.sampled_from(field.create_values or qbo_facts.enum(name))
        case Ref():
            return st.fixed_dictionaries({"value": st.integers(1, 999).map(str)}, optional={"name": VALUES["string"]})
        case Object(name=name):
            fields = list(qbo_facts.object_type(name).values()) if depth < 2 else []
            return st.fixed_dictionaries(
                {}, optional={inner.name: good_value(inner, inner.type, depth + 1) for inner in fields}
            )
        case ListOf(item=item):
            return st.lists(good_value(field, item, depth), max_size=2)


@given(data=st.data())
def test_a_body_made_from_the_facts_is_never_faulted_for_its_values(data: st.DataObject) -> None:
    entity = qbo_facts.entity(
        data.draw(st.sampled_from([name for name in CREATABLE if name != "RecurringTransaction"]))
    )
    names = data.draw(st.lists(st.sampled_from(list(entity.fields)), max_size=6, unique=True))
    body = {
        name: data.draw(good_value(entity.fields[name], entity.fields[name].type)) for name in names if name != "Line"
    }
    found = [violation for violation in check_body(entity, body, operation="create") if violation.kind != "required"]
    assert found == []


@given(data=st.data())
def test_junk_in_any_writable_field_is_reported_below_that_field_and_can_be_said(data: st.DataObject) -> None:
    entity = qbo_facts.entity(
        data.draw(st.sampled_from([name for name in CREATABLE if name != "RecurringTransaction"]))
    )
    writable = [field.name for field in entity.fields.values() if not field.read_only]
    name = data.draw(st.sampled_from(writable))
    found = check_body(entity, {name: data.draw(JUNK)}, operation="create")
    about_it = [violation for violation in found if violation.path.split(".")[0].split("[")[0] == name]
    assert about_it
    for violation in found:
        sentence = violation.sentence()
        assert sentence.endswith((".", "?"))
        assert sentence[0].isupper()


@given(text=st.text(min_size=1, max_size=600))
def test_length_faults_come_exactly_above_the_limit(text: str) -> None:
    limit = qbo_facts.entity("Customer").fields["CompanyName"].max_length
    assert limit == 100
    found = check("Customer", {"DisplayName": "A", "CompanyName": text})
    assert ("length CompanyName" in found) == (len(text) > limit)
