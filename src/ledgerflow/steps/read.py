"""Read a resource of an api, or a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from ledgerflow.core.documents import Key
from ledgerflow.core.names import ResourceName
from ledgerflow.core.step import Resource, Role, Step


class Read(Step):
    """Read rows: every record of a resource of an api, or a CSV, Excel or Parquet file of the project."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=False)

    kind = "read"
    role: ClassVar[Role] = "read"

    source: Resource = Field(alias="read", description="What to read: quickbooks.Invoice, files.in/orders.xlsx.")
    where: str | None = Field(
        default=None,
        description="A condition in the api's own language; it is sent along, so only what it keeps is read.",
    )
    parameters: dict[str, str | int | bool] = Field(
        default_factory=dict, description="Values for the parameters of a request of the api."
    )
    company: str | None = Field(default=None, description="The company to read from, when it is not the run's.")

    @property
    def resource(self) -> ResourceName:
        return ResourceName.parse(self.source)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The keys that belong to the kind of file, such as `sheet`."""
        return self.model_extra or {}

    def texts(self) -> tuple[tuple[Key, str], ...]:
        where = ((("where",), self.where),) if self.where else ()
        values = ((("parameters", name), value) for name, value in self.parameters.items() if isinstance(value, str))
        return ((("read",), self.source), *where, *values)
