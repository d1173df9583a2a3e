"""Change data capture: what has changed since a moment, and what is gone."""

import pytest
from company_client import Basics, Client, HandClock, errors_of, parsed

pytestmark = pytest.mark.anyio


async def changes(client: Client, entities: str, since: str) -> list[dict[str, object]]:
    answer = await client.call("GET", "cdc", entities=entities, changedSince=since)
    assert answer.status_code == 200, answer.text
    (response,) = parsed(answer)["CDCResponse"]
    parts: list[dict[str, object]] = response["QueryResponse"]
    return parts


async def test_there_is_one_element_per_entity_asked_for_in_that_order(client: Client, basics: Basics) -> None:
    invoice = await client.write("Invoice", basics.invoice(1))
    parts = await changes(client, "bill,INVOICE,Estimate", "2026-11-03T00:00:00-08:00")
    assert parts[0] == {}
    assert parts[1] == {"Invoice": [invoice], "startPosition": 1, "maxResults": 1, "totalCount": 1}
    assert parts[2] == {}


async def test_only_what_changed_since_then_is_told(client: Client, clock: HandClock) -> None:
    await client.write("Customer", {"DisplayName": "old"})
    clock.advance(hours=1)
    new = await client.write("Customer", {"DisplayName": "new"})
    (part,) = await changes(client, "Customer", "2026-11-03T10:00:00-08:00")
    assert part["Customer"] == [new]


async def test_the_second_of_the_last_look_belongs_to_the_answer(client: Client) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora"})  # stamped 09:15:00, written at .412
    (part,) = await changes(client, "Customer", "2026-11-03T09:15:00.400-08:00")
    assert part["Customer"] == [made]


async def test_what_was_deleted_follows_as_a_stub(client: Client, basics: Basics, clock: HandClock) -> None:
    first = await client.write("Invoice", basics.invoice(1))
    second = await client.write("Invoice", basics.invoice(2))
    clock.advance(minutes=5)
    await client.call("POST", "invoice", {"Id": first["Id"], "SyncToken": "0"}, operation="delete")
    (part,) = await changes(client, "Invoice", "2026-11-03T00:00:00-08:00")
    assert part["Invoice"] == [
        second,
        {
            "domain": "QBO",
            "status": "Deleted",
            "Id": first["Id"],
            "MetaData": {"LastUpdatedTime": "2026-11-03T09:20:00-08:00"},
        },
    ]


async def test_a_name_made_inactive_is_a_row(client: Client) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora"})
    gone = await client.write("Customer", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    (part,) = await changes(client, "Customer", "2026-11-03T00:00:00-08:00")
    assert part["Customer"] == [gone]


async def test_a_paid_invoice_and_its_customer_have_changed(client: Client, basics: Basics, clock: HandClock) -> None:
    invoice = await client.write("Invoice", basics.invoice(9))
    clock.advance(hours=1)
    await client.write("Payment", basics.payment(9, ("Invoice", invoice["Id"], 9)))
    parts = await changes(client, "Invoice,Customer,Vendor", "2026-11-03T10:00:00-08:00")
    assert [list(part)[:1] for part in parts] == [["Invoice"], ["Customer"], []]


async def test_an_answer_holds_a_thousand_objects_over_all_entities(client: Client) -> None:
    body = b'{"Id":"%d","MetaData":{"LastUpdatedTime":"2026-11-02T09:00:00-08:00"}}'
    client.company.load("Invoice", [(number, body % number) for number in range(1, 701)])
    client.company.load("Bill", [(number, body % number) for number in range(701, 1401)])
    parts = await changes(client, "Invoice,Bill,Estimate", "2026-11-01T00:00:00-08:00")
    assert [part.get("maxResults") for part in parts] == [700, 300, None]


@pytest.mark.parametrize("entity", ["TimeActivity", "TaxCode", "JournalCode", "Sandwich"])
async def test_what_is_not_covered_is_refused(client: Client, entity: str) -> None:
    answer = await client.call("GET", "cdc", entities=f"Invoice,{entity}", changedSince="2026-11-01T00:00:00-08:00")
    (error,) = errors_of(answer)
    assert (error["code"], error["Detail"]) == ("500", f"Operation cdc for entity {entity} is not supported.")


async def test_nobody_looks_back_further_than_thirty_days(client: Client) -> None:
    assert await changes(client, "Invoice", "2026-10-04T10:15:01-07:00") == [{}]
    since = "2026-10-03T10:15:00-07:00"
    (error,) = errors_of(await client.call("GET", "cdc", entities="Invoice", changedSince=since))
    assert error["code"] == "500"
    assert "older than fixed days" in error["Detail"]


@pytest.mark.parametrize(
    ("parameters", "code", "element"),
    [
        ({"entities": "Invoice"}, "2020", "changedSince"),
        ({"changedSince": "2026-11-01"}, "2020", "entities"),
        ({"entities": "Invoice", "changedSince": "last week"}, "2070", ""),
    ],
)
async def test_both_parameters_are_needed_and_readable(
    client: Client, parameters: dict[str, str], code: str, element: str
) -> None:
    (error,) = errors_of(await client.call("GET", "cdc", **parameters))
    assert (error["code"], error["element"]) == (code, element)
