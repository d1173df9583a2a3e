"""SQL expressions as people write them in a flow: parsed, kept to expressions alone, with places to point at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field
from sqlglot import exp, parse_one
from sqlglot.errors import ParseError, SqlglotError

DIALECT = "duckdb"
"""Expressions are written and checked in this dialect; other engines get the tree transpiled."""

_MOST_FLOAT_DIGITS = 15
"""A YAML number with more digits has gone through a double and may have lost some."""

_OUTSIDE = re.compile(
    r"read_.*|.*_scan|scan_.*|.*_scan_.*|glob|sniff_csv|query|query_table|parquet_.*|getenv|current_setting|set_config"
    r"|getvariable|setvariable|pragma_.*|duckdb_.*|nextval|currval|install|load|attach|copy|http_.*|which_secret"
    r"|write_log|parse_duckdb_log_message|checkpoint|force_checkpoint|enable_.*|disable_.*|from_substrait.*|get_substrait.*"
)
"""Functions that read files, settings or the outside world."""

_REFUSED: tuple[tuple[type[exp.Expr], str], ...] = (
    (exp.Query, "a query stands in it, but only an expression can stand here; add a step for it"),
    (exp.Block, "several statements stand in it, but only one expression can stand here"),
    (exp.DDL, "a statement stands in it, but only an expression can stand here"),
    (exp.DML, "a statement stands in it, but only an expression can stand here"),
    (exp.Command, "a statement stands in it, but only an expression can stand here"),
    (exp.Columns, "COLUMNS(...) stands for several columns; name each one"),
    (exp.Explode, "unnest makes several rows of one; the step kind 'unnest' does that"),
    (exp.SessionParameter, "settings of the engine cannot be read here"),
)

Tree = TypeVar("Tree", bound=exp.Expr)


class ExpressionFault(ValueError):
    """Text that is no expression. The message says what is wrong and where; `position` counts characters from 1."""

    def __init__(self, text: str, what: str, position: int | None) -> None:
        self.position = position
        super().__init__(f"{shown(text)}{place_in(text, position)}: {what}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnUse:
    """A column as an expression names it: `CustomerRef.value` is the path ("CustomerRef", "value").

    `position` counts characters of the expression's text from 1. `quoted` tells that it stands in double quotes.
    """

    path: tuple[str, ...]
    position: int | None
    quoted: bool


def parse_expression(text: str) -> exp.Expr:
    """The expression as a tree of its own, which the caller may change.

    Raises:
        ExpressionFault: no expression, a statement, or a function that reads the outside world.
    """
    return _parsed(text, exp.Condition).copy()


def parse_ordering(text: str) -> exp.Ordered:
    """`overdue desc`, `lower(Name)`, `DueDate asc nulls first` as a tree. Raises as `parse_expression` does."""
    tree = _parsed(text, exp.Ordered).copy()
    assert isinstance(tree, exp.Ordered)
    return tree


def column_uses(tree: exp.Expr) -> Iterator[ColumnUse]:
    """The columns that an expression names, in the order of its text; names of lambdas are none of them."""
    found = [_column_use(column) for column in tree.find_all(exp.Column) if not isinstance(column.this, exp.Star)]
    yield from sorted(found, key=lambda use: use.position or 0)


def parameter_uses(tree: exp.Expr) -> Iterator[tuple[str, int | None]]:
    """The names of the `$parameters` in an expression. sqlglot keeps no place for them."""
    for placeholder in tree.find_all(exp.Placeholder):
        yield str(placeholder.this), None


def position_of(tree: exp.Expr) -> int | None:
    """Where the text of a part of an expression begins, counted from 1, as far as sqlglot kept it."""
    starts = [node.meta["start"] for node in tree.walk() if "start" in node.meta]
    return min(starts) + 1 if starts else None


def place_in(text: str, position: int | None) -> str:
    """`, character 7`, with the line where the text has several; empty when the place is not known."""
    if position is None:
        return ""
    before = text[: position - 1]
    if "\n" not in text.rstrip("\n"):
        return f", character {position}"
    return f", line {before.count(chr(10)) + 1}, character {len(before) - before.rfind(chr(10))}"


def shown(text: str) -> str:
    """An expression as it stands in a sentence, on one line."""
    return f"`{' '.join(text.split())}`"


@lru_cache(maxsize=4096)
def _parsed(text: str, into: type[exp.Expr]) -> exp.Expr:
    if not text.strip():
        raise ExpressionFault(text, "an expression is expected, but there is none", None)
    try:
        tree = parse_one(text, dialect=DIALECT, into=into)
    except ParseError as error:
        raise _parse_fault(text, error) from error
    except SqlglotError as error:
        raise ExpressionFault(
            text, "a quoted text or a bracket is not closed, or a character does not belong here", None
        ) from error
    _keep_to_expressions(text, tree)
    return tree


def _parse_fault(text: str, error: ParseError) -> ExpressionFault:
    detail: dict[str, Any] = error.errors[0] if error.errors else {}
    highlight = str(detail.get("highlight") or "")
    description = str(detail.get("description") or "")
    start = text.find(highlight, len(str(detail.get("start_context") or ""))) if highlight else -1
    ends_early = not highlight or (
        not str(detail.get("end_context") or "").strip() and not description.startswith("Invalid expression")
    )
    if ends_early:
        wanted = re.fullmatch(r"Expect(?:ed|ing) (.{1,3})", description)
        what = "it ends too early" + (f", {wanted[1]!r} is missing" if wanted else "")
        return ExpressionFault(text, what, len(text.rstrip()) + 1)
    statement = text.split(None, 1)[0].casefold()
    if statement in {
        "select",
        "with",
        "from",
        "attach",
        "copy",
        "create",
        "drop",
        "insert",
        "install",
        "load",
        "pragma",
    }:
        return ExpressionFault(text, f"{statement.upper()} begins a statement; only an expression can stand here", 1)
    if highlight.casefold() == "as":
        return ExpressionFault(text, "the key names the column, so no AS can stand here", start + 1)
    spaced = re.fullmatch(r"\w+", highlight) and re.search(r"\w\s+$", text[:start])
    hint = " (names with spaces stand in double quotes)" if spaced else ""
    return ExpressionFault(text, f"unexpected {highlight!r}{hint}", start + 1 if start >= 0 else None)


def _keep_to_expressions(text: str, tree: exp.Expr) -> None:
    for node in tree.walk():
        for kind, why in _REFUSED:
            if isinstance(node, kind):
                raise ExpressionFault(text, why, position_of(node))
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            raise ExpressionFault(text, "'*' stands for all columns; name one", position_of(node))
        if isinstance(node, exp.Placeholder) and not re.fullmatch(r"[A-Za-z_]\w*", str(node.this or "")):
            raise ExpressionFault(text, "a parameter needs a name, such as $as_of", position_of(node))
        if isinstance(node, exp.Func):
            name = _function_name(node)
            if _OUTSIDE.fullmatch(name):
                raise ExpressionFault(
                    text,
                    f"{name}() reads files, settings or the outside world; a read step does that",
                    position_of(node),
                )


def _function_name(node: exp.Func) -> str:
    name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
    return str(name).casefold()


def _column_use(column: exp.Column) -> ColumnUse:
    parts = list(column.parts)
    node: exp.Expr = column
    while (
        isinstance(node.parent, exp.Dot)
        and node.arg_key == "this"
        and isinstance(node.parent.expression, exp.Identifier)
    ):
        node = node.parent
        parts.append(node.expression)
    start = parts[0].meta.get("start")
    return ColumnUse(
        path=tuple(part.name for part in parts),
        position=start + 1 if start is not None else None,
        quoted=bool(parts[0].args.get("quoted")),
    )


def _as_text(value: Any) -> Any:
    """YAML gives `0.5`, `1` and `true` as numbers and booleans; here they are expressions all the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        text = repr(value)
        if sum(character.isdigit() for character in text) > _MOST_FLOAT_DIGITS:
            raise ValueError("A number with so many digits stands in quotes, so that none is lost.")
        return text
    return value


def _checked(text: str) -> str:
    _parsed(text, exp.Condition)
    return text


def _checked_ordering(text: str) -> str:
    _parsed(text, exp.Ordered)
    return text


def _checked_path(text: str) -> str:
    tree = _parsed(text, exp.Condition)
    if not isinstance(tree, exp.Column | exp.Dot) or not list(column_uses(tree)):
        raise ExpressionFault(text, 'expected a column, such as Id, CustomerRef.value or "Invoice Number"', None)
    return text


SqlExpression = Annotated[
    str,
    BeforeValidator(_as_text, json_schema_input_type=str | int | float | bool),
    AfterValidator(_checked),
    Field(json_schema_extra={"x-sql": "expression"}),
]
"""A SQL expression over the columns of a step's input, in a settings class."""

SqlOrdering = Annotated[str, AfterValidator(_checked_ordering), Field(json_schema_extra={"x-sql": "ordering"})]
"""A SQL expression with an optional asc or desc."""

ColumnPath = Annotated[str, AfterValidator(_checked_path), Field(json_schema_extra={"x-sql": "column"})]
"""A column, or a field inside one: `Id`, `CustomerRef.value`."""
