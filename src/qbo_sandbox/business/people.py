"""Customers with their jobs, vendors and employees of a made-up business."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qbo_sandbox.business.books import Books
from qbo_sandbox.business.chance import Chance
from qbo_sandbox.business.json_text import compact, compact_text, money
from qbo_sandbox.business.lists import DEPARTMENTS, TERMS, Records, department_ref, term_ref
from qbo_sandbox.business.timeline import Timeline
from qbo_sandbox.business.words import (
    CITIES,
    JOB_WORDS,
    STREETS,
    SUPPLIES,
    TRADES,
    business_names,
    person_names,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer or a job below one. `head` and `tail` are the parts every sales form for them shares, as JSON text;
    `tail` ends with a comma when it is not empty."""

    id: int
    name: str
    full_name: str
    company: str | None
    given: str
    family: str
    parent_id: int | None
    active: bool
    taxable: bool
    term: int
    email: str | None
    phone: str | None
    address: Mapping[str, str] | None
    ref_text: str
    head: str
    tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Somebody who sends bills."""

    id: int
    name: str
    term: int
    account_number: str
    email: str
    phone: str
    address: Mapping[str, str]

    def ref(self) -> dict[str, str]:
        return {"value": str(self.id), "name": self.name}


class People:
    """Everybody with a name. Customers, vendors and employees share one sequence of ids and one list of names."""

    def __init__(
        self, chance: Chance, *, customers: int, vendors: int, employees: int, currency: Mapping[str, str]
    ) -> None:
        self._chance = chance
        self._currency = currency
        self._persons = person_names(chance)
        self._next_id = 1
        self._next_address = 2
        self.customers = self._make_customers(customers)
        self.billable = tuple(customer for customer in self.customers if customer.active)
        supplies = business_names(chance, SUPPLIES)
        self.vendors = tuple(self._make_vendor(next(supplies)) for _ in range(vendors))
        self.employees = tuple((self._take_id(), *next(self._persons)) for _ in range(employees))

    def customer_records(self, books: Books, timeline: Timeline) -> Records:
        """Customer objects; `BalanceWithJobs` adds what the jobs below a customer owe."""
        of_jobs: dict[int, int] = {}
        for customer in self.customers:
            if customer.parent_id is not None:
                of_jobs[customer.parent_id] = of_jobs.get(customer.parent_id, 0) + books.customers[customer.id]
        return [
            (customer.id, compact(self._customer(customer, books, of_jobs.get(customer.id, 0), timeline)))
            for customer in self.customers
        ]

    def vendor_records(self, books: Books, timeline: Timeline) -> Records:
        """Vendor objects with what is owed to them."""
        return [(vendor.id, compact(self._vendor(vendor, books, timeline))) for vendor in self.vendors]

    def employee_records(self, timeline: Timeline) -> Records:
        """Employee objects."""
        records: Records = []
        for employee_id, given, family in self.employees:
            moment = timeline.before_opening(40, employee_id * 17)
            name = f"{given} {family}"
            record = {
                "Id": str(employee_id),
                "SyncToken": "0",
                "domain": "QBO",
                "sparse": False,
                "GivenName": given,
                "FamilyName": family,
                "DisplayName": name,
                "PrintOnCheckName": name,
                "Active": True,
                "BillableTime": True,
                "HiredDate": timeline.dates[0],
                "PrimaryEmailAddr": {"Address": f"{_slug(given)}.{_slug(family)}@staff.example"},
                "MetaData": {"CreateTime": moment, "LastUpdatedTime": moment},
            }
            records.append((employee_id, compact(record)))
        return records

    def _make_customers(self, count: int) -> tuple[Customer, ...]:
        businesses = business_names(self._chance, TRADES)
        made: list[Customer] = []
        taken: set[str] = set()
        parent: Customer | None = None
        for position in range(count):
            if parent is not None and self._chance.happens(16):
                job = f"{self._chance.pick(JOB_WORDS)} at {parent.name}"
                if job not in taken:
                    taken.add(job)
                    made.append(self._make_job(parent, job))
                    continue
            given, family = next(self._persons)
            company = next(businesses) if self._chance.happens(72) else None
            name = company or f"{given} {family}"
            # The first few are always in use, so that the smallest company has somebody to bill.
            active = position < 5 or not self._chance.happens(5)
            customer = self._make_customer(
                name=name if active else f"{name} (deleted)", company=company, given=given, family=family, active=active
            )
            taken.add(customer.name)
            made.append(customer)
            parent = customer if company and active else None
        return tuple(made)

    def _make_customer(self, *, name: str, company: str | None, given: str, family: str, active: bool) -> Customer:
        domain = f"{_slug(company)}.example" if company else "mail.example"
        local = _slug(given) if company else f"{_slug(given)}.{_slug(family)}"
        address, area = self._address()
        return self._customer_with_texts(
            name=name,
            full_name=name,
            company=company,
            given=given,
            family=family,
            parent_id=None,
            active=active,
            taxable=not self._chance.happens(25),
            term=self._chance.pick((0, 1, 2, 2, 2, 3)),
            email=f"{local}@{domain}" if self._chance.happens(92) else None,
            phone=self._phone(area) if self._chance.happens(88) else None,
            address=address if self._chance.happens(65) else None,
        )

    def _make_job(self, parent: Customer, name: str) -> Customer:
        address, _ = self._address()
        return self._customer_with_texts(
            name=name,
            full_name=f"{parent.full_name}:{name}",
            company=parent.company,
            given=parent.given,
            family=parent.family,
            parent_id=parent.id,
            active=True,
            taxable=parent.taxable,
            term=parent.term,
            email=parent.email,
            phone=parent.phone,
            address=address,
        )

    def _customer_with_texts(
        self,
        *,
        name: str,
        full_name: str,
        company: str | None,
        given: str,
        family: str,
        parent_id: int | None,
        active: bool,
        taxable: bool,
        term: int,
        email: str | None,
        phone: str | None,
        address: Mapping[str, str] | None,
    ) -> Customer:
        customer_id = self._take_id()
        ref_text = compact_text({"value": str(customer_id), "name": name})
        department = department_ref(self._chance.below(len(DEPARTMENTS)))
        yard = f'"DepartmentRef":{compact_text(department)},' if self._chance.happens(25) else ""
        place = f'"BillAddr":{compact_text(address)},' if address else ""
        mail = f'"BillEmail":{compact_text({"Address": email})},' if email else ""
        return Customer(
            id=customer_id,
            name=name,
            full_name=full_name,
            company=company,
            given=given,
            family=family,
            parent_id=parent_id,
            active=active,
            taxable=taxable,
            term=term,
            email=email,
            phone=phone,
            address=address,
            ref_text=ref_text,
            head=f'{yard}"CustomerRef":{ref_text},"CurrencyRef":{compact_text(self._currency)}',
            tail=f"{place}{mail}",
        )

    def _make_vendor(self, name: str) -> Vendor:
        address, area = self._address()
        return Vendor(
            id=self._take_id(),
            name=name,
            term=self._chance.pick((1, 2, 2, 3)),
            account_number=f"{_slug(name)[:2].upper()}-{self._chance.between(100, 9999)}",
            email=f"accounts@{_slug(name)}.example",
            phone=self._phone(area),
            address=address,
        )

    def _customer(self, customer: Customer, books: Books, of_jobs: int, timeline: Timeline) -> dict[str, Any]:
        balance = books.customers[customer.id]
        moment = timeline.before_opening(30 - customer.id % 28, customer.id * 19)
        record: dict[str, Any] = {
            "Id": str(customer.id),
            "SyncToken": "0" if customer.active else "1",
            "domain": "QBO",
            "sparse": False,
            "DisplayName": customer.name,
            "GivenName": customer.given,
            "FamilyName": customer.family,
        }
        if customer.company:
            record["CompanyName"] = customer.company
        record |= {
            "FullyQualifiedName": customer.full_name,
            "PrintOnCheckName": customer.company or customer.name,
            "Active": customer.active,
            "Taxable": customer.taxable,
            "Job": customer.parent_id is not None,
            "BillWithParent": customer.parent_id is not None,
            "IsProject": False,
            "Balance": money(balance),
            "BalanceWithJobs": money(balance + of_jobs),
            "CurrencyRef": self._currency,
            "PreferredDeliveryMethod": "Email" if customer.email else "Print",
            "SalesTermRef": term_ref(customer.term),
        }
        if customer.parent_id is not None:
            record["ParentRef"] = {"value": str(customer.parent_id)}
            record["Level"] = 1
        if customer.email:
            record["PrimaryEmailAddr"] = {"Address": customer.email}
        if customer.phone:
            record["PrimaryPhone"] = {"FreeFormNumber": customer.phone}
        if customer.address:
            record["BillAddr"] = record["ShipAddr"] = customer.address
        return record | {"MetaData": {"CreateTime": moment, "LastUpdatedTime": moment}}

    def _vendor(self, vendor: Vendor, books: Books, timeline: Timeline) -> dict[str, Any]:
        moment = timeline.before_opening(35, vendor.id * 23)
        return {
            "Id": str(vendor.id),
            "SyncToken": "0",
            "domain": "QBO",
            "sparse": False,
            "DisplayName": vendor.name,
            "CompanyName": vendor.name,
            "PrintOnCheckName": vendor.name,
            "Active": True,
            "Vendor1099": False,
            "Balance": money(books.vendors[vendor.id]),
            "CurrencyRef": self._currency,
            "TermRef": {"value": str(vendor.term + 1), "name": TERMS[vendor.term][0]},
            "AcctNum": vendor.account_number,
            "PrimaryEmailAddr": {"Address": vendor.email},
            "PrimaryPhone": {"FreeFormNumber": vendor.phone},
            "BillAddr": vendor.address,
            "MetaData": {"CreateTime": moment, "LastUpdatedTime": moment},
        }

    def _take_id(self) -> int:
        taken = self._next_id
        self._next_id += 1
        return taken

    def _address(self) -> tuple[dict[str, str], str]:
        """An address with an id of its own, and the area code of its place."""
        city, state, postal_code, area = self._chance.pick(CITIES)
        address = {
            "Id": str(self._next_address),
            "Line1": f"{self._chance.between(10, 9800)} {self._chance.pick(STREETS)}",
            "City": city,
            "CountrySubDivisionCode": state,
            "PostalCode": postal_code,
        }
        self._next_address += 1
        return address, area

    def _phone(self, area: str) -> str:
        return f"({area}) 555-01{self._chance.below(100):02d}"


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "", plain)
