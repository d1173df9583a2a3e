"""Whatever is written in whatever order: tokens, balances, links and columns stay true."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from company_client import REALM, Basics, HandClock
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import qbo_facts
from qbo_sandbox.company import Company
from qbo_sandbox.company.faults import Refused
from qbo_sandbox.company.json_text import read_body
from qbo_sandbox.company.selection import Selector
from qbo_sandbox.company.tables import Table
from qbo_sandbox.query import bind, parse

amounts = st.integers(0, 9).map(lambda eighths: str(Decimal(eighths) / 4))
picks = st.integers(0, 20)
STATEMENTS = (
    "select * from Invoice where Balance > '0.5'",
    "select * from Invoice where Balance = '0' orderby TotalAmt desc",
    "select * from Invoice where DocNumber like '%1' orderby DocNumber desc, Id",
    "select * from Invoice where CustomerRef in ('1', '2') and TotalAmt <= 2",
    "select * from Invoice where PrivateNote = 'note'",
    "select * from Customer where Active = false",
    "select * from Customer where DisplayName = 'c1 (deleted)'",
    "select * from Customer orderby Balance desc",
)


class Books(RuleBasedStateMachine):
    @initialize()
    def open_company(self) -> None:
        self.company = Company(realm_id=REALM, name="x", clock=HandClock(NOW), data_dir=None)
        income = self.write("Account", {"Name": "Sales", "AccountType": "Income"})["Id"]
        item = self.write("Item", {"Name": "Bread", "Type": "Service", "IncomeAccountRef": {"value": income}})["Id"]
        names = {"expense": "", "payables": "", "receivables": "", "bank": "", "vendor": "", "terms": ""}
        self.customers = [self.write("Customer", {"DisplayName": f"C{number}"})["Id"] for number in range(3)]
        self.basics = [Basics(income=income, item=item, customer=customer, **names) for customer in self.customers]

    def write(self, entity: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A write; its SyncToken is one above that of the record before it."""
        before = self.record(entity, body["Id"]) if "Id" in body else None
        part = self.company.write(qbo_facts.entity(entity), body, **more)
        written: dict[str, Any] = read_body(b"{" + part + b"}")[entity]
        if "SyncToken" in written:
            expected = int(before["SyncToken"]) + 1 if before else 0
            assert written["SyncToken"] == str(expected)
        return written

    def record(self, entity: str, record_id: str) -> dict[str, Any] | None:
        raw = self.company.raw(entity, int(record_id))
        return None if raw is None else read_body(raw)

    def picked(self, entity: str, pick: int) -> dict[str, Any] | None:
        records = list(self.company.records(entity))
        return records[pick % len(records)] if records else None

    @rule(pick=picks, sold=st.lists(amounts, min_size=1, max_size=3))
    def make_invoice(self, pick: int, sold: list[str]) -> None:
        self.try_write("Invoice", self.basics[pick % 3].invoice(*sold))

    @rule(pick=picks, sold=amounts, note=st.sampled_from([None, "note"]))
    def change_invoice(self, pick: int, sold: str, note: str | None) -> None:
        if (invoice := self.picked("Invoice", pick)) is not None:
            body = {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"], "sparse": True, "PrivateNote": note}
            self.try_write("Invoice", body | {"Line": [self.basics[0].sold(sold)]})

    @rule(pick=picks, wanted=st.lists(amounts, min_size=1, max_size=3), spare=amounts, too_much=st.integers(0, 9))
    def make_payment(self, pick: int, wanted: list[str], spare: str, too_much: int) -> None:
        """Up to three invoices of one customer, each by no more than is open; once in ten times by more."""
        if (first := self.picked("Invoice", pick)) is None:
            return
        customer = first["CustomerRef"]
        theirs = [first] + [
            other
            for other in self.company.records("Invoice")
            if other["CustomerRef"] == customer and other["Id"] != first["Id"]
        ]
        lines = [
            ("Invoice", invoice["Id"], str(min(Decimal(amount), invoice["Balance"]) + (too_much == 9)))
            for invoice, amount in zip(theirs, wanted, strict=False)
        ]
        total = Decimal(spare) + sum(Decimal(amount) for _, _, amount in lines)
        self.try_write("Payment", self.basics[0].payment(str(total), *lines) | {"CustomerRef": customer})

    @rule(pick=picks, applied=amounts)
    def change_payment(self, pick: int, applied: str) -> None:
        payment = self.picked("Payment", pick)
        if payment is None or not payment["Line"]:
            return
        line = {"Amount": applied, "LinkedTxn": payment["Line"][0]["LinkedTxn"]}
        body = {"Id": payment["Id"], "SyncToken": payment["SyncToken"], "sparse": True, "Line": [line]}
        self.try_write("Payment", body)

    @rule(entity=st.sampled_from(["Invoice", "Payment"]), pick=picks, way=st.sampled_from(["delete", "void"]))
    def take_back(self, entity: str, pick: int, way: str) -> None:
        if (record := self.picked(entity, pick)) is None:
            return
        body = {"Id": record["Id"], "SyncToken": record["SyncToken"], "sparse": True}
        if way == "void" and entity == "Payment":
            self.try_write(entity, body, operation="update", include=frozenset({"void"}))
        else:
            self.try_write(entity, body, operation=way)

    @rule(pick=picks)
    def void_an_invoice_with_payments(self, pick: int) -> None:
        paid = [invoice for invoice in self.company.records("Invoice") if invoice["LinkedTxn"]]
        if paid:
            invoice = paid[pick % len(paid)]
            self.write("Invoice", {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"]}, operation="void")

    @rule(pick=picks, active=st.sampled_from([True, True, False]))
    def switch_customer(self, pick: int, active: bool) -> None:
        customer = self.record("Customer", self.customers[pick % 3])
        assert customer is not None
        body = {"Id": customer["Id"], "SyncToken": customer["SyncToken"], "sparse": True, "Active": active}
        self.try_write("Customer", body)

    @rule(pick=picks)
    def write_with_an_old_token(self, pick: int) -> None:
        if (record := self.picked("Invoice", pick)) is not None:
            body = {"Id": record["Id"], "SyncToken": str(int(record["SyncToken"]) - 1), "sparse": True}
            with pytest.raises(Refused, match="5010"):
                self.write("Invoice", body)

    def try_write(self, entity: str, body: dict[str, Any], **more: Any) -> None:
        """A write that the rules may refuse; then nothing at all has changed."""
        names = ("Invoice", "Payment", "Customer")
        before = [list(self.company.store.table(name)) for name in names]
        try:
            self.write(entity, body, **more)
        except Refused:
            assert [list(self.company.store.table(name)) for name in names] == before

    @invariant()
    def what_is_open_is_what_was_sold_less_what_was_applied(self) -> None:
        applied: dict[str, Decimal] = {}
        links: dict[str, set[str]] = {}
        for payment in self.company.records("Payment"):
            for line in payment["Line"]:
                target = line["LinkedTxn"][0]["TxnId"]
                applied[target] = applied.get(target, Decimal(0)) + Decimal(line["Amount"])
                links.setdefault(target, set()).add(payment["Id"])
        for invoice in self.company.records("Invoice"):
            assert invoice["Balance"] == invoice["TotalAmt"] - applied.get(invoice["Id"], 0) >= 0
            assert {link["TxnId"] for link in invoice["LinkedTxn"]} == links.get(invoice["Id"], set())

    @invariant()
    def a_customer_owes_the_open_invoices_less_the_money_not_applied(self) -> None:
        owed = dict.fromkeys(self.customers, Decimal(0))
        for invoice in self.company.records("Invoice"):
            owed[invoice["CustomerRef"]["value"]] += invoice["Balance"]
        for payment in self.company.records("Payment"):
            owed[payment["CustomerRef"]["value"]] -= payment["UnappliedAmt"]
        assert {record["Id"]: record["Balance"] for record in self.company.records("Customer")} == owed

    @invariant()
    def columns_and_indexes_answer_as_if_made_anew(self) -> None:
        for statement in STATEMENTS:
            query = bind(parse(statement), now=NOW)
            table = Table()
            table.load(list(self.company.store.table(query.entity.name)))
            assert self.company.store.selector(query.entity.name).page(query) == Selector(table).page(query)


NOW = datetime(2026, 11, 3, 17, 15, tzinfo=UTC)
Books.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestAnySequence = Books.TestCase
