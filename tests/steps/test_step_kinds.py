"""Every kind of step proves its own example on the engine, and keeps what the contract of steps asks of all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from ledgerflow.core.schema import Schema
from ledgerflow.core.step import Step
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.steps import all_steps
from ledgerflow.steps.contract import Example, Input, Transformation

TRANSFORMATIONS = {kind: step for kind, step in all_steps().items() if issubclass(step, Transformation)}


def rows_of(step: Transformation, given: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What a step makes of rows, on the real engine."""

    async def work() -> list[dict[str, Any]]:
        async with DuckEngine() as engine:
            inputs = []
            for name in step.inputs:
                await engine.register(name, pa.Table.from_pylist(given[name]))
                schema: Schema = await engine.describe(f'SELECT * FROM "{name}"')
                inputs.append(Input(name=name, schema=schema))
            return await engine.rows(step.sql(*inputs))

    return asyncio.run(work())


@pytest.mark.parametrize("kind", TRANSFORMATIONS)
def test_the_example_of_a_step_comes_true_on_the_engine(kind: str) -> None:
    example: Example = TRANSFORMATIONS[kind].example
    step = TRANSFORMATIONS[kind].model_validate(example.settings)
    made = rows_of(step, {name: list(rows) for name, rows in example.given.items()})
    left = list(made)
    for row in example.expect:  # joins and aggregates promise no order
        assert row in left
        left.remove(dict(row))
    assert left == []
    assert [list(row) for row in made] == [list(example.expect[0])] * len(made), "columns in the order of the example"
    if kind in ("sort", "limit"):
        assert made == list(example.expect)


@pytest.mark.parametrize("kind", all_steps())
def test_every_key_of_a_step_is_explained(kind: str) -> None:
    step: type[Step] = all_steps()[kind]
    assert step.__doc__
    assert [name for name, field in step.model_fields.items() if not field.description] == []


def test_reading_comes_first_and_writing_last_among_the_kinds() -> None:
    kinds = list(all_steps())
    assert kinds[0] == "read"
    assert kinds[-1] == "write"
    assert {"filter", "derive", "join", "aggregate", "sort"} <= set(kinds)


@pytest.mark.parametrize("kind", TRANSFORMATIONS)
def test_equal_settings_give_equal_queries(kind: str) -> None:
    step = TRANSFORMATIONS[kind].model_validate(TRANSFORMATIONS[kind].example.settings)
    again = TRANSFORMATIONS[kind].model_validate(TRANSFORMATIONS[kind].example.settings)
    inputs = [Input(name=name, schema=Schema(())) for name in step.inputs]
    assert step.sql(*inputs) == again.sql(*inputs)


def test_derived_columns_see_those_above_them_as_they_have_become() -> None:
    derive = all_steps()["derive"].model_validate(
        {"derive": "t", "columns": {"a": "a + 1", "b": "a * 10", "c": "b + a", "a2": "a"}}
    )
    assert isinstance(derive, Transformation)
    assert rows_of(derive, {"t": [{"a": 1, "x": 0}]}) == [{"a": 2, "x": 0, "b": 20, "c": 22, "a2": 2}]


JOINED = {
    "left": [{"k": 1, "v": "a"}, {"k": 2, "v": "b"}, {"k": None, "v": "c"}],
    "right": [{"k": 2, "w": "B"}, {"k": 3, "w": "C"}, {"k": None, "w": "N"}],
}


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("inner", [(2, "b", 2, "B")]),
        ("left", [(1, "a", None, None), (2, "b", 2, "B"), (None, "c", None, None)]),
        ("right", [(2, "b", 2, "B"), (None, None, 3, "C"), (None, None, None, "N")]),
        (
            "full",
            [
                (1, "a", None, None),
                (2, "b", 2, "B"),
                (None, "c", None, None),
                (None, None, 3, "C"),
                (None, None, None, "N"),
            ],
        ),
        ("semi", [(2, "b")]),
        ("anti", [(1, "a"), (None, "c")]),
    ],
)
def test_each_way_of_joining_keeps_the_rows_it_says(how: str, expected: list[tuple[Any, ...]]) -> None:
    join = all_steps()["join"].model_validate({"join": ["left", "right"], "how": how, "on": {"k": "k"}})
    assert isinstance(join, Transformation)
    made = [tuple(row.values()) for row in rows_of(join, JOINED)]
    assert sorted(made, key=repr) == sorted(expected, key=repr)


def test_a_cross_join_makes_every_pair() -> None:
    join = all_steps()["join"].model_validate({"join": ["left", "right"], "how": "cross"})
    assert isinstance(join, Transformation)
    assert len(rows_of(join, JOINED)) == 9


def test_a_step_can_be_joined_with_itself() -> None:
    join = all_steps()["join"].model_validate({"join": ["left", "left"], "on": {"k": "k"}})
    assert isinstance(join, Transformation)
    assert rows_of(join, {"left": [{"k": 1, "v": "a"}]}) == [{"k": 1, "v": "a", "k_left": 1, "v_left": "a"}]


def test_a_field_of_an_object_is_never_taken_for_a_column_of_a_step_of_that_name() -> None:
    """A step may have the name of one of its columns."""
    keep = all_steps()["filter"].model_validate({"filter": "Ref", "where": "Ref.value = '1'"})
    assert isinstance(keep, Transformation)
    rows = [{"value": "2", "Ref": {"value": "1"}}, {"value": "1", "Ref": {"value": "2"}}]
    assert rows_of(keep, {"Ref": rows}) == rows[:1]


def test_sums_of_money_are_exact_beyond_what_a_double_holds() -> None:
    total = all_steps()["aggregate"].model_validate({"aggregate": "t", "columns": {"total": "sum(amount)"}})
    assert isinstance(total, Transformation)
    rows = [{"amount": Decimal("99999999999999.99")}, {"amount": Decimal("0.01")}, {"amount": None}]
    assert rows_of(total, {"t": rows}) == [{"total": Decimal("100000000000000.00")}]


def test_an_aggregate_without_by_gives_one_row_even_of_nothing() -> None:
    total = all_steps()["aggregate"].model_validate({"aggregate": "t", "columns": {"n": "count(*)"}})
    keep = all_steps()["filter"].model_validate({"filter": "t", "where": "false"})
    assert isinstance(total, Transformation)
    assert isinstance(keep, Transformation)
    assert rows_of(keep, {"t": [{"a": 1}]}) == []
    assert rows_of(total, {"t": [{"a": 1}]}) == [{"n": 1}]


def test_unnest_can_keep_rows_whose_list_is_empty() -> None:
    unnest = all_steps()["unnest"].model_validate({"unnest": "t", "column": "Line", "keep_empty": True})
    assert isinstance(unnest, Transformation)
    rows = [{"Id": 1, "Line": [5, 6]}, {"Id": 2, "Line": []}, {"Id": 3, "Line": None}]
    assert rows_of(unnest, {"t": rows}) == [
        {"Id": 1, "Line": 5},
        {"Id": 1, "Line": 6},
        {"Id": 2, "Line": None},
        {"Id": 3, "Line": None},
    ]


def test_empty_values_come_last_in_both_directions_unless_said_otherwise() -> None:
    rows = [{"x": None}, {"x": 2}, {"x": 1}]
    for by, expected in ((["x"], [1, 2, None]), (["x desc"], [2, 1, None]), (["x nulls first"], [None, 1, 2])):
        sort = all_steps()["sort"].model_validate({"sort": "t", "by": by})
        assert isinstance(sort, Transformation)
        assert [row["x"] for row in rows_of(sort, {"t": rows})] == expected
