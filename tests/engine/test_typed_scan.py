"""The typed scan against a plain-Python model: whatever the records hold, nothing is lost and nothing changes value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledgerflow.core.schema import Column, Schema
from ledgerflow.engine.observe import Observer
from ledgerflow.engine.typed_scan import TypedScan, typed_scan
from ledgerflow.engine.types import ListOf, Scalar, StructOf, Type, parse_type
from ledgerflow.store.landing import Landing


class Number(str):
    """A JSON number by its digits."""


def as_json(value: Any) -> str:
    """JSON text in which a `Number` keeps its digits."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{as_json(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(as_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def schema(**columns: str) -> Schema:
    return Schema(tuple(Column(name=name, type=kind) for name, kind in columns.items()))


def ndjson(rows: Sequence[Any]) -> bytes:
    return "".join(as_json(row) + "\n" for row in rows).encode()


def scan(folder: Path, rows: Sequence[Any], declared: Schema | None = None, *, page_rows: int = 1000) -> TypedScan:
    """Land `rows` in pages and scan them."""
    landing = Landing(folder)
    landing.clear()
    observer = Observer(declared)
    for number, start in enumerate(range(0, len(rows), page_rows)):
        chunk = rows[start : start + page_rows]
        page = observer.observe(ndjson(chunk))
        landing.put(f"{number:05d}", page.records, len(chunk), structure=page.structure)
    return typed_scan(None, landing.files(), declared)


def read(found: TypedScan) -> list[dict[str, Any]]:
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute(found.sql)
        names = [column[0] for column in engine.description or ()]
        return [dict(zip(names, row, strict=True)) for row in engine.fetchall()]


def types(found: TypedScan) -> dict[str, str]:
    return {column.name: column.type for column in found.schema}


def loaded(text: str) -> Any:
    return json.loads(text, parse_float=Number, parse_int=Number)


def same(got: Any, given_value: Any, kind: Type) -> bool:
    """Is `got`, read as `kind`, the value that was given?"""
    if given_value is None:
        return got is None or (kind == Scalar("JSON") and got == "null")
    if isinstance(kind, StructOf):
        if not isinstance(given_value, dict) or set(given_value) - set(kind.fields):
            return False
        return all(same(got[name], given_value.get(name), inner) for name, inner in kind.fields.items())
    if isinstance(kind, ListOf):
        return (
            isinstance(given_value, list)
            and len(got) == len(given_value)
            and all(same(one, other, kind.item) for one, other in zip(got, given_value, strict=True))
        )
    if kind.name == "JSON":
        return same_json(loaded(got), given_value)
    return not isinstance(given_value, dict | list) and same_scalar(got, given_value, kind.name)


def same_json(got: Any, given_value: Any) -> bool:
    if isinstance(given_value, Number):  # a number too long for a double stands as a text
        return isinstance(got, str) and Decimal(got) == Decimal(given_value)
    if isinstance(given_value, dict):
        return set(got) == set(given_value) and all(same_json(got[name], given_value[name]) for name in given_value)
    if isinstance(given_value, list):
        return len(got) == len(given_value) and all(map(same_json, got, given_value))
    return type(got) is type(given_value) and bool(got == given_value)


def same_scalar(got: Any, given_value: Any, name: str) -> bool:
    if isinstance(given_value, bool):
        return got is given_value or got == str(given_value).lower()
    if isinstance(given_value, Number):
        return not isinstance(got, bool | float) and Decimal(got) == Decimal(given_value)
    if name == "DATE":
        return isinstance(got, date) and got.isoformat() == given_value
    if name in {"TIMESTAMPTZ", "TIMESTAMP"}:
        return isinstance(got, datetime) and got == datetime.fromisoformat(given_value)
    if name == "VARCHAR":
        return bool(got == given_value)
    return Decimal(got) == Decimal(given_value)


