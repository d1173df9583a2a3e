"""Syntax tree to text, so that what was read can be shown and sent again."""

from decimal import Decimal

from qbo_sandbox.query.tree import Condition, CurrentDate, Query, SortKey, Value


def print_query(query: Query) -> str:
    """The statement in one line; `parse` makes the same tree of it."""
    parts = ["SELECT", ", ".join(query.selected) or "count(*)", "FROM", query.entity]
    if query.where:
        parts += ["WHERE", " AND ".join(map(_condition, query.where))]
    if query.order:
        parts += ["ORDERBY", ", ".join(map(_sort_key, query.order))]
    if query.start is not None:
        parts += ["STARTPOSITION", str(query.start)]
    if query.rows is not None:
        parts += ["MAXRESULTS", str(query.rows)]
    return " ".join(parts)


def _condition(condition: Condition) -> str:
    values = ", ".join(map(_value, condition.values))
    shown = f"({values})" if condition.operator == "IN" else values
    return f"{condition.name} {condition.operator} {shown}"


def _sort_key(key: SortKey) -> str:
    return f"{key.name} DESC" if key.descending else key.name


def _value(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case CurrentDate():
            return "CURRENT_DATE"
        case str():
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
