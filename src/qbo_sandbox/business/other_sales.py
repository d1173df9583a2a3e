"""Estimates, sales receipts and credit memos: the sales forms a business has few of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from qbo_sandbox.business.books import Books
from qbo_sandbox.business.catalog import CHOICES, Catalog
from qbo_sandbox.business.chance import Chance
from qbo_sandbox.business.chart import Chart
from qbo_sandbox.business.json_text import compact, money
from qbo_sandbox.business.lists import Records, class_ref, payment_method_ref, term_ref
from qbo_sandbox.business.people import Customer
from qbo_sandbox.business.timeline import Timeline

_ANSWERS = ("Pending", "Pending", "Accepted", "Rejected", "Closed")


class OtherSales:
    """Writes the smaller sales forms of one day after the other."""

    def __init__(
        self,
        *,
        seed: int,
        timeline: Timeline,
        chart: Chart,
        catalog: Catalog,
        books: Books,
        customers: Sequence[Customer],
        currency: Mapping[str, str],
    ) -> None:
        self._chance = Chance(seed, "other sales")
        self._timeline = timeline
        self._chart = chart
        self._catalog = catalog
        self._books = books
        self._customers = customers
        self._currency = currency
        self._numbers = {"Estimate": 1001, "SalesReceipt": 5001, "CreditMemo": 9001}

    def records(self, kind: str, day: int, count: int) -> Records:
        """The forms of one kind (Estimate, SalesReceipt, CreditMemo) on a day."""
        first = self._timeline.first_id(kind, day)
        return [(first + position, compact(self._form(kind, first + position, day))) for position in range(count)]

    def _form(self, kind: str, form_id: int, day: int) -> dict[str, Any]:
        customer = self._chance.pick(self._customers)
        choices = [self._chance.below(CHOICES) for _ in range(self._chance.between(1, 3))]
        cents = sum(self._catalog.amounts[choice] for choice in choices)
        self._post(kind, customer, choices, cents)
        lines: list[Any] = [
            msgspec.Raw(self._catalog.line_text(place, choice).encode()) for place, choice in enumerate(choices, 1)
        ]
        lines.append({"Amount": money(cents), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
        moment = self._timeline.created(form_id, day)
        number = self._numbers[kind]
        self._numbers[kind] += 1
        form: dict[str, Any] = {
            "Id": str(form_id),
            "SyncToken": "0",
            "domain": "QBO",
            "sparse": False,
            "DocNumber": str(number),
            "TxnDate": self._timeline.dates[day],
            "CustomerRef": {"value": str(customer.id), "name": customer.name},
            "CurrencyRef": self._currency,
            "ClassRef": class_ref(self._chance.below(3)),
            "Line": lines,
            "TxnTaxDetail": {"TotalTax": 0},
            "CustomField": [{"DefinitionId": "1", "Name": "Route", "Type": "StringType"}],
            "ApplyTaxAfterDiscount": False,
            "PrintStatus": "NeedToPrint",
            "EmailStatus": "NotSet",
            "TotalAmt": money(cents),
            "MetaData": {"CreateTime": moment, "LastUpdatedTime": moment},
        }
        if customer.address:
            form["BillAddr"] = customer.address
        if customer.email:
            form["BillEmail"] = {"Address": customer.email}
        return form | self._own_fields(kind, customer, cents, day)

    def _own_fields(self, kind: str, customer: Customer, cents: int, day: int) -> dict[str, Any]:
        if kind == "Estimate":
            return {
                "TxnStatus": self._chance.pick(_ANSWERS),
                "ExpirationDate": self._timeline.dates[day + 30],
                "SalesTermRef": term_ref(customer.term),
                "LinkedTxn": [],
            }
        if kind == "CreditMemo":
            return {"Balance": money(cents), "RemainingCredit": money(cents)}
        method = self._chance.between(0, 3)
        return {
            "Balance": 0,
            "PaymentMethodRef": payment_method_ref(method),
            "DepositToAccountRef": self._chart["Checking"].ref(),
        }

    def _post(self, kind: str, customer: Customer, choices: Sequence[int], cents: int) -> None:
        if kind == "Estimate":
            return
        step = -1 if kind == "CreditMemo" else 1
        for choice in choices:
            self._catalog.counts[choice] += step
        if kind == "SalesReceipt":
            self._books.accounts[self._chart["Checking"].id] += cents
        else:
            self._books.accounts[self._chart["Accounts Receivable (A/R)"].id] -= cents
            self._books.customers[customer.id] -= cents
