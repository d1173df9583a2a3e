"""Turns a value of a column into what QuickBooks takes at its place; the check of the body names what does not fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Any, TypeAlias

from qbo_facts.entities import enum, length_path, object_type
from qbo_facts.field_types import Enum, FieldType, ListOf, Object, Ref, Scalar

Wire: TypeAlias = Any
"""A value of a body: text, Decimal, int, bool, dict or list. None stands for nothing to send."""

Converter: TypeAlias = Callable[[Any], Wire]

_EXACT = Context(prec=200)
_TEXT_OF_MEMO = {"MemoRef": "value"}


def converter(field_type: FieldType) -> Converter:
    """The function that turns values of a column into values for a field of this type.

    It never fails and never guesses: a text that is no date stays that text, and the check of the body says so.
    Null, empty text and an object without content become None. Floats (from spreadsheets) are taken by their
    shortest decimal spelling, so 0.1 is 0.1.
    """
    match field_type:
        case Scalar(kind="decimal"):
            return _decimal
        case Scalar(kind="integer"):
            return _integer
        case Scalar(kind="boolean"):
            return _boolean
        case Scalar(kind="date"):
            return _date
        case Scalar(kind="datetime"):
            return _datetime
        case Scalar():
            return plain_text
        case Enum(name=name):
            return _enum(enum(name))
        case Ref():
            return _reference
        case Object(name=name):
            return _object(name)
        case ListOf(item=item):
            return _list_of(item)


def plain_text(value: Any) -> str | None:
    """A value as text: 1001.0 as `1001`, a Decimal without trailing zeros, a date as 2026-11-23; None when empty."""
    match value:
        case None:
            return None
        case str():
            return value if value.strip() else None
        case bool():
            return "true" if value else "false"
        case float() if math.isnan(value):
            return None
        case float() if math.isfinite(value):
            return format(exact(Decimal(repr(value))), "f")
        case Decimal() if value.is_finite():
            return format(exact(value), "f")
        case datetime():
            return _iso_time(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def exact(value: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent: 12.500 as 12.5, 1E+2 as 100."""
    shorter = _EXACT.normalize(value)
    if shorter.is_zero():
        return Decimal(0)
    exponent = shorter.as_tuple().exponent
    return shorter.quantize(Decimal(1), context=_EXACT) if isinstance(exponent, int) and exponent > 0 else shorter


def _decimal(value: Any) -> Wire:
    match value:
        case bool():
            return plain_text(value)
        case int():
            return value
        case float() if math.isfinite(value):
            return exact(Decimal(repr(value)))
        case Decimal() if value.is_finite():
            return exact(value)
        case str():
            return _number_in(value)
        case _:
            return plain_text(value)


def _integer(value: Any) -> Wire:
    number = _decimal(value)
    if isinstance(number, Decimal) and number == number.to_integral_value():
        return int(number)
    return number


def _number_in(text: str) -> Wire:
    stripped = text.strip()
    if not stripped:
        return None
    if not stripped.isascii() or "_" in stripped:  # Decimal takes both, QuickBooks neither
        return text
    try:
        number = Decimal(stripped)
    except InvalidOperation:
        return text
    return exact(number) if number.is_finite() else text


def _boolean(value: Any) -> Wire:
    if isinstance(value, bool):
        return value
    text = plain_text(value)
    return {"true": True, "false": False}.get(text.strip().lower(), text) if text is not None else None


def _date(value: Any) -> Wire:
    if isinstance(value, datetime):
        is_midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if is_midnight else _iso_time(value)
    if isinstance(value, str):
        return value.strip() or None
    return plain_text(value)


def _datetime(value: Any) -> Wire:
    if isinstance(value, str):
        return value.strip() or None
    return plain_text(value)


def _iso_time(value: datetime) -> str:
    zoned = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return zoned.isoformat(timespec="seconds" if zoned.microsecond == 0 else "milliseconds")


def _enum(allowed: tuple[str, ...]) -> Converter:
    spelling = {value.casefold(): value for value in allowed}

    def convert(value: Any) -> Wire:
        text = plain_text(value)
        return spelling.get(text.strip().casefold(), text) if text is not None else None

    return convert


def _reference(value: Any) -> Wire:
    if isinstance(value, Mapping):
        given = {key: plain_text(part) for key, part in value.items() if plain_text(part) is not None}
        return given or None
    text = plain_text(value)
    return {"value": text.strip()} if text is not None else None


def _object(name: str) -> Converter:
    """A nested value keeps its members; a single value goes to the one that the object is about, if it has one."""
    main = length_path(name) or _TEXT_OF_MEMO.get(name)

    def convert(value: Any) -> Wire:
        if isinstance(value, Mapping):
            return _members(name, value)
        text = plain_text(value)
        if text is None:
            return None
        return {main: text} if main is not None else text

    return convert


def _members(name: str, value: Mapping[str, Any]) -> Wire:
    fields = object_type(name)
    made: dict[str, Wire] = {}
    for key, part in value.items():
        field = fields.get(key)
        wire = converter(field.type)(part) if field is not None else plain_text(part)
        if wire is not None:
            made[key] = wire
    return made or None


def _list_of(item: FieldType) -> Converter:
    convert = converter(item)

    def convert_all(value: Any) -> Wire:
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            return plain_text(value)
        made = [wire for element in value if (wire := convert(element)) is not None]
        return made or None

    return convert_all
