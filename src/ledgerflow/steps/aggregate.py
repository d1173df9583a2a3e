"""Make one row of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator
from sqlglot import exp

from ledgerflow.core.documents import Key
from ledgerflow.core.expressions import ColumnPath, SqlExpression
from ledgerflow.core.step import StepExpression, StepName, one_or_more
from ledgerflow.steps.contract import (
    Example,
    Input,
    Needed,
    StepFault,
    Transformation,
    columns_in,
    field_of,
    named,
    output_name,
    over,
    path_of,
    table,
)


class Aggregate(Transformation):
    """Make one row of all rows that are equal in the columns of `by`; one row of everything without `by`."""

    kind = "aggregate"
    example = Example(
        given={
            "invoices": [
                {"Customer": "Ann", "Balance": 5},
                {"Customer": "Ann", "Balance": 7},
                {"Customer": "Bob", "Balance": 1},
            ]
        },
        settings={
            "aggregate": "invoices",
            "by": ["Customer"],
            "columns": {"open": "sum(Balance)", "invoices": "count(*)"},
        },
        expect=[{"Customer": "Ann", "open": 12, "invoices": 2}, {"Customer": "Bob", "open": 1, "invoices": 1}],
    )

    source: StepName = Field(alias="aggregate", description="The step whose rows are put together.")
    by: Annotated[tuple[ColumnPath, ...], one_or_more] = Field(
        default=(), description="Columns; rows equal in all of them become one row. A field keeps its own name."
    )
    columns: dict[str, SqlExpression] = Field(
        default_factory=dict, description="Column by name, and the aggregate that computes it, such as sum(Balance)."
    )

    @model_validator(mode="after")
    def _makes_a_column(self) -> Aggregate:
        if not self.by and not self.columns:
            raise ValueError("Give 'by', 'columns' or both; without them no column is left.")
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.source,)

    def expressions(self) -> tuple[StepExpression, ...]:
        return (
            *(StepExpression(key=("by", index), text=text, use="column") for index, text in enumerate(self.by)),
            *(
                StepExpression(key=("columns", name), text=text, use="aggregate", grouped_by=self.by)
                for name, text in self.columns.items()
            ),
        )

    def sql(self, *inputs: Input) -> exp.Query:
        (source,) = inputs
        paths = [path_of(text) for text in self.by]
        query = exp.select(
            *(exp.alias_(field_of(source.name, path), named(output_name(path))) for path in paths),
            *(exp.alias_(over(text, source), named(name)) for name, text in self.columns.items()),
        ).from_(table(source.name))
        return query.group_by(*(field_of(source.name, path) for path in paths)) if paths else query

    def needs(self, wanted: Needed, *inputs: Input) -> Sequence[Needed]:
        return [columns_in(*self.by, *self.columns.values())]

    def faults(self, *inputs: Input) -> Sequence[StepFault]:
        found: list[StepFault] = []
        first: dict[str, str] = {}
        outputs: list[tuple[Key, str]] = [
            (("by", place), output_name(path_of(text))) for place, text in enumerate(self.by)
        ]
        outputs += [(("columns", name), name) for name in self.columns]
        for key, name in outputs:
            if name.casefold() in first:
                found.append(StepFault(key=key, message=f"There would be two columns {name!r}; name one differently."))
            first.setdefault(name.casefold(), name)
        return found

    def without(self, faulty: Sequence[Key]) -> tuple[Transformation, tuple[str, ...]] | None:
        if any(key[0] == "by" for key in faulty):
            return None
        names = tuple(str(key[-1]) for key in faulty)
        columns = {name: "any_value(NULL)" if name in names else text for name, text in self.columns.items()}
        return self.model_copy(update={"columns": columns}), names
