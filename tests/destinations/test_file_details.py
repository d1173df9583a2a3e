"""What each kind of file does in its own way: settings, limits, and what it says when it cannot be written."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import fastexcel
import pyarrow as pa
import pyarrow.parquet
import pytest

from ledgerflow.core.destination import Written
from ledgerflow.core.errors import InputRefused
from ledgerflow.destinations import file_destination


def write(root: Path, name: str, rows: pa.Table, /, *, run_id: str = "", step: str = "out", **settings: Any) -> Written:
    async def work() -> Written:
        destination = file_destination(root, name, settings, where="flows/a.yaml", run_id=run_id, step=step)
        try:
            await destination.open(rows.schema)
            for batch in rows.to_batches(max_chunksize=2):
                await destination.write_batch(batch)
            return await destination.commit()
        except BaseException:
            await destination.abort()
            raise

    return asyncio.run(work())


def test_csv_quotes_what_needs_it_and_tells_an_empty_text_from_no_value(tmp_path: Path) -> None:
    table = pa.table({"a,b": ["x", 'say "hi"', "", None, " pad", "two\nlines", "semi;colon"]})
    write(tmp_path, "a.csv", table)
    assert (tmp_path / "a.csv").read_bytes() == (b'"a,b"\nx\n"say ""hi"""\n""\n\n" pad"\n"two\nlines"\nsemi;colon\n')
    write(tmp_path, "b.csv", table, delimiter=";", header=False)
    assert (tmp_path / "b.csv").read_text().splitlines()[-1] == '"semi;colon"'


def test_csv_writes_every_type_so_that_people_and_programs_can_read_it(tmp_path: Path) -> None:
    table = pa.table(
        {
            "money": pa.array([Decimal("1250.5"), Decimal("0.000000001"), Decimal("-3")], pa.decimal128(28, 9)),
            "whole": pa.array([Decimal(7), None, Decimal(10**30)], pa.decimal128(38, 0)),
            "at": pa.array([datetime(2026, 11, 23, 18, 0, 0, 5, UTC), None, None], pa.timestamp("us", "UTC")),
            "local": pa.array([datetime(2026, 11, 23, 18), None, None], pa.timestamp("us")),  # noqa: DTZ001
            "clock": pa.array([time(10, 5), None, None], pa.time64("us")),
            "float": pa.array([0.1, 1e300, None], pa.float64()),
            "map": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int32())),
            "bytes": pa.array([b"\x01\xff", None, None], pa.binary()),
            "nothing": pa.nulls(3),
        }
    )
    write(tmp_path, "a.csv", table)
    assert (tmp_path / "a.csv").read_text().splitlines()[1:] == [
        '1250.50,7,2026-11-23T18:00:00.000005Z,2026-11-23T18:00:00,10:05:00,0.1,"{""a"":1}",01ff,',
        "0.000000001,,,,,1e+300,{},,",
        "-3.00,1000000000000000000000000000000,,,,,,,",
    ]


def test_a_tsv_file_has_tabs_and_a_mark_can_lead_the_file(tmp_path: Path) -> None:
    table = pa.table({"a": ["ü"], "b": [1]})
    write(tmp_path, "a.tsv", table, mark=True)
    assert (tmp_path / "a.tsv").read_bytes() == "\ufeffa\tb\nü\t1\n".encode()


def test_parquet_can_be_compressed_in_several_ways(tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2, 3]})
    for compression, expected in (("zstd", "ZSTD"), ("snappy", "SNAPPY"), ("gzip", "GZIP"), ("none", "UNCOMPRESSED")):
        write(tmp_path, "a.parquet", table, compression=compression)
        metadata = pyarrow.parquet.read_metadata(tmp_path / "a.parquet")
        assert metadata.row_group(0).column(0).compression == expected
        assert metadata.num_row_groups == 1, "small batches make one row group"


