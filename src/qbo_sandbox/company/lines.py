"""The lines of a transaction: numbers, defaults, sub-total, discount, and the total they make."""

from decimal import Decimal
from typing import Any

from qbo_facts import Entity
from qbo_sandbox.company.faults import FaultError, business
from qbo_sandbox.company.forms import EXPENSE_FORMS, SALES_FORMS
from qbo_sandbox.company.json_text import Body
from qbo_sandbox.company.money import ZERO, amount, cents, percentage, product, total
from qbo_sandbox.company.settings import Settings
from qbo_sandbox.company.work import Work

_ITEM_DETAILS = ("SalesItemLineDetail", "ItemBasedExpenseLineDetail")
_EXPENSE_DETAILS = ("AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail")
_NO_TAX = {"value": "NON"}


def check_lines(entity: Entity, body: Body) -> list[FaultError]:
    """Line amounts that are not quantity times price, and journal entries that do not balance."""
    errors: list[FaultError] = []
    for line in _all_lines(body):
        detail = _item_detail(line)
        if detail is None or "Qty" not in detail or "UnitPrice" not in detail or "Amount" not in line:
            continue
        supplied, quantity, price = cents(amount(line["Amount"])), amount(detail["Qty"]), amount(detail["UnitPrice"])
        # python-quickbooks sends both as 0 where they are not set, and its tests against Intuit's sandbox pass
        if (quantity or price) and supplied != product(quantity, price):
            text = f"Amount is not equal to UnitPrice * Qty. Supplied value:{supplied:,}"
            errors.append(FaultError(code="6070", detail=text, element="Line.Amount"))
    if entity.name == "JournalEntry":
        errors += _check_journal(body)
    return errors


def check_journal_parties(work: Work, body: Body) -> list[FaultError]:
    """Lines on receivables need a customer, lines on payables a vendor."""
    wanted = {"Accounts Receivable": "customer", "Accounts Payable": "vendor"}
    errors: list[FaultError] = []
    for line in body.get("Line", ()):
        detail = line.get("JournalEntryLineDetail") or {}
        place = work.place("Account", str((detail.get("AccountRef") or {}).get("value", "")))
        account = None if place is None else work.read(place)
        kind = str((account or {}).get("AccountType"))
        if kind not in wanted:
            continue
        party = str((detail.get("Entity") or {}).get("Type", ""))
        if party.lower() != wanted[kind]:
            name = wanted[kind]
            errors.append(business(f"When you use {kind}, you must choose a {name} in the Name field."))
    return errors


def settle_lines(work: Work, entity: Entity, body: Body) -> None:
    """Number the lines, fill in what QuickBooks fills in, and work out the total."""
    if entity.name in SALES_FORMS:
        body["Line"] = _sales_lines(work, list(body.get("Line") or ()))
        body["TotalAmt"] = _sales_total(body)
    elif entity.name in EXPENSE_FORMS:
        body["Line"] = _expense_lines(entity, list(body.get("Line") or ()))
        body["TotalAmt"] = total([*(line.get("Amount") for line in body["Line"]), _tax(body)])
    elif entity.name == "Deposit":
        body["Line"] = _numbered(list(body.get("Line") or ()))
        taken = amount((body.get("CashBack") or {}).get("Amount"))
        body["TotalAmt"] = total([*(line.get("Amount") for line in body["Line"]), -taken])
    elif entity.name == "JournalEntry":
        body["Line"] = _numbered(list(body.get("Line") or ()), first=0)
        body["TotalAmt"] = 0
    elif entity.name == "InventoryAdjustment":
        body["Line"] = _numbered(list(body.get("Line") or ()))


def emptied(entity: Entity, body: Body) -> None:
    """Make every amount of a transaction nothing; sales forms keep their lines, all others lose them."""
    if entity.name in SALES_FORMS and entity.name != "SalesReceipt":
        for line in _all_lines(body):
            line["Amount"] = ZERO
            detail = _item_detail(line)
            if detail is not None:
                detail.update({name: 0 for name in ("Qty", "UnitPrice") if name in detail})
            if "DiscountLineDetail" in line:
                line["DiscountLineDetail"].pop("DiscountPercent", None)
    else:
        body["Line"] = []
    for name in ("TotalAmt", "Balance", "HomeBalance", "HomeTotalAmt", "UnappliedAmt", "RemainingCredit", "Deposit"):
        if name in body:
            body[name] = ZERO
    if "TxnTaxDetail" in body:
        body["TxnTaxDetail"] = {"TotalTax": ZERO}


def shows_custom_fields(entity: Entity) -> bool:
    return entity.name in SALES_FORMS or entity.name == "PurchaseOrder"


def custom_fields(settings: Settings, given: list[Body]) -> list[Body]:
    """Every field that is switched on, with the value that was given for it, if any."""
    values = {str(field.get("DefinitionId")): field for field in given}
    shown = [
        {"DefinitionId": number, "Name": name, "Type": "StringType"} | values.pop(number, {})
        for number, name in settings.custom_fields
    ]
    return shown + list(values.values())


