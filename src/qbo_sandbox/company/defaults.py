"""What QuickBooks fills in when a client leaves it out."""

from calendar import monthrange
from collections.abc import Mapping
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import qbo_facts
from qbo_facts import Entity, Object
from qbo_sandbox.company.forms import EXPENSE_FORMS, SALES_FORMS
from qbo_sandbox.company.json_text import Body
from qbo_sandbox.company.lines import custom_fields, shows_custom_fields
from qbo_sandbox.company.settings import currency_ref
from qbo_sandbox.company.work import Place, Work
from qbo_sandbox.query import Property

_SALES_FORM: Mapping[str, Any] = {
    "ApplyTaxAfterDiscount": False,
    "PrintStatus": "NeedToPrint",
    "EmailStatus": "NotSet",
    "LinkedTxn": [],
    "TxnTaxDetail": {"TotalTax": 0},
}
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "Account": {"Active": True, "CurrentBalance": 0, "CurrentBalanceWithSubAccounts": 0},
    "Bill": {"LinkedTxn": []},
    "Budget": {"Active": True, "BudgetType": "ProfitAndLoss"},
    "Class": {"Active": True},
    "CompanyCurrency": {"Active": True},
    "CreditMemo": _SALES_FORM,
    "Customer": {
        "Active": True,
        "Taxable": True,
        "Job": False,
        "BillWithParent": False,
        "IsProject": False,
        "Balance": 0,
        "PreferredDeliveryMethod": "Print",
    },
    "Department": {"Active": True},
    "Employee": {"Active": True, "Organization": False, "BillableTime": False},
    "Estimate": {**_SALES_FORM, "TxnStatus": "Pending"},
    "Invoice": {
        **_SALES_FORM,
        "AllowOnlineCreditCardPayment": False,
        "AllowOnlineACHPayment": False,
        "AllowIPNPayment": False,
        "AllowOnlinePayment": False,
    },
    "Item": {"Active": True, "Taxable": False, "TrackQtyOnHand": False, "UnitPrice": 0},
    "JournalCode": {"Active": True},
    "JournalEntry": {"Adjustment": False, "TxnTaxDetail": {}},
    "Payment": {"ProcessPayment": False},
    "PaymentMethod": {"Active": True, "Type": "NON_CREDIT_CARD"},
    "Purchase": {"Credit": False, "PrintStatus": "NotSet", "CustomField": []},
    "PurchaseOrder": {"POStatus": "Open", "EmailStatus": "NotSet", "LinkedTxn": []},
    "RefundReceipt": {**_SALES_FORM, "Balance": 0},
    "SalesReceipt": {**_SALES_FORM, "Balance": 0},
    "TaxAgency": {"TaxTrackedOnPurchases": False, "TaxTrackedOnSales": True},
    "Term": {"Active": True, "DiscountPercent": 0},
    "TimeActivity": {"BillableStatus": "NotBillable"},
    "Vendor": {"Active": True, "Vendor1099": False, "Balance": 0},
}
_ACCOUNT_TYPE = Property(("AccountType",), "text")
_ACCOUNT_SUBTYPE = Property(("AccountSubType",), "text")
_COPIED_FROM_PARTY = {
    "CustomerRef": {"BillAddr": "BillAddr", "ShipAddr": "ShipAddr", "BillEmail": "PrimaryEmailAddr"},
    "VendorRef": {"VendorAddr": "BillAddr"},
}


def fill_defaults(work: Work, entity: Entity, body: Body, *, creating: bool) -> None:
    """Fill in every field that was left out and that QuickBooks never leaves empty."""
    is_category = entity.name == "Item" and body.get("Type") == "Category"
    for name, value in ({"Active": True} if is_category else _DEFAULTS.get(entity.name, {})).items():
        body.setdefault(name, deepcopy(value))
    if entity.name == "Account":
        _fill_account_kind(body)
    if entity.name == "Term":
        body.setdefault("Type", "STANDARD" if "DueDays" in body else "DATE_DRIVEN")
    if entity.name == "Customer":
        body.setdefault("BalanceWithJobs", body["Balance"])
    if entity.name == "CompanyCurrency":
        body.setdefault("Name", currency_ref(str(body.get("Code")).upper())["name"])
    if "CurrencyRef" in entity.fields and entity.name not in ("Attachable", "TaxAgency"):
        body.setdefault("CurrencyRef", currency_ref(work.settings.home_currency))
    if entity.kind == "transaction":
        _fill_transaction(work, entity, body, creating=creating)
    _number_addresses(work, entity, body)


