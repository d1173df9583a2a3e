"""Updates: full and sparse, the SyncToken, names made inactive, deletions and voids."""

from decimal import Decimal
from typing import Any

import pytest
from company_client import Basics, Client, HandClock, codes, parsed

pytestmark = pytest.mark.anyio


def same(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"Id": record["Id"], "SyncToken": record["SyncToken"], **changes}


async def test_a_full_update_clears_what_it_does_not_name(client: Client) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora", "Notes": "pays late", "CompanyName": "Quist"})
    changed = await client.write("Customer", same(made, DisplayName="Nora", CompanyName="Quist & Co"))
    assert changed["CompanyName"] == "Quist & Co"
    assert "Notes" not in changed
    assert changed["MetaData"]["CreateTime"] == made["MetaData"]["CreateTime"]
    assert changed["SyncToken"] == "1"


async def test_a_sparse_update_leaves_the_rest_alone(client: Client) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora", "Notes": "pays late", "CompanyName": "Quist"})
    changed = await client.write("Customer", same(made, sparse=True, CompanyName="Quist & Co"))
    assert (changed["Notes"], changed["CompanyName"], changed["sparse"]) == ("pays late", "Quist & Co", False)


@pytest.mark.parametrize("nothing", [None, ""])
async def test_null_and_empty_text_clear_a_field(client: Client, nothing: str | None) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora", "Notes": "pays late"})
    assert "Notes" not in await client.write("Customer", same(made, sparse=True, Notes=nothing))


async def test_lines_of_a_sparse_update_replace_all_lines(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(100, 50))
    changed = await client.write("Invoice", same(made, sparse=True, Line=[basics.sold(70)]))
    assert [line.get("Amount") for line in changed["Line"]] == [70, Decimal("70.00")]
    assert (changed["TotalAmt"], changed["DocNumber"]) == (Decimal("70.00"), made["DocNumber"])


async def test_lines_keep_their_ids_and_new_ones_get_the_next(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(100, 50))
    kept = made["Line"][1]
    changed = await client.write("Invoice", same(made, sparse=True, Line=[basics.sold(5), kept]))
    assert [(line["Id"], line["LineNum"]) for line in changed["Line"][:2]] == [("3", 1), ("2", 2)]


@pytest.mark.parametrize(
    ("entity", "made_with", "change", "missing"),
    [
        ("Class", {"Name": "North"}, {"Active": False}, "Name"),
        ("Department", {"Name": "Pier"}, {"Active": False}, "Name"),
        ("Term", {"Name": "Net 10", "DueDays": 10}, {"Name": "Net 10", "Type": "STANDARD"}, "DueDays"),
    ],
)
async def test_some_fields_are_wanted_again_in_a_sparse_update(
    client: Client, entity: str, made_with: dict[str, Any], change: dict[str, Any], missing: str
) -> None:
    made = await client.write(entity, made_with)
    errors = await client.refused(entity, same(made, sparse=True, **change))
    assert codes(errors) == ["2020"]
    assert errors[0]["element"] == missing


async def test_a_sparse_bill_wants_its_vendor_again(client: Client, basics: Basics) -> None:
    made = await client.write("Bill", basics.bill(10))
    (error,) = await client.refused("Bill", same(made, sparse=True, PrivateNote="x"))
    assert error["element"] == "VendorRef"
    changed = await client.write("Bill", same(made, sparse=True, PrivateNote="x", VendorRef=made["VendorRef"]))
    assert changed["PrivateNote"] == "x"


async def test_an_old_sync_token_is_stale(client: Client) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora"})
    await client.write("Customer", same(made, sparse=True, Notes="1"))
    (error,) = await client.refused("Customer", same(made, sparse=True, Notes="2"))
    assert (error["code"], error["Message"]) == ("5010", "Stale Object Error")
    assert (await client.read("Customer", made["Id"]))["Notes"] == "1"


async def test_an_update_needs_the_sync_token(client: Client) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora"})
    (error,) = await client.refused("Customer", {"Id": made["Id"], "sparse": True, "Notes": "x"})
    assert (error["code"], error["element"]) == ("2020", "SyncToken")


async def test_an_update_of_what_is_not_there_is_not_found(client: Client) -> None:
    assert codes(await client.refused("Customer", {"Id": "99", "SyncToken": "0", "DisplayName": "x"})) == ["610"]


