"""Links between transactions: what a payment settles, and the mirror of every link on its other side."""

from collections.abc import Iterator
from decimal import Decimal

import qbo_facts
from qbo_facts import Entity
from qbo_sandbox.company.faults import FaultError, Refused, bad_reference, business
from qbo_sandbox.company.forms import CREDITS, OPEN_DOCUMENTS, PARTIES, SETTLEMENTS
from qbo_sandbox.company.json_text import Body
from qbo_sandbox.company.money import amount, cents, total
from qbo_sandbox.company.work import Place, Work

_LINKS_TO = {
    "Invoice": frozenset({"Estimate", "TimeActivity", "ReimburseCharge"}),
    "SalesReceipt": frozenset({"Estimate", "TimeActivity", "ReimburseCharge"}),
    "Bill": frozenset({"PurchaseOrder"}),
    "Purchase": frozenset({"PurchaseOrder"}),
}
"""What a form links to in its own head; every other link there mirrors one that somebody else holds."""
_NAME_VALUE = "{http://schema.intuit.com/finance/v3}NameValue"
_DEPOSITED = (
    "Deposited Transaction cannot be changed : This transaction has been deposited. "
    "If you want to change or delete it, you must edit the deposit it appears on and remove it first."
)


def own_links(entity: Entity, body: Body) -> list[Body]:
    """Links in the head of a form that are its own, not mirrors."""
    return [link for link in body.get("LinkedTxn") or () if _linked(link) in _LINKS_TO.get(entity.name, ())]


def mirrored_links(entity: Entity, body: Body) -> list[Body]:
    """Links in the head of a stored form that others hold to it."""
    return [link for link in body.get("LinkedTxn") or () if _linked(link) not in _LINKS_TO.get(entity.name, ())]


def settle_payment(entity: Entity, body: Body) -> None:
    """Work out what of a payment is not applied, and name the document beside each line as QuickBooks does.

    Raises:
        Refused: 6000, the lines apply more than there is.
    """
    if entity.name not in SETTLEMENTS:
        return
    lines = body.setdefault("Line", [])
    spent = [amount(line.get("Amount")) * _sign(line) for line in lines]
    unapplied = total([body.get("TotalAmt"), *(-part for part in spent)])
    if unapplied < 0:
        raise Refused(business("The amounts applied are more than the amount of the payment."))
    if entity.name == "Payment":
        body["UnappliedAmt"] = unapplied
        for line in lines:
            for link in line.get("LinkedTxn") or ():
                pair = {"name": _NAME_VALUE, "value": {"Name": "txnId", "Value": link["TxnId"]}}
                line["LineEx"] = {"any": [pair]}


def refuse_if_deposited(body: Body) -> None:
    """A payment that is part of a deposit stays as it is.

    Raises:
        Refused: 6540.
    """
    if any(link.get("TxnType") == "Deposit" for link in body.get("LinkedTxn") or ()):
        raise Refused(FaultError(code="6540", detail=_DEPOSITED))


def relink(work: Work, entity: Entity, record_id: int, old: Body | None, new: Body | None) -> None:
    """Carry the links of a transaction over to the records at their other ends; None: it is not there.

    Open documents get their balances changed by what is applied to them.

    Raises:
        Refused: 2500 for a link that leads nowhere, 6000 for one that settles more than is open or another's debt.
    """
    before = _linked_amounts(work, entity, old) if old else {}
    after = _linked_amounts(work, entity, new) if new else {}
    mirror = {"TxnId": str(record_id), "TxnType": _type_name(entity, new or old or {})}
    for place in dict.fromkeys([*before, *after]):
        if before.get(place) == after.get(place):
            continue
        other = work.read(place)
        if other is None:
            continue  # gone with its links
        changed = work.touched(other)
        if entity.name in SETTLEMENTS and place[0] in OPEN_DOCUMENTS:
            if place in after:
                _check_party(entity, new or {}, place, other)
            _move_balance(place, changed, after.get(place, Decimal(0)) - before.get(place, Decimal(0)))
        if "LinkedTxn" in qbo_facts.entity(place[0]).fields:
            links = [link for link in other.get("LinkedTxn") or () if link.get("TxnId") != mirror["TxnId"]]
            changed["LinkedTxn"] = [*links, mirror] if place in after else links
        work.put(place, changed)


