"""What a transformation promises: settings, one query as a tree, an example that shows and proves it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlglot import exp

from ledgerflow.core.documents import Key
from ledgerflow.core.expressions import column_uses, parse_expression, parse_ordering
from ledgerflow.core.schema import Schema
from ledgerflow.core.step import Step

Rows = Sequence[Mapping[str, Any]]
Needed = frozenset[str] | None
"""Names of columns in small letters; None stands for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """An input of a step: the name under which its rows stand in the statement, and its columns."""

    name: str
    schema: Schema

    def has(self, column: str) -> bool:
        """Is there such a column? Letter case does not count, as in SQL."""
        return column.casefold() in {name.casefold() for name in self.schema.names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What a step does, shown: `given` rows by input name, its `settings` as in a flow file, the rows to `expect`.

    Money is given as Decimal, days as date. An input without rows takes its columns from `types`, in DuckDB's spelling.
    """

    given: Mapping[str, Rows]
    settings: Mapping[str, Any]
    expect: Rows
    types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFault:
    """What is wrong with a step given its inputs' columns; `key` stands below the step."""

    key: Key
    message: str
    nearest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A column of the first input that is compared with one of the second, so that their types have to go together."""

    key: Key
    left: str
    right: str


class Transformation(Step):
    """Base of the kinds of steps that make rows from rows.

    To add one: a module in this folder with one subclass, its settings as fields (the one aliased to `kind` names the
    input), `sql`, and an `example`. Flow files, checks, documentation and forms take it from there.
    """

    example: ClassVar[Example]

    @abstractmethod
    def sql(self, *inputs: Input) -> exp.Query:
        """The query over its inputs, in the order of `self.inputs`. Built as a tree, never glued from text.

        It names inputs by their `name`; `$parameters` stay placeholders. Equal settings and inputs give equal trees.
        """

    def faults(self, *inputs: Input) -> Sequence[StepFault]:
        """What is wrong beyond what each expression's own check finds, such as two columns of one name."""
        return ()

    def parts(self) -> Sequence[Transformation]:
        """Steps that do the same one after the other, where its expressions do not all see the same columns."""
        return (self,)

    def needs(self, wanted: Needed, *inputs: Input) -> Sequence[Needed]:
        """The columns of each input that its SQL names when of its output only the `wanted` columns are used.

        Names in small letters; None stands for all columns, which is always safe. With a narrower answer wide records
        are read faster.
        """
        return [None] * len(inputs)

    def compared(self) -> Sequence[Compared]:
        """The columns of its two inputs that are compared with each other."""
        return ()

    def without(self, faulty: Sequence[Key]) -> tuple[Transformation, tuple[str, ...]] | None:
        """The step with harmless expressions in place of faulty ones, and the columns whose type is thereby unknown.

        With it, steps further down are still checked. None when nothing can be said about the columns then.
        """
        return None


def over(text: str, source: Input) -> exp.Expr:
    """The expression `text` over the columns of `source`."""
    return bound_to(parse_expression(text), source.name)


def bound_to(tree: exp.Expr, source: str) -> exp.Expr:
    """The expression with each `column.field` written as `source.column.field`, so that nothing else can be meant.

    SQL would take the first word of `CustomerRef.value` for a table if there were one of that name.
    """
    for column in list(tree.find_all(exp.Column)):
        if len(column.parts) > 1:
            made = field_of(source, [part.copy() for part in column.parts])
            if column is tree:
                return made
            column.replace(made)
    return tree


def columns_in(*texts: str, ordering: bool = False) -> frozenset[str]:
    """The columns that expressions name, in small letters."""
    parse = parse_ordering if ordering else parse_expression
    return frozenset(use.path[0].casefold() for text in texts for use in column_uses(parse(text)))


def field_of(source: str, path: Sequence[exp.Expr | str]) -> exp.Expr:
    """The column `path[0]` of `source`, or the field inside it that the rest of the path names."""
    parts = [part if isinstance(part, exp.Expr) else exp.to_identifier(part, quoted=True) for part in path]
    tree: exp.Expr = exp.Column(this=parts[0], table=exp.to_identifier(source, quoted=True))
    for part in parts[1:]:
        tree = exp.Dot(this=tree, expression=part)
    return tree


def table(name: str, alias: str | None = None) -> exp.Expr:
    """An input as it stands in FROM."""
    made = exp.Table(this=exp.to_identifier(name, quoted=True))
    return exp.alias_(made, alias, quoted=True, table=True) if alias and alias != name else made


def named(name: str) -> exp.Identifier:
    """A column's name as an identifier, letter for letter."""
    return exp.to_identifier(name, quoted=True)


def output_name(path: Sequence[str]) -> str:
    """The column that a path becomes when it is taken over: its last name."""
    return path[-1]


def path_of(text: str) -> tuple[str, ...]:
    """The path of a setting that names a column."""
    return next(column_uses(parse_expression(text))).path
