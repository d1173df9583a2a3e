"""A flow as SQL: one statement per step asked for, a CTE per step on the way, built as a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from ledgerflow.core.expressions import parse_expression
from ledgerflow.core.flow import Flow
from ledgerflow.core.parameters import Value, as_literal
from ledgerflow.core.schema import Schema
from ledgerflow.engine.relation import Relation
from ledgerflow.steps.contract import Input, Transformation, bound_to, named, table

ROW = "_row"
SOURCE = "_source"
"""In what a destination of an api gets: the number of the input's row, from 1, and its own columns."""


def compile_step(
    flow: Flow,
    step: str,
    *,
    relations: Mapping[str, Relation],
    schemas: Mapping[str, Schema],
    values: Mapping[str, exp.Expr],
    limit_rows: int | None = None,
) -> exp.Select:
    """The statement that gives a step's rows: `WITH a AS (...), b AS (...) SELECT * FROM b`.

    `relations` are the rows of the read steps (and of any other step that is to be cut off there), `schemas` the
    columns of every step on the way, `values` the literals of the parameters. A preview is the same statement with
    `limit_rows`.
    """
    query = exp.select("*").from_(table(step))
    if limit_rows is not None:
        query = query.limit(limit_rows)
    return _with_steps(query, flow, step, relations=relations, schemas=schemas, values=values)


def compile_fields(
    flow: Flow,
    source: str,
    fields: Mapping[str, str],
    *,
    relations: Mapping[str, Relation],
    schemas: Mapping[str, Schema],
    values: Mapping[str, exp.Expr],
) -> exp.Select:
    """The statement that gives a write into an api its rows: a column per target path, `_row` and `_source`.

    `fields` are SQL expressions over the columns of the step `source`, by target path.
    """
    own = exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.Literal.string(name), expression=exp.column(named(name)))
            for name in schemas[source].names
        ]
    )
    number = exp.Window(this=exp.RowNumber())
    query = exp.select(
        exp.alias_(number, named(ROW)),
        *(exp.alias_(bound_to(parse_expression(text), source), named(path)) for path, text in fields.items()),
        exp.alias_(own, named(SOURCE)),
    ).from_(table(source))
    return _with_steps(query, flow, source, relations=relations, schemas=schemas, values=values)


def literals(values: Mapping[str, Value]) -> dict[str, exp.Expr]:
    """Parameter values as typed SQL literals."""
    return {name: as_literal(value) for name, value in values.items()}


def fill_parameters(tree: exp.Query, values: Mapping[str, exp.Expr]) -> exp.Query:
    """The query with its `$parameters` replaced; one without a value stays, and the engine refuses it."""

    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder) and str(node.this) in values:
            return values[str(node.this)].copy()
        return node

    filled = tree.copy().transform(fill)
    assert isinstance(filled, exp.Query)
    return filled


def _with_steps(
    query: exp.Select,
    flow: Flow,
    last: str,
    *,
    relations: Mapping[str, Relation],
    schemas: Mapping[str, Schema],
    values: Mapping[str, exp.Expr],
) -> exp.Select:
    for name in flow.upstream(last, given=relations):
        query = query.with_(named(name), as_=_rows_of(flow, name, relations, schemas), copy=False)
    filled = fill_parameters(query, values)
    assert isinstance(filled, exp.Select)
    return filled


def _rows_of(flow: Flow, name: str, relations: Mapping[str, Relation], schemas: Mapping[str, Schema]) -> exp.Query:
    if name in relations:
        return relations[name].query
    step = flow.steps[name]
    assert isinstance(step, Transformation), "a read has its relation, and nothing takes rows from a write"
    return step.sql(*_inputs(step.inputs, schemas))


def _inputs(names: Sequence[str], schemas: Mapping[str, Schema]) -> list[Input]:
    return [Input(name=name, schema=schemas[name]) for name in names]
