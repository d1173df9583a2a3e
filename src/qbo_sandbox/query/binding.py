"""A query checked against the facts: entity and properties as QuickBooks spells them, values of the right kind."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

import qbo_facts
from qbo_facts import Entity, Field
from qbo_facts.entities import length_path
from qbo_sandbox.query.pacific import from_pacific_clock, pacific_date
from qbo_sandbox.query.refusals import not_valid
from qbo_sandbox.query.tree import Condition, CurrentDate, Operator, Query, SortKey, Value

ColumnKind = Literal["id", "text", "number", "flag", "date", "moment"]
Comparable: TypeAlias = str | Decimal | bool | float

DEFAULT_ROWS = 100
MOST_ROWS = 1000
"""What a larger MAXRESULTS is cut to; whether the service cuts or refuses is not known for sure."""

_ALWAYS_QUERYABLE = frozenset({"Id", "MetaData", "Active"})
_QUERYABLE_LISTS = frozenset({"AttachableRef"})
_REFUSED_BY_THE_SERVICE = frozenset({"AcctNum"})
"""Single values that live answers refuse; all others are let through, as the flags in the facts under-report."""


@dataclass(frozen=True, slots=True)
class Property:
    """Where in a record a value stands (`path`, list steps included) and how it compares.

    `wrapped`: the record holds one transaction under its own key, and the path starts inside of that.
    """

    path: tuple[str, ...]
    kind: ColumnKind
    wrapped: bool = False


@dataclass(frozen=True, slots=True)
class BoundCondition:
    """A condition whose values are ready to compare: text and refs case-folded, moments as seconds since 1970.

    An Id keeps its values as written. `blank`: the condition is a test for an empty text, which absent values pass.
    """

    subject: Property
    operator: Operator
    values: tuple[Comparable, ...]

    @property
    def blank(self) -> bool:
        return self.subject.kind == "text" and self.operator == "=" and str(self.values[0]).strip() == ""


@dataclass(frozen=True, slots=True)
class BoundSort:
    subject: Property
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundQuery:
    """A query that can be answered. `selected` is empty when whole records are wanted; `start` counts from 1."""

    entity: Entity
    is_count: bool
    selected: tuple[tuple[str, ...], ...]
    where: tuple[BoundCondition, ...]
    order: tuple[BoundSort, ...]
    start: int
    rows: int


def bind(query: Query, *, now: datetime) -> BoundQuery:
    """Look up what the query names; `now` settles CURRENT_DATE.

    Name lists answer with active rows only, unless the WHERE mentions Active.

    Raises:
        QueryRefused: fault 4001 for an entity, property, operator, value or page that there is not.
    """
    entity = _entity(query.entity)
    where = tuple(_condition(entity, condition, now) for condition in query.where)
    active = Property(("Active",), "flag")
    if entity.hides_inactive and not any(condition.subject == active for condition in where):
        where = (*where, BoundCondition(active, "=", (True,)))
    return BoundQuery(
        entity=entity,
        is_count=query.is_count,
        selected=() if "*" in query.selected else tuple(_spelled(entity, name) for name in query.selected),
        where=where,
        order=tuple(_sort(entity, key) for key in query.order),
        start=_at_least_one(query.start, default=1),
        rows=min(_at_least_one(query.rows, default=DEFAULT_ROWS), MOST_ROWS),
    )


def _entity(name: str) -> Entity:
    try:
        entity = qbo_facts.entity(name)
    except qbo_facts.UnknownEntity:
        entity = None
    if entity is None or not entity.operations.query:
        raise not_valid(f"Metadata not found for Entity: {name}")
    return entity


def _at_least_one(number: int | None, *, default: int) -> int:
    if number is None:
        return default
    if number < 1:
        raise not_valid(f"value {number} is too small. Min allowed value is 1")
    return number


def _spelled(entity: Entity, name: str) -> tuple[str, ...]:
    try:
        return tuple(qbo_facts.path_spelling(entity, name).split("."))
    except qbo_facts.UnknownPath:
        if "." not in name:
            for inherited in entity.inherited_fields:
                if inherited.lower() == name.lower():
                    return (inherited,)
        raise not_valid(f"Property {name} not found for Entity {entity.name}") from None


def _property(entity: Entity, name: str) -> Property:
    path = _spelled(entity, name)
    field = entity.fields.get(path[0])
    if path == ("Id",):
        return Property(path, "id")
    if field is None:
        return Property(path, "text")
    found = _comparable(qbo_facts.path_type(entity, ".".join(path)), path)
    if found is None or not _is_queryable(field, path):
        raise not_valid(f"property '{'.'.join(path)}' is not queryable")
    return replace(found, wrapped=bool(entity.wraps))


def _comparable(field_type: qbo_facts.FieldType, path: tuple[str, ...]) -> Property | None:
    """How values of this type compare; None when they are objects or lists without a value of their own."""
    match field_type:
        case qbo_facts.Scalar("decimal" | "integer"):
            return Property(path, "number")
        case qbo_facts.Scalar("boolean"):
            return Property(path, "flag")
        case qbo_facts.Scalar("date"):
            return Property(path, "date")
        case qbo_facts.Scalar("datetime"):
            return Property(path, "moment")
        case qbo_facts.Scalar() | qbo_facts.Enum():
            return Property(path, "text")
        case qbo_facts.Ref():
            return Property((*path, "value"), "text")
        case qbo_facts.Object(name):
            main = length_path(name)
            return None if main is None else Property((*path, main), "text")
        case qbo_facts.ListOf():
            return None


def _is_queryable(field: Field, path: tuple[str, ...]) -> bool:
    """References, objects and lists only where the facts say so; single values nearly always."""
    if field.filterable or field.sortable or field.name in _ALWAYS_QUERYABLE | _QUERYABLE_LISTS:
        return True
    if field.name in _REFUSED_BY_THE_SERVICE:
        return False
    return len(path) == 1 and isinstance(field.type, qbo_facts.Scalar | qbo_facts.Enum)


def _condition(entity: Entity, condition: Condition, now: datetime) -> BoundCondition:
    found = _property(entity, condition.name)
    if found.kind == "id" and condition.operator not in ("=", "IN"):
        raise not_valid(f"Operator {condition.operator} is not supported for property Id")
    if condition.operator == "LIKE":
        return BoundCondition(found, "LIKE", (_text(condition.values[0]).casefold(),))
    values = tuple(_value(found.kind, value, now, condition.name) for value in condition.values)
    return BoundCondition(found, condition.operator, values)


def _sort(entity: Entity, key: SortKey) -> BoundSort:
    return BoundSort(_property(entity, key.name), key.descending)


def _value(kind: ColumnKind, value: Value, now: datetime, name: str) -> Comparable:
    if isinstance(value, CurrentDate):
        value = pacific_date(now).isoformat()
    match kind:
        case "id":
            return _text(value)
        case "text":
            return _text(value).casefold()
        case "number":
            number = read_number(value)
            if number is not None:
                return number
        case "flag":
            flag = read_flag(value)
            if flag is not None:
                return flag
        case "date":
            moment = read_moment(_text(value))
            if moment is not None:
                return _text(value)[:10] if len(_text(value)) == 10 else pacific_date(moment).isoformat()
        case "moment":
            moment = read_moment(_text(value))
            if moment is not None:
                return moment.timestamp()
    raise not_valid(f"Invalid value '{_text(value)}' for property {name}")


def _text(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def read_number(value: object) -> Decimal | None:
    """A number, quoted or bare, as an exact Decimal."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def read_flag(value: object) -> bool | None:
    """True or false, quoted or bare."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def read_moment(text: str) -> datetime | None:
    """A date or a time of ISO 8601; without an offset it is read on the Pacific clock, a date as its midnight."""
    # a + that was not percent-encoded has become a blank on its way
    candidate = text.strip().replace(" ", "+") if "T" in text else text.strip()
    try:
        moment = datetime.fromisoformat(candidate)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment
    try:
        return from_pacific_clock(moment)
    except OverflowError:
        return None
