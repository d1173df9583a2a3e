"""The made-up business holds together: sums, links, balances, names and shapes."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qbo_facts
from qbo_facts import Entity, Field, FieldType, ListOf, Object, Ref
from qbo_sandbox.business import generate
from qbo_sandbox.business.json_text import money_text
from qbo_sandbox.business.timeline import DAYS, Timeline

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
TODAY = "2026-11-23"
INVOICES = 400
Record: TypeAlias = dict[str, Any]
Business: TypeAlias = dict[str, dict[str, Record]]

TRANSACTIONS = (
    "Estimate",
    "Invoice",
    "SalesReceipt",
    "CreditMemo",
    "Payment",
    "Bill",
    "Purchase",
    "BillPayment",
    "JournalEntry",
    "Deposit",
    "Transfer",
)
PEOPLE = ("Customer", "Vendor", "Employee")
LISTS = ("Term", "PaymentMethod", "Class", "Department", "TaxAgency", "TaxRate", "TaxCode", "Item", "Account")


def made(**arguments: Any) -> Business:
    business: Business = defaultdict(dict)
    for entity, rows in generate(**{"seed": 11, "invoices": INVOICES, "now": NOW, **arguments}):
        for _, row in rows:
            record = json.loads(row, parse_float=Decimal)
            business[entity][record["Id"]] = record
    return business


@pytest.fixture(scope="module")
def business() -> Business:
    return made()


@pytest.fixture(scope="module")
def chunks() -> list[tuple[str, list[tuple[int, bytes]]]]:
    return list(generate(seed=11, invoices=INVOICES, now=NOW))


def transactions(business: Business) -> Iterator[tuple[str, Record]]:
    for entity in TRANSACTIONS:
        for record in business[entity].values():
            yield entity, record


def test_every_kind_of_record_is_there(business: Business) -> None:
    assert set(business) == {*TRANSACTIONS, *PEOPLE, *LISTS, "CompanyInfo", "Preferences"}
    assert len(business["Invoice"]) == INVOICES


def test_the_same_seed_gives_the_same_bytes(chunks: list[tuple[str, list[tuple[int, bytes]]]]) -> None:
    assert list(generate(seed=11, invoices=INVOICES, now=NOW)) == chunks


def test_another_seed_gives_another_business(chunks: list[tuple[str, list[tuple[int, bytes]]]]) -> None:
    other = dict(generate(seed=12, invoices=INVOICES, now=NOW))
    assert dict(chunks)["Invoice"] != other["Invoice"]
    assert dict(chunks)["Customer"] != other["Customer"]


def test_rows_are_compact_json_under_their_own_id(chunks: list[tuple[str, list[tuple[int, bytes]]]]) -> None:
    for entity, rows in chunks:
        for number, row in rows:
            assert msgspec.json.format(row, indent=-1) == row, entity
            assert json.loads(row)["Id"] == str(number), entity


def test_ids_ascend_and_are_shared_the_way_quickbooks_shares_them(
    chunks: list[tuple[str, list[tuple[int, bytes]]]],
) -> None:
    ids: dict[str, list[int]] = defaultdict(list)
    for entity, rows in chunks:
        ids[entity] += [number for number, _ in rows]
    for entity, numbers in ids.items():
        assert all(earlier < later for earlier, later in pairwise(numbers)), entity
    for together in (TRANSACTIONS, PEOPLE):
        shared = sorted(number for entity in together for number in ids[entity])
        assert shared == list(range(1, len(shared) + 1))


def test_later_ids_were_created_later_and_everything_before_now(business: Business) -> None:
    ordered = sorted((int(record["Id"]), record) for _, record in transactions(business))
    moments = [datetime.fromisoformat(record["MetaData"]["CreateTime"]) for _, record in ordered]
    assert all(earlier <= later for earlier, later in pairwise(moments))
    for entity in business:
        for record in business[entity].values():
            created, updated = (
                datetime.fromisoformat(record["MetaData"][key]) for key in ("CreateTime", "LastUpdatedTime")
            )
            assert created <= updated < NOW, entity


def test_times_carry_the_offset_pacific_time_had(business: Business) -> None:
    offsets = set()
    for entity in business:
        for record in business[entity].values():
            moment = datetime.fromisoformat(record["MetaData"]["CreateTime"])
            assert moment.utcoffset() == moment.astimezone(ZoneInfo("America/Los_Angeles")).utcoffset()
            offsets.add(record["MetaData"]["CreateTime"][-6:])
    assert offsets == {"-08:00", "-07:00"}


def test_an_invoice_has_four_sales_lines_and_a_subtotal(business: Business) -> None:
    for invoice in business["Invoice"].values():
        *sales, subtotal = invoice["Line"]
        assert [(line["Id"], line["LineNum"]) for line in sales] == [("1", 1), ("2", 2), ("3", 3), ("4", 4)]
        assert subtotal == {
            "Amount": invoice["TotalAmt"],
            "DetailType": "SubTotalLineDetail",
            "SubTotalLineDetail": {},
        }


def test_a_sales_line_is_quantity_times_price(business: Business) -> None:
    for entity in ("Invoice", "Estimate", "SalesReceipt", "CreditMemo"):
        for record in business[entity].values():
            for line in record["Line"][:-1]:
                detail = line["SalesItemLineDetail"]
                assert Decimal(detail["Qty"]) * Decimal(detail["UnitPrice"]) == line["Amount"]


def test_a_total_is_the_sum_of_its_lines(business: Business) -> None:
    for entity, record in transactions(business):
        if entity in ("JournalEntry", "Transfer"):
            continue
        lines = [line for line in record["Line"] if line.get("DetailType") != "SubTotalLineDetail"]
        assert sum(line["Amount"] for line in lines) == record["TotalAmt"], entity


def test_journal_entries_balance(business: Business) -> None:
    for entry in business["JournalEntry"].values():
        sides: dict[str, Decimal] = defaultdict(Decimal)
        for line in entry["Line"]:
            sides[line["JournalEntryLineDetail"]["PostingType"]] += line["Amount"]
        assert sides["Debit"] == sides["Credit"] > 0


def test_what_is_open_is_what_was_not_paid(business: Business) -> None:
    for document, payment in (("Invoice", "Payment"), ("Bill", "BillPayment")):
        paid: dict[str, Decimal] = defaultdict(Decimal)
        for record in business[payment].values():
            for line in record["Line"]:
                paid[line["LinkedTxn"][0]["TxnId"]] += line["Amount"]
        for number, record in business[document].items():
            assert record["Balance"] == record["TotalAmt"] - paid[number], f"{document} {number}"
        assert set(paid) <= set(business[document])


def test_links_lead_both_ways(business: Business) -> None:
    count = 0
    for entity, record in transactions(business):
        links = list(record.get("LinkedTxn", ()))
        links += [link for line in record.get("Line", ()) for link in line.get("LinkedTxn", ())]
        for link in links:
            other_entity = qbo_facts.linked_entity(link["TxnType"])
            assert other_entity is not None
            other = business[other_entity][link["TxnId"]]
            back = list(other.get("LinkedTxn", ()))
            back += [link for line in other.get("Line", ()) for link in line.get("LinkedTxn", ())]
            assert (record["Id"], entity) in {
                (link["TxnId"], qbo_facts.linked_entity(link["TxnType"])) for link in back
            }
            count += 1
    assert count > INVOICES


def test_a_payment_comes_after_what_it_pays_and_from_the_same_customer(business: Business) -> None:
    for payment in business["Payment"].values():
        for line in payment["Line"]:
            invoice = business["Invoice"][line["LinkedTxn"][0]["TxnId"]]
            assert invoice["TxnDate"] < payment["TxnDate"]
            assert invoice["CustomerRef"] == payment["CustomerRef"]
            assert line["LineEx"]["any"][0]["value"] == {"Name": "txnId", "Value": invoice["Id"]}


def test_some_payments_pay_two_invoices_and_some_only_a_part(business: Business) -> None:
    assert any(len(payment["Line"]) == 2 for payment in business["Payment"].values())
    assert any(0 < invoice["Balance"] < invoice["TotalAmt"] for invoice in business["Invoice"].values())


def test_a_deposit_takes_held_payments_to_the_bank_with_their_amounts(business: Business) -> None:
    for deposit in business["Deposit"].values():
        for line in deposit["Line"]:
            for link in line.get("LinkedTxn", ()):
                payment = business["Payment"][link["TxnId"]]
                assert payment["DepositToAccountRef"]["name"] == "Undeposited Funds"
                assert payment["TotalAmt"] == line["Amount"]
                assert payment["TxnDate"] < deposit["TxnDate"]


def test_a_realistic_share_is_open_and_overdue(business: Business) -> None:
    open_ones = [invoice for invoice in business["Invoice"].values() if invoice["Balance"]]
    overdue = [invoice for invoice in open_ones if invoice["DueDate"] < TODAY]
    assert 0.08 < len(open_ones) / INVOICES < 0.35
    assert 0.04 < len(overdue) / INVOICES < 0.25
    assert len({invoice["CustomerRef"]["value"] for invoice in overdue}) > 5


def test_dates_lie_in_the_eighteen_months_before_now(business: Business) -> None:
    dates = sorted(record["TxnDate"] for _, record in transactions(business))
    assert dates[0] >= "2025-05-20"
    assert dates[-1] < TODAY
    assert len({day[:7] for day in dates}) == 19


def test_a_due_date_follows_from_the_terms(business: Business) -> None:
    for entity in ("Invoice", "Bill"):
        for record in business[entity].values():
            days = business["Term"][record["SalesTermRef"]["value"]]["DueDays"]
            due = datetime.fromisoformat(record["TxnDate"]) + timedelta(days=days)
            assert record["DueDate"] == due.date().isoformat()


def test_document_numbers_are_given_out_in_order_and_once(business: Business) -> None:
    numbers = [int(invoice["DocNumber"]) for invoice in business["Invoice"].values()]
    assert numbers == list(range(1001, 1001 + INVOICES))


def test_a_customer_owes_the_sum_of_open_documents(business: Business) -> None:
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in business["Invoice"].values():
        owed[invoice["CustomerRef"]["value"]] += invoice["Balance"]
    for memo in business["CreditMemo"].values():
        owed[memo["CustomerRef"]["value"]] -= memo["RemainingCredit"]
    of_jobs: dict[str, Decimal] = defaultdict(Decimal)
    for number, customer in business["Customer"].items():
        assert customer["Balance"] == owed[number]
        if customer["Job"]:
            of_jobs[customer["ParentRef"]["value"]] += customer["Balance"]
    assert of_jobs
    for number, customer in business["Customer"].items():
        assert customer["BalanceWithJobs"] == customer["Balance"] + of_jobs[number]


def test_a_vendor_is_owed_the_sum_of_open_bills(business: Business) -> None:
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for bill in business["Bill"].values():
        owed[bill["VendorRef"]["value"]] += bill["Balance"]
    assert {number: vendor["Balance"] for number, vendor in business["Vendor"].items()} == {
        number: owed[number] for number in business["Vendor"]
    }
    assert any(owed.values())


def postings(business: Business) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Balances by account and pieces of stock by item, worked out from the documents alone."""
    accounts: dict[str, Decimal] = defaultdict(Decimal)
    pieces: dict[str, Decimal] = defaultdict(Decimal)
    by_name = {account["FullyQualifiedName"]: number for number, account in business["Account"].items()}
    receivable, payable = by_name["Accounts Receivable (A/R)"], by_name["Accounts Payable (A/P)"]

    def sell(record: Record, sign: int) -> None:
        for line in record["Line"][:-1]:
            detail = line["SalesItemLineDetail"]
            item = business["Item"][detail["ItemRef"]["value"]]
            assert detail["ItemAccountRef"] == item["IncomeAccountRef"]
            accounts[item["IncomeAccountRef"]["value"]] -= sign * line["Amount"]
            if item["Type"] == "Inventory":
                cost = detail["Qty"] * item["PurchaseCost"] * sign
                accounts[item["ExpenseAccountRef"]["value"]] += cost
                accounts[item["AssetAccountRef"]["value"]] -= cost
                pieces[item["Id"]] -= detail["Qty"] * sign

    def spend(record: Record) -> None:
        for line in record["Line"]:
            if line["DetailType"] == "AccountBasedExpenseLineDetail":
                accounts[line["AccountBasedExpenseLineDetail"]["AccountRef"]["value"]] += line["Amount"]
            else:
                detail = line["ItemBasedExpenseLineDetail"]
                item = business["Item"][detail["ItemRef"]["value"]]
                accounts[item["AssetAccountRef"]["value"]] += line["Amount"]
                pieces[item["Id"]] += detail["Qty"]

    for entity, record in transactions(business):
        match entity:
            case "Invoice":
                accounts[receivable] += record["TotalAmt"]
                sell(record, 1)
            case "SalesReceipt":
                accounts[record["DepositToAccountRef"]["value"]] += record["TotalAmt"]
                sell(record, 1)
            case "CreditMemo":
                accounts[receivable] -= record["TotalAmt"]
                sell(record, -1)
            case "Payment":
                accounts[record["DepositToAccountRef"]["value"]] += record["TotalAmt"]
                accounts[receivable] -= record["TotalAmt"]
            case "Bill":
                accounts[payable] -= record["TotalAmt"]
                spend(record)
            case "Purchase":
                accounts[record["AccountRef"]["value"]] -= record["TotalAmt"]
                spend(record)
            case "BillPayment":
                by_check = record["PayType"] == "Check"
                source = (
                    record["CheckPayment"]["BankAccountRef"]
                    if by_check
                    else record["CreditCardPayment"]["CCAccountRef"]
                )
                accounts[source["value"]] -= record["TotalAmt"]
                accounts[payable] += record["TotalAmt"]
            case "JournalEntry":
                for line in record["Line"]:
                    detail = line["JournalEntryLineDetail"]
                    sign = 1 if detail["PostingType"] == "Debit" else -1
                    accounts[detail["AccountRef"]["value"]] += sign * line["Amount"]
            case "Deposit":
                accounts[record["DepositToAccountRef"]["value"]] += record["TotalAmt"]
                for line in record["Line"]:
                    source = line.get("DepositLineDetail", {"AccountRef": {"value": by_name["Undeposited Funds"]}})
                    accounts[source["AccountRef"]["value"]] -= line["Amount"]
            case "Transfer":
                accounts[record["ToAccountRef"]["value"]] += record["Amount"]
                accounts[record["FromAccountRef"]["value"]] -= record["Amount"]
    for number, item in business["Item"].items():
        if item["Type"] == "Inventory":  # what was there at the start stands against opening equity
            opening = item["QtyOnHand"] - pieces[number]
            assert opening >= 0
            accounts[item["AssetAccountRef"]["value"]] += opening * item["PurchaseCost"]
            accounts[by_name["Opening Balance Equity"]] -= opening * item["PurchaseCost"]
    return accounts, pieces


