"""What customers owe and vendors are owed: changed with the documents, in the same moment.

Double entry stands beside this one day: it, too, will look at every record before and after a change.
"""

from collections.abc import Iterator
from decimal import Decimal

from qbo_sandbox.company.forms import CREDITS, PARTIES, SETTLEMENTS
from qbo_sandbox.company.json_text import Body
from qbo_sandbox.company.money import amount, cents, total
from qbo_sandbox.company.work import Place, Work


def move_party_balances(work: Work) -> None:
    """Add the difference that the staged changes make to the balances of those concerned."""
    moved: dict[Place, Decimal] = {}
    for (entity, _), old, new in work.changes():
        if entity not in PARTIES:
            continue
        for body, sign in ((old, -1), (new, 1)):
            place = None if body is None else _party(work, entity, body)
            if body is not None and place is not None:
                moved[place] = moved.get(place, Decimal(0)) + sign * _owed(entity, body)
    for place, difference in moved.items():
        if difference:
            _add(work, place, difference)


def move_with_jobs(work: Work, old_parent: Body | None, new_parent: Body | None, carried: Decimal) -> None:
    """A sub-customer changed its parent: what is owed with it counts above the new one from now on."""
    for ref, sign in ((old_parent, -1), (new_parent, 1)):
        for place, body in _upward(work, ref):
            work.put(place, body | {"BalanceWithJobs": cents(amount(body.get("BalanceWithJobs")) + sign * carried)})


def _party(work: Work, entity: str, body: Body) -> Place | None:
    field, party = PARTIES[entity]
    ref = body.get(field)
    return work.place(party, str(ref.get("value"))) if isinstance(ref, dict) else None


def _owed(entity: str, body: Body) -> Decimal:
    """What a transaction adds to what its party owes, or is owed."""
    if entity == "Payment":
        return -amount(body.get("UnappliedAmt"))
    if entity in SETTLEMENTS:
        applied = [line.get("Amount") for line in body.get("Line") or () if not _is_credit(line)]
        credits = [line.get("Amount") for line in body.get("Line") or () if _is_credit(line)]
        return -(amount(body.get("TotalAmt")) - total(applied) + total(credits))
    return -amount(body.get("Balance")) if entity in CREDITS else amount(body.get("Balance"))


def _is_credit(line: Body) -> bool:
    return any(link.get("TxnType") in CREDITS for link in line.get("LinkedTxn") or ())


def _add(work: Work, place: Place, difference: Decimal) -> None:
    body = work.read(place)
    if body is None:
        return
    changed = work.touched(body, writes=0)
    changed["Balance"] = cents(amount(body.get("Balance")) + difference)
    if place[0] == "Customer":
        with_jobs = amount(body.get("BalanceWithJobs", body.get("Balance")))
        changed["BalanceWithJobs"] = cents(with_jobs + difference)
    work.put(place, changed)
    if place[0] == "Customer":
        for above, parent in _upward(work, body.get("ParentRef")):
            total_above = cents(amount(parent.get("BalanceWithJobs")) + difference)
            work.put(above, work.touched(parent, writes=0) | {"BalanceWithJobs": total_above})


def _upward(work: Work, ref: Body | None) -> Iterator[tuple[Place, Body]]:
    seen: set[Place] = set()
    while ref:
        place = work.place("Customer", str(ref.get("value")))
        body = None if place is None or place in seen else work.read(place)
        if place is None or body is None:
            return
        seen.add(place)
        yield place, body
        ref = body.get("ParentRef")
