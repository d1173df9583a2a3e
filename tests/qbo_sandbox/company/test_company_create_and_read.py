"""A record is made: what QuickBooks fills in, and that every digit comes back."""

from decimal import Decimal

import pytest
from company_client import Basics, Client, HandClock, parsed

pytestmark = pytest.mark.anyio


async def test_a_created_record_comes_in_its_envelope_with_identity_and_time(client: Client) -> None:
    answer = await client.call("POST", "customer", {"DisplayName": "Harbor Lane Bakery"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    envelope = parsed(answer)
    assert list(envelope) == ["Customer", "time"]
    assert envelope["time"] == "2026-11-03T09:15:00.412-08:00"
    made = envelope["Customer"]
    stamp = "2026-11-03T09:15:00-08:00"
    assert made["MetaData"] == {"CreateTime": stamp, "LastUpdatedTime": stamp}
    assert (made["Id"], made["SyncToken"], made["domain"], made["sparse"]) == ("1", "0", "QBO", False)


async def test_what_was_answered_is_what_is_read(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(108))
    assert await client.read("Invoice", made["Id"]) == made


@pytest.mark.parametrize("record_id", ["7", "x", "-1", "01", "9" * 5000])
async def test_an_unknown_id_is_fault_610_with_http_400(client: Client, record_id: str) -> None:
    answer = await client.call("GET", f"invoice/{record_id}")
    assert answer.status_code == 400
    (error,) = parsed(answer)["Fault"]["Error"]
    assert (error["code"], error["Message"]) == ("610", "Object Not Found")
    assert error["Detail"].startswith("Object Not Found : Something you're trying to use has been made inactive.")


async def test_a_customer_gets_the_fields_nobody_sent(client: Client) -> None:
    made = await client.write("Customer", {"GivenName": "Nora", "FamilyName": "Quist"})
    filled = {
        "DisplayName": "Nora Quist",
        "FullyQualifiedName": "Nora Quist",
        "PrintOnCheckName": "Nora Quist",
        "Active": True,
        "Taxable": True,
        "Job": False,
        "BillWithParent": False,
        "IsProject": False,
        "Balance": 0,
        "BalanceWithJobs": 0,
        "PreferredDeliveryMethod": "Print",
        "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
    }
    assert {name: made[name] for name in filled} == filled


async def test_an_invoice_gets_date_number_lines_and_totals(client: Client, basics: Basics) -> None:
    body = basics.invoice(100, "8.50", SalesTermRef={"value": basics.terms})
    made = await client.write("Invoice", body)
    assert (made["TxnDate"], made["DueDate"]) == ("2026-11-03", "2026-12-03")
    assert made["DocNumber"] == "1001"
    assert made["CustomerRef"] == {"value": basics.customer, "name": "Harbor Lane Bakery"}
    assert made["SalesTermRef"]["name"] == "Net 30"
    first, second, closing = made["Line"]
    assert (first["Id"], first["LineNum"], second["Id"], second["LineNum"]) == ("1", 1, "2", 2)
    assert first["SalesItemLineDetail"]["ItemRef"]["name"] == "Delivery"
    assert first["SalesItemLineDetail"]["ItemAccountRef"] == {"value": basics.income, "name": "Sales"}
    assert first["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}
    assert closing == {
        "Amount": Decimal("108.50"),
        "DetailType": "SubTotalLineDetail",
        "SubTotalLineDetail": {},
    }
    assert (made["TotalAmt"], made["Balance"]) == (Decimal("108.50"), Decimal("108.50"))
    assert (made["EmailStatus"], made["PrintStatus"]) == ("NotSet", "NeedToPrint")
    assert (made["LinkedTxn"], made["TxnTaxDetail"]) == ([], {"TotalTax": 0})
    assert made["BillEmail"] == {"Address": "nora@harborlane.example"}
    assert made["BillAddr"]["City"] == "Astoria"
    assert made["CustomField"][0] == {"DefinitionId": "1", "Name": "Route", "Type": "StringType"}


async def test_the_date_of_today_is_that_of_the_pacific_zone(client: Client, basics: Basics, clock: HandClock) -> None:
    clock.advance(hours=12)  # the 4th in UTC, the evening of the 3rd in San Francisco
    made = await client.write("Invoice", basics.invoice(1))
    assert made["TxnDate"] == "2026-11-03"


async def test_terms_with_a_day_of_the_month_move_to_the_next_month_when_it_is_past(
    client: Client, basics: Basics
) -> None:
    terms = await client.write("Term", {"Name": "On the 31st", "DayOfMonthDue": 31, "DueNextMonthDays": 5})
    near = await client.write("Invoice", basics.invoice(1, TxnDate="2026-11-27", SalesTermRef={"value": terms["Id"]}))
    far = await client.write("Invoice", basics.invoice(1, TxnDate="2026-11-03", SalesTermRef={"value": terms["Id"]}))
    assert (far["DueDate"], near["DueDate"]) == ("2026-11-30", "2026-12-31")


async def test_numbers_count_on_from_the_highest_that_anybody_used(client: Client, basics: Basics) -> None:
    assert (await client.write("Invoice", basics.invoice(1, DocNumber="2040")))["DocNumber"] == "2040"
    assert (await client.write("Invoice", basics.invoice(1)))["DocNumber"] == "2041"
    receipt = {"Line": [basics.sold(5)]}
    assert (await client.write("SalesReceipt", receipt))["DocNumber"] == "2042"
    assert (await client.write("Estimate", basics.invoice(1)))["DocNumber"] == "1001"


@pytest.mark.parametrize("amount", ["99999999999999.99", "0.01", "12.30"])
async def test_money_is_exact_through_create_read_and_query(client: Client, basics: Basics, amount: str) -> None:
    body = f"""{{"CustomerRef": {{"value": "{basics.customer}"}}, "Line": [{{"Amount": {amount},
        "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {{"ItemRef": {{"value": "{basics.item}"}}}}}}]}}"""
    made = await client.write("Invoice", body)
    assert str(made["TotalAmt"]) == amount
    assert str((await client.read("Invoice", made["Id"]))["Balance"]) == amount
    assert await client.ids(f"select * from Invoice where TotalAmt = '{amount}'") == [made["Id"]]


async def test_amounts_sent_as_text_come_back_as_numbers(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice("12.30"))
    assert made["Line"][0]["Amount"] == Decimal("12.30")


async def test_a_discount_in_percent_is_taken_off_the_sub_total(client: Client, basics: Basics) -> None:
    discount = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"DiscountPercent": 10}}
    body = basics.invoice(100, "33.33")
    body["Line"].append(discount)
    made = await client.write("Invoice", body)
    kinds = [line["DetailType"] for line in made["Line"]]
    assert kinds == ["SalesItemLineDetail", "SalesItemLineDetail", "SubTotalLineDetail", "DiscountLineDetail"]
    assert made["Line"][-1]["Amount"] == Decimal("13.33")
    assert made["TotalAmt"] == Decimal("120.00")


async def test_tax_that_was_sent_is_part_of_the_total(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(100, TxnTaxDetail={"TotalTax": "7.25"}))
    assert made["TotalAmt"] == Decimal("107.25")


async def test_a_bill_gets_its_payables_account_and_total(client: Client, basics: Basics) -> None:
    made = await client.write("Bill", basics.bill("312.40"))
    assert made["APAccountRef"] == {"value": basics.payables, "name": "Accounts Payable (A/P)"}
    assert made["Line"][0]["AccountBasedExpenseLineDetail"]["BillableStatus"] == "NotBillable"
    assert (made["TotalAmt"], made["Balance"]) == (Decimal("312.40"), Decimal("312.40"))


async def test_an_account_gets_class_and_sub_type_from_its_type(client: Client) -> None:
    made = await client.write("Account", {"Name": "Vault", "AccountType": "Bank"})
    assert made["Classification"] == "Asset"
    assert made["AccountSubType"]
    other = await client.write("Account", {"Name": "Fees", "AccountSubType": "BankCharges"})
    assert (other["AccountType"], other["Classification"]) == ("Expense", "Expense")


async def test_a_journal_entry_has_no_total_and_counts_its_lines_from_zero(client: Client, basics: Basics) -> None:
    made = await client.write("JournalEntry", journal(basics, debit=640, credit=640))
    assert made["TotalAmt"] == 0
    assert [line["Id"] for line in made["Line"]] == ["0", "1"]


async def test_names_share_one_sequence_of_ids_and_transactions_another(client: Client, basics: Basics) -> None:
    customer = await client.write("Customer", {"DisplayName": "A"})
    vendor = await client.write("Vendor", {"DisplayName": "B"})
    employee = await client.write("Employee", {"GivenName": "C"})
    assert int(vendor["Id"]) == int(customer["Id"]) + 1
    assert int(employee["Id"]) == int(customer["Id"]) + 2
    invoice = await client.write("Invoice", basics.invoice(1))
    bill = await client.write("Bill", basics.bill(1))
    assert int(bill["Id"]) == int(invoice["Id"]) + 1


async def test_an_id_is_never_given_out_twice(client: Client, basics: Basics) -> None:
    first = await client.write("Invoice", basics.invoice(1))
    await client.call("POST", "invoice", {"Id": first["Id"], "SyncToken": "0"}, operation="delete")
    second = await client.write("Invoice", basics.invoice(1))
    assert int(second["Id"]) == int(first["Id"]) + 1


async def test_read_only_fields_that_were_sent_are_ignored(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(10, TotalAmt=999, Balance=999, SyncToken=4, domain="QBO"))
    assert (made["TotalAmt"], made["Balance"], made["SyncToken"]) == (Decimal("10.00"), Decimal("10.00"), "0")


async def test_an_email_that_must_be_sent_can_be_sent(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(10))
    answer = await client.call("POST", f"invoice/{made['Id']}/send", sendTo="ar@else.example")
    sent = parsed(answer)["Invoice"]
    assert sent["EmailStatus"] == "EmailSent"
    assert sent["BillEmail"] == {"Address": "ar@else.example"}
    assert sent["DeliveryInfo"] == {"DeliveryType": "Email", "DeliveryTime": "2026-11-03T09:15:00-08:00"}
    assert sent["SyncToken"] == "1"


def journal(basics: Basics, *, debit: object, credit: object) -> dict[str, object]:
    def line(side: str, amount: object, account: str) -> dict[str, object]:
        detail = {"PostingType": side, "AccountRef": {"value": account}}
        return {"Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}

    return {"Line": [line("Debit", debit, basics.expense), line("Credit", credit, basics.bank)]}
