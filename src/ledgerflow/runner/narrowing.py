"""Which columns of each read a run really uses, so that wide records are not taken apart in vain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ledgerflow.core.flow import Flow
from ledgerflow.core.schema import Schema
from ledgerflow.steps.contract import Input, Needed, Transformation


def columns_needed(flow: Flow, last: Iterable[str], schemas: Mapping[str, Schema]) -> dict[str, Needed]:
    """The columns of each read step on the way to the steps `last`, of which every column is wanted.

    `schemas` are the columns of every step. Names come in small letters; None stands for all columns. A read of which
    no column is needed (its rows are only counted) keeps its first.
    """
    wanted: dict[str, Needed] = dict.fromkeys(last)
    for name in reversed(list(flow.steps)):
        step = flow.steps[name]
        if name not in wanted or not isinstance(step, Transformation):
            continue
        inputs = [Input(name=source, schema=schemas[source]) for source in step.inputs]
        for source, needed in zip(step.inputs, step.needs(wanted[name], *inputs), strict=True):
            known = wanted.get(source, frozenset())
            wanted[source] = None if known is None or needed is None else known | needed
    return {
        name: needed if needed is None else _kept(needed, schemas[name])
        for name, needed in wanted.items()
        if flow.steps[name].role == "read"
    }


def _kept(needed: frozenset[str], schema: Schema) -> Needed:
    there = [name.casefold() for name in schema.names]
    kept = frozenset(name for name in there if name in needed) or frozenset(there[:1])
    return None if len(kept) == len(there) else kept