def test_every_account_balance_follows_from_the_documents(business: Business) -> None:
    accounts, _ = postings(business)
    shown = {number: account["CurrentBalance"] for number, account in business["Account"].items()}
    assert shown == {number: accounts[number] for number in shown}


def test_the_trial_balance_balances(business: Business) -> None:
    assert sum(account["CurrentBalance"] for account in business["Account"].values()) == 0
    assert sum(1 for account in business["Account"].values() if account["CurrentBalance"]) > 25


def test_receivables_and_payables_agree_with_the_open_documents(business: Business) -> None:
    balances = {account["Name"]: account["CurrentBalance"] for account in business["Account"].values()}
    assert balances["Accounts Receivable (A/R)"] == sum(c["Balance"] for c in business["Customer"].values())
    assert balances["Accounts Payable (A/P)"] == -sum(v["Balance"] for v in business["Vendor"].values())
    assert balances["Checking"] > 0


def test_a_parent_account_shows_what_lies_below_it(business: Business) -> None:
    for account in business["Account"].values():
        below = [
            other["CurrentBalance"]
            for other in business["Account"].values()
            if other.get("ParentRef", {}).get("value") == account["Id"]
        ]
        assert account["CurrentBalanceWithSubAccounts"] == account["CurrentBalance"] + sum(below)


