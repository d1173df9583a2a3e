"""Rows that stand ready to be queried: the query that gives them, and their columns."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from ledgerflow.core.schema import Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What a read step brings into the engine. `notes` are sentences for people about what was found in the data."""

    query: exp.Query
    schema: Schema
    notes: tuple[str, ...] = ()