whole_numbers = st.one_of(st.integers(-5, 5), st.integers(-(2**70), 2**70)).map(lambda number: Number(number))
decimals = st.builds(
    lambda sign, whole, fraction, exponent: Number(f"{sign}{whole}.{fraction}{exponent}"),
    st.sampled_from(["", "-"]),
    st.one_of(st.integers(0, 999), st.integers(0, 10**22)),
    st.from_regex(r"\A[0-9]{1,12}\Z"),
    st.sampled_from(["", "", "", "", "e2", "E-7", "e+25", "e400"]),
)
dates = st.dates().map(date.isoformat)
zones = st.sampled_from(["Z", "+00:00", "-08:00", "+05:30", "z", ""])
times = st.builds(
    lambda day, clock, fraction, letter, zone: f"{day}{letter}{clock:%H:%M:%S}{fraction}{zone}",
    st.dates(date(1000, 1, 2), date(9998, 1, 1)).map(date.isoformat),
    st.times(),
    st.sampled_from(["", ".5", ".123456", ".1234567"]),
    st.sampled_from("TTTTt"),
    zones,
)
texts = st.one_of(st.text(max_size=5), st.sampled_from(["", "12.50", "-3", "007", "NaN", "1:1234567890123456789"]))
keys = st.sampled_from(["a", "b", "A", "c d", "", 'q"', "é", "x.y", "back\\", "/~"])
scalars = st.one_of(st.none(), st.booleans(), whole_numbers, decimals, dates, times, texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=6,
)
uniform = st.one_of(
    *(st.lists(one | st.none(), min_size=1, max_size=5) for one in (whole_numbers, decimals, dates, times, texts))
)
"""Values of one kind, as a well-kept column has them."""
rows_of_objects = st.one_of(
    st.lists(st.dictionaries(keys, values, max_size=4), max_size=6),
    uniform.map(lambda column: [{"a": value, "b": {"c d": [value]}} for value in column]),
)
declared_types = st.recursive(
    st.sampled_from(
        ["VARCHAR", "BOOLEAN", "BIGINT", "INTEGER", "DECIMAL(28,9)", "DECIMAL(10,2)", "DATE", "TIMESTAMPTZ", "JSON"]
    ),
    lambda inner: st.one_of(inner.map(lambda kind: f"{kind}[]"), inner.map(lambda kind: f'STRUCT("c d" {kind})')),
    max_leaves=3,
)
declarations = st.one_of(
    st.none(),
    st.dictionaries(st.sampled_from(["a", "b", "missing"]), declared_types, max_size=3).map(lambda c: schema(**c)),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows=rows_of_objects, declared=declarations, page_rows=st.integers(1, 4))
def test_any_records_come_out_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], declared: Schema | None, page_rows: int
) -> None:
    folder = tmp_path_factory.mktemp("landing")

    found = scan(folder, rows, declared, page_rows=page_rows)

    given_keys = list(dict.fromkeys([*(declared.names if declared else ()), *(key for row in rows for key in row)]))
    columns = [(column.name, parse_type(column.type)) for column in found.schema] if given_keys else []
    assert len(columns) == len(given_keys)
    got_rows = read(found)
    assert len(got_rows) == (len(rows) if given_keys else 0)
    for got, row in zip(got_rows, rows, strict=False):
        for (name, kind), key in zip(columns, given_keys, strict=True):
            assert same(got[name], row.get(key), kind), (name, kind, got[name], row.get(key))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows=rows_of_objects, declared=declarations, page_rows=st.integers(1, 3))
def test_the_types_do_not_depend_on_how_records_fall_into_pages(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], declared: Schema | None, page_rows: int
) -> None:
    in_pages = scan(tmp_path_factory.mktemp("pages"), rows, declared, page_rows=page_rows)
    at_once = scan(tmp_path_factory.mktemp("once"), rows, declared)

    assert in_pages.schema == at_once.schema
    assert in_pages.undeclared == at_once.undeclared


def test_money_is_exact_at_the_top_and_inside(tmp_path: Path) -> None:
    declared = schema(TotalAmt="DECIMAL(28,9)", Line='STRUCT("Amount" DECIMAL(28,9))[]')
    row = {"TotalAmt": Number("99999999999999.99"), "Line": [{"Amount": Number("99999999999999.99")}]}

    found = scan(tmp_path, [row], declared)

    assert types(found) == {"TotalAmt": "DECIMAL(28,9)", "Line": 'STRUCT("Amount" DECIMAL(28,9))[]'}
    assert read(found) == [
        {"TotalAmt": Decimal("99999999999999.99"), "Line": [{"Amount": Decimal("99999999999999.99")}]}
    ]