def _fill_account_kind(body: Body) -> None:
    """Type, sub-type and classification follow from one another."""
    kinds = qbo_facts.account_subtypes()
    if not body.get("AccountType"):
        subtype = body.get("AccountSubType")
        body["AccountType"] = next(
            (name for name, kind in kinds.items() if subtype in (*kind.subtypes, *kind.newer)), "Expense"
        )
    kind = kinds.get(body["AccountType"])
    if kind is not None:
        body.setdefault("AccountSubType", kind.default_subtype)
        body["Classification"] = kind.classification


def _fill_transaction(work: Work, entity: Entity, body: Body, *, creating: bool) -> None:
    if "TxnDate" in entity.fields:
        body.setdefault("TxnDate", work.today.isoformat())
    if "SalesTermRef" in entity.fields and "DueDate" in entity.fields and entity.name in ("Invoice", "Bill"):
        body.setdefault("DueDate", _due_date(work, body).isoformat())
    if shows_custom_fields(entity):
        body["CustomField"] = custom_fields(work.settings, body.get("CustomField") or [])
    if creating:
        _copy_from_party(work, entity, body)
    if entity.name in ("Bill", "VendorCredit", "BillPayment"):
        _fill_account(work, body, "APAccountRef", _ACCOUNT_TYPE, "accounts payable")
    if entity.name in ("Payment", "SalesReceipt"):
        _fill_account(work, body, "DepositToAccountRef", _ACCOUNT_SUBTYPE, "undepositedfunds")


def _due_date(work: Work, body: Body) -> date:
    """From the terms; on the day of the transaction when there are none."""
    day = date.fromisoformat(body["TxnDate"])
    ref = body.get("SalesTermRef") or {}
    value = ref.get("value") or work.settings.default_terms
    place = work.place("Term", str(value)) if value else None
    term = work.read(place) if place is not None else None
    if term is None:
        return day
    if term.get("DayOfMonthDue") is not None:
        return _due_on_day_of_month(day, term)
    return day + timedelta(days=int(term.get("DueDays") or 0))


def _due_on_day_of_month(day: date, term: Body) -> date:
    """On that day of this month, or of the next when it is past or fewer than `DueNextMonthDays` away."""
    due_day = int(term["DayOfMonthDue"])
    notice = int(term.get("DueNextMonthDays") or 0)
    year, month = day.year, day.month
    due = date(year, month, min(due_day, monthrange(year, month)[1]))
    if (due - day).days < max(notice, 0) or due < day:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        due = date(year, month, min(due_day, monthrange(year, month)[1]))
    return due


def _copy_from_party(work: Work, entity: Entity, body: Body) -> None:
    """Addresses come from the customer or the vendor."""
    if entity.name not in SALES_FORMS | EXPENSE_FORMS:
        return
    for field, copied in _COPIED_FROM_PARTY.items():
        ref = body.get(field) or {}
        place = work.place(field.removesuffix("Ref"), str(ref.get("value"))) if ref else None
        party = None if place is None else work.read(place)
        for name, source in copied.items():
            if party is not None and name in entity.fields and party.get(source):
                body.setdefault(name, party[source])


def _fill_account(work: Work, body: Body, field: str, found_by: Property, key: str) -> None:
    """The first account of a kind, when the company has one."""
    if field in body:
        return
    for account_id in sorted(work.store.table("Account").ids_where(found_by, key)):
        place: Place = ("Account", account_id)
        face = work.face(place)
        if face is not None and not face.is_inactive:
            body[field] = {"value": str(account_id), "name": face.shown_name}
            return


def _number_addresses(work: Work, entity: Entity, body: Body) -> None:
    """Every address that is stored has an Id of its own."""
    for name, field in entity.fields.items():
        address = body.get(name)
        if field.type == Object("PhysicalAddress") and isinstance(address, dict) and "Id" not in address:
            body[name] = {"Id": str(work.store.next_number("addresses"))} | address
