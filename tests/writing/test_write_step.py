"""A write step from rows to outcomes, against a company in memory that can be made to answer anything."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from memory_company import Company, Item, fault
from write_step import WriteStep

from ledgerflow.core.calls import ApiCall
from ledgerflow.core.errors import InputRefused, LedgerflowError, RetryLater

pytestmark = pytest.mark.anyio

INVOICE_FIELDS = {
    "DocNumber": "Number",
    "TxnDate": "Date",
    "CustomerRef": "Customer",
    "Line.SalesItemLineDetail.ItemRef": "Item",
    "Line.SalesItemLineDetail.Qty": "Qty",
    "Line.SalesItemLineDetail.UnitPrice": "Price",
}
BY_NAME = {"CustomerRef": "DisplayName", "Line.SalesItemLineDetail.ItemRef": "Name"}


def company() -> Company:
    return Company(
        Customer=[
            {"Id": "71", "SyncToken": "0", "DisplayName": "Harbor Lane Bakery", "Active": True},
            {"Id": "72", "SyncToken": "0", "DisplayName": "O'Neil \\ Sons", "Active": True},
            {"Id": "73", "SyncToken": "0", "DisplayName": "Old Mill (deleted)", "Active": False},
        ],
        Item=[{"Id": "31", "SyncToken": "0", "Name": "Crate", "Active": True}],
    )


def invoice(number: str, customer: str = "Harbor Lane Bakery", **other: Any) -> dict[str, Any]:
    row = {"Number": number, "Date": date(2026, 11, 3), "Customer": customer, "Item": "crate", "Qty": 2}
    return {**row, "Price": Decimal("54.00"), **other}


def customers(count: int) -> list[dict[str, Any]]:
    return [{"Name": f"Customer {number}"} for number in range(1, count + 1)]


def customer_step(project: Path, **other: Any) -> WriteStep:
    return WriteStep(project=project, resource="Customer", fields={"DisplayName": "Name"}, **other)


@pytest.fixture
def step(tmp_path: Path) -> WriteStep:
    return WriteStep(project=tmp_path, resource="Invoice", fields=INVOICE_FIELDS, settings={"references": BY_NAME})


async def test_rows_become_invoices_and_every_row_is_accounted_for(step: WriteStep) -> None:
    there = company()
    written = await step.run(there, [invoice("1"), invoice("2", "o'neil \\ sons")])
    assert [record["CustomerRef"] for record in there.lists["Invoice"]] == [{"value": "71"}, {"value": "72"}]
    assert there.lists["Invoice"][0]["Line"] == [
        {
            "SalesItemLineDetail": {"ItemRef": {"value": "31"}, "Qty": 2, "UnitPrice": 54},
            "DetailType": "SalesItemLineDetail",
            "Amount": 108,
        }
    ]
    assert (written.rows, written.created, written.set_aside, written.set_aside_file) == (2, 2, 0, None)
    assert written.outcomes_file == "runs/run-1/load.outcomes.csv"
    assert step.table("outcomes") == [
        {
            "_row": str(row),
            "outcome": "created",
            "Id": str(1000 + row),
            "SyncToken": "0",
            "DocNumber": str(row),
            "_reason": "",
            "_code": "",
            "_intuit_tid": "1-tid-3",
        }
        for row in (1, 2)
    ]


async def test_rows_that_cannot_be_sent_are_set_aside_as_they_came_and_the_rest_goes_on(step: WriteStep) -> None:
    there = company()
    rows = [
        invoice("1"),
        invoice("2", "Harbour Lane Bakery"),
        invoice("3", Date="31/12/2026"),
        invoice("a number far too long for QuickBooks"),
        invoice("1"),
        invoice("6", "Old Mill"),
        invoice("7", Qty=None, Price=None),
    ]
    rows = [{**row, "Date": str(row["Date"])} for row in rows]
    written = await step.run(there, rows)
    assert (written.created, written.set_aside) == (1, 6)
    aside = step.table("set_aside")
    reasons = [row["_reason"] for row in aside]
    assert reasons[0] == (
        "No customer has the DisplayName “Harbour Lane Bakery” (CustomerRef). The nearest name is “Harbor Lane Bakery”."
    )
    assert "must be a date such as 2026-03-31; “31/12/2026” is not" in reasons[1]
    assert "at most 21 characters; this one has 36" in reasons[2]
    assert reasons[3:] == [
        "Row 1 has the DocNumber “1” already. To make one invoice of several rows, name the column in group_by.",
        "The customer “Old Mill” is inactive in QuickBooks (id 73), so CustomerRef cannot use it.",
        "Line 1: Amount is missing.",
    ]
    assert aside[0] == {
        "Number": "2",
        "Date": "2026-11-03",
        "Customer": "Harbour Lane Bakery",
        "Item": "crate",
        "Qty": "2",
        "Price": "54",
        "_step": "load",
        "_row": "2",
        "_reason": aside[0]["_reason"],
        "_code": "",
        "_intuit_tid": "",
    }
    assert [row["outcome"] for row in step.table("outcomes")] == ["created", *["set aside"] * 6]


async def test_a_mended_file_runs_again_and_writes_what_was_set_aside(step: WriteStep, tmp_path: Path) -> None:
    there = company()
    await step.run(there, [invoice("1"), invoice("2", "Harbour Lane Bakery")])
    (mended,) = step.table("set_aside")
    mended["Customer"] = "Harbor Lane Bakery"
    again = WriteStep(
        project=tmp_path,
        resource="Invoice",
        fields=INVOICE_FIELDS,
        settings=step.settings,
        run_id="run-2",
    )
    written = await again.run(there, [mended])
    assert (written.created, written.set_aside) == (1, 0)
    assert [record["DocNumber"] for record in there.lists["Invoice"]] == ["1", "2"]


async def test_names_are_asked_for_in_few_queries_with_quotes_escaped(step: WriteStep) -> None:
    there = company()
    await step.run(there, [invoice(str(number), "O'Neil \\ Sons") for number in range(1, 71)])
    assert there.statements() == [
        "select Id, DisplayName, Active from Customer where Active in (true, false) and DisplayName in "
        "('O\\'Neil \\\\ Sons', 'O\\'Neil \\\\ Sons (deleted)') orderby Id startposition 1 maxresults 1000",
        "select Id, Name, Active from Item where Active in (true, false) and Name in "
        "('crate', 'crate (deleted)') orderby Id startposition 1 maxresults 1000",
    ]
    assert [call.kind for call in there.calls] == ["query", "query", "batch", "batch", "batch"]
    assert [(call.metered, call.repeatable) for call in there.calls[1:3]] == [(True, True), (False, True)]


async def test_many_names_are_looked_up_in_the_whole_list_when_that_takes_fewer_calls(step: WriteStep) -> None:
    there = company()
    for number in range(1500):
        there.add("Customer", {"DisplayName": f"Customer {number}", "Active": True})
    written = await step.run(there, [invoice(str(number), f"customer {number}") for number in range(1500)])
    assert written.created == 1500
    asked = [statement.split(" where ")[0] for statement in there.statements()]
    assert asked == [
        "select count(*) from Customer",
        "select Id, DisplayName, Active from Customer",
        "select Id, DisplayName, Active from Customer",
        "select Id, Name, Active from Item",
    ]


async def test_a_cell_that_no_name_can_be_does_not_spoil_the_query_for_the_others(step: WriteStep) -> None:
    there = company()
    rows = [invoice("1"), invoice("2", "two\nlines"), invoice("3", "x" * 5000), invoice("4", "tab\there")]
    written = await step.run(there, rows)
    assert (written.created, written.set_aside) == (1, 3)
    assert all(statement.isprintable() for statement in there.statements())


async def test_grouped_rows_make_one_record_wherever_they_stand(step: WriteStep) -> None:
    step.settings = {"references": BY_NAME, "group_by": ["Number"]}
    step.batch_rows = 2
    there = company()
    rows = [invoice("1"), invoice("2"), invoice("1", Qty=5), invoice("2", "O'Neil \\ Sons"), invoice("")]
    written = await step.run(there, rows)
    assert [len(record["Line"]) for record in there.lists["Invoice"]] == [2]
    assert (written.created, written.set_aside) == (2, 3)
    assert [(row["_row"], row["_reason"]) for row in step.table("set_aside")] == [
        ("2", "Rows 2, 4 make one record but do not agree on CustomerRef: “71” and “72”."),
        ("4", "Rows 2, 4 make one record but do not agree on CustomerRef: “71” and “72”."),
        ("5", "The row has no value in the column 'Number', which tells which rows make one record."),
    ]


async def test_a_dry_run_reads_and_plans_and_sends_nothing(step: WriteStep) -> None:
    step.dry_run = True
    there = company()
    written = await step.run(there, [invoice("1"), invoice("2", "Nobody")])
    assert "Invoice" not in there.lists
    assert {call.kind for call in there.calls} == {"query"}
    assert (written.rows, written.created, written.set_aside) == (0, 1, 1)
    assert written.outcomes_file == "runs/run-1/load.plan.csv"
    assert [(row["_rows"], row["action"], row["DocNumber"]) for row in step.table("plan")] == [
        ("1", "create", "1"),
        ("2", "refuse", "2"),
    ]


async def test_a_dry_run_counts_on_the_customers_that_an_earlier_step_would_make(step: WriteStep) -> None:
    there = company()
    first = customer_step(step.project, step="customers", dry_run=True)
    await first.run(there, [{"Name": "Brand New"}])
    step.dry_run = True
    written = await step.run(there, [invoice("1", "brand new"), invoice("2", "Nobody")])
    assert (written.created, written.set_aside) == (1, 1)


async def test_a_throttled_item_is_repeated_alone_after_the_pause_quickbooks_wants(tmp_path: Path) -> None:
    there = Company()
    throttled = ["Customer 2", "Customer 5"]

    def on_item(operation: str, item: Item) -> Item | None:
        if item["DisplayName"] in throttled:
            throttled.remove(item["DisplayName"])
            return fault("003001", "ThrottleExceeded", kind="SERVICE")
        return None

    there.on_item = on_item
    step = customer_step(tmp_path)
    written = await step.run(there, customers(6))
    assert (written.created, written.set_aside) == (6, 0)
    assert len(set(there.requests)) == 2, "the repeat is a call of its own, with an id of its own"
    assert step.time.waits == [60]


async def test_batch_calls_keep_to_forty_a_minute(tmp_path: Path) -> None:
    there = Company()
    step = customer_step(tmp_path)
    started: list[float] = []

    def note(call: ApiCall) -> None:
        started.append(step.time.now)

    there.on_call = note
    await step.run(there, customers(90 * 30))
    assert len(started) == 90
    assert all(later - earlier >= 60 for earlier, later in zip(started, started[40:], strict=False))


async def test_items_throttled_for_too_long_stop_the_run_and_a_later_try_carries_on(tmp_path: Path) -> None:
    there = Company()
    there.on_item = lambda operation, item: fault("3001", "throttled") if item["DisplayName"] == "Customer 2" else None
    step = customer_step(tmp_path)
    with pytest.raises(RetryLater, match="did not take 1 records in 5 tries"):
        await step.run(there, customers(3))
    assert [row["outcome"] for row in step.table("outcomes")] == ["created", "not sent", "created"]
    there.on_item = lambda operation, item: None
    written = await step.run(there, customers(3))
    assert (written.created, written.set_aside) == (3, 0)
    assert sorted(record["DisplayName"] for record in there.lists["Customer"]) == [
        "Customer 1",
        "Customer 2",
        "Customer 3",
    ]


async def test_a_fault_of_one_item_sets_its_row_aside_with_code_and_tid(tmp_path: Path) -> None:
    there = Company()
    taken = fault("6240", "The name supplied already exists. : Another customer is already using this name.")
    there.on_item = lambda operation, item: taken if item["DisplayName"] == "Customer 2" else None
    step = customer_step(tmp_path)
    written = await step.run(there, customers(3))
    assert (written.created, written.set_aside) == (2, 1)
    (aside,) = step.table("set_aside")
    assert (aside["Name"], aside["_row"], aside["_code"], aside["_intuit_tid"]) == (
        "Customer 2",
        "2",
        "6240",
        "1-tid-1",
    )
    assert aside["_reason"].startswith("Another record already has this name")


async def test_an_item_the_answer_leaves_out_is_not_taken_for_written(tmp_path: Path) -> None:
    there = Company()
    there.on_item = lambda operation, item: {} if item["DisplayName"] == "Customer 1" else None
    step = customer_step(tmp_path)
    written = await step.run(there, customers(2))
    assert (written.created, written.set_aside) == (1, 1)
    assert "may or may not be there" in step.table("set_aside")[0]["_reason"]


@pytest.mark.parametrize("kind", ["query", "batch"])
async def test_an_answer_that_cannot_be_read_is_asked_for_again_later(step: WriteStep, kind: str) -> None:
    there = company()
    there.spoil = lambda call, body: body[: len(body) // 2] if call.kind == kind else body
    with pytest.raises(RetryLater, match="cannot be read"):
        await step.run(there, [invoice("1")])
    there.spoil = lambda call, body: body
    written = await step.run(there, [invoice("1")])
    assert (written.created, len(there.lists["Invoice"])) == (1, 1)


async def test_a_call_refused_for_one_record_is_halved_until_that_record_stands_alone(tmp_path: Path) -> None:
    there = Company()

    def refuse_bad(call: ApiCall) -> LedgerflowError | None:
        if call.kind == "batch" and b'"Customer 17"' in (call.body or b""):
            return InputRefused("Property Name: X is unsupported.", where="batch", next_step="Correct it.")
        return None

    there.on_call = refuse_bad
    step = customer_step(tmp_path)
    written = await step.run(there, customers(30))
    assert (written.created, written.set_aside) == (29, 1)
    (aside,) = step.table("set_aside")
    assert (aside["Name"], aside["_reason"]) == ("Customer 17", "Property Name: X is unsupported.")
    assert len({record["DisplayName"] for record in there.lists["Customer"]}) == 29


async def test_calls_that_are_always_refused_stop_the_step_instead_of_setting_everything_aside(tmp_path: Path) -> None:
    there = Company()
    refusal = InputRefused("These keys belong to the other environment.", where="batch", next_step="Connect again.")
    there.on_call = lambda call: refusal
    step = customer_step(tmp_path)
    with pytest.raises(InputRefused, match="other environment"):
        await step.run(there, customers(900))
    assert len(there.calls) < 20
    there.on_call = lambda call: None
    written = await step.run(there, customers(900))
    assert (written.created, written.set_aside) == (900, 0)


async def test_what_is_written_before_an_error_is_never_sent_again(tmp_path: Path) -> None:
    there = Company()
    step = customer_step(tmp_path)

    def down(call: ApiCall) -> LedgerflowError | None:
        if len(there.requests) >= 2:
            return RetryLater("QuickBooks is down.", where="batch", next_step="Run it again.")
        return None

    there.on_call = down
    with pytest.raises(RetryLater, match="down"):
        await step.run(there, customers(300))
    sent = len(there.lists["Customer"])
    assert 0 < sent < 300
    before = list(there.requests)
    there.on_call = lambda call: None
    written = await step.run(there, [{"Name": "rows of a second try are not looked at"}])
    assert (written.created, written.set_aside) == (300, 0)
    assert len({record["DisplayName"] for record in there.lists["Customer"]}) == len(there.lists["Customer"]) == 300
    assert not set(before) & set(there.requests[len(before) :])
    finished = await step.run(there, [{"Name": "x"}])
    assert finished == written
    assert len(there.requests) == 10, "a finished step sends nothing"


async def test_no_rows_make_no_calls(step: WriteStep) -> None:
    there = company()
    destination = step.destination(there)
    await destination.open(step.prepared([invoice("1")]).schema)
    written = await destination.commit()
    assert (written.rows, written.set_aside, there.calls) == (0, 0, [])


async def test_columns_that_cannot_be_written_are_refused_before_any_row(step: WriteStep) -> None:
    step.fields = {"DocNumbr": "Number", "CustomerRef": "Customer"}
    step.settings = {"references": ["CustomerRef"]}
    with pytest.raises(InputRefused) as refused:
        await step.run(company(), [invoice("1")])
    (found,) = refused.value.faults
    assert (found.key, found.nearest) == ("fields.DocNumbr", "DocNumber")


def test_settings_and_entities_that_cannot_be_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="no entity 'Invoise'"):
        WriteStep(project=tmp_path, resource="Invoise", fields={}).destination(Company())
    with pytest.raises(InputRefused, match="on_existing needs a key"):
        customer_step(tmp_path, settings={"on_existing": "skip"}).destination(Company())
