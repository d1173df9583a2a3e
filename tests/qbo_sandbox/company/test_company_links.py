"""Payments and what they pay: balances on both sides, links on both sides, and the way back."""

from decimal import Decimal
from typing import Any

import pytest
from company_client import Basics, Client, codes

pytestmark = pytest.mark.anyio


async def balances(client: Client, basics: Basics) -> tuple[Decimal, Decimal]:
    """What the customer owes and what the vendor is owed."""
    customer = await client.read("Customer", basics.customer)
    vendor = await client.read("Vendor", basics.vendor)
    return customer["Balance"], vendor["Balance"]


async def test_a_payment_lowers_the_invoice_and_the_customer(client: Client, basics: Basics) -> None:
    invoice = await client.write("Invoice", basics.invoice(108))
    assert (await balances(client, basics))[0] == 108
    payment = await client.write("Payment", basics.payment(100, ("Invoice", invoice["Id"], 100)))
    assert payment["UnappliedAmt"] == 0
    paid = await client.read("Invoice", invoice["Id"])
    assert (paid["Balance"], paid["TotalAmt"]) == (8, 108)
    assert paid["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "Payment"}]
    assert payment["Line"][0]["LineEx"]["any"][0]["value"] == {"Name": "txnId", "Value": invoice["Id"]}
    assert (await balances(client, basics))[0] == 8


async def test_a_change_of_a_payment_moves_the_difference(client: Client, basics: Basics) -> None:
    first = await client.write("Invoice", basics.invoice(50))
    second = await client.write("Invoice", basics.invoice(60))
    payment = await client.write("Payment", basics.payment(50, ("Invoice", first["Id"], 50)))
    body = basics.payment(70, ("Invoice", first["Id"], 10), ("Invoice", second["Id"], 55))
    changed = await client.write("Payment", body | {"Id": payment["Id"], "SyncToken": "0"})
    assert changed["UnappliedAmt"] == 5
    assert (await client.read("Invoice", first["Id"]))["Balance"] == 40
    assert (await client.read("Invoice", second["Id"]))["Balance"] == 5
    assert (await balances(client, basics))[0] == 40


@pytest.mark.parametrize("way", ["delete", "void"])
async def test_without_its_payment_an_invoice_is_open_again(client: Client, basics: Basics, way: str) -> None:
    invoice = await client.write("Invoice", basics.invoice(108))
    payment = await client.write("Payment", basics.payment(108, ("Invoice", invoice["Id"], 108)))
    body = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    parameters = {"operation": "delete"} if way == "delete" else {"operation": "update", "include": "void"}
    assert (await client.call("POST", "payment", body, **parameters)).status_code == 200
    reopened = await client.read("Invoice", invoice["Id"])
    assert (reopened["Balance"], reopened["LinkedTxn"]) == (108, [])
    assert (await balances(client, basics))[0] == 108


async def test_money_that_is_not_applied_is_owed_back(client: Client, basics: Basics) -> None:
    payment = await client.write("Payment", basics.payment(30))
    assert payment["UnappliedAmt"] == 30
    assert (await balances(client, basics))[0] == -30


async def test_a_credit_memo_pays_an_invoice_through_a_payment_of_nothing(client: Client, basics: Basics) -> None:
    invoice = await client.write("Invoice", basics.invoice(100))
    credit = await client.write("CreditMemo", basics.invoice(40))
    assert (credit["RemainingCredit"], (await balances(client, basics))[0]) == (40, 60)
    body = basics.payment(0, ("Invoice", invoice["Id"], 40), ("CreditMemo", credit["Id"], 40))
    payment = await client.write("Payment", body)
    assert payment["UnappliedAmt"] == 0
    assert (await client.read("Invoice", invoice["Id"]))["Balance"] == 60
    used = await client.read("CreditMemo", credit["Id"])
    assert (used["Balance"], used["RemainingCredit"]) == (0, 0)
    assert (await balances(client, basics))[0] == 60


async def test_a_bill_payment_lowers_the_bill_and_the_vendor(client: Client, basics: Basics) -> None:
    bill = await client.write("Bill", basics.bill("312.40"))
    assert (await balances(client, basics))[1] == Decimal("312.40")
    made = await client.write("BillPayment", basics.bill_payment(300, ("Bill", bill["Id"], 300)))
    paid = await client.read("Bill", bill["Id"])
    assert paid["Balance"] == Decimal("12.40")
    assert paid["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "BillPaymentCheck"}]
    assert (await balances(client, basics))[1] == Decimal("12.40")
    await client.call("POST", "billpayment", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert (await client.read("Bill", bill["Id"]))["Balance"] == Decimal("312.40")
    assert (await balances(client, basics))[1] == Decimal("312.40")


async def test_a_vendor_credit_is_used_in_a_bill_payment(client: Client, basics: Basics) -> None:
    bill = await client.write("Bill", basics.bill(100))
    credit = await client.write("VendorCredit", basics.bill(30))
    assert (await balances(client, basics))[1] == 70
    body = basics.bill_payment(70, ("Bill", bill["Id"], 100), ("VendorCredit", credit["Id"], 30))
    await client.write("BillPayment", body)
    assert (await client.read("Bill", bill["Id"]))["Balance"] == 0
    assert (await client.read("VendorCredit", credit["Id"]))["Balance"] == 0
    assert (await balances(client, basics))[1] == 0


async def test_a_payment_settles_no_more_than_is_open(client: Client, basics: Basics) -> None:
    invoice = await client.write("Invoice", basics.invoice(50))
    assert codes(await client.refused("Payment", basics.payment(60, ("Invoice", invoice["Id"], 60)))) == ["6000"]
    assert (await client.read("Invoice", invoice["Id"]))["SyncToken"] == "0"


async def test_a_payment_applies_no_more_than_it_has(client: Client, basics: Basics) -> None:
    invoice = await client.write("Invoice", basics.invoice(50))
    assert codes(await client.refused("Payment", basics.payment(40, ("Invoice", invoice["Id"], 50)))) == ["6000"]


async def test_a_payment_settles_only_the_debts_of_its_customer(client: Client, basics: Basics) -> None:
    other = await client.write("Customer", {"DisplayName": "Somebody else"})
    invoice = await client.write("Invoice", basics.invoice(50, CustomerRef={"value": other["Id"]}))
    assert codes(await client.refused("Payment", basics.payment(50, ("Invoice", invoice["Id"], 50)))) == ["6000"]


@pytest.mark.parametrize(
    ("kind", "record_id", "code"), [("Invoice", "9999", "2500"), ("Bill", "1", "2170"), ("Sandwich", "1", "2170")]
)
async def test_a_payment_links_only_to_what_it_can_pay(
    client: Client, basics: Basics, kind: str, record_id: str, code: str
) -> None:
    assert codes(await client.refused("Payment", basics.payment(50, (kind, record_id, 50)))) == [code]


async def test_an_invoice_that_is_changed_keeps_what_was_paid(client: Client, basics: Basics) -> None:
    invoice = await client.write("Invoice", basics.invoice(100))
    await client.write("Payment", basics.payment(30, ("Invoice", invoice["Id"], 30)))
    body = basics.invoice(80) | {"Id": invoice["Id"], "SyncToken": "1"}
    changed = await client.write("Invoice", body)
    assert changed["Balance"] == 50
    assert [link["TxnType"] for link in changed["LinkedTxn"]] == ["Payment"]
    assert (await balances(client, basics))[0] == 50
    refusal = await client.refused("Invoice", basics.invoice(20) | {"Id": invoice["Id"], "SyncToken": "2"})
    assert codes(refusal) == ["6000"]


async def test_a_paid_invoice_is_unlinked_before_it_is_deleted(client: Client, basics: Basics) -> None:
    invoice = await client.write("Invoice", basics.invoice(100))
    payment = await client.write("Payment", basics.payment(30, ("Invoice", invoice["Id"], 30)))
    body = {"Id": invoice["Id"], "SyncToken": "1"}
    (error,) = await client.refused("Invoice", body, operation="delete")
    assert error["code"] == "6000"
    assert f"Payment {payment['Id']}" in error["Detail"]


async def test_a_voided_invoice_leaves_its_payment_with_the_money(client: Client, basics: Basics) -> None:
    invoice = await client.write("Invoice", basics.invoice(100))
    payment = await client.write("Payment", basics.payment(30, ("Invoice", invoice["Id"], 30)))
    await client.write("Invoice", {"Id": invoice["Id"], "SyncToken": "1"}, operation="void")
    released = await client.read("Payment", payment["Id"])
    assert (released["Line"], released["UnappliedAmt"]) == ([], 30)
    assert (await balances(client, basics))[0] == -30


async def test_what_a_sub_customer_owes_counts_above_it(client: Client, basics: Basics) -> None:
    child = await client.write(
        "Customer", {"DisplayName": "Pier 8", "Job": True, "ParentRef": {"value": basics.customer}}
    )
    await client.write("Invoice", basics.invoice(40, CustomerRef={"value": child["Id"]}))
    parent = await client.read("Customer", basics.customer)
    assert (parent["Balance"], parent["BalanceWithJobs"]) == (0, 40)
    below = await client.read("Customer", child["Id"])
    assert (below["Balance"], below["BalanceWithJobs"]) == (40, 40)
    await client.write("Customer", {"Id": child["Id"], "SyncToken": "0", "sparse": True, "Job": False})
    assert (await client.read("Customer", basics.customer))["BalanceWithJobs"] == 0


async def test_what_somebody_owes_moves_without_a_write_of_their_record(client: Client, basics: Basics) -> None:
    await client.write("Invoice", basics.invoice(40))
    change = {"Id": basics.customer, "SyncToken": "0", "sparse": True, "Notes": "x"}
    assert (await client.write("Customer", change))["SyncToken"] == "1"


async def test_a_deposited_payment_cannot_be_changed(client: Client, basics: Basics) -> None:
    payment = await client.write("Payment", basics.payment(30))
    line = {"Amount": 30, "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment"}]}
    deposit = await client.write("Deposit", {"DepositToAccountRef": {"value": basics.bank}, "Line": [line]})
    assert deposit["TotalAmt"] == 30
    assert codes(await client.refused("Payment", {"Id": payment["Id"], "SyncToken": "1"}, operation="delete")) == [
        "6540"
    ]
    await client.call("POST", "deposit", {"Id": deposit["Id"], "SyncToken": "0"}, operation="delete")
    gone = await client.call("POST", "payment", {"Id": payment["Id"], "SyncToken": "2"}, operation="delete")
    assert gone.status_code == 200


async def test_an_invoice_and_its_estimate_know_each_other(client: Client, basics: Basics) -> None:
    estimate = await client.write("Estimate", basics.invoice(40))
    links: list[dict[str, Any]] = [{"TxnId": estimate["Id"], "TxnType": "Estimate"}]
    invoice = await client.write("Invoice", basics.invoice(40, LinkedTxn=links))
    assert invoice["LinkedTxn"] == links
    assert (await client.read("Estimate", estimate["Id"]))["LinkedTxn"] == [
        {"TxnId": invoice["Id"], "TxnType": "Invoice"}
    ]
