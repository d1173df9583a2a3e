"""Whatever is sent, the company answers: a record or a fault, never an exception."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from company_client import REALM, Basics, HandClock
from hypothesis import given, settings
from hypothesis import strategies as st

import qbo_facts
from qbo_sandbox.company import Company
from qbo_sandbox.company.faults import Refused
from qbo_sandbox.company.json_text import read_body, write_json
from qbo_sandbox.company.reading import query_part

NOW = datetime(2026, 11, 3, 17, 15, tzinfo=UTC)
WRITABLE = [
    name
    for name in qbo_facts.entity_names()
    if qbo_facts.entity(name).operations.create and qbo_facts.entity(name).json_key is not None
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["1", "0", "true", "2026-11-03", "2026-11-03T09:00:00-08:00", "1e400", "TAX", "Invoice", "USD"]),
)
references = st.fixed_dictionaries({"value": scalars}, optional={"name": scalars, "type": scalars})
junk = st.recursive(
    scalars | references,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def new_company() -> tuple[Company, Basics]:
    company = Company(realm_id=REALM, name="x", clock=HandClock(NOW), data_dir=None)

    def made(entity: str, body: dict[str, Any]) -> str:
        part = company.write(qbo_facts.entity(entity), body)
        return str(read_body(b"{" + part + b"}")[entity]["Id"])

    kinds = {"income": "Income", "expense": "Expense", "payables": "Accounts Payable", "bank": "Bank"}
    accounts = {name: made("Account", {"Name": name, "AccountType": kind}) for name, kind in kinds.items()}
    item = {"Name": "Bread", "Type": "Service", "IncomeAccountRef": {"value": accounts["income"]}}
    return company, Basics(
        **accounts,
        receivables=made("Account", {"Name": "receivables", "AccountType": "Accounts Receivable"}),
        item=made("Item", item),
        customer=made("Customer", {"DisplayName": "C"}),
        vendor=made("Vendor", {"DisplayName": "V"}),
        terms=made("Term", {"Name": "Net 30", "DueDays": 30}),
    )


def answered(company: Company, entity: str, body: Any, **more: Any) -> dict[str, Any] | None:
    """The record, or None for a refusal; both can be written as JSON."""
    sent = read_body(write_json(body))
    refusal: Refused | None = None
    try:
        part = company.write(qbo_facts.entity(entity), sent, **more)
    except Refused as refused:
        refusal = refused
    if refusal is not None:
        assert refusal.status == 400
        assert read_body(write_json(refusal.as_json()))["Error"]
        return None
    record = read_body(b"{" + part + b"}")
    return next(iter(record.values()), None)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), entity=st.sampled_from(WRITABLE))
def test_fields_filled_with_anything_are_stored_or_refused(data: st.DataObject, entity: str) -> None:
    company, _ = new_company()
    names = st.sampled_from(sorted(qbo_facts.entity(entity).fields)) | st.text(max_size=4)
    body = data.draw(st.dictionaries(names, junk, max_size=8))
    made = answered(company, entity, body)
    if made is not None and "Id" in made:
        answered(company, entity, body | {"Id": made["Id"], "SyncToken": made["SyncToken"]})


def good_bodies(basics: Basics, invoice: str, bill: str) -> dict[str, dict[str, Any]]:
    detail = {"PostingType": "Debit", "AccountRef": {"value": basics.expense}}
    debit = {"Amount": 5, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}
    credit = deepcopy(debit)
    credit["JournalEntryLineDetail"] = {"PostingType": "Credit", "AccountRef": {"value": basics.bank}}
    return {
        "Invoice": basics.invoice(
            10,
            TxnTaxDetail={"TotalTax": 1},
            SalesTermRef={"value": basics.terms},
            BillAddr={"Line1": "x"},
            CustomField=[{"DefinitionId": "1", "StringValue": "x"}],
        ),
        "Bill": basics.bill(10, DueDate="2026-12-01"),
        "Payment": basics.payment(5, ("Invoice", invoice, 5)),
        "BillPayment": basics.bill_payment(5, ("Bill", bill, 5)),
        "JournalEntry": {"Line": [debit, credit]},
        "Customer": {"DisplayName": "N", "ParentRef": {"value": basics.customer}, "Job": True, "Balance": 5},
        "Deposit": {
            "DepositToAccountRef": {"value": basics.bank},
            "CashBack": {"Amount": 1, "AccountRef": {"value": basics.bank}},
            "Line": [
                {
                    "Amount": 5,
                    "DetailType": "DepositLineDetail",
                    "DepositLineDetail": {"AccountRef": {"value": basics.income}},
                }
            ],
        },
        "RecurringTransaction": {"Invoice": basics.invoice(5, RecurringInfo={"Name": "x", "RecurType": "Automated"})},
    }


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, part in inner for place in places_in(part, (*path, key))]


@settings(max_examples=400, deadline=None)
@given(
    data=st.data(),
    entity=st.sampled_from(
        ["Invoice", "Bill", "Payment", "BillPayment", "JournalEntry", "Customer", "Deposit", "RecurringTransaction"]
    ),
)
def test_a_good_body_with_one_spoilt_value_is_stored_or_refused(data: st.DataObject, entity: str) -> None:
    company, basics = new_company()
    invoice = answered(company, "Invoice", basics.invoice(10)) or {}
    bill = answered(company, "Bill", basics.bill(10)) or {}
    body = good_bodies(basics, invoice["Id"], bill["Id"])[entity]
    spoilt = deepcopy(body)
    *above, last = data.draw(st.sampled_from(places_in(body)))
    holder: Any = spoilt
    for step in above:
        holder = holder[step]
    holder[last] = data.draw(junk)
    made = answered(company, entity, spoilt)
    if made is not None and "Id" in made:
        sparse = data.draw(st.booleans())
        answered(company, entity, body | {"Id": made["Id"], "SyncToken": made["SyncToken"], "sparse": sparse})
        answered(company, entity, {"Id": made["Id"], "SyncToken": "1"}, operation="delete")


@pytest.mark.parametrize(
    "entity",
    ["Invoice", "Bill", "Payment", "BillPayment", "JournalEntry", "Customer", "Deposit", "RecurringTransaction"],
)
def test_the_bodies_that_are_spoilt_are_good_ones(entity: str) -> None:
    company, basics = new_company()
    invoice = answered(company, "Invoice", basics.invoice(10)) or {}
    bill = answered(company, "Bill", basics.bill(10)) or {}
    assert answered(company, entity, good_bodies(basics, invoice["Id"], bill["Id"])[entity]) is not None


@settings(max_examples=200, deadline=None)
@given(entity=st.sampled_from(["Invoice", "Customer", "Item", "Attachable"]), data=st.data())
def test_a_stored_record_of_any_shape_can_be_queried(entity: str, data: st.DataObject) -> None:
    company, _ = new_company()
    fields = st.dictionaries(st.sampled_from(sorted(qbo_facts.entity(entity).fields)), junk, max_size=6)
    company.put_raw(entity, 77, write_json(data.draw(fields) | {"Id": "77", "SyncToken": "0"}))
    for property_name in ("Active", "Balance", "CustomerRef", "TxnDate", "MetaData.LastUpdatedTime", "Name", "Id"):
        if property_name.split(".")[0] in qbo_facts.entity(entity).fields:
            query_part(company.store, f"select * from {entity} orderby {property_name}", now=NOW)
            query_part(company.store, f"select {property_name} from {entity}", now=NOW)
    where = "AttachableRef.EntityRef.value = '1'" if entity == "Attachable" else "Active in (true, false)"
    if entity != "Invoice":
        query_part(company.store, f"select * from {entity} where {where}", now=NOW)
