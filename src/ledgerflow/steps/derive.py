"""Add columns, or replace them."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from sqlglot import exp

from ledgerflow.core.documents import Key
from ledgerflow.core.expressions import SqlExpression, column_uses, parse_expression
from ledgerflow.core.step import StepExpression, StepName
from ledgerflow.steps.contract import (
    Example,
    Input,
    Needed,
    StepFault,
    Transformation,
    bound_to,
    columns_in,
    named,
    table,
)


class Derive(Transformation):
    """Add columns computed from the others. One that is there already is replaced and keeps its place.

    Columns are computed from top to bottom: each sees those above it as they have become.
    """

    kind = "derive"
    example = Example(
        given={"orders": [{"Item": "Delivery", "Quantity": 3, "Rate": 20}]},
        settings={"derive": "orders", "columns": {"Amount": "Quantity * Rate", "Item": "upper(Item)"}},
        expect=[{"Item": "DELIVERY", "Quantity": 3, "Rate": 20, "Amount": 60}],
    )

    source: StepName = Field(alias="derive", description="The step whose rows get the columns.")
    columns: dict[str, SqlExpression] = Field(
        min_length=1, description="Column by name, and the SQL expression that computes it."
    )

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.source,)

    def expressions(self) -> tuple[StepExpression, ...]:
        return tuple(
            StepExpression(key=("columns", name), text=text, use="value") for name, text in self.columns.items()
        )

    def sql(self, *inputs: Input) -> exp.Query:
        (source,) = inputs
        names = list(source.schema.names)
        query: exp.Select | None = None
        for layer in self.layers():
            made = exp.select()
            below = source.name if query is None else _BELOW
            computed = {name.casefold(): (name, text) for name, text in layer.items()}
            if any(name.casefold() in computed for name in names):
                made = made.select(*(_taken(name, computed, below) for name in names))
            else:
                made = made.select("*")
            known = {name.casefold() for name in names}
            added = {name: text for name, text in layer.items() if name.casefold() not in known}
            made = made.select(*(_computed(name, text, below) for name, text in added.items()))
            query = made.from_(table(source.name) if query is None else query.subquery(_BELOW))
            names.extend(added)
        assert query is not None
        return query

    def parts(self) -> Sequence[Transformation]:
        return [self.model_copy(update={"columns": layer}) for layer in self.layers()]

    def layers(self) -> list[dict[str, str]]:
        """The columns in groups that can be computed at once: none uses another of its group."""
        layers: list[dict[str, str]] = [{}]
        for name, text in self.columns.items():
            uses = {use.path[0].casefold() for use in column_uses(parse_expression(text))}
            if uses & {other.casefold() for other in layers[-1]}:
                layers.append({})
            layers[-1][name] = text
        return layers

    def needs(self, wanted: Needed, *inputs: Input) -> Sequence[Needed]:
        if wanted is None:
            return [None]
        needed = wanted
        for name, text in reversed(self.columns.items()):
            needed = needed - {name.casefold()} | columns_in(text)
        return [needed]

    def faults(self, *inputs: Input) -> Sequence[StepFault]:
        first: dict[str, str] = {}
        return [
            StepFault(key=("columns", name), message=f"{other!r} and {name!r} differ in letter case alone.")
            for name in self.columns
            if (other := first.setdefault(name.casefold(), name)) != name
        ]

    def without(self, faulty: Sequence[Key]) -> tuple[Transformation, tuple[str, ...]]:
        names = tuple(str(key[-1]) for key in faulty)
        columns = {name: "NULL" if name in names else text for name, text in self.columns.items()}
        return self.model_copy(update={"columns": columns}), names


_BELOW = "_so_far"


def _taken(name: str, computed: dict[str, tuple[str, str]], below: str) -> exp.Expr:
    if name.casefold() in computed:
        return _computed(name, computed[name.casefold()][1], below)
    return exp.column(named(name))


def _computed(name: str, text: str, below: str) -> exp.Expr:
    return exp.alias_(bound_to(parse_expression(text), below), named(name))
