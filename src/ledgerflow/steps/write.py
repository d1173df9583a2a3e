"""Write rows into a file, or into a resource of an api."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from ledgerflow.core.documents import Key
from ledgerflow.core.expressions import SqlExpression
from ledgerflow.core.names import ResourceName
from ledgerflow.core.step import Resource, Role, Step, StepExpression, StepName, one_or_more


class Write(Step):
    """Write every row of a step: to a CSV, Parquet, Excel or DuckDB file, or into an api."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=False)

    kind = "write"
    role: ClassVar[Role] = "write"

    source: StepName = Field(alias="write", description="The step whose rows are written.")
    to: Resource = Field(description="Where to: files.out/overdue.csv, quickbooks.Invoice.")
    follows: Annotated[tuple[StepName, ...], one_or_more] = Field(
        default=(), alias="after", description="Write steps that have to be done before this one."
    )
    fields: dict[str, SqlExpression] | None = Field(
        default=None, description="Into an api: its fields by path, and the SQL expression that gives each its value."
    )
    company: str | None = Field(default=None, description="The company to write into, when it is not the run's.")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.source,)

    @property
    def after(self) -> tuple[str, ...]:
        return self.follows

    @property
    def resource(self) -> ResourceName:
        return ResourceName.parse(self.to)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The keys that belong to the kind of destination, such as `table` or `operation`."""
        return self.model_extra or {}

    def expressions(self) -> tuple[StepExpression, ...]:
        return tuple(
            StepExpression(key=("fields", path), text=text, use="value") for path, text in (self.fields or {}).items()
        )

    def texts(self) -> tuple[tuple[Key, str], ...]:
        return ((("to",), self.to),)
