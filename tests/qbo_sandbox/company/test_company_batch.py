"""Batches, and the requestid that makes a repeated call harmless."""

from typing import Any

import pytest
from company_client import Basics, Client, codes, errors_of

pytestmark = pytest.mark.anyio


async def test_every_item_is_answered_under_its_own_bid(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(5))
    answers = await client.batch(
        {"bId": "c", "operation": "create", "Customer": {"DisplayName": "Nora"}},
        {"bId": "u", "operation": "update", "Customer": {"Id": basics.customer, "SyncToken": "0", "DisplayName": "H"}},
        {"bId": "d", "operation": "delete", "Invoice": {"Id": made["Id"], "SyncToken": "0"}},
        {"bId": "q", "Query": "select count(*) from Vendor"},
    )
    assert [answer["bId"] for answer in answers] == ["c", "u", "d", "q"]
    assert answers[0]["Customer"]["DisplayName"] == "Nora"
    assert answers[1]["Customer"]["DisplayName"] == "H"
    assert answers[2]["Invoice"] == {"status": "Deleted", "domain": "QBO", "Id": made["Id"]}
    assert answers[3]["QueryResponse"] == {"totalCount": 1}


async def test_a_refused_item_leaves_its_neighbours_alone(client: Client) -> None:
    answers = await client.batch(
        {"bId": "1", "operation": "create", "Customer": {"DisplayName": "Nora"}},
        {"bId": "2", "operation": "create", "Customer": {"DisplayName": "nora"}},
        {"bId": "3", "operation": "create", "Customer": {"DisplayName": "Nils"}},
    )
    assert list(answers[1]) == ["Fault", "bId"]
    assert answers[1]["Fault"]["type"] == "ValidationFault"
    assert codes(answers[1]["Fault"]["Error"]) == ["6240"]
    assert [row["DisplayName"] for row in client.company.records("Customer")] == ["Nora", "Nils"]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"operation": "create", "Customer": {"DisplayName": "x"}}, "2020"),
        ({"bId": "1", "operation": "merge", "Customer": {"DisplayName": "x"}}, "500"),
        ({"bId": "1", "Customer": {"DisplayName": "x"}}, "500"),
        ({"bId": "1", "operation": "create", "Sandwich": {}}, "2010"),
        ({"bId": "1", "operation": "create"}, "2020"),
        ({"bId": "1", "operation": "update", "Customer": {"DisplayName": "x", "SyncToken": "0"}}, "2020"),
        ({"bId": "1", "operation": "delete", "Customer": {"Id": "1", "SyncToken": "0"}}, "500"),
        ({"bId": "1", "operation": "create", "TaxCode": {"Name": "x"}}, "500"),
        ({"bId": "1", "operation": "create", "optionsData": "magic", "Customer": {"DisplayName": "x"}}, "2170"),
        ({"bId": "1", "CDCQuery": {}}, "500"),
        ({"bId": "1", "Query": "select"}, "4000"),
        ("item", "2020"),
    ],
)
async def test_an_item_that_cannot_be_done_carries_its_fault(client: Client, item: Any, code: str) -> None:
    (answer,) = await client.batch(item)
    assert codes(answer["Fault"]["Error"]) == [code]


async def test_a_void_in_a_batch_is_an_update_with_an_option(client: Client, basics: Basics) -> None:
    invoice = await client.write("Invoice", basics.invoice(5))
    payment = await client.write("Payment", basics.payment(5))
    answers = await client.batch(
        *(
            {
                "bId": kind,
                "operation": "update",
                "optionsData": "void",
                kind: {"Id": record["Id"], "SyncToken": "0", "sparse": True},
            }
            for kind, record in (("Invoice", invoice), ("Payment", payment))
        )
    )
    assert [answers[0]["Invoice"]["TotalAmt"], answers[1]["Payment"]["TotalAmt"]] == [0, 0]


async def test_thirty_items_are_taken_and_thirty_one_are_not(client: Client) -> None:
    items = [
        {"bId": str(number), "operation": "create", "Customer": {"DisplayName": f"C{number}"}} for number in range(31)
    ]
    (error,) = errors_of(await client.call("POST", "batch", {"BatchItemRequest": items}))
    assert (error["code"], error["Message"]) == ("1040", "Batch size exceeds allowed limit")
    assert client.company.count("Customer") == 0
    assert len(await client.batch(*items[:30])) == 30


async def test_credit_card_payments_stand_under_their_own_key(client: Client, basics: Basics) -> None:
    card = await client.write("Account", {"Name": "Visa", "AccountType": "Credit Card"})
    body = {"CreditCardAccountRef": {"value": card["Id"]}, "BankAccountRef": {"value": basics.bank}, "Amount": 10}
    (answer,) = await client.batch({"bId": "1", "operation": "create", "CreditCardPaymentTxn": body})
    assert answer["CreditCardPaymentTxn"]["Amount"] == 10
    found = await client.query("select * from CreditCardPayment")
    assert next(iter(found)) == "CreditCardPaymentTxn"


async def test_a_repeated_write_gets_the_first_answer_byte_for_byte(client: Client) -> None:
    first = await client.call("POST", "customer", {"DisplayName": "Nora"}, requestid="r-1")
    again = await client.call("POST", "customer", {"DisplayName": "somebody else"}, requestid="r-1")
    assert again.content == first.content
    assert client.company.count("Customer") == 1
    other = await client.call("POST", "customer", {"DisplayName": "Nils"}, requestid="r-2")
    assert other.json()["Customer"]["Id"] == "2"


async def test_a_repeated_batch_gets_the_first_answer_byte_for_byte(client: Client) -> None:
    body = {"BatchItemRequest": [{"bId": "1", "operation": "create", "Customer": {"DisplayName": "Nora"}}]}
    first = await client.call("POST", "batch", body, requestid="r-1")
    assert (await client.call("POST", "batch", body, requestid="r-1")).content == first.content
    assert client.company.count("Customer") == 1


async def test_a_repeated_refusal_is_repeated(client: Client) -> None:
    first = await client.call("POST", "customer", {}, requestid="r-1")
    again = await client.call("POST", "customer", {"DisplayName": "Nora"}, requestid="r-1")
    assert (first.status_code, again.content) == (400, first.content)


async def test_a_requestid_has_at_most_fifty_characters(client: Client) -> None:
    answer = await client.call("POST", "customer", {"DisplayName": "Nora"}, requestid="r" * 51)
    (error,) = errors_of(answer)
    assert error["Detail"] == (
        "Business Validation Error: You cannot enter more than 50 characters in the request_id field. "
        "You tried entering rrrrrrrrrr..., which is 51 characters."
    )
    fitting = await client.call("POST", "customer", {"DisplayName": "Nora"}, requestid="r" * 50)
    assert fitting.status_code == 200


async def test_with_a_batch_the_bid_counts_too(client: Client) -> None:
    item = {"bId": "b" * 10, "operation": "create", "Customer": {"DisplayName": "Nora"}}
    (answer,) = await client.batch(item, requestid="r" * 41)
    assert codes(answer["Fault"]["Error"]) == ["6000"]
    (answer,) = await client.batch(item, requestid="r" * 40)
    assert "Customer" in answer