def excel(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = fastexcel.read_excel(path).load_sheet(0).to_arrow().to_pylist()
    return rows


def test_excel_cells_are_numbers_days_and_booleans(tmp_path: Path) -> None:
    table = pa.table(
        {
            "money": pa.array([Decimal("1250.50")], pa.decimal128(28, 9)),
            "count": [7],
            "day": [date(2026, 11, 23)],
            "at": pa.array([datetime(2026, 11, 23, 18, 5, tzinfo=UTC)], pa.timestamp("us", "UTC")),
            "paid": [True],
            "formula": ["=1+1"],
            "link": ["https://example.com"],
        }
    )
    written = write(tmp_path, "a.xlsx", table)
    (row,) = excel(tmp_path / "a.xlsx")
    assert row["money"] == 1250.5
    assert row["count"] == 7
    assert row["day"] == datetime(2026, 11, 23)  # noqa: DTZ001
    assert row["at"] == datetime(2026, 11, 23, 18, 5)  # noqa: DTZ001
    assert row["paid"] is True
    assert row["formula"] == "=1+1"
    assert row["link"] == "https://example.com"
    assert written.notes == ("a.xlsx, column at: times in it are in UTC, since Excel knows no time zones.",)


def test_what_excel_would_change_is_text_and_said(tmp_path: Path) -> None:
    table = pa.table(
        {
            "wide": pa.array([Decimal("123456789012345.67"), Decimal("0.10")], pa.decimal128(28, 9)),
            "long": pa.array([1234567890123456789, 5], pa.int64()),
            "early": [date(1899, 12, 31), date(2026, 1, 1)],
            "text": ["x" * 40_000, "y"],
            "odd": pa.array([float("inf"), 1.5]),
        }
    )
    written = write(tmp_path, "a.xlsx", table)
    first = fastexcel.read_excel(tmp_path / "a.xlsx").load_sheet(0, dtypes="string").to_arrow().to_pylist()[0]
    assert first["wide"] == "123456789012345.67"
    assert first["long"] == "1234567890123456789"
    assert first["early"] == "1899-12-31"
    assert len(first["text"]) == 32_767
    assert first["odd"] == "inf"
    assert [note.split(":")[0] for note in written.notes] == [
        f"a.xlsx, column {name}" for name in ("wide", "long", "early", "text")
    ]


def test_more_rows_than_a_sheet_holds_are_refused_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledgerflow.destinations.excel_file.MOST_ROWS", 5)
    write(tmp_path, "a.xlsx", pa.table({"a": [1, 2, 3, 4]}))
    with pytest.raises(InputRefused) as refused:
        write(tmp_path, "b.xlsx", pa.table({"a": [1, 2, 3, 4, 5]}))
    assert "A sheet holds at most 4 rows and its heading; here are more." in refused.value.what
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def rows_of(path: Path, table: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as books:
        return books.execute(f'SELECT * FROM "{table}" ORDER BY ALL').fetchall()


def test_a_table_is_replaced_while_the_other_tables_of_the_file_stay(tmp_path: Path) -> None:
    write(tmp_path, "a.duckdb", pa.table({"a": [1]}), table="one")
    write(tmp_path, "a.duckdb", pa.table({"a": [2]}), table="two")
    write(tmp_path, "a.duckdb", pa.table({"b": ["x"], "c": [None]}), table="one")
    assert rows_of(tmp_path / "a.duckdb", "one") == [("x", None)]
    assert rows_of(tmp_path / "a.duckdb", "two") == [(2,)]


def test_appended_columns_are_matched_by_name(tmp_path: Path) -> None:
    write(tmp_path, "a.duckdb", pa.table({"a": [1], "b": ["x"]}), table="t", mode="append", run_id="r1")
    write(tmp_path, "a.duckdb", pa.table({"b": ["y"], "a": [2]}), table="t", mode="append", run_id="r2")
    write(tmp_path, "a.duckdb", pa.table({"b": ["z"], "a": [3]}), table="t", mode="append", run_id="r2")
    assert rows_of(tmp_path / "a.duckdb", "t") == [(1, "x"), (2, "y")], "the same run appends once"
    with pytest.raises(InputRefused) as refused:
        write(tmp_path, "a.duckdb", pa.table({"c": [5]}), table="t", mode="append", run_id="r3")
    assert "Table 't' of a.duckdb does not take these rows" in refused.value.what
    assert rows_of(tmp_path / "a.duckdb", "t") == [(1, "x"), (2, "y")]


def test_a_duckdb_file_of_another_program_or_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.duckdb").write_text("not a database at all, but long enough to be read as one" * 300)
    with pytest.raises(InputRefused) as refused:
        write(tmp_path, "a.duckdb", pa.table({"a": [1]}), table="t")
    assert "no DuckDB file" in refused.value.what
    assert (tmp_path / "a.duckdb").exists(), "what was there stays"


def test_a_new_duckdb_file_is_gone_when_its_first_table_fails(tmp_path: Path) -> None:
    async def work() -> None:
        destination = file_destination(tmp_path, "new.duckdb", {"table": "t"}, where="w")
        await destination.open(pa.schema([("a", pa.int64())]))
        await destination.abort()

    asyncio.run(work())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(InputRefused) as refused:
        write(tmp_path, "a.csv", pa.table({"a": [1]}))
    assert refused.value.what == "a.csv is a folder."


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputRefused) as refused:
        write(tmp_path, "a.csv", pa.table({"a": [1]}))
    assert "cannot be written" in refused.value.what


def test_what_a_killed_run_left_half_written_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".a.csv.0123.part").write_text("half")
    (tmp_path / ".other.csv.0123.part").write_text("of another file")
    write(tmp_path, "a.csv", pa.table({"a": [1]}))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.csv.0123.part", "a.csv"]


def test_durations_are_text_in_files_that_have_none(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", pa.table({"d": pa.array([timedelta(hours=1)], pa.duration("s"))}))
    assert (tmp_path / "a.csv").read_text() == "d\n1:00:00\n"
