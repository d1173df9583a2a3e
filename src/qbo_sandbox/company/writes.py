"""Create, update, deactivate, delete and void, for every entity that the facts give them to."""

import qbo_facts
from qbo_facts import Entity, Operation
from qbo_sandbox.company.checks import body_errors, check_books_open, rule_errors, value_errors
from qbo_sandbox.company.cleaning import clean, without_nulls
from qbo_sandbox.company.defaults import fill_defaults
from qbo_sandbox.company.doc_numbers import settle_number
from qbo_sandbox.company.faults import Refused, business, not_found, stale, unsupported
from qbo_sandbox.company.forms import EXPENSE_FORMS, OPEN_DOCUMENTS, SALES_FORMS
from qbo_sandbox.company.json_text import Body
from qbo_sandbox.company.lines import emptied, settle_lines
from qbo_sandbox.company.links import (
    linked_payments,
    mirrored_links,
    own_links,
    refuse_if_deposited,
    release,
    relink,
    settle_payment,
)
from qbo_sandbox.company.money import amount, cents
from qbo_sandbox.company.name_lists import rename_below, settle_names
from qbo_sandbox.company.party_balances import move_party_balances, move_with_jobs
from qbo_sandbox.company.references import places
from qbo_sandbox.company.work import Place, Work

_KEPT_WHEN_OMITTED = ("TxnDate", "Active", "LinkedTxn")
"""Fields that a full update leaves alone when it does not name them: they cannot be null."""


def create(work: Work, entity: Entity, body: Body, *, include: frozenset[str] = frozenset()) -> Place:
    """Stage a new record and whatever follows from it.

    Raises:
        Refused: with everything that was found wrong.
    """
    errors = body_errors(work, entity, body, "create")
    draft = without_nulls(clean(entity, body, creating=True))
    errors += value_errors(work, entity, draft, None)
    if not errors:
        errors = rule_errors(work, entity, None, draft, None, include)
    if errors:
        raise Refused(*errors)
    fill_defaults(work, entity, draft, creating=True)
    if entity.kind == "transaction":
        draft["LinkedTxn"] = own_links(entity, draft)
        _settle_transaction(work, entity, draft, None)
    draft = _without_stray_links(entity, draft)
    errors = settle_names(work, entity, None, draft, None)
    if errors:
        raise Refused(*errors)
    settle_number(work, entity, draft)
    place = (entity.name, work.store.next_id(entity.name))
    work.put(place, work.new_body(place[1], draft))
    _follow(work, entity, place, None)
    return place


def update(work: Work, entity: Entity, body: Body, *, include: frozenset[str] = frozenset()) -> Place:
    """Stage a change of a record: sparse when the body says so, otherwise full.

    Raises:
        Refused: with everything that was found wrong.
    """
    sparse = str(body.get("sparse", "")).lower() == "true"
    operation: Operation = "sparse" if sparse else "update"
    place, old = _current(work, entity, body, operation)
    errors = body_errors(work, entity, body, operation)
    if errors:
        raise Refused(*errors)
    _check_token(body, old)
    sent = clean(entity, body, creating=False)
    draft = _merged(entity, old, sent, sparse=sparse)
    errors = value_errors(work, entity, draft, old)
    if not errors:
        errors = rule_errors(work, entity, place, draft, old, include)
    if errors:
        raise Refused(*errors)
    if entity.kind == "transaction":
        refuse_if_deposited(old)
        draft["LinkedTxn"] = own_links(entity, draft) + mirrored_links(entity, old)
    if entity.name in ("Invoice", "Bill") and not sparse and "DueDate" not in sent:
        draft.pop("DueDate", None)
    fill_defaults(work, entity, draft, creating=False)
    if entity.kind == "transaction":
        _settle_transaction(work, entity, draft, old)
    draft = _without_stray_links(entity, draft)
    errors = settle_names(work, entity, place[1], draft, old)
    if errors:
        raise Refused(*errors)
    work.put(place, work.touched(draft))
    _follow(work, entity, place, old)
    return place


def delete(work: Work, entity: Entity, body: Body) -> Place:
    """Stage the deletion of a record; its links go with it.

    Raises:
        Refused: not offered, no such record, stale, or other transactions stand on it.
    """
    place, old = _current(work, entity, body, "delete")
    errors = body_errors(work, entity, body, "delete")
    if errors:
        raise Refused(*errors)
    _check_token(body, old)
    if entity.kind == "transaction":
        refuse_if_deposited(old)
        check_books_open(work, old)
        if payments := linked_payments(entity, old):
            what = f"This transaction is linked to others ({', '.join(payments)}); unlink them before you delete it."
            raise Refused(business(what))
    work.remove(place)
    _follow(work, entity, place, old)
    return place


