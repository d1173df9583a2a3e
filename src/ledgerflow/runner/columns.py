"""Names of columns in expressions: whether they are there, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledgerflow.core.errors import nearest_name
from ledgerflow.core.expressions import ColumnUse, place_in, shown
from ledgerflow.core.schema import Schema
from ledgerflow.engine.refusals import type_word
from ledgerflow.engine.types import ListOf, Scalar, StructOf, Type, parse_type
from ledgerflow.steps.contract import Input

_MOST_PATHS = 2000
"""Columns and fields among which the nearest name is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What is wrong with an expression, and the name that was probably meant."""

    message: str
    nearest: str | None = None


def wrong_at(text: str, position: int | None, what: str, *, nearest: str | None = None) -> Wrong:
    """Something wrong at a place of an expression; `position` counts characters from 1."""
    return Wrong(message=f"{shown(text)}{place_in(text, position)}: {what}.", nearest=nearest)


def column_paths(schema: Schema) -> Iterator[str]:
    """The columns and the fields inside them, as people name them: `CustomerRef`, `CustomerRef.value`."""
    for column in schema:
        yield column.name
        yield from _paths_below(column.name, _type_of(column.type))


def unknown_column(text: str, use: ColumnUse, source: Input) -> Wrong | None:
    by_name = {column.name.casefold(): column for column in source.schema}
    name = use.path[0]
    column = by_name.get(name.casefold())
    whole = ".".join(use.path)
    if column is None:
        if whole.casefold() in by_name:  # a column whose own name has a point in it
            return wrong_at(
                text, use.position, f'there is a column of that name, but it stands in double quotes: "{whole}"'
            )
        nearest = nearest_name(whole, _some_paths(source.schema)) or nearest_name(name, source.schema.names)
        hint = "; text stands in single quotes" if use.quoted and nearest is None else ""
        return wrong_at(
            text, use.position, f"{source.name.split(' ')[0]!r} has no column {name!r}{hint}", nearest=nearest
        )
    kind = _type_of(column.type)
    for depth, part in enumerate(use.path[1:], start=1):
        above = ".".join(use.path[:depth])
        if isinstance(kind, StructOf):
            fields = {key.casefold(): inner for key, inner in kind.fields.items()}
            if part.casefold() not in fields:
                nearest = nearest_name(part, list(kind.fields))
                found = f"{above}.{nearest}" if nearest else None
                return wrong_at(text, use.position, f"{above} has no field {part!r}", nearest=found)
            kind = fields[part.casefold()]
        elif isinstance(kind, ListOf):
            text_of = f"{above} is a list; open it with a step of kind 'unnest', or take one element: {above}[1].{part}"
            return wrong_at(text, use.position, text_of)
        elif kind.name != "JSON" and not kind.name.startswith("MAP"):
            return wrong_at(text, use.position, f"{above} is {with_article(kind.name)}; it has no field {part!r}")
        else:
            return None
    return None


def _some_paths(schema: Schema) -> list[str]:
    paths: list[str] = []
    for path in column_paths(schema):
        paths.append(path)
        if len(paths) >= _MOST_PATHS:
            break
    return paths


def _paths_below(above: str, kind: Type) -> Iterator[str]:
    if isinstance(kind, StructOf):
        for name, inner in kind.fields.items():
            yield f"{above}.{name}"
            yield from _paths_below(f"{above}.{name}", inner)


def _type_of(text: str) -> Type:
    try:
        return parse_type(text)
    except ValueError:
        return Scalar(text)


def with_article(kind: str) -> str:
    """A type as it stands in a sentence: a decimal, an integer, text."""
    word = type_word(kind)
    if word in ("text", "nothing", "json", "bytes"):
        return word
    return f"{'an' if word[0] in 'aeio' else 'a'} {word}"
