"""Whether a single value is one QuickBooks would read as text, number, date or true/false."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from qbo_facts.field_types import ScalarKind

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)

EXPECTED: dict[ScalarKind, str] = {
    "string": "text",
    "decimal": "a number such as 1234.50",
    "integer": "a whole number",
    "boolean": "true or false",
    "date": "a date such as 2026-03-31",
    "datetime": "a time such as 2026-03-31T09:15:00-07:00",
}


def is_scalar(kind: ScalarKind, value: Any) -> bool:
    """Whether `value` can stand in a field of this kind.

    Numbers may be JSON numbers, Decimals or numeric texts (no thousands marks); texts may be whole numbers, because
    QuickBooks reads `12` as "12"; true and false may be texts. Dates and times may be Python objects.
    """
    match kind:
        case "string":
            return isinstance(value, str) or (isinstance(value, int | Decimal) and not isinstance(value, bool))
        case "decimal":
            return is_number(value)
        case "integer":
            return is_number(value) and _is_whole(value)
        case "boolean":
            return isinstance(value, bool) or (isinstance(value, str) and value.lower() in {"true", "false"})
        case "date":
            return _is_date(value)
        case "datetime":
            return isinstance(value, datetime) or _is_time(value) or _is_date(value)


def is_number(value: Any) -> bool:
    """Whether `value` is a finite number or a text that spells one."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return True
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None


def _is_whole(value: Any) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    number = Decimal(value)
    return number == number.to_integral_value() if number.adjusted() < 30 else False


def _is_date(value: Any) -> bool:
    if isinstance(value, date):
        return not isinstance(value, datetime)
    if not isinstance(value, str) or (match := _DATE.fullmatch(value)) is None:
        return False
    return _reads_as_date(match[1])


def _is_time(value: Any) -> bool:
    if not isinstance(value, str) or (match := _TIME.fullmatch(value)) is None:
        return False
    try:
        datetime.fromisoformat(f"{match[1]}T{match[2]}")
    except ValueError:
        return False
    return True


def _reads_as_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
