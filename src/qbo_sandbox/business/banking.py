"""Deposits, transfers and journal entries: money moving between the company's own accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qbo_sandbox.business.books import Books
from qbo_sandbox.business.chance import Chance
from qbo_sandbox.business.chart import Account, Chart
from qbo_sandbox.business.json_text import compact, money
from qbo_sandbox.business.lists import Records
from qbo_sandbox.business.selling import HeldPayment
from qbo_sandbox.business.timeline import Timeline

_OPENING_CENTS = 4_800_000
_PAYROLL, _DEPRECIATION = "Payroll Expenses", "Truck:Depreciation"


class Banking:
    """Writes deposits, transfers and journal entries of one day after the other.

    `other_deposits`, `transfers` and `journal_entries` say how many fall on each day: an opening deposit on the
    first one and interest every month; savings and the card bill; depreciation and payroll.
    """

    def __init__(
        self, *, seed: int, timeline: Timeline, chart: Chart, books: Books, invoices: int, currency: Mapping[str, str]
    ) -> None:
        self._chance = Chance(seed, "banking")
        self._timeline = timeline
        self._chart = chart
        self._books = books
        self._currency = currency
        # About a quarter of what a month's invoices bring in, so that the bank account stays above zero.
        self._wages = max(40_000, invoices * 2_600)
        monthly = timeline.day_of_month
        self.other_deposits = _counts(timeline.days, monthly(26), [0])
        self.transfers = _counts(timeline.days, monthly(6), monthly(21))
        self.journal_entries = _counts(timeline.days, monthly(15), monthly(28))
        self._next_number = 1

    def deposits(self, day: int, held_for: dict[int, list[HeldPayment]], count: int) -> Records:
        """Deposits of a day: first those of their own, then `count` that take held payments to the bank."""
        first = self._timeline.first_id("Deposit", day)
        records: Records = []
        for deposit_id in range(first, first + self.other_deposits[day]):
            opening = day == 0 and deposit_id == first
            source = self._chart["Opening Balance Equity" if opening else "Interest Earned"]
            cents = _OPENING_CENTS if opening else self._chance.between(150, 4200)
            line = {
                "Id": "1",
                "LineNum": 1,
                "Description": "Opening balance" if opening else "Interest",
                "Amount": money(cents),
                "DetailType": "DepositLineDetail",
                "DepositLineDetail": {"AccountRef": source.ref()},
            }
            self._books.post(self._chart["Checking"].id, source.id, cents)
            records.append((deposit_id, self._deposit(deposit_id, day, [line], cents)))
        first += self.other_deposits[day]
        for deposit_id in range(first, first + count):
            held = held_for.pop(deposit_id)
            cents = sum(payment.cents for payment in held)
            self._books.post(self._chart["Checking"].id, self._chart["Undeposited Funds"].id, cents)
            lines = [
                {
                    "LineNum": place,
                    "Amount": money(payment.cents),
                    "LinkedTxn": [{"TxnId": str(payment.payment_id), "TxnType": "Payment", "TxnLineId": "0"}],
                }
                for place, payment in enumerate(held, start=1)
            ]
            records.append((deposit_id, self._deposit(deposit_id, day, lines, cents)))
        return records

    def transfer_records(self, day: int) -> Records:
        """Transfers of a day: the month's savings, or the card's balance."""
        first = self._timeline.first_id("Transfer", day)
        return [
            (transfer_id, compact(self._transfer(transfer_id, day)))
            for transfer_id in range(first, first + self.transfers[day])
        ]

    def journal_records(self, day: int) -> Records:
        """Journal entries of a day: depreciation or payroll, debits equal to credits."""
        first = self._timeline.first_id("JournalEntry", day)
        return [
            (entry_id, compact(self._journal_entry(entry_id, day)))
            for entry_id in range(first, first + self.journal_entries[day])
        ]

    def _deposit(self, deposit_id: int, day: int, lines: Sequence[dict[str, Any]], cents: int) -> bytes:
        record = self._head(deposit_id, day) | {
            "DepositToAccountRef": self._chart["Checking"].ref(),
            "TotalAmt": money(cents),
            "CurrencyRef": self._currency,
            "Line": lines,
        }
        return compact(record)

    def _transfer(self, transfer_id: int, day: int) -> dict[str, Any]:
        checking = self._chart["Checking"]
        if self._timeline.dates[day].endswith("06"):
            target, cents, note = self._chart["Savings"], 50_000, "Monthly savings"
        else:
            owed = -self._books.accounts[self._chart["Visa"].id]
            target, cents, note = self._chart["Visa"], max(owed, 2_500), "Card payment"
        self._books.post(target.id, checking.id, cents)
        return self._head(transfer_id, day) | {
            "PrivateNote": note,
            "FromAccountRef": checking.ref(),
            "ToAccountRef": target.ref(),
            "Amount": money(cents),
            "CurrencyRef": self._currency,
        }

    def _journal_entry(self, entry_id: int, day: int) -> dict[str, Any]:
        chart = self._chart
        if self._timeline.dates[day].endswith("28"):
            note, adjusting = "Monthly depreciation", True
            sides = [("Debit", chart["Depreciation"], 21_250), ("Credit", chart[_DEPRECIATION], 21_250)]
        else:
            note, adjusting = "Payroll of the month", False
            wages = self._wages * self._chance.between(92, 108) // 100
            withheld = wages * 22 // 100
            sides = [
                ("Debit", chart[_PAYROLL], wages),
                ("Credit", chart["Payroll Liabilities"], withheld),
                ("Credit", chart["Checking"], wages - withheld),
            ]
        for posting, account, cents in sides:
            self._books.accounts[account.id] += cents if posting == "Debit" else -cents
        number = self._next_number
        self._next_number += 1
        return self._head(entry_id, day) | {
            "DocNumber": f"JE-{number}",
            "Adjustment": adjusting,
            "PrivateNote": note,
            "CurrencyRef": self._currency,
            "Line": [_journal_line(place, note, *side) for place, side in enumerate(sides)],
            "TxnTaxDetail": {},
            "TotalAmt": 0,
        }

    def _head(self, record_id: int, day: int) -> dict[str, Any]:
        moment = self._timeline.created(record_id, day)
        return {
            "Id": str(record_id),
            "SyncToken": "0",
            "domain": "QBO",
            "sparse": False,
            "TxnDate": self._timeline.dates[day],
            "MetaData": {"CreateTime": moment, "LastUpdatedTime": moment},
        }


def _journal_line(place: int, note: str, posting: str, account: Account, cents: int) -> dict[str, Any]:
    return {
        "Id": str(place),
        "Description": note,
        "Amount": money(cents),
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": {"PostingType": posting, "AccountRef": account.ref()},
    }


def _counts(days: int, *schedules: Sequence[int]) -> list[int]:
    counts = [0] * days
    for schedule in schedules:
        for day in schedule:
            counts[day] += 1
    return counts
