"""Columns and their types, as known before any record is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MONEY_TYPE = "DECIMAL(28,9)"
"""Every declared decimal of an API: exact, 19 digits before the point and 9 behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column by name and type; `type` is in DuckDB's spelling, e.g. `STRUCT("value" VARCHAR, "name" VARCHAR)[]`."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a table in their order."""

    columns: tuple[Column, ...]

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)
