"""Keep each different row once."""

from __future__ import annotations

from pydantic import Field
from sqlglot import exp

from ledgerflow.core.step import StepName
from ledgerflow.steps.contract import Example, Input, Transformation, table


class Distinct(Transformation):
    """Keep each different row once; empty values count as equal."""

    kind = "distinct"
    example = Example(
        given={"cities": [{"City": "Astoria"}, {"City": "Astoria"}, {"City": None}, {"City": None}]},
        settings={"distinct": "cities"},
        expect=[{"City": "Astoria"}, {"City": None}],
    )

    source: StepName = Field(alias="distinct", description="The step whose repeated rows are dropped.")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.source,)

    def sql(self, *inputs: Input) -> exp.Query:
        (source,) = inputs
        return exp.select("*").distinct().from_(table(source.name))
