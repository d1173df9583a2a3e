"""Reads are narrowed to the columns that are used, and the rows stay the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pyarrow as pa
import pytest
from flow_rows import Compiled
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledgerflow.core.errors import InputRefused
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.runner.narrowing import columns_needed

LEFT = pa.table({"Id": [1, 2, 3], "k": ["a", "b", None], "x": [5, 6, 7], "spare": ["s", "t", "u"], "w": [1, 1, 2]})
RIGHT = pa.table({"Id": [7, 8], "k": ["a", "b"], "x": [50, 60], "other": ["o", "p"]})
TABLES = {"left": LEFT, "right": RIGHT}
READS = "flow: a\nsteps:\n  left: {read: q.Left}\n  right: {read: q.Right}\n"


def needed(steps: str, last: str) -> dict[str, frozenset[str] | None]:
    compiled = Compiled(READS + steps, TABLES)
    schemas = asyncio.run(_schemas(compiled, last))
    return columns_needed(compiled.flow, [last], schemas)


async def _schemas(compiled: Compiled, last: str) -> Any:
    async with DuckEngine(threads=1) as engine:
        await compiled.statement(engine, last)
    return compiled.schemas


@pytest.mark.parametrize(
    ("steps", "last", "left", "right"),
    [
        ("  a: {filter: left, where: x > 1}\n", "a", None, "unread"),
        ("  a: {aggregate: left, by: k, columns: {n: sum(x)}}\n", "a", {"k", "x"}, "unread"),
        ("  a: {aggregate: left, columns: {n: count(*)}}\n", "a", {"id"}, "unread"),
        (
            "  f: {filter: left, where: w > 1}\n  d: {derive: f, columns: {y: x * 2, x: y + 1}}\n"
            "  s: {sort: d, by: spare}\n  l: {limit: s, rows: 2}\n  a: {select: l, columns: [x]}\n",
            "a",
            {"w", "x", "spare"},
            "unread",
        ),
        (
            "  j: {join: [left, right], on: {k: k}}\n  a: {aggregate: j, by: other, columns: {n: sum(x_right)}}\n",
            "a",
            {"k", "x"},
            {"k", "x", "other"},
        ),
        (
            "  j: {join: [left, right], on: {k: k}, how: semi}\n  a: {select: j, columns: [Id]}\n",
            "a",
            {"id", "k"},
            {"k"},
        ),
        ("  u: {union: [left, right]}\n  a: {select: u, columns: [Id]}\n", "a", None, None),
        ("  d: {distinct: left}\n  a: {select: d, columns: [Id]}\n", "a", None, "unread"),
    ],
)
def test_only_the_columns_on_the_way_are_needed(steps: str, last: str, left: Any, right: Any) -> None:
    found = needed(steps, last)
    assert found.get("left", "unread") == left
    assert found.get("right", "unread") == right


STEPS = st.lists(
    st.sampled_from(
        [
            "filter: {0}, where: x > 5 or k is null",
            "derive: {0}, columns: {{x: x + Id, y: x * 2}}",
            "derive: {0}, columns: {{z: 'ifnull(k, x::VARCHAR)'}}",
            "sort: {0}, by: [Id desc]",
            "limit: {0}, rows: 100",
            "join: [{0}, right], how: left, on: {{k: k}}",
            "join: [{0}, right], how: anti, on: {{Id: Id}}",
            "join: [{0}, left], how: inner, on: {{Id: Id}}",
        ]
    ),
    max_size=4,
)
LAST = st.sampled_from(
    [
        "select: {0}, columns: [Id, k]",
        "aggregate: {0}, by: [k], columns: {{n: sum(x), m: count(*)}}",
        "aggregate: {0}, columns: {{n: count(*)}}",
    ]
)


@settings(max_examples=40, deadline=None)
@given(middle=STEPS, last=LAST)
def test_a_narrowed_flow_gives_the_same_rows(middle: list[str], last: str) -> None:
    """Two joins with one step would give two columns one name; such flows are refused and not compared."""
    text, above = READS, "left"
    for number, step in enumerate([*middle, last]):
        text += f"  s{number}: {{{step.format(above)}}}\n"
        above = f"s{number}"
    whole = Compiled(text, TABLES)
    try:
        expected = whole.rows(above)
    except InputRefused:
        assume(not whole.draft.faults)
        raise
    narrow = columns_needed(whole.flow, [above], whole.schemas)
    tables = {
        name: table.select([column for column in table.column_names if _is_kept(column, narrow.get(name))])
        for name, table in TABLES.items()
    }
    assert in_any_order(Compiled(text, tables).rows(above)) == in_any_order(expected)


def _is_kept(column: str, kept: frozenset[str] | None) -> bool:
    return kept is None or column.casefold() in kept


def in_any_order(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(map(repr, rows))