async def test_a_refused_update_changes_nothing(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(100))
    await client.refused("Invoice", same(made, sparse=True, PrivateNote="x", CustomerRef={"value": "999"}))
    assert await client.read("Invoice", made["Id"]) == made


async def test_an_inventory_adjustment_is_changed_sparsely_or_not_at_all(client: Client, basics: Basics) -> None:
    line = {
        "DetailType": "ItemAdjustmentLineDetail",
        "ItemAdjustmentLineDetail": {"ItemRef": {"value": basics.item}, "QtyDiff": -2},
    }
    body = {"AdjustAccountRef": {"value": basics.expense}, "TxnDate": "2026-11-01", "Line": [line]}
    made = await client.write("InventoryAdjustment", body)
    assert codes(await client.refused("InventoryAdjustment", same(made, **body))) == ["500"]
    changed = await client.write("InventoryAdjustment", same(made, sparse=True, PrivateNote="x", **body))
    assert changed["PrivateNote"] == "x"


async def test_a_name_made_inactive_is_marked_and_freed(client: Client) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora"})
    gone = await client.write("Customer", same(made, sparse=True, Active=False))
    assert (gone["DisplayName"], gone["FullyQualifiedName"]) == ("Nora (deleted)", "Nora (deleted)")
    again = await client.write("Customer", {"DisplayName": "Nora"})
    also_gone = await client.write("Customer", same(again, sparse=True, Active=False))
    assert also_gone["DisplayName"] == "Nora (deleted-1)"


async def test_a_name_made_active_again_loses_its_mark(client: Client) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora"})
    gone = await client.write("Customer", same(made, sparse=True, Active=False))
    back = await client.write("Customer", same(gone, sparse=True, Active=True))
    assert (back["DisplayName"], back["FullyQualifiedName"]) == ("Nora", "Nora")


async def test_a_name_taken_meanwhile_keeps_a_record_inactive(client: Client) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora"})
    gone = await client.write("Customer", same(made, sparse=True, Active=False))
    await client.write("Vendor", {"DisplayName": "Nora"})
    assert codes(await client.refused("Customer", same(gone, sparse=True, Active=True))) == ["6240"]


async def test_names_of_lists_cannot_be_deleted(client: Client) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora"})
    (error,) = await client.refused("Customer", same(made), operation="delete")
    assert (error["code"], error["Message"]) == ("500", "Unsupported Operation")
    assert error["Detail"] == "Operation delete is not supported."


async def test_a_sub_customer_is_named_after_its_parents_and_follows_them(client: Client) -> None:
    top = await client.write("Customer", {"DisplayName": "Bakeries"})
    middle = await client.write("Customer", {"DisplayName": "North", "Job": True, "ParentRef": {"value": top["Id"]}})
    low = await client.write("Customer", {"DisplayName": "Pier 8", "Job": True, "ParentRef": {"value": middle["Id"]}})
    assert (low["FullyQualifiedName"], low["Level"]) == ("Bakeries:North:Pier 8", 2)
    await client.write("Customer", same(top, sparse=True, DisplayName="All bakeries"))
    assert (await client.read("Customer", low["Id"]))["FullyQualifiedName"] == "All bakeries:North:Pier 8"


async def test_names_nest_five_levels_and_no_more(client: Client) -> None:
    parent: dict[str, Any] = {}
    for level in range(5):
        parent = await client.write("Class", {"Name": f"L{level}", **parent})
        parent = {"SubClass": True, "ParentRef": {"value": parent["Id"]}}
    assert codes(await client.refused("Class", {"Name": "too deep", **parent})) == ["6000"]


async def test_a_record_is_not_its_own_parent(client: Client) -> None:
    made = await client.write("Class", {"Name": "Loop"})
    change = same(made, sparse=True, Name="Loop", SubClass=True, ParentRef={"value": made["Id"]})
    assert codes(await client.refused("Class", change)) == ["2500"]


async def test_a_deleted_transaction_is_gone(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(10))
    answer = await client.call("POST", "invoice", same(made), operation="delete")
    assert parsed(answer)["Invoice"] == {"status": "Deleted", "domain": "QBO", "Id": made["Id"]}
    gone = await client.call("GET", f"invoice/{made['Id']}")
    assert parsed(gone)["Fault"]["Error"][0]["code"] == "610"
    assert codes(await client.refused("Invoice", same(made), operation="delete")) == ["610"]


