"""Open a list: one row per element."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from sqlglot import exp

from ledgerflow.core.expressions import ColumnPath
from ledgerflow.core.step import StepExpression, StepName
from ledgerflow.steps.contract import (
    Example,
    Input,
    Needed,
    Transformation,
    columns_in,
    field_of,
    named,
    output_name,
    path_of,
    table,
)


class Unnest(Transformation):
    """Make one row per element of a list, such as the lines of an invoice; the other columns are repeated.

    The element stands in the list's place, under its name. A row whose list is empty or missing is left out, unless
    `keep_empty` keeps it with an empty element.
    """

    kind = "unnest"
    example = Example(
        given={"invoices": [{"Id": "7", "Line": [{"Amount": 5}, {"Amount": 6}]}, {"Id": "8", "Line": []}]},
        settings={"unnest": "invoices", "column": "Line"},
        expect=[{"Id": "7", "Line": {"Amount": 5}}, {"Id": "7", "Line": {"Amount": 6}}],
    )

    source: StepName = Field(alias="unnest", description="The step whose lists are opened.")
    column: ColumnPath = Field(description="The list: a column, or a field inside one.")
    keep_empty: bool = Field(default=False, description="Keep rows whose list is empty or missing.")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.source,)

    def expressions(self) -> tuple[StepExpression, ...]:
        return (StepExpression(key=("column",), text=self.column, use="column"),)

    def sql(self, *inputs: Input) -> exp.Query:
        (source,) = inputs
        path = path_of(self.column)
        opened: exp.Expr = field_of(source.name, path)
        if self.keep_empty:
            empty = exp.EQ(
                this=exp.func("LEN", exp.func("COALESCE", opened.copy(), exp.array())), expression=exp.Literal.number(0)
            )
            opened = exp.case().when(empty, exp.array(exp.null())).else_(opened)
        element = exp.alias_(exp.Explode(this=opened), named(output_name(path)))
        columns = [
            element if name.casefold() == output_name(path).casefold() else exp.column(named(name))
            for name in source.schema.names
        ]
        if not any(column is element for column in columns):
            columns.append(element)
        return exp.select(*columns).from_(table(source.name))

    def needs(self, wanted: Needed, *inputs: Input) -> Sequence[Needed]:
        return [None if wanted is None else wanted | columns_in(self.column)]