def release(work: Work, entity: Entity, record_id: int, body: Body) -> None:
    """Take a document out of the payments that were applied to it; they keep the money as not applied."""
    for link in mirrored_links(entity, body):
        place = work.place(_linked(link) or "", str(link.get("TxnId"))) if _linked(link) in SETTLEMENTS else None
        payment = None if place is None else work.read(place)
        if place is None or payment is None:
            continue
        kept = [line for line in payment.get("Line") or () if not _points_to(line, entity, record_id)]
        changed = work.touched(payment | {"Line": kept})
        settle_payment(qbo_facts.entity(place[0]), changed)
        work.put(place, changed)


def linked_payments(entity: Entity, body: Body) -> list[str]:
    """Payments that are applied to a document, as `Payment 540`."""
    found = [link for link in mirrored_links(entity, body) if _linked(link) in SETTLEMENTS]
    return [f"{link.get('TxnType')} {link.get('TxnId')}" for link in found]


def _linked_amounts(work: Work, entity: Entity, body: Body) -> dict[Place, Decimal]:
    """Every record linked to, with what is applied to it."""
    found: dict[Place, Decimal] = {}
    for link, applied in _links(entity, body):
        name = _linked(link)
        if name is None:
            continue
        place = work.place(name, str(link.get("TxnId")))
        if place is None:
            raise Refused(bad_reference("Line.LinkedTxn.TxnId"))
        found[place] = found.get(place, Decimal(0)) + applied
    return found


def _links(entity: Entity, body: Body) -> Iterator[tuple[Body, Decimal]]:
    for link in own_links(entity, body):
        yield link, Decimal(0)
    for line in body.get("Line") or ():
        for number, link in enumerate(line.get("LinkedTxn") or ()):
            yield link, amount(line.get("Amount")) if number == 0 else Decimal(0)


def _linked(link: Body) -> str | None:
    """The entity a link leads to, None for a type that stands for none."""
    return qbo_facts.linked_entity(str(link.get("TxnType")))


def _sign(line: Body) -> int:
    """A credit that is applied adds to the money there is."""
    return -1 if any(_linked(link) in CREDITS for link in line.get("LinkedTxn") or ()) else 1


def _type_name(entity: Entity, body: Body) -> str:
    if entity.name == "BillPayment":
        return f"BillPayment{body.get('PayType', 'Check')}"
    return entity.name


def _points_to(line: Body, entity: Entity, record_id: int) -> bool:
    links = line.get("LinkedTxn") or ()
    return any(_linked(link) == entity.name and link.get("TxnId") == str(record_id) for link in links)


def _check_party(entity: Entity, body: Body, place: Place, document: Body) -> None:
    mine = (body.get(SETTLEMENTS[entity.name]) or {}).get("value")
    theirs = (document.get(PARTIES[place[0]][0]) or {}).get("value")
    if mine != theirs:
        party = PARTIES[place[0]][1].lower()
        raise Refused(business(f"{place[0]} {place[1]} is not of the same {party} as the payment."))


def _move_balance(place: Place, document: Body, applied: Decimal) -> None:
    left = cents(amount(document.get("Balance")) - applied)
    if left < 0:
        still_open = cents(amount(document.get("Balance")))
        raise Refused(
            business(f"The amount applied to {place[0]} {place[1]} is more than is open on it ({still_open}).")
        )
    document["Balance"] = left
    if "RemainingCredit" in document:
        document["RemainingCredit"] = left