def void(work: Work, entity: Entity, body: Body) -> Place:
    """Stage the voiding of a transaction: it stays, without amounts and without links.

    Raises:
        Refused: not offered, no such record, or stale.
    """
    place, old = _current(work, entity, body, "void")
    errors = body_errors(work, entity, body, "void")
    if errors:
        raise Refused(*errors)
    _check_token(body, old)
    refuse_if_deposited(old)
    check_books_open(work, old)
    release(work, entity, place[1], old)
    voided = work.stored(place) or old
    emptied(entity, voided)
    voided["LinkedTxn"] = own_links(entity, voided)
    note = voided.get("PrivateNote")
    voided["PrivateNote"] = f"Voided - {note}" if note else "Voided"
    work.put(place, work.touched(_without_stray_links(entity, voided)))
    _follow(work, entity, place, old)
    return place


def _current(work: Work, entity: Entity, body: Body, operation: Operation) -> tuple[Place, Body]:
    """The record that a body is about."""
    if not qbo_facts.is_offered(entity, operation):
        if operation == "update" and entity.operations.sparse_update is not None:
            raise unsupported("full update")
        raise unsupported("update" if operation == "sparse" else operation)
    given = body.get("Id")
    place = work.place(entity.name, str(given)) if given not in (None, "") else None
    old = None if place is None else work.read(place)
    if place is not None and old is not None:
        return place, old
    errors = body_errors(work, entity, body, operation) if given in (None, "") else []
    raise Refused(*errors) if errors else not_found()


def _check_token(body: Body, old: Body) -> None:
    if "SyncToken" in old and str(body.get("SyncToken")) != str(old["SyncToken"]):
        raise stale()


def _merged(entity: Entity, old: Body, sent: Body, *, sparse: bool) -> Body:
    """The record after the change, before anything is worked out from it.

    Preferences and CompanyInfo are always merged, block by block: their full updates reach only a part of them.
    """
    if entity.kind == "singleton":
        blocks = {
            name: old[name] | value if isinstance(value, dict) and isinstance(old.get(name), dict) else value
            for name, value in sent.items()
        }
        return without_nulls(old | blocks)
    if sparse:
        return without_nulls(old | sent)
    kept = {name: value for name, value in old.items() if _outlives_full_update(entity, name)}
    return without_nulls(kept | sent)


def _outlives_full_update(entity: Entity, name: str) -> bool:
    field = entity.fields.get(name)
    return field is None or field.read_only or field.write_on_create or name in _KEPT_WHEN_OMITTED


def _settle_transaction(work: Work, entity: Entity, draft: Body, old: Body | None) -> None:
    """Numbers, totals and what is open."""
    settle_lines(work, entity, draft)
    settle_payment(entity, draft)
    if entity.name in SALES_FORMS | EXPENSE_FORMS and amount(draft.get("TotalAmt")) < 0:
        raise Refused(business("Transaction amount must be 0 or greater."))
    if entity.name not in OPEN_DOCUMENTS:
        return
    applied = amount(old.get("TotalAmt")) - amount(old.get("Deposit")) - amount(old.get("Balance")) if old else 0
    balance = cents(amount(draft.get("TotalAmt")) - amount(draft.get("Deposit")) - applied)
    if old is not None and balance < 0 and applied > 0:
        raise Refused(business(f"Payments of {cents(amount(applied)):,} are applied to this transaction."))
    draft["Balance"] = balance
    if entity.name == "CreditMemo":
        draft["RemainingCredit"] = balance


def _without_stray_links(entity: Entity, draft: Body) -> Body:
    """An empty list of links stands only where QuickBooks shows one."""
    if draft.get("LinkedTxn") == [] and entity.name not in _SHOW_EMPTY_LINKS:
        return {name: value for name, value in draft.items() if name != "LinkedTxn"}
    return draft


_SHOW_EMPTY_LINKS = frozenset({"Invoice", "Bill", "Estimate", "SalesReceipt", "PurchaseOrder"})


def _follow(work: Work, entity: Entity, place: Place, old: Body | None) -> None:
    """What a change does to other records."""
    new = work.read(place)
    if entity.kind == "transaction":
        relink(work, entity, place[1], old, new)
        move_party_balances(work)
    elif new is not None and old is not None:
        if old.get("FullyQualifiedName") != new.get("FullyQualifiedName"):
            rename_below(work, entity, place[1], new)
        if entity.name == "Customer" and old.get("ParentRef") != new.get("ParentRef"):
            carried = amount(new.get("BalanceWithJobs", new.get("Balance")))
            move_with_jobs(work, old.get("ParentRef"), new.get("ParentRef"), carried)
    if entity.name == "Attachable":
        _touch_attached(work, old, new)


def _touch_attached(work: Work, old: Body | None, new: Body | None) -> None:
    """A record that something is attached to, or taken off, counts as written."""
    for place in _attached(work, old) ^ _attached(work, new):
        body = work.read(place)
        if body is not None:
            work.put(place, work.touched(body))


def _attached(work: Work, body: Body | None) -> set[Place]:
    facts = qbo_facts.entity("Attachable")
    return places(work, facts, {"AttachableRef": body["AttachableRef"]}) if body and "AttachableRef" in body else set()
