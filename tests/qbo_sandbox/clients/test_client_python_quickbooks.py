"""python-quickbooks works against the sandbox, with nothing changed but its two base addresses."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import (
    AuthorizationException,
    ObjectNotFoundException,
    QuickbooksException,
    ValidationException,
)
from quickbooks.objects.base import Address, EmailAddress, PhoneNumber
from quickbooks.objects.company_info import CompanyInfo
from quickbooks.objects.customer import Customer
from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.payment import Payment, PaymentLine

from qbo_sandbox.served import ServedSandbox, serve_in_thread
from qbo_sandbox.settings import SandboxSettings


@pytest.fixture(scope="module")
def intuit() -> Iterator[ServedSandbox]:
    with serve_in_thread(SandboxSettings(invoices=30, companies=1)) as served:
        yield served


@pytest.fixture
def qb(intuit: ServedSandbox, monkeypatch: pytest.MonkeyPatch) -> QuickBooks:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # its session refuses http, even to this machine
    monkeypatch.setattr(QuickBooks, "api_url_v3", f"{intuit.api_url}/v3")
    monkeypatch.setattr(QuickBooks, "sandbox_api_url_v3", f"{intuit.api_url}/v3")
    auth = AuthClient(intuit.client_id, intuit.client_secret, intuit.redirect_uri, intuit.discovery_url)
    token = intuit.tokens()["refresh_token"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it compares the environment's name to pick an address
        return QuickBooks(auth_client=auth, refresh_token=token, company_id=intuit.realm_id, minorversion=75)


def new_customer(qb: QuickBooks, name: str) -> Customer:
    customer = Customer()
    customer.DisplayName = name
    return customer.save(qb=qb)


def an_item(qb: QuickBooks) -> Item:
    return Item.filter(Type="Service", max_results=1, qb=qb)[0]


def new_invoice(qb: QuickBooks, customer: Customer, *amounts: float) -> Invoice:
    item = an_item(qb)
    invoice = Invoice()
    invoice.CustomerRef = customer.to_ref()
    for amount in amounts:
        line = SalesItemLine()
        line.Amount = amount
        line.SalesItemLineDetail = SalesItemLineDetail()
        line.SalesItemLineDetail.ItemRef = item.to_ref()
        invoice.Line.append(line)
    return invoice.save(qb=qb)


def test_the_client_refreshes_its_token_and_reads_the_company(qb: QuickBooks, intuit: ServedSandbox) -> None:
    (company,) = CompanyInfo.all(qb=qb)
    assert company.CompanyName == intuit.companies[0]["name"]


def test_a_customer_is_created_read_updated_and_deactivated(qb: QuickBooks) -> None:
    customer = Customer()
    customer.DisplayName = "Nora's Bakery & Café"
    customer.GivenName = "Nora"
    customer.BillAddr = Address()
    customer.BillAddr.Line1 = "8 Pier Road"
    customer.BillAddr.City = "Astoria"
    customer.PrimaryPhone = PhoneNumber()
    customer.PrimaryPhone.FreeFormNumber = "(555) 010-7788"
    customer.PrimaryEmailAddr = EmailAddress()
    customer.PrimaryEmailAddr.Address = "nora@example.com"
    customer.save(qb=qb)

    read = Customer.get(customer.Id, qb=qb)
    assert read.DisplayName == "Nora's Bakery & Café"
    assert read.BillAddr.City == "Astoria"
    assert read.PrimaryEmailAddr.Address == "nora@example.com"
    assert read.SyncToken == "0"

    read.CompanyName = "Nora Inc"
    updated = read.save(qb=qb)
    assert updated.SyncToken == "1"
    assert Customer.get(customer.Id, qb=qb).CompanyName == "Nora Inc"

    updated.Active = False
    updated.save(qb=qb)
    assert Customer.filter(Active=True, Id=customer.Id, qb=qb) == []
    (inactive,) = Customer.filter(Active=False, Id=customer.Id, qb=qb)
    assert inactive.DisplayName.endswith("(deleted)")


def test_a_stale_customer_is_refused_with_code_5010(qb: QuickBooks) -> None:
    customer = new_customer(qb, "Stale & Son")
    first, second = Customer.get(customer.Id, qb=qb), Customer.get(customer.Id, qb=qb)
    first.CompanyName = "First"
    first.save(qb=qb)
    second.CompanyName = "Second"
    with pytest.raises(QuickbooksException) as stale:
        second.save(qb=qb)
    assert stale.value.error_code == 5010


def test_a_duplicate_name_and_a_missing_record_have_their_codes(qb: QuickBooks) -> None:
    new_customer(qb, "Only One")
    with pytest.raises(QuickbooksException) as duplicate:
        new_customer(qb, "Only One")
    assert duplicate.value.error_code == 6240
    with pytest.raises(ObjectNotFoundException):
        Customer.get("999999", qb=qb)


def test_queries_filter_sort_page_and_count(qb: QuickBooks) -> None:
    for name in ("Query Ada", "Query Bob", "Query O'Cleary"):
        new_customer(qb, name)
    found = Customer.where("DisplayName LIKE 'Query %'", order_by="DisplayName", qb=qb)
    assert [customer.DisplayName for customer in found] == ["Query Ada", "Query Bob", "Query O'Cleary"]
    assert Customer.filter(DisplayName="Query O'Cleary", qb=qb)[0].Id == found[2].Id
    assert Customer.count("DisplayName LIKE 'Query %'", qb=qb) == 3
    assert len(Customer.choose([found[0].Id, found[1].Id], field="Id", qb=qb)) == 2
    pages = [Invoice.all(order_by="Id", start_position=start, max_results=10, qb=qb) for start in (1, 11, 21)]
    ids = [invoice.Id for page in pages for invoice in page]
    assert len(set(ids)) == len(ids) == 30
    assert all(item.Name for item in Item.all(qb=qb))


def test_a_query_that_does_not_parse_is_a_validation_error(qb: QuickBooks) -> None:
    with pytest.raises(ValidationException) as wrong:
        Customer.where("Nonsense = 'x'", qb=qb)
    assert wrong.value.error_code == 4001
    with pytest.raises(ValidationException) as broken:
        Customer.query("SELECT FROM", qb=qb)
    assert broken.value.error_code == 4000


def test_an_invoice_is_created_read_changed_and_deleted(qb: QuickBooks) -> None:
    customer = new_customer(qb, "Invoice Buyer")
    invoice = new_invoice(qb, customer, 108.0, 12.34)
    read = Invoice.get(invoice.Id, qb=qb)
    assert Decimal(str(read.TotalAmt)) == Decimal("120.34")
    assert Decimal(str(read.Balance)) == Decimal("120.34")
    assert read.CustomerRef.name == "Invoice Buyer"
    assert [line.DetailType for line in read.Line] == [
        *("SalesItemLineDetail", "SalesItemLineDetail", "SubTotalLineDetail"),
    ]

    read.PrivateNote = "changed"
    changed = read.save(qb=qb)
    assert changed.SyncToken == "1"
    assert Invoice.get(invoice.Id, qb=qb).PrivateNote == "changed"

    changed.delete(qb=qb)
    with pytest.raises(ObjectNotFoundException):
        Invoice.get(invoice.Id, qb=qb)


def test_a_payment_lowers_the_invoices_balance_and_voiding_it_raises_it_again(qb: QuickBooks) -> None:
    customer = new_customer(qb, "Paying Buyer")
    invoice = new_invoice(qb, customer, 108.0)
    payment = Payment()
    payment.CustomerRef = customer.to_ref()
    payment.TotalAmt = 100.0
    line = PaymentLine()
    line.Amount = 100.0
    line.LinkedTxn.append(invoice.to_linked_txn())
    payment.Line.append(line)
    payment = payment.save(qb=qb)
    assert Decimal(str(Invoice.get(invoice.Id, qb=qb).Balance)) == Decimal(8)

    payment.void(qb=qb)
    voided = Payment.get(payment.Id, qb=qb)
    assert Decimal(str(voided.TotalAmt)) == 0
    assert "Voided" in voided.PrivateNote
    assert Decimal(str(Invoice.get(invoice.Id, qb=qb).Balance)) == Decimal(108)

    voided.delete(qb=qb)
    with pytest.raises(ObjectNotFoundException):
        Payment.get(payment.Id, qb=qb)


def test_an_invoice_is_voided_and_stays_with_nothing_to_pay(qb: QuickBooks) -> None:
    invoice = new_invoice(qb, new_customer(qb, "Void Buyer"), 50.0)
    invoice.void(qb=qb)
    voided = Invoice.get(invoice.Id, qb=qb)
    assert Decimal(str(voided.TotalAmt)) == 0
    assert Decimal(str(voided.Balance)) == 0
    assert "Voided" in voided.PrivateNote


def test_a_batch_creates_updates_and_deletes_with_faults_per_item(qb: QuickBooks) -> None:
    customers = []
    for number in range(35):  # more than one request holds
        customer = Customer()
        customer.DisplayName = f"Batch {number:02}"
        customers.append(customer)
    customers[7].DisplayName = "Batch 03"
    created = batch_create(customers, qb=qb)
    assert len(created.successes) == 34
    assert [fault.Error[0].code for fault in created.faults] == ["6240"]
    assert created.faults[0].original_object is customers[7]

    invoices = [new_invoice(qb, created.successes[0], 10.0 + number) for number in range(3)]
    for invoice in invoices:
        invoice.PrivateNote = "by batch"
    updated = batch_update(invoices, qb=qb)
    assert [invoice.PrivateNote for invoice in updated.successes] == ["by batch"] * 3
    deleted = batch_delete(updated.successes, qb=qb)
    assert len(deleted.successes) == 3
    assert not deleted.faults


def test_change_data_capture_tells_new_changed_and_deleted_records(qb: QuickBooks) -> None:
    began = datetime.now().astimezone() - timedelta(seconds=2)
    customer = new_customer(qb, "Changing Buyer")
    kept, gone = new_invoice(qb, customer, 1.0), new_invoice(qb, customer, 2.0)
    gone.delete(qb=qb)
    changes = change_data_capture([Invoice, Customer, Payment], began.isoformat(timespec="seconds"), qb=qb)
    assert customer.Id in [changed.Id for changed in changes.Customer]
    statuses = {changed.Id: getattr(changed, "status", None) for changed in changes.Invoice}
    assert statuses[kept.Id] is None
    assert statuses[gone.Id] == "Deleted"


def test_a_request_id_makes_one_record_of_two_calls(qb: QuickBooks) -> None:
    customer = Customer()
    customer.DisplayName = "Sent Twice"
    body = customer.to_json()
    answers = [qb.create_object("Customer", body, request_id="once-7788") for _ in range(2)]
    assert answers[0]["Customer"]["Id"] == answers[1]["Customer"]["Id"]
    assert Customer.count("DisplayName = 'Sent Twice'", qb=qb) == 1


def test_an_expired_token_is_the_clients_authorization_error(qb: QuickBooks, intuit: ServedSandbox) -> None:
    intuit.control("POST", "tokens/expire", {})
    with pytest.raises(AuthorizationException):
        CompanyInfo.all(qb=qb)