def test_accounts_have_types_and_sub_types_quickbooks_knows(business: Business) -> None:
    kinds = qbo_facts.account_subtypes()
    for account in business["Account"].values():
        kind = kinds[account["AccountType"]]
        assert account["AccountSubType"] in kind.subtypes
        assert account["Classification"] == kind.classification
    assert {account["AccountType"] for account in business["Account"].values()} == set(kinds)


def test_names_are_unique_among_customers_vendors_and_employees(business: Business) -> None:
    names = [record["DisplayName"].lower() for entity in PEOPLE for record in business[entity].values()]
    assert len(names) == len(set(names))


def test_names_stay_unique_when_there_are_many() -> None:
    many = made(invoices=0, customers=20_000)
    assert len(many["Customer"]) == 20_000
    assert len({customer["DisplayName"] for customer in many["Customer"].values()}) == 20_000


def test_a_job_lies_below_its_customer(business: Business) -> None:
    jobs = [customer for customer in business["Customer"].values() if customer["Job"]]
    assert jobs
    for job in jobs:
        parent = business["Customer"][job["ParentRef"]["value"]]
        assert job["FullyQualifiedName"] == f"{parent['FullyQualifiedName']}:{job['DisplayName']}"


def test_inactive_customers_are_marked_and_get_no_invoices() -> None:
    business = made(invoices=1500)
    inactive = {number for number, customer in business["Customer"].items() if not customer["Active"]}
    assert inactive
    assert all(business["Customer"][number]["DisplayName"].endswith(" (deleted)") for number in inactive)
    assert not inactive & {invoice["CustomerRef"]["value"] for invoice in business["Invoice"].values()}