def test_a_declared_column_without_data_is_null(tmp_path: Path) -> None:
    found = scan(tmp_path, [{"Id": "1"}], schema(Id="VARCHAR", DueDate="DATE", Ref='STRUCT("value" VARCHAR)'))

    assert read(found) == [{"Id": "1", "DueDate": None, "Ref": None}]
    assert found.undeclared == ()
    assert found.notes == ()


def test_undeclared_fields_survive_at_the_top_and_inside(tmp_path: Path) -> None:
    declared = schema(Id="VARCHAR", Line='STRUCT("Amount" DECIMAL(28,9))[]')
    rows = [
        {"Id": "1", "Line": [{"Amount": Number("1"), "Colour": "red"}]},
        {"Id": "2", "Line": [], "Late": "2026-11-03", "Map": {"n": Number("7")}, "Rate": Number("0.12345678901")},
    ]

    found = scan(tmp_path, rows, declared, page_rows=1)

    assert found.undeclared == ("Line.Colour", "Late", "Map", "Rate")
    assert types(found) == {
        "Id": "VARCHAR",
        "Line": 'STRUCT("Amount" DECIMAL(28,9), "Colour" VARCHAR)[]',
        "Late": "DATE",
        "Map": 'STRUCT("n" BIGINT)',
        "Rate": "DECIMAL(30,11)",
    }
    assert read(found)[1]["Rate"] == Decimal("0.12345678901")


@pytest.mark.parametrize(
    ("declared", "given_value", "note"),
    [
        ("DATE", "soon", "x is declared DATE, but texts that are no DATE came; the column is kept as text."),
        ("DATE", "2026-02-30", "x is declared DATE, but texts that are no DATE came; the column is kept as text."),
        (
            "TIMESTAMPTZ",
            "2026-01-01T00:00:00",
            "x is declared TIMESTAMPTZ, but texts that are no TIMESTAMPTZ came; the column is kept as text.",
        ),
        (
            "DECIMAL(28,9)",
            Number("1e20"),
            "x is declared DECIMAL(28,9), but numbers that DECIMAL(28,9) does not hold came; "
            "the column is kept as text.",
        ),
        (
            "DECIMAL(28,9)",
            Number("0.0000000001"),
            "x is declared DECIMAL(28,9), but numbers that DECIMAL(28,9) does not hold came; "
            "the column is kept as text.",
        ),
        ("BOOLEAN", Number("1"), "x is declared BOOLEAN, but numbers came; the column is kept as text."),
        ("VARCHAR", {"a": True}, "x is declared VARCHAR, but objects came; the column is kept as JSON."),
        ("VARCHAR[]", "alone", "x is declared a list, but texts came; the column is kept as JSON."),
        ('STRUCT("a" DATE)', [], "x is declared an object, but lists came; the column is kept as JSON."),
        ("INTERVAL", "1 day", "x is declared INTERVAL, which is not read from JSON; it is kept as text."),
    ],
)
def test_what_does_not_fit_its_type_is_kept_and_said(
    tmp_path: Path, declared: str, given_value: Any, note: str
) -> None:
    found = scan(tmp_path, [{"x": None}, {"x": given_value}], schema(x=declared), page_rows=1)

    assert found.notes == (note,)
    kind = parse_type(types(found)["x"])
    assert same(read(found)[1]["x"], given_value, kind)


def test_amounts_written_as_texts_are_still_decimals(tmp_path: Path) -> None:
    rows = [{"x": "12.50"}, {"x": Number("7")}, {"x": "-0.1"}]

    found = scan(tmp_path, rows, schema(x="DECIMAL(28,9)"), page_rows=1)

    assert [row["x"] for row in read(found)] == [Decimal("12.5"), Decimal(7), Decimal("-0.1")]
    assert found.notes == ()


