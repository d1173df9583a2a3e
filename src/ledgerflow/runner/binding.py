"""Binds the steps of a flow against the columns of their inputs, and says everything that does not go together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from ledgerflow.core.documents import Key
from ledgerflow.core.errors import nearest_name
from ledgerflow.core.expressions import (
    column_uses,
    parse_expression,
    parse_ordering,
    position_of,
)
from ledgerflow.core.flow import FlowDraft
from ledgerflow.core.schema import Column, Schema
from ledgerflow.core.step import Step, StepExpression
from ledgerflow.engine.refusals import Refusal, explain, family_of, type_word
from ledgerflow.runner.columns import Wrong, unknown_column, with_article, wrong_at
from ledgerflow.runner.compile import fill_parameters
from ledgerflow.steps.contract import Input, Transformation, bound_to, table

if TYPE_CHECKING:
    import duckdb

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_PARTS = (exp.Func, exp.Binary, exp.Unary, exp.Cast, exp.Case, exp.Between, exp.In, exp.Bracket, exp.Dot, exp.Window)
"""Parts of an expression that can be bound by themselves, to find the one that does not go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What is known of a step's columns. `doubtful` ones have a type that a fault above makes unknown."""

    schema: Schema
    doubtful: frozenset[str] = frozenset()


class Binder:
    """Binds step after step on an engine whose tables it makes: one empty table per step, of the step's name.

    To be used on the engine's thread. `values` are the literals that stand for `$parameters`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, values: Mapping[str, exp.Expr]) -> None:
        self._connection = connection
        self._values = values
        self._functions: list[str] | None = None

    def bind(self, draft: FlowDraft, reads: Mapping[str, Schema | None]) -> dict[str, Bound | None]:
        """The columns of every step, None where they show only with the data; faults go into the draft.

        `reads` are the columns of the read steps as far as they are known.
        """
        bound: dict[str, Bound | None] = {}
        for name, step in draft.flow.steps.items():
            if step.role == "read":
                bound[name] = self._read(draft, name, step, reads.get(name))
                continue
            given = [bound.get(source) for source in step.inputs]
            if any(each is None for each in given):
                bound[name] = None
                continue
            inputs = [each for each in given if each is not None]
            if step.role == "write":
                self._check_write(draft, name, step, inputs[0])
                bound[name] = None
            elif isinstance(step, Transformation):
                made = self._transform(draft, name, step, inputs)
                if made is not None:
                    self._make_table(name, made.schema)
                bound[name] = made
        return bound

    def _read(self, draft: FlowDraft, name: str, step: Step, schema: Schema | None) -> Bound | None:
        if schema is None:
            return None
        import duckdb

        try:
            self._make_table(name, schema)
        except duckdb.Error as error:
            draft.add(name, (step.kind,), f"Its columns cannot be used: {explain(error).text}")
            return None
        return Bound(schema=schema)

    def _transform(self, draft: FlowDraft, name: str, step: Transformation, bound: Sequence[Bound]) -> Bound | None:
        inputs = [Input(name=source, schema=each.schema) for source, each in zip(step.inputs, bound, strict=True)]
        made = Bound(schema=Schema(()), doubtful=frozenset[str]().union(*(each.doubtful for each in bound)))
        for place, part in enumerate(step.parts()):
            if place:
                between = f"{name} {place}"
                self._make_table(between, made.schema)
                inputs = [Input(name=between, schema=made.schema)]
            found = self._bind_part(draft, name, part, inputs, made.doubtful)
            if found is None:
                return None
            made = found
        return made

    def _bind_part(
        self,
        draft: FlowDraft,
        name: str,
        step: Transformation,
        inputs: Sequence[Input],
        doubtful: frozenset[str],
    ) -> Bound | None:
        """One step, its expressions first, so that each fault is placed where it stands."""
        faulty: list[Key] = []
        unknown: list[Key] = []
        faulty_columns = False
        for expression in step.expressions():
            source = inputs[expression.source]
            if _uses_any(expression, doubtful):
                unknown.append(expression.key)
                continue
            groups_are_known = not (expression.grouped_by and faulty_columns)
            wrong = self._wrongs(expression, source, also_bind=groups_are_known)
            for each in wrong:
                draft.add(name, expression.key, each.message, nearest=each.nearest)
            if wrong:
                faulty.append(expression.key)
                faulty_columns = faulty_columns or expression.use == "column"
        if not faulty and not unknown:
            faulty.extend(self._compared(draft, name, step, inputs))
        own = step.faults(*inputs)
        for fault in own:
            draft.add(name, fault.key, fault.message, nearest=fault.nearest)
        if own:
            return None
        mended: tuple[Transformation, tuple[str, ...]] | None = (step, ())
        if faulty or unknown:
            mended = step.without([*faulty, *unknown])
            if mended is None:
                return None
        assert mended is not None
        return self._described(draft, name, mended[0], inputs, doubtful | {each.casefold() for each in mended[1]})

    def _described(
        self, draft: FlowDraft, name: str, step: Transformation, inputs: Sequence[Input], doubtful: frozenset[str]
    ) -> Bound | None:
        import duckdb

        try:
            schema = self._describe(step.sql(*inputs))
        except duckdb.Error as error:
            draft.add(name, (step.kind,), explain(error).text)
            return None
        spread = frozenset(
            column.name.casefold()
            for column in schema
            if any(column.name.casefold() == each or column.name.casefold().startswith(f"{each}_") for each in doubtful)
        )
        return Bound(schema=schema, doubtful=spread)

    def _check_write(self, draft: FlowDraft, name: str, step: Step, bound: Bound) -> None:
        source = Input(name=step.inputs[0], schema=bound.schema)
        for expression in step.expressions():
            if not _uses_any(expression, bound.doubtful):
                for each in self._wrongs(expression, source):
                    draft.add(name, expression.key, each.message, nearest=each.nearest)

    def _wrongs(self, expression: StepExpression, source: Input, *, also_bind: bool = True) -> list[Wrong]:
        """Everything wrong with one expression over one input; its columns alone without `also_bind`."""
        tree = parse_ordering(expression.text) if expression.use == "ordering" else parse_expression(expression.text)
        wrong = [
            each for use in column_uses(tree) if (each := unknown_column(expression.text, use, source)) is not None
        ]
        if wrong or not also_bind:
            return wrong
        value = tree.this if isinstance(tree, exp.Ordered) else tree
        clashes = list(self._clashes(expression.text, value, source))
        return clashes or self._unbindable(expression, value, source)

    def _unbindable(self, expression: StepExpression, tree: exp.Expr, source: Input) -> list[Wrong]:
        import duckdb

        try:
            schema = self._describe(_query_of(expression, tree, source))
        except duckdb.Error as error:
            told = explain(error)
            if expression.use == "value" and "stands beside an aggregate" in told.text:
                text = "an aggregate makes one row of many; use a step of kind 'aggregate', or sum(...) OVER ()"
                return [wrong_at(expression.text, position_of(tree), text)]
            return self._culprits(expression, tree, source) or [self._as_wrong(expression.text, tree, told)]
        kind = schema.columns[-1].type
        if expression.use == "condition" and type_word(kind) not in ("boolean", "nothing"):
            return [wrong_at(expression.text, None, f"a condition is true or false, but this is {with_article(kind)}")]
        return []

    def _culprits(self, expression: StepExpression, tree: exp.Expr, source: Input) -> list[Wrong]:
        """The innermost parts that do not bind: usually one, and each with its own place."""
        import duckdb

        wrong: list[Wrong] = []
        failed: list[exp.Expr] = []
        for node in reversed(list(tree.walk(bfs=False))):
            if not _stands_alone(node) or any(inner is not node and _is_within(inner, node) for inner in failed):
                continue
            try:
                self._describe(exp.select(bound_to(node.copy(), source.name)).from_(table(source.name)))
            except duckdb.Error as error:
                told = explain(error)
                if "stands beside an aggregate" not in told.text:
                    failed.append(node)
                    wrong.append(self._as_wrong(expression.text, node, told))
        return list(reversed(wrong))

    def _as_wrong(self, text: str, node: exp.Expr, told: Refusal) -> Wrong:
        nearest = nearest_name(told.function, self._known_functions()) if told.function else None
        return wrong_at(text, position_of(node), _inner(told.text), nearest=nearest)

    def _clashes(self, text: str, tree: exp.Expr, source: Input) -> Iterator[Wrong]:
        """Comparisons that the engine would make by quietly casting one side, and fail on the first odd value."""
        for node in tree.walk(bfs=False):
            if node.find_ancestor(exp.Lambda) is not None:
                continue
            for left, right in _compared_pairs(node):
                kinds = self._types([left, right], source)
                if kinds is None:
                    continue
                if wrong := self._cannot_compare(left, right, *kinds):
                    yield wrong_at(text, position_of(node), wrong)

    def _compared(self, draft: FlowDraft, name: str, step: Transformation, inputs: Sequence[Input]) -> list[Key]:
        faulty: list[Key] = []
        for pair in step.compared():
            left = self._types([parse_expression(pair.left)], inputs[0])
            right = self._types([parse_expression(pair.right)], inputs[1])
            if left is None or right is None or family_of(left[0]) == family_of(right[0]):
                continue
            sides = f"{pair.left} is {with_article(left[0])}, {pair.right} is {with_article(right[0])}"
            draft.add(
                name, pair.key, f"{sides}; make them the same with a derive step before, such as {_example(left[0])}."
            )
            faulty.append(pair.key)
        return faulty

    def _cannot_compare(self, left: exp.Expr, right: exp.Expr, left_type: str, right_type: str) -> str | None:
        families = {family_of(left_type), family_of(right_type)}
        if len(families) == 1 or "nothing" in families or "json" in families:
            return None
        for side, kind in ((left, right_type), (right, left_type)):
            if isinstance(side, exp.Literal) and side.is_string:
                text = exp.Literal.string(side.name)
                query = exp.select(exp.TryCast(this=text, to=exp.DataType.build(kind, dialect="duckdb")))
                ((value,),) = self._connection.execute(query.sql("duckdb")).fetchall()
                return f"{side.name!r} is not {with_article(kind)}" if value is None else None
        return (
            f"{with_article(left_type)} and {with_article(right_type)} cannot be compared; "
            f"cast one of them, such as {_example(left_type)}"
        )

    def _types(self, trees: Sequence[exp.Expr], source: Input) -> list[str] | None:
        import duckdb

        try:
            selected = [exp.alias_(bound_to(tree.copy(), source.name), f"c{place}") for place, tree in enumerate(trees)]
            schema = self._describe(exp.select(*selected).from_(table(source.name)))
        except duckdb.Error:
            return None
        return [column.type for column in schema]

    def _describe(self, query: exp.Query) -> Schema:
        text = fill_parameters(query, self._values).sql("duckdb", identify=True)
        relation = self._connection.sql(text)
        return Schema(
            tuple(
                Column(name=name, type=str(kind)) for name, kind in zip(relation.columns, relation.types, strict=True)
            )
        )

    def _make_table(self, name: str, schema: Schema) -> None:
        columns = ", ".join(f"{_quoted(column.name)} {_storable(column.type)}" for column in schema)
        self._connection.execute(f"CREATE OR REPLACE TABLE {_quoted(name)} ({columns})")

    def _known_functions(self) -> list[str]:
        if self._functions is None:
            rows = self._connection.execute("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()
            self._functions = sorted(name for (name,) in rows if re.fullmatch(r"[a-z]\w+", name))
        return self._functions


def _uses_any(expression: StepExpression, doubtful: frozenset[str]) -> bool:
    if not doubtful:
        return False
    tree = parse_ordering(expression.text) if expression.use == "ordering" else parse_expression(expression.text)
    return any(use.path[0].casefold() in doubtful for use in column_uses(tree))


def _query_of(expression: StepExpression, tree: exp.Expr, source: Input) -> exp.Query:
    """The expression where it will stand: a condition in WHERE, a value beside a column, an aggregate in its group."""
    value = bound_to(tree.copy(), source.name)
    query = exp.select().from_(table(source.name))
    match expression.use:
        case "condition":
            return query.select(bound_to(tree.copy(), source.name)).where(value)
        case "ordering":
            return query.select("*").order_by(value)
        case "aggregate":
            groups = [bound_to(parse_expression(text), source.name) for text in expression.grouped_by]
            return query.select(value).group_by(*groups) if groups else query.select(value)
        case _:
            beside = exp.column(exp.to_identifier(source.schema.names[0], quoted=True))
            return query.select(beside, value)


def _compared_pairs(node: exp.Expr) -> list[tuple[exp.Expr, exp.Expr]]:
    if isinstance(node, _COMPARISONS):
        return [(node.this, node.expression)]
    if isinstance(node, exp.Between):
        return [(node.this, node.args["low"]), (node.this, node.args["high"])]
    if isinstance(node, exp.In):
        return [(node.this, each) for each in node.expressions]
    return []


def _stands_alone(node: exp.Expr) -> bool:
    """Can this part be bound by itself?"""
    if not isinstance(node, _PARTS) or isinstance(node, exp.Interval | exp.Distinct | exp.Order | exp.Ordered):
        return False
    if node.find_ancestor(exp.Lambda) is not None or isinstance(node, exp.Lambda):
        return False
    parent = node.parent
    while isinstance(parent, exp.IgnoreNulls | exp.RespectNulls | exp.Filter | exp.WithinGroup):
        node, parent = parent, parent.parent
    return not (isinstance(parent, exp.Window) and node.arg_key == "this")


def _is_within(node: exp.Expr, other: exp.Expr) -> bool:
    parent = node.parent
    while parent is not None:
        if parent is other:
            return True
        parent = parent.parent
    return False


def _inner(sentence: str) -> str:
    """A sentence as it stands behind a colon."""
    text = sentence.rstrip(".")
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]


def _example(kind: str) -> str:
    target = {"number": "DECIMAL(18,2)", "day or time": "DATE", "boolean": "BOOLEAN"}.get(family_of(kind), "VARCHAR")
    return f"CAST(... AS {target})"


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")


def _storable(kind: str) -> str:
    """A type that a table can have; a column of nothing but nulls has none of its own."""
    return "INTEGER" if kind in ('"NULL"', "NULL") else kind
