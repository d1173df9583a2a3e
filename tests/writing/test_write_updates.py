"""Updates, look-ups of what is there, and changes made by others meanwhile."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from memory_company import Company, Item
from write_step import WriteStep

pytestmark = pytest.mark.anyio


def company() -> Company:
    there = Company()
    for number in range(1, 6):
        there.add(
            "Invoice",
            {
                "DocNumber": f"INV-{number}",
                "CustomerRef": {"value": "71", "name": "Harbor Lane Bakery"},
                "PrivateNote": "old",
                "DueDate": "2026-12-01",
                "Line": [{"Id": "1", "Amount": Decimal("10.10"), "DetailType": "SalesItemLineDetail"}],
            },
        )
    return there


def step(project: Path, **other: Any) -> WriteStep:
    settings = {"operation": "update", "key": "DocNumber", **other.pop("settings", {})}
    fields = {"DocNumber": "Number", "PrivateNote": "Note", "DueDate": "Due"}
    return WriteStep(project=project, resource="Invoice", fields=fields, settings=settings, **other)


def row(number: str, note: str | None = "new", due: str | None = None) -> dict[str, Any]:
    return {"Number": number, "Note": note, "Due": due}


async def test_only_records_that_change_are_sent_with_what_changes(tmp_path: Path) -> None:
    there = company()
    updating = step(tmp_path)
    written = await updating.run(there, [row("inv-1"), row("INV-2", "old"), row("INV-3", None), row("INV-9")])
    assert (written.updated, written.skipped, written.set_aside) == (1, 2, 1)
    assert [call.kind for call in there.calls] == ["query", "batch"]
    assert b'"Invoice":{"Id":"1001","SyncToken":"0","sparse":true,"PrivateNote":"new"}' in (there.calls[1].body or b"")
    assert [(found["outcome"], found["Id"], found["SyncToken"]) for found in updating.table("outcomes")] == [
        ("updated", "1001", "1"),
        ("skipped", "1002", "0"),
        ("skipped", "1003", "0"),
        ("set aside", "", ""),
    ]
    assert updating.table("set_aside")[0]["_reason"] == "There is no invoice with the DocNumber “INV-9”."


async def test_a_dry_run_shows_each_change_old_and_new(tmp_path: Path) -> None:
    there = company()
    planning = step(tmp_path, dry_run=True)
    written = await planning.run(there, [row("INV-1", "new", "2026-12-31"), row("INV-2", "old")])
    assert (written.rows, written.updated, written.skipped) == (0, 1, 1)
    assert [
        (found["_rows"], found["action"], found["Id"], found["field"], found["old"], found["new"])
        for found in planning.table("plan")
    ] == [
        ("1", "change", "1001", "PrivateNote", "old", "new"),
        ("1", "change", "1001", "DueDate", "2026-12-01", "2026-12-31"),
        ("2", "skip", "1002", "", "", ""),
    ]
    assert [record["PrivateNote"] for record in there.lists["Invoice"]] == ["old"] * 5


async def test_the_images_before_and_after_are_kept_for_an_undo(tmp_path: Path) -> None:
    there = company()
    updating = step(tmp_path)
    await updating.run(there, [row("INV-1")])
    (images,) = updating.journal().images()
    assert images.before is not None
    assert b'"PrivateNote":"old"' in images.before
    assert b'"Amount":10.10' in images.before
    assert b'"PrivateNote":"new"' in images.answer


def meanwhile(there: Company, **changed: Any) -> None:
    """Somebody changes INV-1 just before our update of it arrives, once."""
    pending = [changed]

    def on_item(operation: str, item: Item) -> Item | None:
        if pending:
            record = there.lists["Invoice"][0]
            record.update(pending.pop(), SyncToken=str(int(record["SyncToken"]) + 1))
        return None

    there.on_item = on_item


async def test_a_change_by_others_to_other_fields_lets_ours_go_through(tmp_path: Path) -> None:
    there = company()
    meanwhile(there, DueDate="2027-01-15")
    written = await step(tmp_path).run(there, [row("INV-1"), row("INV-2")])
    assert (written.updated, written.set_aside) == (2, 0)
    record = there.lists["Invoice"][0]
    assert (record["PrivateNote"], record["DueDate"], record["SyncToken"]) == ("new", "2027-01-15", "2")
    assert [call.kind for call in there.calls] == ["query", "batch", "query", "batch"]


async def test_a_change_by_others_to_the_same_field_is_left_as_they_made_it(tmp_path: Path) -> None:
    there = company()
    meanwhile(there, PrivateNote="theirs")
    updating = step(tmp_path)
    written = await updating.run(there, [row("INV-1"), row("INV-2")])
    assert (written.updated, written.set_aside) == (1, 1)
    assert there.lists["Invoice"][0]["PrivateNote"] == "theirs"
    (aside,) = updating.table("set_aside")
    assert (aside["_code"], aside["_reason"]) == (
        "5010",
        "Somebody else changed PrivateNote after it was read, so it was left as it is.",
    )


async def test_our_own_change_whose_answer_got_lost_counts_as_done(tmp_path: Path) -> None:
    there = company()
    meanwhile(there, PrivateNote="new")
    written = await step(tmp_path).run(there, [row("INV-1")])
    assert (written.updated, written.set_aside) == (1, 0)
    assert there.lists["Invoice"][0]["SyncToken"] == "1", "nothing was changed twice"


async def test_rows_name_the_version_they_were_made_from(tmp_path: Path) -> None:
    there = company()
    there.lists["Invoice"][0]["SyncToken"] = "4"
    updating = step(tmp_path)
    updating.fields = {"Id": "Id", "SyncToken": "Version", "PrivateNote": "Note"}
    updating.settings = {"operation": "update"}
    rows = [{"Id": 1001, "Version": 3, "Note": "x"}, {"Id": 1002, "Version": 0, "Note": "x"}]
    written = await updating.run(there, [*rows, {"Id": None, "Version": None, "Note": "x"}])
    assert (written.updated, written.set_aside) == (1, 2)
    assert [found["_reason"] for found in updating.table("set_aside")] == [
        "The record was changed since it was read: its SyncToken is 4, the row has 3.",
        "The row has no Id, so its record cannot be found.",
    ]


async def test_two_rows_for_one_record_and_one_key_for_two_records_are_set_aside(tmp_path: Path) -> None:
    there = company()
    there.add("Invoice", {"DocNumber": "INV-5", "PrivateNote": "twin", "CustomerRef": {"value": "71"}})
    updating = step(tmp_path)
    await updating.run(there, [row("INV-1"), row("INV-1", "again"), row("INV-5")])
    assert [found["_reason"] for found in updating.table("set_aside")] == [
        "Row 1 changes the same invoice (Id 1001).",
        "2 records have the DocNumber “INV-5” (Ids 1005, 1006); give the Id.",
    ]


@pytest.mark.parametrize(("on_missing", "created", "skipped"), [("create", 1, 0), ("skip", 0, 1)])
async def test_a_missing_record_can_be_made_or_skipped(
    tmp_path: Path, on_missing: str, created: int, skipped: int
) -> None:
    there = Company(Customer=[{"Id": "71", "SyncToken": "0", "DisplayName": "Harbor", "Active": True}])
    updating = WriteStep(
        project=tmp_path,
        resource="Customer",
        fields={"DisplayName": "Name", "Notes": "Note"},
        settings={"operation": "update", "key": "DisplayName", "on_missing": on_missing},
    )
    written = await updating.run(there, [{"Name": "harbor", "Note": "x"}, {"Name": "New", "Note": "y"}])
    assert (written.updated, written.created, written.skipped, written.set_aside) == (1, created, skipped, 0)
    assert len(there.lists["Customer"]) == 1 + created


@pytest.mark.parametrize(("on_existing", "skipped", "set_aside"), [("skip", 1, 0), ("set_aside", 0, 1)])
async def test_a_create_can_look_whether_its_record_is_there(
    tmp_path: Path, on_existing: str, skipped: int, set_aside: int
) -> None:
    there = Company(
        Customer=[
            {"Id": "71", "SyncToken": "0", "DisplayName": "Harbor", "Active": True},
            {"Id": "72", "SyncToken": "0", "DisplayName": "New (deleted)", "Active": False},
        ]
    )
    creating = WriteStep(
        project=tmp_path,
        resource="Customer",
        fields={"DisplayName": "Name"},
        settings={"key": "DisplayName", "on_existing": on_existing},
    )
    written = await creating.run(there, [{"Name": "HARBOR"}, {"Name": "New"}])
    assert (written.created, written.skipped, written.set_aside) == (1, skipped, set_aside)
    assert [call.kind for call in there.calls] == ["query", "batch"]
    assert creating.table("outcomes")[0]["_reason"] == (
        "QuickBooks has a customer with the DisplayName “HARBOR” already."
    )
