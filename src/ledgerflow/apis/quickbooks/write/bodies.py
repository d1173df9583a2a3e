"""Assembles bodies from rows: nested paths, several lines from grouped rows, detail types and amounts filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from ledgerflow.apis.quickbooks.write.targets import Target
from ledgerflow.apis.quickbooks.write.values import Wire, exact

CENT = Decimal("0.01")
_EXACT = Context(prec=200)

_DESCRIPTION = "DescriptionLineDetail"
"""The one detail whose `DetailType` is spelled otherwise than its key. Source: line detail types of the reference."""

_UNRESOLVED: Wire = {"value": "?"}
"""Fills the place of a name without an id, so that the check does not call the field missing as well. Never sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a record is set aside, for people; `code` is QuickBooks' code where the fault is QuickBooks' own."""

    text: str
    code: str = ""


@dataclass(slots=True, kw_only=True)
class Document:
    """One record to be: the input rows it comes from (counted from 1), its body, and what speaks against it."""

    rows: list[int]
    body: dict[str, Wire]
    reasons: list[Reason] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Stands in place of a value that cannot be sent, such as a name that no customer has."""

    reason: Reason


class Assembler:
    """Puts rows into documents. `targets` are the columns in their order; rows come as values already converted."""

    def __init__(self, targets: Sequence[Target]) -> None:
        order = sorted(range(len(targets)), key=lambda index: tuple(step.element for step in targets[index].steps))
        self._columns = [(index, targets[index]) for index in order]

    def start(self, row: int, values: Sequence[Wire | Refused]) -> Document:
        """A new document from its first row."""
        document = Document(rows=[], body={})
        self.add(document, row, values)
        return document

    def add(self, document: Document, row: int, values: Sequence[Wire | Refused]) -> None:
        """One more row of a document: its lines are added, and everything else must be the same as before."""
        document.rows.append(row)
        made: dict[tuple[tuple[str, int], ...], dict[str, Wire]] = {}
        for index, target in self._columns:
            value = values[index]
            if value is None:
                continue
            if isinstance(value, Refused):
                if value.reason not in document.reasons:
                    document.reasons.append(value.reason)
                value = _UNRESOLVED
            node = _node(document.body, target, made)
            name = target.steps[-1].name
            if name not in node:
                node[name] = value
            elif node[name] != value:
                document.reasons.append(_disagreement(document.rows, target, node[name], value))

    @staticmethod
    def finish(document: Document) -> Document:
        """Fill in what follows from the rest, once all rows are in."""
        for name, elements in document.body.items():
            if isinstance(elements, list):
                if name == "Line":
                    for line in elements:
                        finish_line(line)
                else:
                    document.body[name] = _distinct(elements)
        return document


def finish_line(line: Any) -> None:
    """Fill in a line's `DetailType` from the detail it has, and its `Amount` from quantity and price.

    QuickBooks keeps amounts to the cent, so a product with more digits is rounded half up; it is exact before that.
    """
    if not isinstance(line, dict):
        return
    detail_key = next((key for key in line if key.endswith("LineDetail")), None)
    if "DetailType" not in line:
        if detail_key is not None:
            line["DetailType"] = "DescriptionOnly" if detail_key == _DESCRIPTION else detail_key
        elif set(line) == {"Description"}:
            line["DetailType"] = "DescriptionOnly"
    detail = line.get(detail_key) if detail_key is not None else None
    if not isinstance(detail, dict):
        return
    amount = _product(detail.get("Qty"), detail.get("UnitPrice"))
    if "Amount" not in line and amount is not None:
        line["Amount"] = amount
    entity = detail.get("Entity")
    if isinstance(entity, dict) and isinstance(reference := entity.get("EntityRef"), dict) and "type" in reference:
        entity.setdefault("Type", reference["type"])  # a name that was looked up knows whose it is
    for inner in detail.get("Line", ()):
        finish_line(inner)


def _product(quantity: Any, price: Any) -> Decimal | None:
    if not _is_number(quantity) or not _is_number(price):
        return None
    product = _EXACT.multiply(Decimal(quantity), Decimal(price))
    return exact(product.quantize(CENT, rounding=ROUND_HALF_UP, context=_EXACT))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _node(
    body: dict[str, Wire], target: Target, made: dict[tuple[tuple[str, int], ...], dict[str, Wire]]
) -> dict[str, Wire]:
    """The object that the target's last name belongs into; lists get one element per row and element number."""
    node = body
    way: tuple[tuple[str, int], ...] = ()
    for step in target.steps[:-1]:
        way = (*way, (step.name, step.element))
        if step.in_list:
            if way not in made:
                made[way] = {}
                node.setdefault(step.name, []).append(made[way])
            node = made[way]
        else:
            node = node.setdefault(step.name, {})
    return node


def _disagreement(rows: Sequence[int], target: Target, first: Wire, other: Wire) -> Reason:
    listed = ", ".join(map(str, rows))
    return Reason(
        text=f"Rows {listed} make one record but do not agree on {target.text}: {shown(first)} and {shown(other)}."
    )


def shown(value: Wire) -> str:
    """A value as people read it in a sentence."""
    if isinstance(value, Mapping):
        return shown(value.get("value", next(iter(value.values()), "")))
    return f"“{value}”"


def _distinct(elements: list[Wire]) -> list[Wire]:
    """Grouped rows repeat what belongs to the whole record, such as its custom fields; each is sent once."""
    distinct: list[Wire] = []
    for element in elements:
        if element not in distinct:
            distinct.append(element)
    return distinct
