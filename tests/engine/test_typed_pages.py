"""Reading pages straight into Arrow gives what the typed scan gives, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_typed_scan import Number, declarations, ndjson, rows_of_objects, schema

from ledgerflow.core.schema import Schema
from ledgerflow.engine.observe import Observer
from ledgerflow.engine.typed_pages import TypedPage, TypedPages, full_batch
from ledgerflow.engine.typed_scan import typed_scan
from ledgerflow.store.landing import Landing


def land(
    folder: Path, rows: Sequence[Any], declared: Schema | None, page_rows: int
) -> tuple[Landing, list[TypedPage | None], Schema]:
    """Land `rows` as a read does that hands its pages on; the landing, what was handed on, the columns of the scan."""
    landing, observer, pages = Landing(folder), Observer(declared), TypedPages(declared)
    handed: list[TypedPage | None] = []
    for number, start in enumerate(range(0, len(rows), page_rows)):
        chunk = rows[start : start + page_rows]
        records = ndjson(chunk)
        typed = pages.read(records, len(chunk))
        if typed is not None:
            structure = observer.accepted(records)
        else:
            observed = observer.observe(records)
            pages.expect(observer.seen)
            records, structure = observed.records, observed.structure
            typed = pages.read(records, len(chunk))
        landing.put(f"{number:05d}", records, len(chunk), structure=structure)
        handed.append(typed)
    return landing, handed, typed_scan(None, landing.files(), declared).schema


def scanned(landing: Landing, declared: Schema | None) -> pa.Table:
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        return engine.sql(typed_scan(None, landing.files(), declared).sql).to_arrow_table()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows=rows_of_objects, declared=declarations, page_rows=st.integers(1, 4))
def test_what_is_handed_on_is_what_the_scan_gives(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], declared: Schema | None, page_rows: int
) -> None:
    landing, handed, columns = land(tmp_path_factory.mktemp("landing"), rows, declared, page_rows)

    pages = [page for page in handed if page is not None]
    if not pages or len(pages) < len(handed) or any(page.form.columns != columns for page in pages):
        return  # somebody else writes these
    direct = pa.Table.from_batches([full_batch([page]) for page in pages])
    expected = scanned(landing, declared)
    assert direct.schema == expected.schema
    assert direct.to_pylist() == expected.to_pylist()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows=rows_of_objects, declared=declarations, page_rows=st.integers(1, 3))
def test_pages_that_were_only_handed_on_lose_nothing_in_a_later_scan(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], declared: Schema | None, page_rows: int
) -> None:
    from test_typed_scan import read, same

    from ledgerflow.engine.types import parse_type

    landing, _, _ = land(tmp_path_factory.mktemp("landing"), rows, declared, page_rows)

    found = typed_scan(None, landing.files(), declared)
    keys = list(dict.fromkeys([*(declared.names if declared else ()), *(key for row in rows for key in row)]))
    columns = [(column.name, parse_type(column.type)) for column in found.schema] if keys else []
    for got, row in zip(read(found) if keys else [], rows, strict=False):
        for (name, kind), key in zip(columns, keys, strict=True):
            assert same(got[name], row.get(key), kind), (name, kind, got[name], row.get(key))


DECLARED = schema(
    Id="VARCHAR",
    TxnDate="DATE",
    TotalAmt="DECIMAL(28,9)",
    N="BIGINT",
    Active="BOOLEAN",
    MetaData='STRUCT("CreateTime" TIMESTAMPTZ, "Missing" VARCHAR)',
    Line='STRUCT("Amount" DECIMAL(28,9), "Ref" STRUCT("value" VARCHAR, "name" VARCHAR), "Due" DATE)[]',
    Nowhere='STRUCT("a" VARCHAR[])',
)
ROW: dict[str, Any] = {
    "Id": "1",
    "TxnDate": "2026-11-03",
    "TotalAmt": Number("99999999999999.99"),
    "N": Number("7"),
    "Active": True,
    "MetaData": {"CreateTime": "2026-11-03T10:00:00-08:00"},
    "Line": [{"Amount": Number("1.5"), "Ref": {"value": "3"}, "Due": "2026-12-01"}, None, {}],
}


def test_ordinary_records_are_handed_on_whole(tmp_path: Path) -> None:
    rows = [ROW, {"Id": "2", "Line": [], "MetaData": None}, {}]

    landing, handed, _ = land(tmp_path, [*rows, *rows], DECLARED, 3)

    pages = [page for page in handed if page is not None]
    assert len(pages) == len(handed) == 2
    direct = pa.Table.from_batches([full_batch(pages)])
    assert direct.schema == scanned(landing, DECLARED).schema
    assert direct.to_pylist() == scanned(landing, DECLARED).to_pylist()


@pytest.mark.parametrize(
    "odd",
    [
        {"Later": 1},
        {"MetaData": {"CreateTime": "2026-11-03T10:00:00-08:00", "Other": "x"}},
        {"Line": [{"Colour": "red"}]},
        {"TxnDate": "soon"},
        {"TxnDate": "2026-02-30"},
        {"MetaData": {"CreateTime": "2026-11-03T10:00:00"}},
        {"MetaData": {"CreateTime": "2026-11-03T10Z"}},
        {"MetaData": {"CreateTime": "2026-11-03T10:00:00.1234567Z"}},
        {"TotalAmt": Number("0.0000000001")},
        {"TotalAmt": Number("12345678901234567890.5")},
        {"N": Number("1.5")},
        {"N": Number("9223372036854775808")},
        {"Active": Number("1")},
        {"Id": Number("1")},
        {"Id": {"value": "1"}},
        {"Line": {"Amount": Number("1")}},
    ],
)
def test_what_was_not_seen_or_does_not_fit_is_left_to_the_close_look(odd: dict[str, Any]) -> None:
    observer, pages = Observer(DECLARED), TypedPages(DECLARED)
    observer.observe(ndjson([ROW]))
    pages.expect(observer.seen)
    assert pages.read(ndjson([ROW]), 1) is not None

    assert pages.read(ndjson([ROW, {**ROW, **odd}]), 2) is None


@pytest.mark.parametrize(
    "records",
    [b'{"Id":"caf\xe9"}\n', b'{"Id":"\\ud83d"}\n', b'{"Id":"1","Id":"2"}\n', b'{"Id":"1"}{"Id":"2"}\n', b"[]\n"],
)
def test_broken_records_are_left_to_the_close_look(records: bytes) -> None:
    observer, pages = Observer(DECLARED), TypedPages(DECLARED)
    observer.observe(b'{"Id":"1"}\n')
    pages.expect(observer.seen)

    assert pages.read(records, 1) is None


def test_a_column_that_becomes_text_later_keeps_the_digits_of_pages_handed_on(tmp_path: Path) -> None:
    rows = [ROW, ROW, {**ROW, "TotalAmt": "unknown"}]

    landing, handed, _ = land(tmp_path, rows, DECLARED, 1)

    assert handed[1] is not None
    with duckdb.connect() as engine:
        found = engine.execute(typed_scan(None, landing.files(), DECLARED).sql).fetchall()
    assert [row[2] for row in found] == ["99999999999999.99", "99999999999999.99", "unknown"]
