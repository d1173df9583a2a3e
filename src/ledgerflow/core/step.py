"""What every step of a flow has, whatever its kind: settings checked from the file, inputs, expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from ledgerflow.core.documents import FileModel, Key
from ledgerflow.core.names import NAME_PATTERN, NAME_RULE, ResourceName, is_name

Role = Literal["read", "transform", "write"]
Use = Literal["condition", "value", "aggregate", "ordering", "column"]
"""What an expression is for: a condition is true or false, a value may not aggregate, a column is only named."""


def _step_name(text: str) -> str:
    if not is_name(text):
        raise ValueError(f"{text!r} cannot name a step; use {NAME_RULE}.")
    return text


def _resource(text: str) -> str:
    ResourceName.parse(text)
    return text


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


one_or_more = BeforeValidator(_listed, json_schema_input_type=str | list[str])
"""In a settings class: a list in which a single text may stand without brackets."""

StepName = Annotated[str, AfterValidator(_step_name), Field(json_schema_extra={"pattern": NAME_PATTERN})]
Resource = Annotated[
    str, AfterValidator(_resource), Field(json_schema_extra={"pattern": r"^[^.]+\..+$", "x-resource": True})
]
"""`quickbooks.Invoice`, `files.in/orders.csv`: checked to have its two parts, not that they exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepExpression:
    """A SQL expression of a step. `key` is its place below the step, such as `("columns", "total")`.

    `source` says over the columns of which input it is, counted from 0; an aggregate is taken over rows that are equal
    in the columns of `grouped_by`.
    """

    key: Key
    text: str
    use: Use
    source: int = 0
    grouped_by: tuple[str, ...] = ()


class Step(FileModel):
    """Base of all kinds of steps: a class per kind, whose fields are the keys of the step in the flow file."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    kind: ClassVar[str]
    """The key that names the kind; its value is the step's input or inputs."""
    role: ClassVar[Role] = "transform"

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the steps whose rows it takes."""
        return ()

    @property
    def after(self) -> tuple[str, ...]:
        """The names of the write steps that have to be done before this one."""
        return ()

    def expressions(self) -> tuple[StepExpression, ...]:
        """The SQL expressions in its settings, over the columns of its first input."""
        return ()

    def texts(self) -> tuple[tuple[Key, str], ...]:
        """Settings other than SQL in which `$parameters` are filled in, by key."""
        return ()