def test_an_empty_read_has_the_declared_columns_and_no_rows(tmp_path: Path) -> None:
    declared = schema(Id="VARCHAR", At="TIMESTAMPTZ", Line='STRUCT("Amount" DECIMAL(28,9), "Ref" STRUCT("v" DATE))[]')

    found = scan(tmp_path, [], declared)

    assert found.schema == declared
    with duckdb.connect() as engine:
        engine.execute(found.sql)
        described = {column[0]: str(column[1]) for column in engine.description or ()}
        assert described == {column.name: str(duckdb.sqltype(column.type)) for column in declared}
        assert engine.fetchall() == []


def test_the_schema_is_what_the_engine_says_it_is(tmp_path: Path) -> None:
    rows = [{"Id": "1", "n": Number("7"), "Line": [{"a": Number("1.5"), "at": "2026-11-02T09:15:00-08:00"}], "m": {}}]

    found = scan(tmp_path, rows, schema(Id="VARCHAR", TxnDate="DATE"))

    with duckdb.connect() as engine:
        engine.execute(found.sql)
        described = [str(column[1]) for column in engine.description or ()]
    expected = [str(duckdb.sqltype(column.type)) for column in found.schema]
    assert described == expected


def test_the_query_as_a_tree_is_the_query_as_text(tmp_path: Path) -> None:
    row = {
        "a": Number("1.5"),
        "A": "it's",
        "": {"x": [None, {"y": "2026-01-01"}]},
        'q"\\': True,
        "/~'": [[Number("7")]],
    }

    found = scan(tmp_path, [row], schema(a="DECIMAL(28,9)", b="DATE"))

    with duckdb.connect() as engine:
        assert engine.execute(found.query.sql("duckdb")).fetchall() == engine.execute(found.sql).fetchall()


def test_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    scan(tmp_path, [{"Id": "1", "a": Number("1"), "b": "x"}])

    found = typed_scan(None, Landing(tmp_path).files(), None, columns=["B", "Id", "nowhere"])

    assert found.schema.names == ("Id", "b")
    assert read(found) == [{"Id": "1", "b": "x"}]


def test_a_plain_file_of_records_is_read_the_same_way(tmp_path: Path) -> None:
    file = tmp_path / "orders.ndjson"
    file.write_bytes(b'{"x":{"n":123456789012345678.25},"y":true}\n{"x":"odd"}\n')

    found = typed_scan(None, [file], None)

    assert types(found) == {"x": "JSON", "y": "BOOLEAN"}
    assert read(found)[0] == {"x": '{"n":"123456789012345678.25"}', "y": True}


def test_pages_checked_against_an_older_declaration_are_looked_at_again(tmp_path: Path) -> None:
    scan(tmp_path, [{"x": "2026-11-03"}], schema(x="DATE", y="DATE"))

    found = typed_scan(None, Landing(tmp_path).files(), schema(x="BIGINT"))

    assert types(found) == {"x": "VARCHAR"}
    assert read(found) == [{"x": "2026-11-03"}]


@pytest.mark.parametrize(
    "line",
    [b'{"x":"caf\xe9"}', b'{"x":"\\ud83d alone"}', b'{"x":"\\\\ud83d is a path, \\udc00 is not"}'],
)
def test_texts_that_are_no_unicode_are_mended_and_said(tmp_path: Path, line: bytes) -> None:
    landing = Landing(tmp_path)
    page = Observer(None).observe(line + b"\n")
    landing.put("00000", page.records, 1, structure=page.structure)

    found = typed_scan(None, landing.files(), None)

    assert "�" in read(found)[0]["x"]
    assert found.notes == ("Some texts held bytes or escapes that are no Unicode; each was replaced by U+FFFD.",)


def test_a_record_longer_than_the_engines_buffer_is_read(tmp_path: Path) -> None:
    found = scan(tmp_path, [{"x": "y" * (17 << 20)}, {"x": "short"}])

    assert [len(row["x"]) for row in read(found)] == [17 << 20, 5]


def test_a_map_with_data_in_its_keys_is_kept_as_json(tmp_path: Path) -> None:
    found = scan(tmp_path, [{"rates": {f"day{n}": Number(str(n)) for n in range(400)}}])

    assert types(found) == {"rates": "JSON"}
    assert len(loaded(read(found)[0]["rates"])) == 400
