"""Types of columns that come as text: found by looking at every value, and exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlglot import exp, parse_one

from ledgerflow.core.schema import Column, Schema
from ledgerflow.engine.files.contract import ColumnKind
from ledgerflow.engine.relation import Relation

if TYPE_CHECKING:
    import duckdb

_NUMBER = r"-?(0|[1-9]\d*)"
_ISO_TIME = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?"
_ZONE = r"(Z|[+-]\d{2}:\d{2})"
_COUNTS = {
    "values": "COUNT(t)",
    "integers": f"COUNT_IF(REGEXP_FULL_MATCH(n, '{_NUMBER}'))",
    "decimals": rf"COUNT_IF(REGEXP_FULL_MATCH(n, '{_NUMBER}|-?(0|[1-9]\d*)?\.\d+'))",
    "scientific": rf"COUNT_IF(REGEXP_FULL_MATCH(n, '{_NUMBER}(\.\d+)?([eE][+-]?\d+)?'))",
    "whole_digits": "MAX(LENGTH(REGEXP_EXTRACT(n, '^-?([0-9]*)', 1)))",
    "scale": r"MAX(LENGTH(REGEXP_EXTRACT(n, '\.([0-9]+)$', 1)))",
    "booleans": "COUNT_IF(LOWER(t) IN ('true', 'false'))",
    "days": r"COUNT(CASE WHEN REGEXP_FULL_MATCH(t, '\d{4}-\d{2}-\d{2}') THEN TRY_CAST(t AS DATE) END)",
    "dotted": "COUNT(TRY_STRPTIME(t, '%d.%m.%Y'))",
    "month_first": "COUNT(TRY_STRPTIME(t, '%m/%d/%Y'))",
    "day_first": "COUNT(TRY_STRPTIME(t, '%d/%m/%Y'))",
    "local_times": f"COUNT(CASE WHEN REGEXP_FULL_MATCH(t, '{_ISO_TIME}') THEN TRY_CAST(t AS TIMESTAMP) END)",
    "zoned_times": f"COUNT(CASE WHEN REGEXP_FULL_MATCH(t, '{_ISO_TIME}{_ZONE}') THEN TRY_CAST(t AS TIMESTAMPTZ) END)",
}
"""What is counted of each column: `t` is a value without blanks around it, `n` the same as SQL spells a number."""

_GIVEN = "given_days"
_INTEGER_DIGITS = 18
_WIDEST = 38
_USUAL = 18
_DAY_FORMATS = {"dotted": "%d.%m.%Y", "month_first": "%m/%d/%Y", "day_first": "%d/%m/%Y"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How numbers and days are spelled in a file. `day_format` is in strptime's letters; None: found out.

    `long_codes` says that whole numbers of more than 18 digits are codes, not amounts, and stay text.
    """

    decimal: str = "."
    thousands: str = ""
    day_format: str | None = None
    long_codes: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedColumn:
    """A column that came as text: its type, and the expression that makes it from the text column of that name."""

    name: str
    type: str
    value: exp.Expr


def typed(
    connection: duckdb.DuckDBPyConnection,
    texts: exp.Query,
    names: Sequence[str],
    *,
    spelling: Spelling,
    wanted: Mapping[str, ColumnKind],
) -> Relation:
    """The rows of `texts`, whose columns are all VARCHAR, with a type for each column that fits every value of it."""
    columns, notes = typed_columns(connection, texts, names, spelling=spelling, wanted=wanted)
    query = exp.select(*(exp.alias_(column.value, column.name, quoted=True) for column in columns))
    return Relation(
        query=query.from_(texts.subquery("texts")),
        schema=Schema(tuple(Column(name=column.name, type=column.type) for column in columns)),
        notes=tuple(notes),
    )


def typed_columns(
    connection: duckdb.DuckDBPyConnection,
    texts: exp.Query,
    names: Sequence[str],
    *,
    spelling: Spelling,
    wanted: Mapping[str, ColumnKind],
) -> tuple[list[TypedColumn], list[str]]:
    """Types for text columns, and notes for people.

    Numbers become BIGINT or DECIMAL, never DOUBLE, unless they are written with an exponent. A number with leading
    zeros is a code and stays text, as does a column of days that could be read in two ways. `wanted` types are taken
    as given. Every row is looked at, once.
    """
    counts = _counted(connection, texts, [name for name in names if name not in wanted], spelling)
    notes: list[str] = []
    columns: list[TypedColumn] = []
    for name in names:
        if name in wanted:
            kind, value = _as_wanted(name, wanted[name], spelling)
        else:
            kind, value = _found(name, counts[name], spelling, notes)
        columns.append(TypedColumn(name=name, type=kind, value=value))
    return columns, notes


def decimal_type(whole_digits: int, scale: int) -> str | None:
    """The DECIMAL for numbers of so many digits, with two or more behind the point; None when none is wide enough."""
    scale = max(scale, 2)
    if whole_digits + scale > _WIDEST:
        return None
    precision = _USUAL if whole_digits + scale <= _USUAL else _WIDEST
    return f"DECIMAL({precision},{scale})"


