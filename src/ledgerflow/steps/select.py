"""Keep some of the columns, in a given order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from sqlglot import exp

from ledgerflow.core.expressions import ColumnPath
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
    path_of,
    table,
)


class Select(Transformation):
    """Keep the named columns alone, in the order they are named. A field of a column becomes a column."""

    kind = "select"
    example = Example(
        given={"invoices": [{"Id": "7", "Note": "x", "CustomerRef": {"value": "1", "name": "Ann"}}]},
        settings={"select": "invoices", "columns": ["CustomerRef.name", "Id"], "rename": {"Id": "Invoice"}},
        expect=[{"name": "Ann", "Invoice": "7"}],
    )

    source: StepName = Field(alias="select", description="The step whose columns are kept.")
    columns: Annotated[tuple[ColumnPath, ...], one_or_more] = Field(
        min_length=1, description="The columns, or fields inside them, in their new order."
    )
    rename: dict[str, str] = Field(
        default_factory=dict, description="A column as it stands in 'columns', and its new name."
    )

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.source,)

    def expressions(self) -> tuple[StepExpression, ...]:
        return tuple(
            StepExpression(key=("columns", index), text=text, use="column") for index, text in enumerate(self.columns)
        )

    def sql(self, *inputs: Input) -> exp.Query:
        (source,) = inputs
        return exp.select(
            *(exp.alias_(field_of(source.name, path_of(text)), named(self._name(text))) for text in self.columns)
        ).from_(table(source.name))

    def needs(self, wanted: Needed, *inputs: Input) -> Sequence[Needed]:
        return [columns_in(*self.columns)]

    def faults(self, *inputs: Input) -> Sequence[StepFault]:
        found: list[StepFault] = []
        first: set[str] = set()
        for index, text in enumerate(self.columns):
            name = self._name(text)
            if name.casefold() in first:
                message = f"There would be two columns {name!r}; give one another name under 'rename'."
                found.append(StepFault(key=("columns", index), message=message))
            first.add(name.casefold())
        for name in self.rename:
            if name not in self.columns:
                found.append(StepFault(key=("rename", name), message=f"{name!r} is not among 'columns'."))
        return found

    def _name(self, text: str) -> str:
        return self.rename.get(text, output_name(path_of(text)))
