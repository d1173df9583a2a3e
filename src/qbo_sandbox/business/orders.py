"""Who orders when and how they pay: decided once, so that ids of payments are known before they happen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from qbo_sandbox.business.chance import Chance
from qbo_sandbox.business.lists import TERMS
from qbo_sandbox.business.people import Customer
from qbo_sandbox.business.timeline import Timeline

NEVER = -1
DEPOSIT_LINES = 50


class Order(NamedTuple):
    """One or two invoices of a customer on a day, paid together or not at all.

    `paid_on` is a day or NEVER. `in_part`: only about half is paid. `held`: the money waits in Undeposited Funds.
    `luck` holds spare random bits for the looks of the records.
    """

    customer: Customer
    invoices: int
    paid_on: int
    in_part: bool
    held: bool
    luck: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBook:
    """The orders of a seed. Reading it twice gives the same orders, so counting needs no memory for them."""

    seed: int
    timeline: Timeline
    invoices_per_day: Sequence[int]
    customers: Sequence[Customer]

    def days(self) -> Iterator[list[Order]]:
        """The orders of every day, first day first."""
        bits = Chance(self.seed, "orders").bits
        customers = self.customers
        for day, invoices in enumerate(self.invoices_per_day):
            orders: list[Order] = []
            left = invoices
            while left:
                luck = bits(64)
                # The product of two even draws favours the customers that were there first.
                place = ((luck & 0xFFFF) * (luck >> 16 & 0xFFFF) * len(customers)) >> 32
                customer = customers[place]
                habit = luck >> 32 & 0xFF
                in_part = habit >= 240
                together = 2 if left > 1 and not in_part and luck >> 40 & 15 == 0 else 1
                paid_on = self._paid_on(day, TERMS[customer.term][1], habit, luck >> 44 & 0xFF)
                orders.append(Order(customer, together, paid_on, in_part, luck >> 52 & 3 == 0, luck >> 54))
                left -= together
            yield orders

    def _paid_on(self, day: int, due_in: int, habit: int, spread: int) -> int:
        if habit < 12:
            return NEVER
        delay = due_in + (spread % 22 - 9 if habit < 205 else 12 + spread % 55)
        paid_on = day + max(1, delay)
        if paid_on >= self.timeline.days:
            return NEVER
        if self.timeline.weekdays[paid_on] > 4:
            paid_on += 7 - self.timeline.weekdays[paid_on]
        return paid_on if paid_on < self.timeline.days else NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPlan:
    """How many payments come in on each day, and which deposit takes the held ones to the bank.

    `deposit_day[day]` is when money held on that day goes to the bank (NEVER: it still waits); `deposits[day]` how
    many deposits that takes, `DEPOSIT_LINES` payments each.
    """

    payments: Sequence[int]
    deposit_day: Sequence[int]
    deposits: Sequence[int]


def plan_payments(book: OrderBook) -> PaymentPlan:
    """Count what the orders of a book bring in."""
    timeline = book.timeline
    payments = [0] * timeline.days
    held = [0] * timeline.days
    for orders in book.days():
        for order in orders:
            if order.paid_on != NEVER:
                payments[order.paid_on] += 1
                held[order.paid_on] += order.held
    deposit_day = [NEVER] * timeline.days
    upcoming = NEVER
    for day in reversed(range(timeline.days)):
        deposit_day[day] = upcoming
        if timeline.weekdays[day] in (1, 4):  # Tuesdays and Fridays
            upcoming = day
    waiting = [0] * timeline.days
    for day, count in enumerate(held):
        if deposit_day[day] != NEVER:
            waiting[deposit_day[day]] += count
    deposits = [-(-count // DEPOSIT_LINES) for count in waiting]
    return PaymentPlan(payments=payments, deposit_day=deposit_day, deposits=deposits)