def _counted(
    connection: duckdb.DuckDBPyConnection, texts: exp.Query, names: Sequence[str], spelling: Spelling
) -> dict[str, dict[str, Any]]:
    if not names:
        return {}
    templates = dict(_templates())
    if spelling.day_format is not None:
        parsed = exp.Anonymous(
            this="TRY_STRPTIME", expressions=[exp.column("t"), exp.Literal.string(spelling.day_format)]
        )
        templates[_GIVEN] = exp.Count(this=parsed)
    selected = [
        exp.alias_(_filled(template, name, spelling), f"{index} {what}", quoted=True)
        for index, name in enumerate(names)
        for what, template in templates.items()
    ]
    query = exp.select(*selected).from_(texts.subquery("texts"))
    (row,) = connection.execute(query.sql("duckdb", identify=True)).fetchall()
    size = len(templates)
    return {
        name: dict(zip(templates, row[index * size : (index + 1) * size], strict=True))
        for index, name in enumerate(names)
    }


def _found(name: str, counted: Mapping[str, Any], spelling: Spelling, notes: list[str]) -> tuple[str, exp.Expr]:
    values = counted["values"]
    text = _column(name)
    if not values:
        return "VARCHAR", text
    number = _number(name, spelling)
    if counted["integers"] == values and counted["whole_digits"] <= _INTEGER_DIGITS:
        return "BIGINT", _cast(number, "BIGINT")
    if counted["decimals"] == values and (counted["integers"] < values or not spelling.long_codes):
        kind = decimal_type(counted["whole_digits"], counted["scale"] or 0)
        if kind is not None:
            return kind, _cast(number, kind)
        notes.append(f"{name} holds numbers of more than {_WIDEST} digits; it is kept as text.")
        return "VARCHAR", text
    if counted["scientific"] == values and counted["decimals"] < values:
        notes.append(f"{name} holds numbers with an exponent, which are not exact; it is read as floating point.")
        return "DOUBLE", _cast(number, "DOUBLE")
    if counted["booleans"] == values:
        return "BOOLEAN", _cast(_trimmed(name), "BOOLEAN")
    if counted["days"] == values:
        return "DATE", _cast(_trimmed(name), "DATE")
    if counted["local_times"] == values:
        return "TIMESTAMP", _cast(_trimmed(name), "TIMESTAMP")
    if counted["zoned_times"] == values:
        return "TIMESTAMP WITH TIME ZONE", _cast(_trimmed(name), "TIMESTAMPTZ")
    return _days(name, counted, spelling, notes) or ("VARCHAR", text)


def _days(name: str, counted: Mapping[str, Any], spelling: Spelling, notes: list[str]) -> tuple[str, exp.Expr] | None:
    if spelling.day_format is not None:
        return ("DATE", _day(name, spelling.day_format)) if counted[_GIVEN] == counted["values"] else None
    fitting = [what for what in _DAY_FORMATS if counted[what] == counted["values"]]
    if len(fitting) == 1:
        return "DATE", _day(name, _DAY_FORMATS[fitting[0]])
    if fitting:
        notes.append(
            f"{name} could be days with the month first or the day first, so it is kept as text; "
            "say which with date_format: '%m/%d/%Y' or '%d/%m/%Y'."
        )
    return None


def _as_wanted(name: str, kind: ColumnKind, spelling: Spelling) -> tuple[str, exp.Expr]:
    match kind:
        case "text":
            return "VARCHAR", _column(name)
        case "integer":
            return "BIGINT", _cast(_number(name, spelling), "BIGINT")
        case "decimal":
            return "DECIMAL(28,9)", _cast(_number(name, spelling), "DECIMAL(28,9)")
        case "boolean":
            return "BOOLEAN", _cast(_trimmed(name), "BOOLEAN")
        case "timestamp":
            return "TIMESTAMP WITH TIME ZONE", _cast(_trimmed(name), "TIMESTAMPTZ")
        case "date":
            if spelling.day_format:
                return "DATE", _day(name, spelling.day_format)
            return "DATE", _cast(_trimmed(name), "DATE")


@cache
def _templates() -> dict[str, exp.Expr]:
    return {what: parse_one(text, dialect="duckdb") for what, text in _COUNTS.items()}


def _filled(template: exp.Expr, name: str, spelling: Spelling) -> exp.Expr:
    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            return _number(name, spelling) if node.name == "n" else _trimmed(name)
        return node

    return template.copy().transform(fill)


def _column(name: str) -> exp.Expr:
    return exp.column(exp.to_identifier(name, quoted=True))


def _trimmed(name: str) -> exp.Expr:
    return exp.func("NULLIF", exp.func("TRIM", _column(name)), exp.Literal.string(""))


def _number(name: str, spelling: Spelling) -> exp.Expr:
    made = _trimmed(name)
    for mark, becomes in ((spelling.thousands, ""), (spelling.decimal if spelling.decimal != "." else "", ".")):
        if mark:
            made = exp.func("REPLACE", made, exp.Literal.string(mark), exp.Literal.string(becomes))
    return made


def _day(name: str, day_format: str) -> exp.Expr:
    parsed = exp.Anonymous(this="STRPTIME", expressions=[_trimmed(name), exp.Literal.string(day_format)])
    return _cast(parsed, "DATE")


def _cast(value: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(kind, dialect="duckdb"))


def unique_names(given: Iterable[str | None]) -> list[str]:
    """Column names without blanks around them; empty ones get their place, repeated ones a number."""
    names: list[str] = []
    taken: set[str] = set()
    for place, raw in enumerate(given, start=1):
        name = base = (raw or "").strip() or f"column_{place}"
        number = 2
        while name.casefold() in taken:
            name = f"{base}_{number}"
            number += 1
        taken.add(name.casefold())
        names.append(name)
    return names
