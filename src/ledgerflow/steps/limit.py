"""Keep the first rows."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from sqlglot import exp

from ledgerflow.core.step import StepName
from ledgerflow.steps.contract import Example, Input, Needed, Transformation, table


class Limit(Transformation):
    """Keep the first rows in the order they come in; sort them before, so that it is clear which those are."""

    kind = "limit"
    example = Example(
        given={"ranked": [{"Name": "Ann"}, {"Name": "Bob"}, {"Name": "Cid"}]},
        settings={"limit": "ranked", "rows": 2},
        expect=[{"Name": "Ann"}, {"Name": "Bob"}],
    )

    source: StepName = Field(alias="limit", description="The step whose first rows are kept.")
    rows: int = Field(ge=0, description="How many rows are kept.")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.source,)

    def sql(self, *inputs: Input) -> exp.Query:
        (source,) = inputs
        return exp.select("*").from_(table(source.name)).limit(self.rows)

    def needs(self, wanted: Needed, *inputs: Input) -> Sequence[Needed]:
        return [wanted]