async def test_the_answer_to_a_deleted_budget_holds_only_the_time(client: Client) -> None:
    body = {"Name": "2027", "StartDate": "2027-01-01", "EndDate": "2027-12-31", "BudgetType": "ProfitAndLoss"}
    made = await client.write("Budget", body)
    answer = await client.call("POST", "budget", same(made), operation="delete")
    assert list(parsed(answer)) == ["time"]


async def test_a_voided_invoice_keeps_its_lines_without_amounts(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(10, PrivateNote="rush"))
    voided = await client.write("Invoice", same(made), operation="void")
    assert [line["Amount"] for line in voided["Line"]] == [0, 0]
    assert (voided["TotalAmt"], voided["Balance"], voided["SyncToken"]) == (0, 0, "1")
    assert voided["PrivateNote"] == "Voided - rush"


@pytest.mark.parametrize("entity", ["Payment", "SalesReceipt", "BillPayment"])
async def test_the_other_shape_of_a_void_empties_the_lines(client: Client, basics: Basics, entity: str) -> None:
    bill = await client.write("Bill", basics.bill(10))
    bodies = {
        "Payment": basics.payment(10),
        "SalesReceipt": {"Line": [basics.sold(10)]},
        "BillPayment": basics.bill_payment(10, ("Bill", bill["Id"], 10)),
    }
    made = await client.write(entity, bodies[entity])
    voided = await client.write(entity, same(made, sparse=True), operation="update", include="void")
    assert (voided["TotalAmt"], voided["Line"], voided["PrivateNote"]) == (0, [], "Voided")


@pytest.mark.parametrize(
    ("entity", "parameters"),
    [
        ("Invoice", {"operation": "update", "include": "void"}),
        ("Payment", {"operation": "void"}),
        ("Bill", {"operation": "void"}),
    ],
)
async def test_a_void_in_the_wrong_shape_is_not_supported(
    client: Client, basics: Basics, entity: str, parameters: dict[str, str]
) -> None:
    bodies = {"Invoice": basics.invoice(10), "Payment": basics.payment(10), "Bill": basics.bill(10)}
    made = await client.write(entity, bodies[entity])
    (error,) = await client.refused(entity, same(made, sparse=True), **parameters)
    assert error["Detail"] == "Operation void is not supported."


async def test_operation_update_on_a_plain_update_is_tolerated(client: Client) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora"})
    assert (await client.write("Customer", same(made, DisplayName="N"), operation="update"))["DisplayName"] == "N"


async def test_a_write_moves_the_time_of_the_last_change_alone(client: Client, clock: HandClock) -> None:
    made = await client.write("Customer", {"DisplayName": "Nora"})
    clock.advance(hours=1)
    changed = await client.write("Customer", same(made, sparse=True, Notes="x"))
    assert changed["MetaData"] == {
        "CreateTime": "2026-11-03T09:15:00-08:00",
        "LastUpdatedTime": "2026-11-03T10:15:00-08:00",
    }


async def test_fields_no_schema_knows_are_served_as_they_are_and_survive_updates(client: Client) -> None:
    body = b'{"Id":"5","SyncToken":"0","DisplayName":"Nora","Fresh":{"Nested":[1,2.50]},"Active":true}'
    client.company.put_raw("Customer", 5, body)
    answer = await client.call("GET", "customer/5")
    assert body in answer.content
    assert body in (await client.call("GET", "query", query="select * from Customer")).content
    changed = await client.write("Customer", {"Id": "5", "SyncToken": "0", "DisplayName": "Nora Q"})
    assert changed["Fresh"] == {"Nested": [1, Decimal("2.50")]}
    assert b'"Nested":[1,2.50]' in (client.company.raw("Customer", 5) or b"")


async def test_an_attachment_counts_as_a_write_of_what_it_hangs_on(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(10))
    ref = {"EntityRef": {"type": "Invoice", "value": made["Id"]}}
    note = await client.write("Attachable", {"Note": "call first", "AttachableRef": [ref]})
    assert (await client.read("Invoice", made["Id"]))["SyncToken"] == "1"
    text = f"AttachableRef.EntityRef.Type = 'invoice' and AttachableRef.EntityRef.value = '{made['Id']}'"
    assert await client.ids(f"select * from attachable where {text}") == [note["Id"]]
