"""Keep some of the rows."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from sqlglot import exp

from ledgerflow.core.documents import Key
from ledgerflow.core.expressions import SqlExpression
from ledgerflow.core.step import StepExpression, StepName
from ledgerflow.steps.contract import Example, Input, Needed, Transformation, columns_in, over, table


class Filter(Transformation):
    """Keep the rows for which a condition is true. Rows for which it is false or unknown (null) are left out."""

    kind = "filter"
    example = Example(
        given={"invoices": [{"Id": "1", "Balance": 0}, {"Id": "2", "Balance": 75}, {"Id": "3", "Balance": None}]},
        settings={"filter": "invoices", "where": "Balance > 0"},
        expect=[{"Id": "2", "Balance": 75}],
    )

    source: StepName = Field(alias="filter", description="The step whose rows are filtered.")
    where: SqlExpression = Field(description="The condition, in SQL over the columns of the input.")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.source,)

    def expressions(self) -> tuple[StepExpression, ...]:
        return (StepExpression(key=("where",), text=self.where, use="condition"),)

    def sql(self, *inputs: Input) -> exp.Query:
        (source,) = inputs
        return exp.select("*").from_(table(source.name)).where(over(self.where, source))

    def needs(self, wanted: Needed, *inputs: Input) -> Sequence[Needed]:
        return [None if wanted is None else wanted | columns_in(self.where)]

    def without(self, faulty: Sequence[Key]) -> tuple[Transformation, tuple[str, ...]]:
        return self.model_copy(update={"where": "TRUE"}), ()
