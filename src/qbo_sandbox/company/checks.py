"""What is wrong with a record: its body alone, its values, and the rules of the company."""

from collections.abc import Mapping
from typing import Any

import qbo_facts
from qbo_facts import Entity, Operation
from qbo_sandbox.company.cleaning import oversized_numbers
from qbo_sandbox.company.doc_numbers import check_number
from qbo_sandbox.company.faults import FaultError, Refused, business
from qbo_sandbox.company.forms import SETTLEMENTS
from qbo_sandbox.company.json_text import Body
from qbo_sandbox.company.lines import check_journal_parties, check_lines
from qbo_sandbox.company.references import pointed_to, resolve
from qbo_sandbox.company.violations import fault_errors
from qbo_sandbox.company.work import Place, Work

_ACCEPTED_BESIDES: Mapping[str, frozenset[str]] = {"Estimate": frozenset({"TrackingNum"})}
"""Fields of the schema that the facts lack and that a known client sends empty; they are ignored."""


def body_errors(work: Work, entity: Entity, body: Body, operation: Operation) -> list[FaultError]:
    """What is wrong with the body alone, by the facts."""
    besides = _ACCEPTED_BESIDES.get(entity.name, frozenset())
    known = {name: value for name, value in body.items() if name not in besides} if besides else body
    return fault_errors(qbo_facts.check_body(entity, known, operation=operation, company=work.settings.sorts))


def value_errors(work: Work, entity: Entity, draft: Body, old: Body | None) -> list[FaultError]:
    """Numbers that are too large and references that lead nowhere."""
    oversized = [
        FaultError(code="2090", detail=f"Invalid Number : {value}", element=path)
        for path, value in oversized_numbers(draft)
    ]
    return oversized + resolve(work, entity, draft, known=pointed_to(entity, old) if old else set())


def rule_errors(
    work: Work, entity: Entity, place: Place | None, draft: Body, old: Body | None, include: frozenset[str]
) -> list[FaultError]:
    """Rules of bookkeeping and of the company that a record breaks; its values are good ones."""
    errors = _currency_errors(work, entity, draft)
    if entity.kind == "transaction":
        errors += check_lines(entity, draft) + _link_type_errors(entity, draft)
        errors += _closed_books_errors(work, draft) or (_closed_books_errors(work, old) if old else [])
    if entity.name == "JournalEntry":
        errors += check_journal_parties(work, draft)
    if "allowduplicatedocnum" not in include and (old is None or old.get("DocNumber") != draft.get("DocNumber")):
        errors += check_number(work, entity, place[1] if place else None, draft)
    if (
        entity.name == "Item"
        and old is not None
        and old.get("Type") == "Inventory"
        and draft.get("Type") != "Inventory"
    ):
        errors.append(business("The type of an inventory item cannot be changed."))
    return errors


def check_books_open(work: Work, body: Body) -> None:
    """A transaction of a closed period stays.

    Raises:
        Refused: 6210.
    """
    errors = _closed_books_errors(work, body)
    if errors:
        raise Refused(*errors)


def _currency_errors(work: Work, entity: Entity, draft: Body) -> list[FaultError]:
    code = (draft.get("CurrencyRef") or {}).get("value")
    if code in (None, work.settings.home_currency) or work.settings.multicurrency:
        return []
    return [business("Multicurrency is not turned on in this company.")]


def _link_type_errors(entity: Entity, draft: Body) -> list[FaultError]:
    """Payments settle only certain kinds of transactions."""
    if entity.name not in SETTLEMENTS:
        return []
    allowed = qbo_facts.line_links(entity.name)
    links: list[Any] = [link for line in draft.get("Line") or () for link in line.get("LinkedTxn") or ()]
    return [
        FaultError(code="2170", detail=f"Invalid Enumeration : {link['TxnType']}", element="Line.LinkedTxn.TxnType")
        for link in links
        if qbo_facts.linked_entity(str(link["TxnType"])) not in allowed
    ]


def _closed_books_errors(work: Work, body: Body) -> list[FaultError]:
    closed, day = work.settings.books_closed_until, body.get("TxnDate")
    if not closed or not day or str(day) > closed:
        return []
    detail = (
        "Account Period Closed : The account period has closed and the account books cannot be updated "
        "through this date."
    )
    return [FaultError(code="6210", detail=detail)]
