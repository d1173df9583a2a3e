"""The syntax tree of a query: what stands in the text, before anybody asks whether such properties exist."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

Operator = Literal["=", "<", ">", "<=", ">=", "LIKE", "IN"]


@dataclass(frozen=True, slots=True)
class CurrentDate:
    """The literal CURRENT_DATE: today in the company's time zone."""


Value: TypeAlias = str | Decimal | bool | CurrentDate


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`name operator value`; IN has one value or more, every other operator exactly one."""

    name: str
    operator: Operator
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey:
    """One property to order by."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A whole statement. Names keep the letter case they were written in.

    `selected` holds property names and `*`; it is empty exactly when the statement asks for count(*). `start`
    (counted from 1) and `rows` are None where the statement does not say.
    """

    entity: str
    selected: tuple[str, ...] = ("*",)
    where: tuple[Condition, ...] = ()
    order: tuple[SortKey, ...] = ()
    start: int | None = None
    rows: int | None = None

    @property
    def is_count(self) -> bool:
        return not self.selected