def test_addresses_on_the_net_and_telephone_numbers_belong_to_nobody(
    chunks: list[tuple[str, list[tuple[int, bytes]]]],
) -> None:
    text = "".join(row.decode() for _, rows in chunks for _, row in rows)
    mails = re.findall(r'"Address":"([^"]+)"', text)
    phones = re.findall(r'"FreeFormNumber":"([^"]+)"', text)
    assert mails
    assert phones
    assert all(re.fullmatch(r"[a-z.]+@[a-z0-9]+\.example", mail) for mail in mails)
    assert all(re.fullmatch(r"\(\d{3}\) 555-01\d\d", phone) for phone in phones)


def test_quickbooks_would_take_every_record_as_a_new_one(business: Business) -> None:
    checked = 0
    for name, records in business.items():
        entity = qbo_facts.entity(name)
        if not entity.operations.create:
            continue
        for record in records.values():
            assert qbo_facts.check_body(entity, record, operation="create") == (), f"{name} {record['Id']}"
            checked += 1
    assert checked > 3 * INVOICES


def test_company_and_preferences_could_be_sent_back_as_they_are(business: Business) -> None:
    for name in ("CompanyInfo", "Preferences"):
        record = business[name]["1"]
        assert qbo_facts.check_body(qbo_facts.entity(name), record, operation="update") == ()


