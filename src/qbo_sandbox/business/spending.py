"""Bills, the payments for them, and what is bought on the spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qbo_sandbox.business.books import Books
from qbo_sandbox.business.catalog import Catalog, Item
from qbo_sandbox.business.chance import Chance
from qbo_sandbox.business.chart import RUNNING_COSTS, SMALL_COSTS, Account, Chart
from qbo_sandbox.business.json_text import compact, money
from qbo_sandbox.business.lists import TERMS, Records, term_ref
from qbo_sandbox.business.people import Vendor
from qbo_sandbox.business.timeline import Timeline

_NOT_BILLABLE = {"BillableStatus": "NotBillable", "TaxCodeRef": {"value": "NON"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    """A line of a bill or purchase: an expense, or pieces of stock."""

    account: Account
    item: Item | None
    pieces: int
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bill:
    vendor: Vendor
    number: str
    costs: tuple[_Cost, ...]
    day: int
    paid_on: int | None
    by_card: bool

    @property
    def cents(self) -> int:
        return sum(cost.cents for cost in self.costs)


class Spending:
    """Plans all bills of a business at once (they are few), then writes them day by day.

    `bills_per_day` and `bill_payments_per_day` are known from the start, because ids depend on them.
    """

    def __init__(
        self,
        *,
        seed: int,
        timeline: Timeline,
        chart: Chart,
        catalog: Catalog,
        books: Books,
        vendors: Sequence[Vendor],
        bills_per_day: Sequence[int],
        currency: Mapping[str, str],
    ) -> None:
        self._chance = Chance(seed, "spending")
        self._timeline = timeline
        self._chart = chart
        self._catalog = catalog
        self._books = books
        self._vendors = vendors
        self._currency = currency
        self.bills_per_day = bills_per_day
        self.bill_payments_per_day = [0] * timeline.days
        self._bills: list[list[_Bill]] = []
        self._settled: list[list[tuple[_Bill, int]]] = [[] for _ in range(timeline.days)]
        for day, count in enumerate(bills_per_day):
            self._bills.append([self._plan_bill(day) for _ in range(count)])

    def bills(self, day: int) -> Records:
        """The bills of a day, linked to the payments that will be made."""
        first = self._timeline.first_id("Bill", day)
        return [
            (first + position, compact(self._bill(bill, first + position)))
            for position, bill in enumerate(self._bills[day])
        ]

    def bill_payments(self, day: int) -> Records:
        """The payments of bills made on a day, one bill each."""
        first = self._timeline.first_id("BillPayment", day)
        return [
            (first + position, compact(self._bill_payment(bill, bill_id, first + position, day)))
            for position, (bill, bill_id) in enumerate(self._settled[day])
        ]

    def purchases(self, day: int, count: int) -> Records:
        """Expenses paid on the spot, by card, check or from the bank account."""
        first = self._timeline.first_id("Purchase", day)
        return [(first + position, compact(self._purchase(first + position, day))) for position in range(count)]

    def _plan_bill(self, day: int) -> _Bill:
        chance = self._chance
        vendor = chance.pick(self._vendors)
        if chance.happens(35):
            costs = tuple(self._stock_cost() for _ in range(chance.between(1, 3)))
        else:
            costs = tuple(self._cost(RUNNING_COSTS, 45, 1400) for _ in range(chance.between(1, 2)))
        paid_on = None
        if not chance.happens(8):
            upcoming = day + max(1, TERMS[vendor.term][1] - 8 + chance.below(14))
            if upcoming < self._timeline.days:
                paid_on = upcoming
                self.bill_payments_per_day[upcoming] += 1
        return _Bill(
            vendor=vendor,
            number=f"{vendor.account_number[:2]}{chance.between(10000, 99999)}",
            costs=costs,
            day=day,
            paid_on=paid_on,
            by_card=chance.happens(15),
        )

    def _cost(self, names: Sequence[str], least_dollars: int, most_dollars: int) -> _Cost:
        account = self._chart[self._chance.pick(names)]
        cents = self._chance.between(least_dollars * 100, most_dollars * 100)
        return _Cost(account=account, item=None, pieces=0, cents=cents)

    def _stock_cost(self) -> _Cost:
        item = self._chance.pick(self._catalog.stocked)
        pieces = self._chance.between(2, 30)
        return _Cost(account=self._chart["Inventory Asset"], item=item, pieces=pieces, cents=item.cost * pieces)

    def _bill(self, bill: _Bill, bill_id: int) -> dict[str, Any]:
        payables = self._chart["Accounts Payable (A/P)"]
        for cost in bill.costs:
            self._books.post(cost.account.id, payables.id, cost.cents)
            if cost.item is not None:
                self._books.bought[cost.item.id] += cost.pieces
        self._books.vendors[bill.vendor.id] += bill.cents
        created = updated = self._timeline.created(bill_id, bill.day)
        linked: list[dict[str, str]] = []
        if bill.paid_on is not None:
            settled = self._settled[bill.paid_on]
            payment_id = self._timeline.first_id("BillPayment", bill.paid_on) + len(settled)
            settled.append((bill, bill_id))
            kind = "BillPaymentCreditCard" if bill.by_card else "BillPaymentCheck"
            linked.append({"TxnId": str(payment_id), "TxnType": kind})
            updated = self._timeline.created(payment_id, bill.paid_on)
        due = self._timeline.dates[bill.day + TERMS[bill.vendor.term][1]]
        return {
            "Id": str(bill_id),
            "SyncToken": str(len(linked)),
            "domain": "QBO",
            "sparse": False,
            "DocNumber": bill.number,
            "TxnDate": self._timeline.dates[bill.day],
            "DueDate": due,
            "SalesTermRef": term_ref(bill.vendor.term),
            "VendorRef": bill.vendor.ref(),
            "APAccountRef": payables.ref(),
            "CurrencyRef": self._currency,
            "Line": [_line(place, cost) for place, cost in enumerate(bill.costs, start=1)],
            "LinkedTxn": linked,
            "TotalAmt": money(bill.cents),
            "Balance": money(0 if linked else bill.cents),
            "MetaData": {"CreateTime": created, "LastUpdatedTime": updated},
        }

    def _bill_payment(self, bill: _Bill, bill_id: int, payment_id: int, day: int) -> dict[str, Any]:
        account = self._chart["Visa" if bill.by_card else "Checking"]
        self._books.post(self._chart["Accounts Payable (A/P)"].id, account.id, bill.cents)
        self._books.vendors[bill.vendor.id] -= bill.cents
        moment = self._timeline.created(payment_id, day)
        if bill.by_card:
            paid: dict[str, Any] = {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": account.ref()}}
        else:
            check = {"BankAccountRef": account.ref(), "PrintStatus": "NotSet"}
            paid = {"PayType": "Check", "CheckPayment": check, "DocNumber": str(payment_id % 100000)}
        return {
            "Id": str(payment_id),
            "SyncToken": "0",
            "domain": "QBO",
            "sparse": False,
            "TxnDate": self._timeline.dates[day],
            "VendorRef": bill.vendor.ref(),
            **paid,
            "TotalAmt": money(bill.cents),
            "CurrencyRef": self._currency,
            "Line": [{"Amount": money(bill.cents), "LinkedTxn": [{"TxnId": str(bill_id), "TxnType": "Bill"}]}],
            "MetaData": {"CreateTime": moment, "LastUpdatedTime": moment},
        }

    def _purchase(self, purchase_id: int, day: int) -> dict[str, Any]:
        chance = self._chance
        way = chance.pick(("CreditCard", "CreditCard", "Cash", "Check"))
        account = self._chart["Visa" if way == "CreditCard" else "Checking"]
        costs = [self._cost(SMALL_COSTS, 4, 260) for _ in range(chance.between(1, 2))]
        for cost in costs:
            self._books.post(cost.account.id, account.id, cost.cents)
        vendor = chance.pick(self._vendors)
        moment = self._timeline.created(purchase_id, day)
        record: dict[str, Any] = {
            "Id": str(purchase_id),
            "SyncToken": "0",
            "domain": "QBO",
            "sparse": False,
            "TxnDate": self._timeline.dates[day],
            "PaymentType": way,
            "AccountRef": account.ref(),
            "EntityRef": {**vendor.ref(), "type": "Vendor"},
            "Credit": False,
            "CurrencyRef": self._currency,
            "Line": [_line(place, cost) for place, cost in enumerate(costs, start=1)],
            "TotalAmt": money(sum(cost.cents for cost in costs)),
            "PrintStatus": "NotSet",
            "CustomField": [],
            "MetaData": {"CreateTime": moment, "LastUpdatedTime": moment},
        }
        if way == "Check":
            record["DocNumber"] = str(purchase_id % 100000)
        return record


def _line(place: int, cost: _Cost) -> dict[str, Any]:
    line: dict[str, Any] = {"Id": str(place), "LineNum": place, "Amount": money(cost.cents), "LinkedTxn": []}
    if cost.item is None:
        detail: dict[str, Any] = {"AccountRef": cost.account.ref(), **_NOT_BILLABLE}
        return line | {"DetailType": "AccountBasedExpenseLineDetail", "AccountBasedExpenseLineDetail": detail}
    detail = {
        "ItemRef": cost.item.ref(),
        "UnitPrice": money(cost.item.cost),
        "Qty": cost.pieces,
        **_NOT_BILLABLE,
    }
    return line | {
        "Description": cost.item.description,
        "DetailType": "ItemBasedExpenseLineDetail",
        "ItemBasedExpenseLineDetail": detail,
    }
