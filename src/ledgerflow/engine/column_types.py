"""Declared types joined with what was seen: every value keeps a place, and every departure from the declaration is
said."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from ledgerflow.engine.numbers import MOST_SCALE
from ledgerflow.engine.structure import Numbers, Seen, Texts
from ledgerflow.engine.types import JSON, VARCHAR, ListOf, Scalar, StructOf, Type, spelled

MONEY = Scalar("DECIMAL(28,9)")
MONEY_WHOLE = 19
WIDEST_DECIMAL = 38
MOST_FIELDS = 300
"""An undeclared object with more names than this is taken for a map with data in its keys, and kept as JSON."""
DEEPEST = 25
"""Undeclared structure below this depth is kept as JSON."""
INTEGER_BITS = {
    "TINYINT": (8, True),
    "SMALLINT": (16, True),
    "INTEGER": (32, True),
    "BIGINT": (64, True),
    "HUGEINT": (128, True),
    "UTINYINT": (8, False),
    "USMALLINT": (16, False),
    "UINTEGER": (32, False),
    "UBIGINT": (64, False),
    "UHUGEINT": (128, False),
}
READABLE = frozenset({*INTEGER_BITS, "VARCHAR", "JSON", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMPTZ", "DOUBLE"})
"""The scalars that JSON values are read as, beside DECIMAL; a column declared as anything else is kept as text."""

_NO_NUMBERS = frozenset({"BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMPTZ"})
_PLAIN_NAME = re.compile(r'[^"\\\x00-\x1f]+')


@dataclass(slots=True)
class Departures:
    """Where the data went beyond the declaration, in the order of the columns. `undeclared` are dotted paths; `notes`
    are sentences for people."""

    undeclared: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def record_type(declared: StructOf, seen: Seen, departures: Departures) -> StructOf:
    """The columns of a record: the declared ones in their order, then the undeclared ones in the order they came."""
    fields: dict[str, Type] = {}
    for name in [*declared.fields, *(name for name in seen.fields or {} if name not in declared.fields)]:
        if name not in declared.fields:
            departures.undeclared.append(name)
        fields[name] = column_type(declared.fields.get(name), (seen.fields or {}).get(name), name, departures, depth=1)
    return StructOf(fields)


def column_type(declared: Type | None, seen: Seen | None, path: str, departures: Departures, *, depth: int) -> Type:
    """The type that holds every value seen at `path` without loss: the declared one wherever it does."""
    if declared is None:
        return _detected(seen, depth) if seen is not None else VARCHAR
    if isinstance(declared, Scalar) and not is_readable(declared):
        departures.notes.append(f"{path} is declared {declared.name}, which is not read from JSON; it is kept as text.")
        declared = VARCHAR
    if seen is None or not seen.kinds() or declared == JSON:
        return declared
    if isinstance(declared, StructOf):
        if seen.kinds() == ["objects"] and seen.fields is not None:
            return _struct(declared, seen.fields, path, departures, depth)
        return _kept_as(JSON, declared, seen, path, departures)
    if isinstance(declared, ListOf):
        if seen.kinds() == ["lists"]:
            return ListOf(column_type(declared.item, seen.items, path, departures, depth=depth + 1))
        return _kept_as(JSON, declared, seen, path, departures)
    if seen.fields is not None or seen.items is not None:
        return _kept_as(JSON, declared, seen, path, departures)
    if declared == VARCHAR or _fits(declared, seen):
        return declared
    return _kept_as(VARCHAR, declared, seen, path, departures)


def is_readable(kind: Scalar) -> bool:
    """Are JSON values read as this type?"""
    return kind.name in READABLE or kind.precision_and_scale is not None


def can_be_fields(names: Collection[str]) -> bool:
    """Can an object with these names be a struct? SQL knows no empty name and no two that differ in case alone, and
    names with quotes, backslashes or control characters are more trouble than they are worth."""
    return bool(names) and all(map(is_plain_name, names)) and len({name.casefold() for name in names}) == len(names)


def is_plain_name(name: str) -> bool:
    """Is this a name without quotes, backslashes and control characters?"""
    return _PLAIN_NAME.fullmatch(name) is not None


def _struct(declared: StructOf, seen: dict[str, Seen], path: str, departures: Departures, depth: int) -> Type:
    extra = [name for name in seen if name not in declared.fields]
    names = [*declared.fields, *extra]
    if not can_be_fields(names) or len(extra) > MOST_FIELDS:
        departures.undeclared.extend(f"{path}.{name}" for name in extra[:MOST_FIELDS])
        departures.notes.append(f"{path} holds names that no column can have side by side; it is kept as JSON.")
        return JSON
    fields: dict[str, Type] = {}
    for name in names:
        inner = f"{path}.{name}"
        if name not in declared.fields:
            departures.undeclared.append(inner)
        fields[name] = column_type(declared.fields.get(name), seen.get(name), inner, departures, depth=depth + 1)
    return StructOf(fields)


def _kept_as(kept: Scalar, declared: Type, seen: Seen, path: str, departures: Departures) -> Scalar:
    word = {JSON: "JSON", VARCHAR: "text"}[kept]
    shape = (
        spelled(declared)
        if isinstance(declared, Scalar)
        else "an object"
        if isinstance(declared, StructOf)
        else "a list"
    )
    departures.notes.append(
        f"{path} is declared {shape}, but {_what_came(declared, seen)} came; the column is kept as {word}."
    )
    return kept


def _what_came(declared: Type, seen: Seen) -> str:
    kinds = seen.kinds()
    if isinstance(declared, Scalar) and kinds == ["texts"]:
        return f"texts that are no {declared.name}"
    if isinstance(declared, Scalar) and kinds == ["numbers"] and declared.name not in _NO_NUMBERS:
        return f"numbers that {declared.name} does not hold"
    return " and ".join(kinds)


def _fits(declared: Scalar, seen: Seen) -> bool:
    """Does a declared scalar hold each of the scalars seen, exactly?"""
    name = declared.name
    if name == "BOOLEAN":
        return seen.kinds() == ["booleans"]
    if seen.boolean:
        return False
    if name in {"DATE", "TIMESTAMP", "TIMESTAMPTZ"}:
        texts = seen.texts
        return texts is not None and seen.numbers is None and _all_of(name, texts)
    numeric = [numbers for numbers in (seen.numbers, _numeric(seen.texts)) if numbers is not None]
    if len(numeric) != (seen.numbers is not None) + (seen.texts is not None):
        return False
    return all(_holds(declared, numbers) for numbers in numeric)


def _all_of(name: str, texts: Texts) -> bool:
    return {"DATE": texts.dates, "TIMESTAMP": texts.local, "TIMESTAMPTZ": texts.zoned}[name]


def _numeric(texts: Texts | None) -> Numbers | None:
    return texts.numbers if texts is not None and texts.numeric else None


def _holds(declared: Scalar, numbers: Numbers) -> bool:
    if declared.name in INTEGER_BITS:
        bits, signed = INTEGER_BITS[declared.name]
        return numbers.scale == 0 and numbers.largest < 2 ** (bits - signed) and (signed or not numbers.negative)
    if declared.precision_and_scale is not None:
        precision, scale = declared.precision_and_scale
        return numbers.whole <= precision - scale and numbers.scale <= scale
    return numbers.exact  # DOUBLE


def _detected(seen: Seen, depth: int) -> Type:
    """The type of an undeclared place."""
    kinds = seen.kinds()
    if not kinds:
        return VARCHAR
    if seen.fields is not None or seen.items is not None:
        if len(kinds) > 1 or depth >= DEEPEST:
            return JSON
        if seen.items is not None:
            return ListOf(_detected(seen.items, depth + 1))
        assert seen.fields is not None
        if not can_be_fields(seen.fields) or len(seen.fields) > MOST_FIELDS:
            return JSON
        return StructOf({name: _detected(inner, depth + 1) for name, inner in seen.fields.items()})
    if kinds == ["booleans"]:
        return Scalar("BOOLEAN")
    if kinds == ["numbers"] and seen.numbers is not None:
        return _number_type(seen.numbers)
    if kinds == ["texts"] and seen.texts is not None:
        return Scalar("DATE") if seen.texts.dates else Scalar("TIMESTAMPTZ") if seen.texts.zoned else VARCHAR
    return VARCHAR


def _number_type(numbers: Numbers) -> Scalar:
    """An exact type. A page that was only checked, not counted out, may hold numbers as wide as MONEY."""
    if numbers.scale == 0 and numbers.largest < 2**63:
        return Scalar("BIGINT")
    if numbers.scale == 0 and numbers.whole <= WIDEST_DECIMAL:
        return Scalar(f"DECIMAL({WIDEST_DECIMAL},0)")
    whole, scale = max(numbers.whole, MONEY_WHOLE), max(numbers.scale, MOST_SCALE)
    return Scalar(f"DECIMAL({whole + scale},{scale})") if whole + scale <= WIDEST_DECIMAL else VARCHAR
