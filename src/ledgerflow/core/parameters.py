"""Parameters of a flow: declared with a type, given as text, used in SQL as `$name`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import Field, model_validator
from sqlglot import exp

from ledgerflow.core.documents import FileModel

ParameterType = Literal["text", "integer", "decimal", "date", "timestamp", "boolean"]
Value = str | int | Decimal | date | datetime | bool
"""A parameter's value as Python holds it; a timestamp has the zone UTC."""

PARAMETER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
COMPANY = "company"
"""The built-in parameter that holds the company a run works for."""

_USE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_INTEGER_LIMIT = 2**63
_MOST_DIGITS = 38
_TRUE = {"true", "yes", "1"}
_FALSE = {"false", "no", "0"}
_EXAMPLES = {
    "text": "any text",
    "integer": "a whole number such as 12",
    "decimal": "a number such as 12.50",
    "date": "a date such as 2026-11-23",
    "timestamp": "a date and time such as 2026-11-23T18:00:00Z",
    "boolean": "true or false",
}


class Parameter(FileModel):
    """One entry of a flow's `parameters`."""

    type: ParameterType = Field(default="text", description="What values it takes.")
    default: Any = Field(default=None, description="The value when none is given; without one it must be given.")
    description: str = Field(default="", description="What it is for.")

    @model_validator(mode="after")
    def _default_fits(self) -> Parameter:
        if self.default is not None:
            parse_value(self.default, self.type)
        return self


def parse_value(given: Any, kind: ParameterType) -> Value:
    """A value from text or YAML as its type. Raises ValueError with a sentence for people."""
    try:
        value: Value = _READERS[kind](given)
        return value
    except (ValueError, TypeError, InvalidOperation, OverflowError) as error:
        raise ValueError(f"Expected {_EXAMPLES[kind]}, not {str(given)!r}.") from error


def kind_of(value: Any) -> ParameterType:
    """The type of a value that YAML gave without a declared one."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float | Decimal):
        return "decimal"
    if isinstance(value, datetime):
        return "timestamp"
    return "date" if isinstance(value, date) else "text"


def as_literal(value: Value) -> exp.Expr:
    """The value as a typed SQL literal, exact: `CAST('2026-11-23' AS DATE)`, `CAST('12.50' AS DECIMAL(4, 2))`."""
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    if isinstance(value, int):
        return exp.cast(exp.Literal.string(str(value)), exp.DataType.build("BIGINT", dialect="duckdb"))
    if isinstance(value, Decimal):
        return exp.cast(exp.Literal.string(f"{value:f}"), exp.DataType.build(_decimal_type(value), dialect="duckdb"))
    if isinstance(value, datetime):
        return exp.cast(exp.Literal.string(value.isoformat()), exp.DataType.build("TIMESTAMPTZ", dialect="duckdb"))
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), exp.DataType.build("DATE", dialect="duckdb"))
    return exp.Literal.string(value)


def as_text(value: Value) -> str:
    """The value as people and file names write it; `parse_value` reads it back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def names_in(text: str) -> list[str]:
    """The names of the `$parameters` in a text that is not SQL: a file's name, a `where` that is sent along."""
    return _USE.findall(text)


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """The text with each `$name` replaced; every name must be in `values`."""
    return _USE.sub(lambda found: values[found[1]], text)


def _integer(given: Any) -> int:
    if isinstance(given, bool | float):
        raise ValueError(given)
    if not re.fullmatch(r"[+-]?\d+", str(given).strip()):
        raise ValueError(given)
    value = int(given)
    if not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
        raise ValueError(given)
    return value


def _decimal(given: Any) -> Decimal:
    if isinstance(given, bool):
        raise ValueError(given)
    value = Decimal(str(given).strip())
    if not value.is_finite() or _digits(value)[0] > _MOST_DIGITS:
        raise ValueError(given)
    return value


def _date(given: Any) -> date:
    if isinstance(given, datetime):
        raise ValueError(given)
    return given if isinstance(given, date) else date.fromisoformat(str(given).strip())


def _timestamp(given: Any) -> datetime:
    if isinstance(given, datetime):
        value = given
    elif isinstance(given, date):
        value = datetime(given.year, given.month, given.day, tzinfo=UTC)
    else:
        value = datetime.fromisoformat(str(given).strip())
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _boolean(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    word = str(given).strip().casefold()
    if word not in _TRUE and word not in _FALSE:
        raise ValueError(given)
    return word in _TRUE


def _text(given: Any) -> str:
    if isinstance(given, dict | list):
        raise ValueError(given)
    return as_text(given) if isinstance(given, bool | date) else str(given)


_READERS: dict[ParameterType, Any] = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
    "boolean": _boolean,
}


def _digits(value: Decimal) -> tuple[int, int]:
    """Precision and scale of the value's plain text."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    scale = max(-exponent, 0)
    return max(len(digits) + max(exponent, 0), scale, 1), scale


def _decimal_type(value: Decimal) -> str:
    precision, scale = _digits(value)
    return f"DECIMAL({precision},{scale})"
