"""Values as text that people and other programs read: exact decimals, ISO days, nested values as JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import pyarrow as pa

_JSON = msgspec.json.Encoder(decimal_format="number")


def as_texts(column: pa.Array[Any]) -> pa.Array[Any]:
    """The column as text, nulls kept. Decimals lose zeros behind the second place, times are ISO 8601."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_date32(kind):
        return pc.cast(column, pa.string())
    if pa.types.is_decimal(kind):
        return pa.array([None if value is None else plain_decimal(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind):
        return pa.array(_times(column), pa.string())
    if pa.types.is_null(kind):
        return pc.cast(column, pa.string())
    if is_nested(kind):
        return pa.array([None if value is None else as_json(value, kind) for value in column.to_pylist()], pa.string())
    if pa.types.is_floating(kind):
        return pa.array([None if value is None else repr(value) for value in column.to_pylist()], pa.string())
    return pa.array([None if value is None else _one(value) for value in column.to_pylist()], pa.string())


def plain_decimal(value: Decimal) -> str:
    """Every digit that counts, at least two behind the point where the type has them: 1250.50, 0.000000001."""
    text = f"{value:f}"
    whole, point, behind = text.partition(".")
    if not point:
        return text
    return f"{whole}.{behind[:2]}{behind[2:].rstrip('0')}"


def as_json(value: Any, kind: pa.DataType) -> str:
    """A nested value of this type as JSON text; decimals are numbers with all their digits."""
    return _JSON.encode(_bare(value, kind)).decode()


def is_nested(kind: pa.DataType) -> bool:
    """Is it an object, a list or a map?"""
    import pyarrow as pa

    return bool(pa.types.is_nested(kind))


def _bare(value: Any, kind: Any) -> Any:
    """The value, of this Arrow type, as JSON has it: a map is an object with its keys as texts."""
    import pyarrow as pa

    if value is None:
        return None
    described: Any = kind  # the stubs narrow a type to kinds that have other parts
    if pa.types.is_struct(kind):
        return {field.name: _bare(value[field.name], field.type) for field in described}
    if pa.types.is_map(kind):
        return {str(key): _bare(inner, described.item_type) for key, inner in value}
    if pa.types.is_nested(kind):
        return [_bare(inner, described.value_type) for inner in value]
    if isinstance(value, Decimal):  # a number of JSON carries no zeros that its column's type put behind it
        return (
            Decimal(f"{value:f}".rstrip("0").rstrip(".")) if value != value.to_integral_value() else Decimal(int(value))
        )
    return value


def _times(column: pa.Array[Any]) -> list[str | None]:
    """ISO 8601 with a T; a time with a zone is given in UTC, with a Z."""
    zoned = column.type.tz is not None
    texts: list[str | None] = []
    for value in column.to_pylist():
        if value is None:
            texts.append(None)
        else:
            text = value.isoformat()
            texts.append(text.replace("+00:00", "Z") if zoned else text)
    return texts


def _one(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