def references(fields: Mapping[str, Field], record: Mapping[str, Any]) -> Iterator[tuple[Field, Record]]:
    for name, value in record.items():
        if name in fields:
            yield from _references(fields[name], fields[name].type, value)


def _references(field: Field, field_type: FieldType, value: Any) -> Iterator[tuple[Field, Record]]:
    match field_type:
        case Ref():
            yield field, value
        case Object(name=name):
            yield from references(qbo_facts.object_type(name), value)
        case ListOf(item=item):
            for element in value:
                yield from _references(field, item, element)


def test_every_reference_points_to_a_record_of_that_name(business: Business) -> None:
    followed = 0
    for name, records in business.items():
        entity: Entity = qbo_facts.entity(name)
        for record in records.values():
            for field, ref in references(entity.fields, record):
                target = ref.get("type") or field.target
                if target is None or ref["value"] in field.literals:
                    continue
                other = business[target][ref["value"]]
                known = {other.get(key) for key in ("DisplayName", "Name", "FullyQualifiedName")}
                assert ref.get("name") in {None, *known}, f"{name}.{field.name}"
                followed += 1
    assert followed > 10 * INVOICES


def test_an_invoice_takes_about_two_kilobytes(chunks: list[tuple[str, list[tuple[int, bytes]]]]) -> None:
    sizes = [len(row) for entity, rows in chunks if entity == "Invoice" for _, row in rows]
    assert 1200 < sum(sizes) / len(sizes) < 2150


