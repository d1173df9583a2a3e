"""Invoices and the payments for them, written as text because there can be a million of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from qbo_sandbox.business.books import Books
from qbo_sandbox.business.catalog import CHOICES, Catalog
from qbo_sandbox.business.chance import Chance
from qbo_sandbox.business.chart import Chart
from qbo_sandbox.business.json_text import compact_text, money_text
from qbo_sandbox.business.lists import PAYMENT_METHODS, TERMS, Records, payment_method_ref, term_ref
from qbo_sandbox.business.orders import DEPOSIT_LINES, NEVER, Order, PaymentPlan
from qbo_sandbox.business.people import Customer
from qbo_sandbox.business.timeline import Timeline

_CUSTOM_FIELDS = tuple(
    f'"CustomField":[{{"DefinitionId":"1","Name":"Route","Type":"StringType"{value}}}]'
    for value in ("", *(f',"StringValue":"R-{route}"' for route in range(1, 8)))
)
_PRINT_STATUS = ("NeedToPrint", "NotSet", "PrintComplete", "NotSet")
FIRST_INVOICE_NUMBER = 1001


class HeldPayment(NamedTuple):
    """A payment that waits in Undeposited Funds, with its amount in cents."""

    payment_id: int
    cents: int


class _DuePayment(NamedTuple):
    payment_id: int
    customer: Customer
    invoices: tuple[tuple[int, int], ...]
    """Ids of the invoices it pays and what goes to each, in cents."""
    held: bool
    luck: int


class Selling:
    """Writes the invoices and payments of one day after the other.

    `held_for[deposit id]` collects the payments a deposit will take to the bank.
    """

    def __init__(
        self,
        *,
        seed: int,
        timeline: Timeline,
        chart: Chart,
        catalog: Catalog,
        books: Books,
        plan: PaymentPlan,
        other_deposits: Sequence[int],
        currency: Mapping[str, str],
    ) -> None:
        self._timeline = timeline
        self._catalog = catalog
        self._books = books
        self._plan = plan
        self._other_deposits = other_deposits
        self._bits = Chance(seed, "invoice lines").bits
        self._receivables = chart["Accounts Receivable (A/R)"].id
        self._checking = chart["Checking"]
        self._undeposited = chart["Undeposited Funds"]
        self._terms = [compact_text(term_ref(position)) for position in range(len(TERMS))]
        self._currency = compact_text(currency)
        methods = [compact_text(payment_method_ref(position)) for position in range(len(PAYMENT_METHODS))]
        # Cash and checks wait for a trip to the bank; cards and transfers arrive there by themselves.
        self._to = {
            True: (compact_text(self._undeposited.ref()), methods[0:2]),
            False: (compact_text(self._checking.ref()), methods[2:4]),
        }
        self._due: dict[int, list[_DuePayment]] = {}
        self._held_so_far: dict[int, int] = {}
        self._next_number = FIRST_INVOICE_NUMBER
        self.held_for: dict[int, list[HeldPayment]] = {}

    def invoices(self, day: int, orders: Sequence[Order]) -> Records:
        """The invoices of a day, four sales lines each, already linked to the payments that will come."""
        records: Records = []
        next_id = self._timeline.first_id("Invoice", day)
        for order in orders:
            payment_id, paid_at = self._take_payment(order)
            paid: list[tuple[int, int]] = []
            for _ in range(order.invoices):
                text, applied = self._invoice(next_id, day, order, payment_id, paid_at)
                records.append((next_id, text.encode()))
                paid.append((next_id, applied))
                next_id += 1
            if payment_id:
                due = _DuePayment(payment_id, order.customer, tuple(paid), order.held, order.luck)
                self._due[order.paid_on].append(due)
        return records

    def payments(self, day: int) -> Records:
        """The payments of a day."""
        return [(due.payment_id, self._payment(due, day).encode()) for due in self._due.pop(day, ())]

    def _take_payment(self, order: Order) -> tuple[int, str]:
        """The id a payment will have and when it will be made; 0 when there will be none."""
        if order.paid_on == NEVER:
            return 0, ""
        waiting = self._due.setdefault(order.paid_on, [])
        payment_id = self._timeline.first_id("Payment", order.paid_on) + len(waiting)
        return payment_id, self._timeline.created(payment_id, order.paid_on)

    def _invoice(self, invoice_id: int, day: int, order: Order, payment_id: int, paid_at: str) -> tuple[str, int]:
        """An invoice as JSON text, and how much of it is paid in cents."""
        catalog, customer, luck = self._catalog, order.customer, order.luck
        draw = self._bits(64)
        first, second = (draw & 0xFFFF) * CHOICES >> 16, (draw >> 16 & 0xFFFF) * CHOICES >> 16
        third, fourth = (draw >> 32 & 0xFFFF) * CHOICES >> 16, (draw >> 48) * CHOICES >> 16
        amounts, counts = catalog.amounts, catalog.counts
        cents = amounts[first] + amounts[second] + amounts[third] + amounts[fourth]
        counts[first] += 1
        counts[second] += 1
        counts[third] += 1
        counts[fourth] += 1
        applied = 0 if not payment_id else cents // 2 if order.in_part else cents
        self._books.accounts[self._receivables] += cents
        self._books.customers[customer.id] += cents
        lines = catalog.lines_by_place
        total = money_text(cents)
        created = self._timeline.created(invoice_id, day)
        dates = self._timeline.dates
        linked = f'{{"TxnId":"{payment_id}","TxnType":"Payment"}}' if payment_id else ""
        if customer.email and luck & 7 == 0:
            delivery = f'"EmailStatus":"EmailSent","DeliveryInfo":{{"DeliveryType":"Email","DeliveryTime":"{created}"}}'
        else:
            delivery = '"EmailStatus":"NotSet"'
        text = (
            f'{{"Id":"{invoice_id}","SyncToken":"{1 if payment_id else 0}","domain":"QBO","sparse":false,'
            f'"DocNumber":"{self._next_number}","TxnDate":"{dates[day]}",'
            f'"DueDate":"{dates[day + TERMS[customer.term][1]]}","SalesTermRef":{self._terms[customer.term]},'
            f'{customer.head},"Line":[{lines[0][first]},{lines[1][second]},{lines[2][third]},{lines[3][fourth]},'
            f'{{"Amount":{total},"DetailType":"SubTotalLineDetail","SubTotalLineDetail":{{}}}}],'
            f'"TxnTaxDetail":{{"TotalTax":0}},"LinkedTxn":[{linked}],{_CUSTOM_FIELDS[luck >> 3 & 7]},{customer.tail}'
            f'"ApplyTaxAfterDiscount":false,"PrintStatus":"{_PRINT_STATUS[luck >> 6 & 3]}",{delivery},'
            '"AllowOnlineCreditCardPayment":false,"AllowOnlineACHPayment":false,'
            f'"TotalAmt":{total},"Balance":{money_text(cents - applied)},'
            f'"MetaData":{{"CreateTime":"{created}","LastUpdatedTime":"{paid_at or created}"}}}}'
        )
        self._next_number += 1
        return text, applied

    def _payment(self, due: _DuePayment, day: int) -> str:
        cents = sum(applied for _, applied in due.invoices)
        account = self._undeposited if due.held else self._checking
        self._books.post(account.id, self._receivables, cents)
        self._books.customers[due.customer.id] -= cents
        created = self._timeline.created(due.payment_id, day)
        deposited, deposited_at = self._hold(due.payment_id, cents, day) if due.held else ("", "")
        account_text, methods = self._to[due.held]
        lines = ",".join(
            f'{{"Amount":{money_text(applied)},"LinkedTxn":[{{"TxnId":"{invoice_id}","TxnType":"Invoice"}}],'
            '"LineEx":{"any":[{"name":"{http://schema.intuit.com/finance/v3}NameValue",'
            f'"value":{{"Name":"txnId","Value":"{invoice_id}"}}}}]}}}}'
            for invoice_id, applied in due.invoices
        )
        return (
            f'{{"Id":"{due.payment_id}","SyncToken":"{1 if deposited else 0}","domain":"QBO","sparse":false,'
            f'"TxnDate":"{self._timeline.dates[day]}","CustomerRef":{due.customer.ref_text},'
            f'"DepositToAccountRef":{account_text},"PaymentMethodRef":{methods[due.luck & 1]},'
            f'"PaymentRefNum":"{due.payment_id * 37 % 9973 + 1000}","TotalAmt":{money_text(cents)},"UnappliedAmt":0,'
            f'"ProcessPayment":false,"CurrencyRef":{self._currency},"LinkedTxn":[{deposited}],"Line":[{lines}],'
            f'"MetaData":{{"CreateTime":"{created}","LastUpdatedTime":"{deposited_at or created}"}}}}'
        )

    def _hold(self, payment_id: int, cents: int, day: int) -> tuple[str, str]:
        """Put a payment aside for its deposit: the link to it as JSON text and its moment, empty if it still waits."""
        deposit_day = self._plan.deposit_day[day]
        if deposit_day == NEVER:
            return "", ""
        position = self._held_so_far.get(deposit_day, 0)
        self._held_so_far[deposit_day] = position + 1
        first = self._timeline.first_id("Deposit", deposit_day) + self._other_deposits[deposit_day]
        deposit_id = first + position // DEPOSIT_LINES
        self.held_for.setdefault(deposit_id, []).append(HeldPayment(payment_id, cents))
        return f'{{"TxnId":"{deposit_id}","TxnType":"Deposit"}}', self._timeline.created(deposit_id, deposit_day)
