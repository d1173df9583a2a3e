"""Recurring transactions: a template that stands under the key of the transaction it makes."""

from typing import Any

import qbo_facts
from qbo_facts import Entity
from qbo_sandbox.company.checks import value_errors
from qbo_sandbox.company.cleaning import clean, without_nulls
from qbo_sandbox.company.defaults import fill_defaults
from qbo_sandbox.company.faults import Refused, not_found, stale, unsupported
from qbo_sandbox.company.json_text import Body
from qbo_sandbox.company.lines import check_lines, settle_lines
from qbo_sandbox.company.violations import fault_errors
from qbo_sandbox.company.work import Place, Work

_NOT_IN_TEMPLATES = ("TxnDate", "DueDate", "DocNumber", "LinkedTxn")


def create_template(work: Work, entity: Entity, body: Body) -> Place:
    """Stage a template; nothing is booked by it.

    Raises:
        Refused: with everything that was found wrong.
    """
    name, sent = inner(entity, body)
    if name and sent.get("Id"):
        raise unsupported("update")
    errors = fault_errors(qbo_facts.check_body(entity, body, operation="create", company=work.settings.sorts))
    if errors:
        raise Refused(*errors)
    form = qbo_facts.entity(name)
    draft = without_nulls(clean(form, sent, creating=True))
    errors = value_errors(work, form, draft, None) or check_lines(form, draft)
    if errors:
        raise Refused(*errors)
    fill_defaults(work, form, draft, creating=True)
    settle_lines(work, form, draft)
    template = {key: value for key, value in draft.items() if key not in _NOT_IN_TEMPLATES}
    place: Place = (entity.name, work.store.next_id(entity.name))
    own = {"RecurDataRef": {"value": str(place[1])}}
    work.put(place, {name: work.new_body(place[1], template | own)})
    return place


def delete_template(work: Work, entity: Entity, body: Body) -> tuple[Place, str]:
    """Stage the deletion of a template; gives also the key it stood under.

    Raises:
        Refused: no such template, or stale.
    """
    _, sent = inner(entity, body)
    place = work.place(entity.name, str(sent.get("Id", "")))
    stored = None if place is None else work.read(place)
    if place is None or stored is None:
        raise not_found()
    name, old = inner(entity, stored)
    if str(sent.get("SyncToken")) != str(old.get("SyncToken")):
        raise stale()
    work.remove(place)
    return place, name


def inner(entity: Entity, body: Body) -> tuple[str, dict[str, Any]]:
    """The transaction inside, and its key; the body itself where there is none."""
    for name in entity.wraps:
        if isinstance(body.get(name), dict):
            return name, body[name]
    return "", body
