"""Makes a record's values out of what a client sent: types as stored, names of references and empty texts dropped."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import qbo_facts
from qbo_facts import Entity, Enum, Field, FieldType, ListOf, Object, Ref, Scalar
from qbo_facts.field_types import ScalarKind
from qbo_facts.scalars import is_scalar
from qbo_sandbox.company.json_text import Body

_LARGEST_EXPONENT = 17


def clean(entity: Entity, body: Mapping[str, Any], *, creating: bool) -> Body:
    """The writable part of a body.

    A value of None stands for a field that was sent as null or as an empty text, which clears it; a value that
    `check_body` refuses becomes None as well. Fields that QuickBooks fills itself are left out, as are names inside
    references that it looks up.
    """
    cleaned: Body = {}
    for name, value in body.items():
        field = entity.fields.get(name)
        if field is None:
            if name in entity.inherited_fields:
                cleaned[name] = value
        elif not field.read_only and (creating or not field.write_on_create):
            cleaned[name] = _cleaned(field, field.type, value)
    return cleaned


def without_nulls(body: Body) -> Body:
    """The same without the fields that were cleared."""
    return {name: value for name, value in body.items() if value is not None}


def oversized_numbers(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Numbers no ledger holds, with their paths; exact arithmetic on them would never end."""
    match value:
        case dict():
            inner = [oversized_numbers(part, f"{path}.{name}" if path else name) for name, part in value.items()]
        case list():
            inner = [oversized_numbers(part, path) for part in value]
        case Decimal() if value.adjusted() > _LARGEST_EXPONENT or int(value.as_tuple().exponent) < -_LARGEST_EXPONENT:
            return [(path, value)]
        case int() if abs(value) >= 10 ** (_LARGEST_EXPONENT + 1):
            return [(path, value)]
        case _:
            return []
    return [found for part in inner for found in part]


def _cleaned(field: Field, field_type: FieldType, value: Any) -> Any:
    if value is None or value == "":
        return None
    match field_type, value:
        case Scalar(kind), _:
            return _scalar(kind, value) if is_scalar(kind, value) else None
        case Enum(), str():
            return value
        case Ref(), dict():
            return _ref(field, value)
        case Object(name), dict():
            return _object(name, value)
        case ListOf(item), list():
            elements = (_cleaned(field, item, element) for element in value)
            return [element for element in elements if element is not None]
    return None


def _scalar(kind: ScalarKind, value: Any) -> Any:
    match kind:
        case "decimal":
            return Decimal(value) if isinstance(value, str) else value
        case "integer":
            return int(Decimal(value))
        case "boolean":
            return value.lower() == "true" if isinstance(value, str) else value
        case "date":
            return value[:10]
        case _:
            return value if isinstance(value, str) else format(value, "f" if isinstance(value, Decimal) else "d")


def _ref(field: Field, value: Mapping[str, Any]) -> Body | None:
    parts = {name: str(part) for name, part in value.items() if part not in (None, "")}
    if field.ref_kind in ("id", "currency_code"):
        parts.pop("name", None)
        parts.pop("type", None)
    return parts or None


def _object(name: str, value: Mapping[str, Any]) -> Body | None:
    fields = qbo_facts.object_type(name)
    cleaned: Body = {}
    for key, part in value.items():
        field = fields.get(key)
        if field is None or field.read_only:
            continue
        inner = _cleaned(field, field.type, part)
        if inner is not None:
            cleaned[key] = inner
    # an empty object says something only where its key is what counts, as in `SubTotalLineDetail: {}`
    return cleaned if cleaned or name.endswith("LineDetail") else None
