"""CSV, Parquet, Excel and DuckDB files keep what was written, to the last digit."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import fastexcel
import pyarrow.parquet
import pytest
from destination_contract import ROWS, FileDestinationContract

from ledgerflow.core.errors import InputRefused
from ledgerflow.destinations import all_destinations, file_destination


class TestParquet(FileDestinationContract):
    name = "out/rows.parquet"

    def read_back(self, path: Path) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
        return rows


class TestDuckDB(FileDestinationContract):
    name = "out/books.duckdb"
    settings = {"table": "my rows"}  # noqa: RUF012

    def read_back(self, path: Path) -> list[dict[str, Any]]:
        with duckdb.connect(str(path), read_only=True) as connection:
            rows: list[dict[str, Any]] = connection.sql('SELECT * FROM "my rows"').to_arrow_table().to_pylist()
        return rows

    def test_append_adds_to_the_table(self, tmp_path: Path) -> None:
        self.settings = {"table": "my rows", "mode": "append"}
        self.write(tmp_path, ROWS)
        self.write(tmp_path, ROWS)
        assert len(self.read_back(tmp_path / self.name)) == 6


class TestCsv(FileDestinationContract):
    name = "out/rows.csv"

    def read_back(self, path: Path) -> list[dict[str, Any]]:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def expected(self) -> list[dict[str, Any]]:
        return [
            {
                "id": 'a "quoted", name',
                "amount": "99999999999999.99",
                "day": "2026-11-23",
                "paid": "true",
                "lines": '[{"amount":0.1},{"amount":12345678901234567.89}]',
            },
            {"id": "=1+1", "amount": "0.10", "day": "", "paid": "false", "lines": "[]"},
            {"id": "", "amount": "", "day": "", "paid": "", "lines": ""},
        ]


class TestExcel(FileDestinationContract):
    name = "out/rows.xlsx"
    settings = {"sheet": "Rows"}  # noqa: RUF012

    def read_back(self, path: Path) -> list[dict[str, Any]]:
        sheet = fastexcel.read_excel(path).load_sheet("Rows", dtypes="string")
        rows: list[dict[str, Any]] = sheet.to_arrow().to_pylist()
        return rows

    def expected(self) -> list[dict[str, Any]]:
        return [
            {
                "id": 'a "quoted", name',
                "amount": "99999999999999.99",  # sixteen digits: as text, since a cell would round them
                "day": "2026-11-23 00:00:00",
                "paid": "true",
                "lines": '[{"amount":0.1},{"amount":12345678901234567.89}]',
            },
            {"id": "=1+1", "amount": "0.1", "day": None, "paid": "false", "lines": "[]"},
            {"id": None, "amount": None, "day": None, "paid": None, "lines": None},
        ]

    def read_rows_with_anything(self, path: Path) -> list[dict[str, Any]]:
        return [row for row in self.read_back(path) if any(value is not None for value in row.values())]

    def test_rows_come_back_as_they_went_in(self, tmp_path: Path) -> None:
        self.write(tmp_path, ROWS)
        assert self.read_rows_with_anything(tmp_path / self.name) == self.expected()[:2]

    def test_the_same_write_twice_leaves_the_rows_once(self, tmp_path: Path) -> None:
        self.write(tmp_path, ROWS)
        self.write(tmp_path, ROWS)
        assert self.read_rows_with_anything(tmp_path / self.name) == self.expected()[:2]

    def test_a_write_given_up_leaves_what_was_there(self, tmp_path: Path) -> None:
        self.write(tmp_path, ROWS)
        self.write(tmp_path, ROWS[:1], commit=False)
        assert self.read_rows_with_anything(tmp_path / self.name) == self.expected()[:2]
        assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(
    ("path", "settings", "message"),
    [
        ("out/a.parket", {}, "Files ending in '.parket' cannot be written. Did you mean '.parquet'?"),
        ("../a.csv", {}, "'../a.csv' lies outside the project."),
        ("a.duckdb", {"tabel": "x"}, "unknown key 'tabel', did you mean 'table'?"),
        ("a.xlsx", {"sheet": "a/b"}, "sheet: "),
        ("a.csv", {"delimiter": ";;"}, "delimiter: "),
    ],
)
def test_what_cannot_be_written_is_refused_with_the_nearest_name(
    tmp_path: Path, path: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        file_destination(tmp_path, path, settings, where="flows/a.yaml, line 9, key steps.out")
    assert message in refused.value.what
    assert refused.value.where == "flows/a.yaml, line 9, key steps.out"


def test_every_kind_of_file_is_found_by_its_extension() -> None:
    assert sorted(all_destinations()) == [".csv", ".db", ".duckdb", ".parquet", ".tsv", ".xlsx"]


def test_money_in_parquet_keeps_its_decimal_type(tmp_path: Path) -> None:
    TestParquet().write(tmp_path, ROWS)
    table = pyarrow.parquet.read_table(tmp_path / "out/rows.parquet")
    assert table.column("amount").to_pylist()[0] == Decimal("99999999999999.990000000")
