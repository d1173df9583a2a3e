"""Put the rows of two steps side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, model_validator
from sqlglot import exp

from ledgerflow.core.expressions import ColumnPath
from ledgerflow.core.step import StepExpression, StepName
from ledgerflow.steps.contract import (
    Compared,
    Example,
    Input,
    Needed,
    StepFault,
    Transformation,
    columns_in,
    field_of,
    named,
    path_of,
    table,
)

How = Literal["inner", "left", "right", "full", "semi", "anti", "cross"]


class Join(Transformation):
    """Put the rows of two steps side by side where columns are equal; empty values equal nothing.

    `inner` keeps pairs alone; `left`, `right` and `full` also the rows of that side (of both) without a partner;
    `cross` makes every pair. `semi` keeps the left rows that have a partner, `anti` those that have none, both without
    right columns. A right column whose name the left side has gets the suffix `_` and the name of the right step.
    """

    kind = "join"
    example = Example(
        given={
            "invoices": [{"Id": "7", "customer": "1"}, {"Id": "8", "customer": "3"}],
            "customers": [{"Id": "1", "Name": "Ann"}, {"Id": "2", "Name": "Bob"}],
        },
        settings={"join": ["invoices", "customers"], "how": "left", "on": {"customer": "Id"}},
        expect=[
            {"Id": "7", "customer": "1", "Id_customers": "1", "Name": "Ann"},
            {"Id": "8", "customer": "3", "Id_customers": None, "Name": None},
        ],
    )

    sources: tuple[StepName, StepName] = Field(alias="join", description="The left step and the right step.")
    how: How = Field(default="inner", description="Which rows without a partner are kept, and which columns.")
    on: dict[ColumnPath, ColumnPath] = Field(
        default_factory=dict, description="Column of the left step, and the column of the right step it has to equal."
    )

    @model_validator(mode="after")
    def _says_on_what(self) -> Join:
        if self.how == "cross" and self.on:
            raise ValueError("A cross join makes every pair; it takes no 'on'.")
        if self.how != "cross" and not self.on:
            raise ValueError("Missing key 'on': which column of the left step equals which of the right one.")
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.sources

    def expressions(self) -> tuple[StepExpression, ...]:
        return tuple(
            StepExpression(key=("on", mine), text=text, use="column", source=source)
            for mine, theirs in self.on.items()
            for source, text in enumerate((mine, theirs))
        )

    def compared(self) -> Sequence[Compared]:
        return [Compared(key=("on", mine), left=mine, right=theirs) for mine, theirs in self.on.items()]

    def sql(self, *inputs: Input) -> exp.Query:
        left, right = inputs
        left_name, right_name = _aliases(left, right)
        conditions = [
            exp.EQ(this=field_of(left_name, path_of(mine)), expression=field_of(right_name, path_of(theirs)))
            for mine, theirs in self.on.items()
        ]
        columns: list[exp.Expr] = [exp.Column(this=exp.Star(), table=named(left_name))]
        if self.how not in ("semi", "anti"):
            for name, made in self._right_columns(left, right):
                column = exp.column(named(name), table=named(right_name))
                columns.append(column if made == name else exp.alias_(column, named(made)))
        query = exp.select(*columns).from_(table(left.name, left_name))
        return query.join(
            table(right.name, right_name),
            on=exp.and_(*conditions, copy=False) if conditions else None,
            join_type=self.how,
        )

    def needs(self, wanted: Needed, *inputs: Input) -> Sequence[Needed]:
        left, right = inputs
        left_keys, right_keys = columns_in(*self.on), columns_in(*self.on.values())
        if self.how in ("semi", "anti"):
            return [None if wanted is None else wanted | left_keys, right_keys]
        if wanted is None:
            return [None, None]
        taken = {name.casefold() for name, made in self._right_columns(left, right) if made.casefold() in wanted}
        from_right = right_keys | taken
        same_name = {name for name in from_right if left.has(name)}  # without them the suffix would be gone
        return [wanted | left_keys | same_name, from_right]

    def faults(self, *inputs: Input) -> Sequence[StepFault]:
        left, right = inputs
        if self.how in ("semi", "anti"):
            return ()
        seen = {name.casefold() for name in left.schema.names}
        found = []
        for name, made in self._right_columns(left, right):
            if made.casefold() in seen:
                message = (
                    f"Column {name!r} of {right.name!r} would become {made!r}, which is there too; rename one before."
                )
                found.append(StepFault(key=(self.kind,), message=message))
            seen.add(made.casefold())
        return found

    def _right_columns(self, left: Input, right: Input) -> list[tuple[str, str]]:
        return [(name, f"{name}_{right.name}" if left.has(name) else name) for name in right.schema.names]


def _aliases(left: Input, right: Input) -> tuple[str, str]:
    """The names of both sides; a step joined with itself appears under two names."""
    if left.name.casefold() != right.name.casefold():
        return left.name, right.name
    return f"{left.name}_left", f"{right.name}_right"
