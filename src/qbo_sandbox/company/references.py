"""Follows the references of a record: do they lead somewhere, and what are the records there called."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import qbo_facts
from qbo_facts import Entity, Field, FieldType, ListOf, Object, Ref
from qbo_sandbox.company.faults import FaultError, bad_reference, category_reference, inactive_reference
from qbo_sandbox.company.json_text import Body
from qbo_sandbox.company.settings import currency_ref
from qbo_sandbox.company.work import Place, Work

_STANDING_FOR_THEMSELVES = frozenset({"SHIPPING_ITEM_ID", "GRATUITY_ITEM_ID"})
"""Item values of sales forms that name no item of the list."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference in a body. `ref` is the object itself; `beside` is the object it stands in."""

    path: str
    field: Field
    ref: Body
    beside: Mapping[str, Any]

    @property
    def target(self) -> str | None:
        """The entity pointed to; None where there is nothing to look up."""
        if self.field.ref_kind == "id":
            return self.field.target
        if self.field.ref_kind != "polymorphic":
            return None
        named = str(self.ref.get("type") or self.beside.get("Type") or "").lower()
        return next((name for name in self.field.targets if name.lower() == named), None)


def references(entity: Entity, body: Body) -> Iterator[Reference]:
    """Every reference in a body, in its order."""
    for name, value in body.items():
        field = entity.fields.get(name)
        if field is not None:
            yield from _in_value(field, field.type, value, name, body)


def places(work: Work, entity: Entity, body: Body) -> set[Place]:
    """Where the references of a body lead."""
    found = (_place(work, reference) for reference in references(entity, body))
    return {place for place in found if place is not None}


def pointed_to(entity: Entity, body: Body) -> set[tuple[str | None, str]]:
    """Entity and Id of everything a body refers to, whether it is there or not."""
    return {(reference.target, str(reference.ref.get("value", ""))) for reference in references(entity, body)}


def resolve(work: Work, entity: Entity, body: Body, *, known: set[tuple[str | None, str]]) -> list[FaultError]:
    """Write the names into the references of `body`; gives an error for each that leads nowhere.

    A record that has been made inactive is an error too. What is `known`, because the record pointed to it before
    this change, is none.
    """
    errors: list[FaultError] = []
    for reference in references(entity, body):
        if reference.field.ref_kind == "currency_code":
            reference.ref.update(currency_ref(str(reference.ref["value"]).upper()))
            continue
        target = reference.target
        value = str(reference.ref.get("value", ""))
        if target is None or value in reference.field.literals or value in _STANDING_FOR_THEMSELVES:
            continue
        place = work.place(target, value)
        face = None if place is None else work.face(place)
        is_known = (target, value) in known
        if place is None or face is None:
            errors += [] if is_known else [bad_reference(reference.path)]
        elif face.is_inactive and not is_known:
            errors.append(inactive_reference(reference.path))
        elif face.Type == "Category" and target == "Item" and entity.kind == "transaction":
            errors.append(category_reference(reference.path))
        elif face.shown_name is not None:
            reference.ref["name"] = face.shown_name
    return errors


def _place(work: Work, reference: Reference) -> Place | None:
    target = reference.target
    return None if target is None else work.place(target, str(reference.ref.get("value", "")))


def _in_value(
    field: Field, field_type: FieldType, value: Any, path: str, beside: Mapping[str, Any]
) -> Iterator[Reference]:
    match field_type, value:
        case Ref(), dict() if value.get("value"):
            yield Reference(path, field, value, beside)
        case ListOf(item), list():
            for element in value:
                yield from _in_value(field, item, element, path, beside)
        case Object(name), dict():
            fields = qbo_facts.object_type(name)
            for key, part in value.items():
                inner = fields.get(key)
                if inner is not None:
                    yield from _in_value(inner, inner.type, part, f"{path}.{key}", value)
