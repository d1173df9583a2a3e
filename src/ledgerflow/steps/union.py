"""Put the rows of several steps below each other."""

from __future__ import annotations

from functools import reduce
from typing import Annotated

from pydantic import Field
from sqlglot import exp

from ledgerflow.core.step import StepName
from ledgerflow.steps.contract import Example, Input, Transformation, table


class Union(Transformation):
    """Put the rows of several steps below each other, columns matched by name; a column that one lacks is empty there.

    Rows that are there twice stay twice.
    """

    kind = "union"
    example = Example(
        given={"sales": [{"Id": "1", "Total": 5}], "refunds": [{"Total": -5, "Reason": "broken", "Id": "2"}]},
        settings={"union": ["sales", "refunds"]},
        expect=[{"Id": "1", "Total": 5, "Reason": None}, {"Id": "2", "Total": -5, "Reason": "broken"}],
    )

    sources: Annotated[tuple[StepName, ...], Field(min_length=2)] = Field(
        alias="union", description="The steps whose rows are put below each other."
    )

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.sources

    def sql(self, *inputs: Input) -> exp.Query:
        parts: list[exp.Query] = [exp.select("*").from_(table(source.name)) for source in inputs]
        return reduce(_below, parts)


def _below(upper: exp.Query, lower: exp.Query) -> exp.Query:
    return exp.Union(this=upper, expression=lower, distinct=False, by_name=True)
