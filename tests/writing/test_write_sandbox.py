"""Writing into the local QuickBooks over HTTP: what it stored, what it cost, and what a bad day does to it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sandbox_caller import ask, sandbox_caller
from write_step import Time, WriteStep

from ledgerflow.core.errors import RetryLater
from qbo_sandbox.served import ServedSandbox

pytestmark = [pytest.mark.anyio, pytest.mark.qbo_sandbox(invoices=10)]

FIELDS = {
    "DocNumber": "Number",
    "TxnDate": "Date",
    "CustomerRef": "Customer",
    "BillEmail": "Email",
    "Line.Description": "Text",
    "Line.SalesItemLineDetail.ItemRef": "Item",
    "Line.SalesItemLineDetail.Qty": "Qty",
    "Line.SalesItemLineDetail.UnitPrice": "Price",
}
SETTINGS = {"references": {"CustomerRef": "DisplayName", "Line.SalesItemLineDetail.ItemRef": "Name"}}


def invoices(count: int) -> list[dict[str, Any]]:
    return [
        {
            "Number": f"L-{number}",
            "Date": "2026-11-03",
            "Customer": ("Calloway Law Office", "penhallow tile & stone", "Ruiz Dental")[number % 3],
            "Email": "books@example.com",
            "Text": f"Work no. {number}",
            "Item": ("Crew hour", "Shrub, 5 gal")[number % 2],
            "Qty": str(number % 7 + 1),
            "Price": f"{number}.{number % 100:02}",
        }
        for number in range(1, count + 1)
    ]


def loading(project: Path, **other: Any) -> WriteStep:
    given = {"resource": "Invoice", "fields": FIELDS, "settings": SETTINGS, **other}
    return WriteStep(project=project, **given)


async def numbers(caller: Any) -> list[str]:
    found = await ask(caller, "select * from Invoice where DocNumber like 'L-%' orderby Id maxresults 1000")
    return [record["DocNumber"] for record in found]


async def test_of_200_invoices_with_five_bad_rows_195_are_created_and_five_told_why(
    qbo_sandbox: ServedSandbox, tmp_path: Path
) -> None:
    rows = invoices(200)
    rows[9]["Customer"] = "Caloway Law Office"
    rows[49]["Date"] = "03/11/2026"
    rows[99]["Number"] = "L-" + "9" * 30
    rows[149]["Customer"] = "Novak Physiotherapy"
    rows[199]["Price"] = "twelve"
    step = loading(tmp_path)
    async with sandbox_caller(qbo_sandbox) as caller:
        written = await step.run(caller, rows)
        spent = qbo_sandbox.meter()
        stored = await numbers(caller)
    assert (written.created, written.set_aside) == (195, 5)
    assert len(stored) == len(set(stored)) == 195
    assert spent["by_kind"] == {"batch": 7, "query": 3}, "a query each for customers, items, and names to suggest"
    assert spent["metered"] == 3
    aside = {row["_row"]: row["_reason"] for row in step.table("set_aside")}
    assert sorted(aside, key=int) == ["10", "50", "100", "150", "200"]
    assert aside["10"] == (
        "No customer has the DisplayName “Caloway Law Office” (CustomerRef). The nearest name is “Calloway Law Office”."
    )
    assert "must be a date such as 2026-03-31; “03/11/2026” is not" in aside["50"]
    assert "at most 21 characters; this one has 32" in aside["100"]
    assert aside["150"] == (
        "The customer “Novak Physiotherapy” is inactive in QuickBooks (id 28), so CustomerRef cannot use it."
    )
    assert "must be a number such as 1234.50; “twelve” is not" in aside["200"]


async def test_set_aside_rows_are_written_once_they_are_mended(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    rows = invoices(3)
    rows[1]["Customer"] = "Nobody at all"
    first = loading(tmp_path)
    async with sandbox_caller(qbo_sandbox) as caller:
        await first.run(caller, rows)
        (mended,) = first.table("set_aside")
        mended["Customer"] = "Ruiz Dental"
        written = await loading(tmp_path, run_id="run-2").run(caller, [mended])
        assert (written.created, written.set_aside) == (1, 0)
        assert sorted(await numbers(caller)) == ["L-1", "L-2", "L-3"]


async def test_quickbooks_own_refusals_are_told_with_code_and_tid(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    step = WriteStep(project=tmp_path, resource="Customer", fields={"DisplayName": "Name"})
    rows = [{"Name": "Brand New"}, {"Name": "Prewitt Lumber"}, {"Name": "Another New"}]
    async with sandbox_caller(qbo_sandbox) as caller:
        written = await step.run(caller, rows)
    assert (written.created, written.set_aside) == (2, 1)
    (aside,) = step.table("set_aside")
    assert (aside["Name"], aside["_code"]) == ("Prewitt Lumber", "6240")
    assert aside["_reason"].startswith("Another record already has this name; customers, vendors and employees share")
    assert aside["_intuit_tid"].count("-") >= 2
    assert {row["outcome"] for row in step.table("outcomes")} == {"created", "set aside"}


async def test_amounts_are_stored_to_the_last_cent(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    amounts = ["99999999999999.99", "0.01", "1234567890123.45", "0.10", "19.99"]
    step = WriteStep(
        project=tmp_path,
        resource="JournalEntry",
        fields={
            "DocNumber": "Number",
            "Line[1].Amount": "Amount",
            "Line[1].JournalEntryLineDetail.PostingType": "Debit",
            "Line[1].JournalEntryLineDetail.AccountRef": "From",
            "Line[2].Amount": "Amount",
            "Line[2].JournalEntryLineDetail.PostingType": "Credit",
            "Line[2].JournalEntryLineDetail.AccountRef": "To",
        },
        settings={
            "references": {
                "Line.JournalEntryLineDetail.AccountRef": "FullyQualifiedName",
            }
        },
    )
    rows = [
        {
            "Number": f"L-{place}",
            "Amount": Decimal(amount).quantize(Decimal("1.000000000")),
            "Debit": "debit",
            "Credit": "credit",
            "From": "Checking",
            "To": "Savings",
        }
        for place, amount in enumerate(amounts)
    ]
    async with sandbox_caller(qbo_sandbox) as caller:
        written = await step.run(caller, rows)
        assert (written.created, written.set_aside) == (5, 0)
        stored = await ask(caller, "select * from JournalEntry where DocNumber like 'L-%' orderby Id")
    assert [line["Amount"] for entry in stored for line in entry["Line"]] == [
        Decimal(amount) for amount in amounts for _ in range(2)
    ]


async def test_lines_of_grouped_rows_and_their_amounts_reach_the_books(
    qbo_sandbox: ServedSandbox, tmp_path: Path
) -> None:
    rows = [{**row, "Number": "L-one", "Customer": "Ruiz Dental"} for row in invoices(3)]
    step = loading(tmp_path, settings={**SETTINGS, "group_by": ["Number"]})
    async with sandbox_caller(qbo_sandbox) as caller:
        written = await step.run(caller, rows)
        (stored,) = await ask(caller, "select * from Invoice where DocNumber = 'L-one'")
    assert (written.created, written.set_aside) == (3, 0)
    lines = [line for line in stored["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    assert [line["Amount"] for line in lines] == [Decimal("2.02"), Decimal("6.06"), Decimal("12.12")]
    assert stored["TotalAmt"] == Decimal("20.2")
    assert stored["BillEmail"] == {"Address": "books@example.com"}


async def test_an_answer_lost_after_the_write_makes_no_duplicate(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    qbo_sandbox.misbehave("lose_answer", times=2, after=1, match={"kind": "batch"})
    qbo_sandbox.misbehave("cut", when="mid_body", times=1, match={"kind": "batch"})
    async with sandbox_caller(qbo_sandbox) as caller:
        written = await loading(tmp_path).run(caller, invoices(150))
        spent = qbo_sandbox.meter()["by_kind"]["batch"]
        stored = await numbers(caller)
    assert (written.created, written.set_aside) == (150, 0)
    assert sorted(stored) == sorted(f"L-{number}" for number in range(1, 151))
    assert spent == 8, "five batches, three of them twice"


async def test_throttling_and_server_errors_are_waited_out(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    qbo_sandbox.misbehave("throttle", times=2, match={"kind": "batch"})
    qbo_sandbox.misbehave("server_error", status=503, times=2, match={"kind": "batch"})
    qbo_sandbox.misbehave("server_error", status=502, times=1, match={"kind": "query"})
    qbo_sandbox.misbehave("expire_access_tokens", times=1, match={"kind": "batch"})
    time = Time()
    async with sandbox_caller(qbo_sandbox, time=time) as caller:
        written = await loading(tmp_path).run(caller, invoices(120))
        stored = await numbers(caller)
    assert (written.created, written.set_aside) == (120, 0)
    assert len(stored) == len(set(stored)) == 120
    assert qbo_sandbox.control("GET", "misbehaviours")["waiting"] == [], "every one of them struck"
    assert max(time.waits) >= 60, "the pause that QuickBooks wants after throttling"


async def test_a_company_that_stays_down_stops_the_step_and_a_later_try_carries_on(
    qbo_sandbox: ServedSandbox, tmp_path: Path
) -> None:
    qbo_sandbox.misbehave("lose_answer", times=None, after=2, match={"kind": "batch"})
    step = loading(tmp_path)
    async with sandbox_caller(qbo_sandbox, within_s=0) as caller:
        with pytest.raises(RetryLater):
            await step.run(caller, invoices(300))
    told = [row["outcome"] for row in step.table("outcomes")]
    assert set(told) == {"created", "unknown", "not sent"}
    qbo_sandbox.behave()
    async with sandbox_caller(qbo_sandbox) as caller:
        written = await loading(tmp_path).run(caller, invoices(300))
        stored = await numbers(caller)
    assert (written.created, written.set_aside) == (300, 0)
    assert sorted(stored) == sorted(f"L-{number}" for number in range(1, 301))


async def test_an_update_changes_what_differs_and_leaves_the_rest(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    async with sandbox_caller(qbo_sandbox) as caller:
        await loading(tmp_path).run(caller, invoices(40))
        step = WriteStep(
            project=tmp_path,
            resource="Invoice",
            fields={"DocNumber": "Number", "PrivateNote": "Note", "DueDate": "Due"},
            settings={"operation": "update", "key": "DocNumber"},
            step="dun",
        )
        rows = [{"Number": f"L-{number}", "Note": "second notice", "Due": "2026-12-24"} for number in range(1, 42)]
        qbo_sandbox.reset_meter()
        first = await step.run(caller, rows)
        assert (first.updated, first.skipped, first.set_aside) == (40, 0, 1)
        assert qbo_sandbox.meter()["by_kind"] == {"batch": 2, "query": 1}
        qbo_sandbox.reset_meter()
        step.run_id = "run-2"
        second = await step.run(caller, rows)
        assert (second.updated, second.skipped, second.set_aside) == (0, 40, 1)
        assert qbo_sandbox.meter()["by_kind"] == {"query": 1}
        stored = await ask(caller, "select * from Invoice where DocNumber = 'L-7'")
    assert (stored[0]["PrivateNote"], stored[0]["DueDate"], stored[0]["SyncToken"]) == (
        "second notice",
        "2026-12-24",
        "1",
    )
    assert stored[0]["Line"][0]["Description"] == "Work no. 7"


async def test_a_change_made_by_others_meanwhile_is_kept(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    async with sandbox_caller(qbo_sandbox) as caller:
        await loading(tmp_path).run(caller, invoices(2))
        fields = {"DocNumber": "Number", "PrivateNote": "Note"}
        settings = {"operation": "update", "key": "DocNumber"}
        rows = [{"Number": "L-1", "Note": "ours"}, {"Number": "L-2", "Note": "ours"}]
        ours = WriteStep(project=tmp_path, resource="Invoice", fields=fields, settings=settings, step="ours")
        theirs = WriteStep(project=tmp_path, resource="Invoice", fields=fields, settings=settings, step="theirs")
        dates = {"DocNumber": "Number", "DueDate": "Due"}
        moved = WriteStep(project=tmp_path, resource="Invoice", fields=dates, settings=settings, step="moved")
        planned = BeforeFirstBatch(caller)
        planned.then = lambda: theirs.run(caller, [{"Number": "L-1", "Note": "theirs"}])
        planned.also = lambda: moved.run(caller, [{"Number": "L-2", "Due": "2027-01-31"}])
        written = await ours.run(planned, rows)
        assert (written.updated, written.set_aside) == (1, 1)
        stored = await ask(caller, "select * from Invoice where DocNumber in ('L-1', 'L-2') orderby Id")
    assert [(record["PrivateNote"], record.get("DueDate")) for record in stored][1] == ("ours", "2027-01-31")
    assert stored[0]["PrivateNote"] == "theirs"
    (aside,) = ours.table("set_aside")
    assert (aside["Number"], aside["_code"]) == ("L-1", "5010")


class BeforeFirstBatch:
    """A caller that lets somebody else change records between our reading and our first batch."""

    def __init__(self, caller: Any) -> None:
        self._caller = caller
        self.then: Any = None
        self.also: Any = None

    @property
    def company(self) -> str:
        return str(self._caller.company)

    async def send(self, call: Any) -> Any:
        if call.kind == "batch" and self.then is not None:
            then, self.then = self.then, None
            await then()
            await self.also()
        return await self._caller.send(call)


async def test_customers_made_by_one_step_are_found_by_the_next(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    customers = WriteStep(
        project=tmp_path,
        resource="Customer",
        fields={"DisplayName": "Name", "PrimaryEmailAddr": "Email", "PrimaryPhone": "Phone", "BillAddr.City": "City"},
        step="customers",
    )
    people = [
        {"Name": f"O'Neil & Sons {number}", "Email": "a@example.com", "Phone": "555-0100", "City": "Bend"}
        for number in range(1, 21)
    ]
    rows = [{**row, "Customer": f"o'neil & sons {number % 20 + 1}"} for number, row in enumerate(invoices(60))]
    async with sandbox_caller(qbo_sandbox) as caller:
        made = await customers.run(caller, people)
        written = await loading(tmp_path).run(caller, rows)
        (stored,) = await ask(caller, "select * from Customer where DisplayName = 'O\\'Neil & Sons 7'")
        spent = qbo_sandbox.meter()["by_kind"]
    assert (made.created, written.created, written.set_aside) == (20, 60, 0)
    assert stored["PrimaryEmailAddr"] == {"Address": "a@example.com"}
    assert stored["PrimaryPhone"] == {"FreeFormNumber": "555-0100"}
    assert stored["BillAddr"]["City"] == "Bend"
    assert spent == {"batch": 3, "query": 3}


@pytest.mark.parametrize(
    ("resource", "fields", "settings", "row"),
    [
        (
            "Bill",
            {
                "VendorRef": "Vendor",
                "Line.Amount": "Amount",
                "Line.AccountBasedExpenseLineDetail.AccountRef": "Account",
            },
            {"references": ["VendorRef", "Line.AccountBasedExpenseLineDetail.AccountRef"]},
            {"Vendor": "prewitt lumber", "Amount": 312.4, "Account": "Supplies"},
        ),
        (
            "Purchase",
            {
                "PaymentType": "How",
                "AccountRef": "Paid from",
                "EntityRef": "Payee",
                "Line.Amount": "Amount",
                "Line.AccountBasedExpenseLineDetail.AccountRef": "Account",
            },
            {"references": ["AccountRef", "EntityRef", "Line.AccountBasedExpenseLineDetail.AccountRef"]},
            {"How": "creditcard", "Paid from": "Visa", "Payee": "Hollis Fuel", "Amount": "48.20", "Account": "Fuel"},
        ),
        (
            "Item",
            {"Name": "Name", "Type": "Kind", "IncomeAccountRef": "Account", "UnitPrice": "Price"},
            {"references": {"IncomeAccountRef": "FullyQualifiedName"}},
            {"Name": "Snow removal", "Kind": "service", "Account": "Services:Maintenance", "Price": Decimal("85.50")},
        ),
        (
            "JournalEntry",
            {
                "Line[1].Amount": "Amount",
                "Line[1].JournalEntryLineDetail.PostingType": "Debit",
                "Line[1].JournalEntryLineDetail.AccountRef": "Owed",
                "Line[1].JournalEntryLineDetail.Entity.EntityRef": "Who",
                "Line[2].Amount": "Amount",
                "Line[2].JournalEntryLineDetail.PostingType": "Credit",
                "Line[2].JournalEntryLineDetail.AccountRef": "Earned",
            },
            {
                "references": {
                    "Line.JournalEntryLineDetail.AccountRef": "FullyQualifiedName",
                    "Line[1].JournalEntryLineDetail.Entity.EntityRef": None,
                }
            },
            {
                "Amount": Decimal("12.34"),
                "Debit": "Debit",
                "Credit": "Credit",
                "Owed": "Accounts Receivable (A/R)",
                "Earned": "Services:Design",
                "Who": "Ruiz Dental",
            },
        ),
        (
            "Payment",
            {"CustomerRef": "Customer", "TotalAmt": "Amount"},
            {"references": ["CustomerRef"]},
            {"Customer": "Ruiz Dental", "Amount": Decimal("75.00")},
        ),
    ],
)
async def test_other_kinds_of_records_are_written_too(
    qbo_sandbox: ServedSandbox,
    tmp_path: Path,
    resource: str,
    fields: dict[str, str],
    settings: dict[str, Any],
    row: dict[str, Any],
) -> None:
    step = WriteStep(project=tmp_path, resource=resource, fields=fields, settings=settings)
    async with sandbox_caller(qbo_sandbox) as caller:
        written = await step.run(caller, [row])
    assert (written.created, [found["_reason"] for found in step.table("outcomes")]) == (1, [""])
