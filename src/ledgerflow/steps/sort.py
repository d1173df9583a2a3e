"""Put rows in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from sqlglot import exp

from ledgerflow.core.documents import Key
from ledgerflow.core.expressions import SqlOrdering, parse_ordering
from ledgerflow.core.step import StepExpression, StepName, one_or_more
from ledgerflow.steps.contract import Example, Input, Needed, Transformation, bound_to, columns_in, table


class Sort(Transformation):
    """Put rows in order. Empty values come last unless `nulls first` says otherwise.

    Filters, derived columns and writes keep the order; joins and aggregates do not.
    """

    kind = "sort"
    example = Example(
        given={
            "totals": [{"Customer": "Ann", "open": 1}, {"Customer": "Cid", "open": 9}, {"Customer": "Bob", "open": 9}]
        },
        settings={"sort": "totals", "by": ["open desc", "Customer"]},
        expect=[{"Customer": "Bob", "open": 9}, {"Customer": "Cid", "open": 9}, {"Customer": "Ann", "open": 1}],
    )

    source: StepName = Field(alias="sort", description="The step whose rows are put in order.")
    by: Annotated[tuple[SqlOrdering, ...], one_or_more] = Field(
        min_length=1, description="What to order by, the most important first: a column or expression, asc or desc."
    )

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.source,)

    def expressions(self) -> tuple[StepExpression, ...]:
        return tuple(StepExpression(key=("by", index), text=text, use="ordering") for index, text in enumerate(self.by))

    def sql(self, *inputs: Input) -> exp.Query:
        (source,) = inputs
        orderings = [parse_ordering(text) for text in self.by]
        return (
            exp.select("*").from_(table(source.name)).order_by(*(bound_to(order, source.name) for order in orderings))
        )

    def needs(self, wanted: Needed, *inputs: Input) -> Sequence[Needed]:
        return [None if wanted is None else wanted | columns_in(*self.by, ordering=True)]

    def without(self, faulty: Sequence[Key]) -> tuple[Transformation, tuple[str, ...]]:
        return self.model_copy(update={"by": ("1",)}), ()
