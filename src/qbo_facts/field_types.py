"""The kinds of value a QuickBooks field can hold, and how the data files spell them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

ScalarKind = Literal["string", "decimal", "integer", "boolean", "date", "datetime"]
_SCALAR_KINDS = frozenset(get_args(ScalarKind))


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value: text, exact decimal, whole number, true/false, date or timestamp with offset."""

    kind: ScalarKind


@dataclass(frozen=True, slots=True)
class Ref:
    """A pointer `{value, name?, type?}`; `value` is text, `name` is for reading only."""


@dataclass(frozen=True, slots=True)
class Enum:
    """One of the values listed by `qbo_facts.enum(name)`."""

    name: str


@dataclass(frozen=True, slots=True)
class Object:
    """An object whose fields `qbo_facts.object_type(name)` gives."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """A JSON array of `item`."""

    item: FieldType


FieldType: TypeAlias = Scalar | Ref | Enum | Object | ListOf


def parse_field_type(text: str) -> FieldType:
    """Read a type as the data files write it: `string`, `ref`, `enum X`, `object X`, `list of T`.

    Raises:
        ValueError: the text is none of these.
    """
    if text in _SCALAR_KINDS:
        return Scalar(cast(ScalarKind, text))
    if text == "ref":
        return Ref()
    if text.startswith("list of "):
        return ListOf(parse_field_type(text.removeprefix("list of ")))
    word, _, name = text.partition(" ")
    if word == "enum" and name:
        return Enum(name)
    if word == "object" and name:
        return Object(name)
    raise ValueError(f"{text!r} is not a field type")
