"""Checks a request body against the facts, before it costs a call."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qbo_facts.entities import entity as entity_named
from qbo_facts.entities import enum, length_path, object_type
from qbo_facts.field_types import Enum, FieldType, ListOf, Object, Ref, Scalar
from qbo_facts.model import Entity, Field, Operation
from qbo_facts.nearest import nearest_name
from qbo_facts.requirements import missing_parts
from qbo_facts.scalars import EXPECTED, is_scalar
from qbo_facts.violation import Violation

COMMON_ATTRIBUTES = frozenset({"domain", "sparse", "status"})
_REF_KEYS = ("value", "name", "type")
_VERBS: dict[Operation, str] = {
    "create": "create",
    "update": "replace",
    "sparse": "change single fields of",
    "delete": "delete",
    "void": "void",
}


def check_body(
    entity: Entity,
    body: Mapping[str, Any],
    *,
    operation: Operation,
    company: Collection[str] = (),
) -> tuple[Violation, ...]:
    """Everything QuickBooks would refuse in `body` that the facts know of, in the order of the body; empty: none.

    Missing values come first. Fields that QuickBooks fills itself are ignored, as QuickBooks ignores them; fields
    that only the schema knows are accepted; null and an empty text stand for absent. `company` names what is true of
    the company (see `Requirement.company`), because some fields are required only there. Sums are not checked here.
    """
    if not is_offered(entity, operation):
        return (Violation(kind="not_supported", path="", value=_VERBS[operation], allowed=(_plural(entity),)),)
    if entity.wraps:
        return _check_wrapped(entity, body, operation, company)
    return _check_plain(entity, body, operation, company, prefix="")


def is_offered(entity: Entity, operation: Operation) -> bool:
    """Whether the API offers this kind of write for the entity."""
    operations = entity.operations
    match operation:
        case "create":
            return operations.create
        case "update":
            return operations.full_update
        case "sparse":
            return operations.sparse_update is not None
        case "delete":
            return operations.delete
        case "void":
            return operations.void is not None


def _check_plain(
    entity: Entity, body: Mapping[str, Any], operation: Operation, company: Collection[str], *, prefix: str
) -> tuple[Violation, ...]:
    missing = tuple(missing_parts(entity, body, operation=operation, company=company, prefix=prefix))
    if operation in ("delete", "void"):
        return missing
    walk = _Walk(entity=entity, operation=operation)
    return missing + tuple(walk.check_entity(body, prefix))


def _check_wrapped(
    entity: Entity, body: Mapping[str, Any], operation: Operation, company: Collection[str]
) -> tuple[Violation, ...]:
    present = [name for name in entity.wraps if isinstance(body.get(name), Mapping)]
    if not present:
        if operation == "delete":
            return tuple(missing_parts(entity, body, operation=operation, company=company, prefix=""))
        alternatives = tuple((name,) for name in entity.wraps)
        return (Violation(kind="required", path=entity.wraps[0], alternatives=alternatives),)
    found: list[Violation] = []
    for name in present:
        inner = body[name]
        if operation == "create" and not inner.get("RecurringInfo"):
            found.append(Violation(kind="required", path=f"{name}.RecurringInfo"))
        found.extend(_check_plain(entity_named(name), inner, operation, company, prefix=f"{name}."))
    known = {*entity.wraps, *entity.fields, *COMMON_ATTRIBUTES}
    found.extend(
        Violation(kind="unknown", path=key, value=value, nearest=nearest_name(key, known))
        for key, value in body.items()
        if key not in known
    )
    return tuple(found)


def _plural(entity: Entity) -> str:
    return f"records of {entity.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """One pass over a body; every method yields the violations below a path."""

    entity: Entity
    operation: Operation

    def check_entity(self, body: Mapping[str, Any], prefix: str) -> Iterator[Violation]:
        accepted = COMMON_ATTRIBUTES | frozenset(self.entity.inherited_fields)
        yield from self._check_fields(self.entity.fields, body, prefix, accepted)

    def _check_fields(
        self, fields: Mapping[str, Field], body: Mapping[str, Any], prefix: str, accepted: frozenset[str] = frozenset()
    ) -> Iterator[Violation]:
        for key, value in body.items():
            field = fields.get(key)
            if field is None:
                if key not in accepted:
                    known = nearest_name(key, fields)
                    yield Violation(kind="unknown", path=f"{prefix}{key}", value=value, nearest=known)
            elif not field.read_only and value is not None and value != "":
                yield from self._check_value(field, field.type, value, f"{prefix}{key}")

    def _check_value(self, field: Field, field_type: FieldType, value: Any, path: str) -> Iterator[Violation]:
        match field_type:
            case Scalar(kind=kind):
                if not is_scalar(kind, value):
                    yield _wrong_scalar(field_type, value, path)
                elif kind == "string":
                    yield from _check_text(field, str(value), path)
            case Enum(name=name):
                yield from self._check_enum(field, name, value, path)
            case Ref():
                yield from _check_ref(value, path)
            case Object(name=name):
                yield from self._check_object(field, name, value, path)
            case ListOf(item=item):
                if not isinstance(value, list | tuple):
                    yield Violation(kind="type", path=path, value=value, allowed=("a list",))
                    return
                for index, element in enumerate(value):
                    yield from self._check_value(field, item, element, f"{path}[{index}]")

    def _check_enum(self, field: Field, name: str, value: Any, path: str) -> Iterator[Violation]:
        allowed = field.create_values if field.create_values and self.operation == "create" else enum(name)
        if path.endswith("].DetailType") and self.entity.line_detail_types and "TaxLine[" not in path:
            allowed = self.entity.line_detail_types
        if value not in allowed:
            nearest = nearest_name(str(value), allowed)
            yield Violation(kind="enum", path=path, value=value, allowed=allowed, nearest=nearest)

    def _check_object(self, field: Field, name: str, value: Any, path: str) -> Iterator[Violation]:
        if not isinstance(value, Mapping):
            yield Violation(kind="type", path=path, value=value, allowed=("an object with fields of its own",))
            return
        yield from self._check_fields(object_type(name), value, f"{path}.")
        if field.max_length is not None and (main := length_path(name)) is not None:
            text = value.get(main)
            if isinstance(text, str) and len(text) > field.max_length:
                yield Violation(kind="length", path=f"{path}.{main}", value=text, limit=field.max_length)


def _check_text(field: Field, text: str, path: str) -> Iterator[Violation]:
    if field.max_length is not None and len(text) > field.max_length:
        yield Violation(kind="length", path=path, value=text, limit=field.max_length)
    if refused := [character for character in field.forbidden if character in text]:
        yield Violation(kind="characters", path=path, value=text, allowed=tuple(map(_character_name, refused)))


def _check_ref(value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, Mapping):
        expected = 'a reference such as {"value": "12"}'
        yield Violation(kind="type", path=path, value=value, allowed=(expected,))
        return
    for key, part in value.items():
        if key not in _REF_KEYS:
            yield Violation(kind="unknown", path=f"{path}.{key}", value=part, nearest=nearest_name(key, _REF_KEYS))
        elif part is not None and not is_scalar("string", part):
            yield Violation(kind="type", path=f"{path}.{key}", value=part, allowed=(EXPECTED["string"],))
    if value and value.get("value") in (None, ""):
        yield Violation(kind="required", path=f"{path}.value")


def _wrong_scalar(field_type: Scalar, value: Any, path: str) -> Violation:
    expected = (EXPECTED[field_type.kind],)
    match field_type.kind:
        case "decimal" | "integer":
            return Violation(kind="number", path=path, value=value, allowed=expected)
        case "date" | "datetime":
            return Violation(kind="date", path=path, value=value, allowed=expected)
        case _:
            return Violation(kind="type", path=path, value=value, allowed=expected)


def _character_name(character: str) -> str:
    return {":": "a colon", '"': "a double quote", "\t": "a tab", "\n": "a line break"}.get(character, character)