def test_a_business_without_invoices_can_still_be_worked_with() -> None:
    empty = made(invoices=0)
    assert not set(TRANSACTIONS) & set(empty)
    assert set(empty) == {*PEOPLE, *LISTS, "CompanyInfo", "Preferences"}
    assert sum(account["CurrentBalance"] for account in empty["Account"].values()) == 0
    assert all(customer["Balance"] == 0 for customer in empty["Customer"].values())


def test_a_business_may_have_no_customers_at_all() -> None:
    empty = made(invoices=0, customers=0)
    assert "Customer" not in empty
    assert empty["Item"]


def test_the_company_carries_its_name_and_currency() -> None:
    business = made(invoices=3, company_name="Heron Landing Gardens", currency="CAD")
    assert business["CompanyInfo"]["1"]["CompanyName"] == "Heron Landing Gardens"
    assert business["Preferences"]["1"]["CurrencyPrefs"]["HomeCurrency"] == {"value": "CAD"}
    assert next(iter(business["Invoice"].values()))["CurrencyRef"] == {"value": "CAD", "name": "Canadian Dollar"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"invoices": -1},
        {"invoices": 5, "customers": 0},
        {"invoices": 0, "customers": -1},
        {"invoices": 1, "now": datetime(2026, 11, 23)},  # noqa: DTZ001 - a time without a zone is the point
    ],
)
def test_a_business_that_cannot_be_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        made(**arguments)


def test_a_large_business_comes_in_chunks_while_it_is_made() -> None:
    order: list[str] = []
    for entity, rows in generate(seed=1, invoices=6000, now=NOW):
        assert 0 < len(rows) <= 1000
        order.append(entity)
    invoices = [place for place, entity in enumerate(order) if entity == "Invoice"]
    payments = [place for place, entity in enumerate(order) if entity == "Payment"]
    assert len(invoices) == 6
    assert payments[0] < invoices[-1]
    assert order[-1] == "Customer"


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(), invoices=st.integers(0, 40), customers=st.integers(1, 40), days=st.integers(0, 800))
def test_books_balance_for_any_seed_size_and_day(seed: int, invoices: int, customers: int, days: int) -> None:
    business = made(seed=seed, invoices=invoices, customers=customers, now=NOW - timedelta(days=days, hours=days % 24))
    assert len(business["Invoice"]) == invoices
    assert len(business["Customer"]) == customers
    accounts, _ = postings(business)
    for number, account in business["Account"].items():
        assert account["CurrentBalance"] == accounts[number]


@given(cents=st.integers(-(10**18), 10**18))
def test_money_is_written_to_the_cent(cents: int) -> None:
    text = money_text(cents)
    assert Decimal(text) == Decimal(cents) / 100
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal) == Decimal(cents) / 100


@given(count=st.integers(0, 5000))
def test_spreading_over_days_loses_nothing(count: int) -> None:
    counts = Timeline(NOW).spread(count)
    assert len(counts) == DAYS
    assert sum(counts) == count
    assert min(counts) >= 0