def _check_journal(body: Body) -> list[FaultError]:
    sides: dict[str, list[Any]] = {"Debit": [], "Credit": []}
    for line in body.get("Line", ()):
        detail = line.get("JournalEntryLineDetail") or {}
        if detail.get("PostingType") in sides:
            sides[detail["PostingType"]].append(line.get("Amount"))
    debits, credits = total(sides["Debit"]), total(sides["Credit"])
    if debits == credits:
        return []
    return [business(f"Debits ({debits:,}) and credits ({credits:,}) of a journal entry must add up to the same.")]


def _all_lines(body: Body) -> list[Body]:
    lines = list(body.get("Line") or ())
    return lines + [inner for line in lines for inner in (line.get("GroupLineDetail") or {}).get("Line") or ()]


def _item_detail(line: Body) -> Body | None:
    return next((line[name] for name in _ITEM_DETAILS if isinstance(line.get(name), dict)), None)


def _sales_lines(work: Work, lines: list[Body]) -> list[Body]:
    """Items first, then their sub-total, then discounts; a sub-total that was sent is worked out anew."""
    sold = [line for line in lines if line.get("DetailType") not in ("SubTotalLineDetail", "DiscountLineDetail")]
    discounts = [line for line in lines if line.get("DetailType") == "DiscountLineDetail"]
    for line in sold:
        _fill_sold(work, line)
    numbered = _numbered(sold)
    subtotal = total(_sold_amounts(sold))
    for line in discounts:
        detail = line.setdefault("DiscountLineDetail", {})
        if detail.get("DiscountPercent") is not None:
            detail["PercentBased"] = True
            line["Amount"] = percentage(subtotal, amount(detail["DiscountPercent"]))
        else:
            detail.setdefault("PercentBased", False)
    closing = {"Amount": subtotal, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    return [*numbered, closing, *discounts]


def _fill_sold(work: Work, line: Body) -> None:
    match line.get("DetailType"):
        case "SalesItemLineDetail":
            detail = line["SalesItemLineDetail"]
            detail.setdefault("TaxCodeRef", dict(_NO_TAX))
            _fill_account(work, detail, "IncomeAccountRef")
        case "GroupLineDetail":
            detail = line["GroupLineDetail"]
            detail.setdefault("Quantity", 1)
            if not detail.get("Line"):
                detail["Line"] = _bundle(work, detail)
            for inner in detail["Line"]:
                _fill_sold(work, inner)
            line["Amount"] = total(inner.get("Amount") for inner in detail["Line"])
        case "DescriptionOnly":
            line.setdefault("DescriptionLineDetail", {})


def _fill_account(work: Work, detail: Body, source: str) -> None:
    """The account that the item is booked to."""
    item = _item(work, detail.get("ItemRef"))
    if item is not None and "ItemAccountRef" not in detail and item.get(source):
        detail["ItemAccountRef"] = item[source]


def _item(work: Work, ref: Body | None) -> Body | None:
    place = work.place("Item", str(ref.get("value", ""))) if ref else None
    return None if place is None else work.read(place)


def _bundle(work: Work, detail: Body) -> list[Body]:
    """The parts of a bundle as lines of their own."""
    bundle = _item(work, detail.get("GroupItemRef")) or {}
    lines: list[Body] = []
    for part in (bundle.get("ItemGroupDetail") or {}).get("ItemGroupLine") or ():
        item = _item(work, part.get("ItemRef")) or {}
        quantity = amount(part.get("Qty", 1)) * amount(detail["Quantity"])
        price = amount(item.get("UnitPrice"))
        sold = {"ItemRef": part["ItemRef"], "UnitPrice": price, "Qty": quantity}
        line = {"Amount": product(quantity, price), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": sold}
        lines.append(({"Description": item["Description"]} if item.get("Description") else {}) | line)
    return lines


def _sold_amounts(lines: list[Body]) -> list[Any]:
    return [line.get("Amount") for line in lines if line.get("DetailType") != "DescriptionOnly"]


def _sales_total(body: Body) -> Decimal:
    subtotal = next(line["Amount"] for line in body["Line"] if line["DetailType"] == "SubTotalLineDetail")
    less = [amount(line.get("Amount")) for line in body["Line"] if line["DetailType"] == "DiscountLineDetail"]
    return total([subtotal, *(-value for value in less), _tax(body)])


def _tax(body: Body) -> Decimal:
    return amount((body.get("TxnTaxDetail") or {}).get("TotalTax"))


def _expense_lines(entity: Entity, lines: list[Body]) -> list[Body]:
    for line in lines:
        for name in _EXPENSE_DETAILS:
            if isinstance(line.get(name), dict):
                line[name].setdefault("BillableStatus", "NotBillable")
                line[name].setdefault("TaxCodeRef", dict(_NO_TAX))
        if entity.name == "Bill":
            line.setdefault("LinkedTxn", [])
    return _numbered(lines)


def _numbered(lines: list[Body], *, first: int = 1) -> list[Body]:
    """Give every line an Id, keeping those that have one, and the number of its place."""
    taken = [int(line["Id"]) for line in lines if str(line.get("Id", "")).isdigit()]
    following = max(taken, default=first - 1) + 1
    numbered: list[Body] = []
    for place, line in enumerate(lines, start=1):
        own = line.get("Id")
        if own is None:
            own, following = str(following), following + 1
        number = {} if first == 0 else {"LineNum": place}
        numbered.append(
            {"Id": own} | number | {name: value for name, value in line.items() if name not in ("Id", "LineNum")}
        )
    return numbered
