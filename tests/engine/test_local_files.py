"""CSV, Excel and Parquet files come in exactly as they are: every digit, every leading zero, every day."""

# ruff: noqa: DTZ001 - a spreadsheet's days and times have no zone

from __future__ import annotations

import asyncio
import csv
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledgerflow.core.errors import InputRefused
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.engine.files import all_formats
from ledgerflow.engine.files.contract import LocalFile
from ledgerflow.engine.files.csv_file import likely_delimiter
from ledgerflow.engine.relation import Relation


def read(path: Path, **given: Any) -> tuple[Relation, list[dict[str, Any]]]:
    async def work() -> tuple[Relation, list[dict[str, Any]]]:
        async with DuckEngine(readable=[path.parent], threads=1) as engine:
            file_format = all_formats()[path.suffix]
            file = LocalFile(
                path=path, place=path.name, where="flows/a.yaml, step r", table="t", scratch=path.parent / "scratch"
            )
            keys = file_format.settings.model_validate(given)
            relation = await engine.use(lambda connection: file_format.relation(connection, file, keys))
            return relation, await engine.rows(relation.query)

    return asyncio.run(work())


def types(relation: Relation) -> dict[str, str]:
    return {column.name: column.type for column in relation.schema}


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_csv_columns_get_exact_types(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        "Id,Name,Day,Amount,Code,Paid,At,Note\r\n"
        '1,"Ann, ""the"" one",2026-01-02,99999999999999.99,007,true,2026-01-02T10:00:00Z,\r\n'
        '2,"two\nlines",,1.5,008,FALSE,2026-01-02T10:00:00+02:00,x\r\n',
    )
    relation, rows = read(path)
    assert types(relation) == {
        "Id": "BIGINT",
        "Name": "VARCHAR",
        "Day": "DATE",
        "Amount": "DECIMAL(18,2)",
        "Code": "VARCHAR",
        "Paid": "BOOLEAN",
        "At": "TIMESTAMP WITH TIME ZONE",
        "Note": "VARCHAR",
    }
    assert rows[0]["Name"] == 'Ann, "the" one'
    assert rows[1]["Name"] == "two\nlines"
    assert rows[0]["Amount"] == Decimal("99999999999999.99")
    assert rows[0]["Code"] == "007"
    assert [row["Day"] for row in rows] == [date(2026, 1, 2), None]
    assert [row["At"].hour for row in rows] == [10, 8]
    assert [row["Note"] for row in rows] == [None, "x"]


def test_types_fit_every_row_not_only_the_first_thousands(tmp_path: Path) -> None:
    lines = [f"{number},{number}.5" for number in range(40_000)]
    path = write(tmp_path / "a.csv", "\n".join(["id,amount", *lines, "last,n/a"]))
    relation, rows = read(path)
    assert types(relation) == {"id": "VARCHAR", "amount": "VARCHAR"}
    assert rows[-1] == {"id": "last", "amount": "n/a"}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.none(), st.decimals(min_value=-(10**20), max_value=10**20, places=9), st.decimals(-99, 99, places=2)
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_decimal_in_a_csv_file_comes_in_exactly(tmp_path: Path, values: list[Decimal | None]) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["n", "amount"])
        writer.writerows([[number, "" if value is None else f"{value:f}"] for number, value in enumerate(values)])
    _, rows = read(path)
    assert [row["amount"] for row in rows] == values


def test_numbers_with_an_exponent_are_the_only_floats_and_said_so(tmp_path: Path) -> None:
    relation, rows = read(write(tmp_path / "a.csv", "a,b\n1e5,2.5\n2.5,3\n"))
    assert types(relation) == {"a": "DOUBLE", "b": "DECIMAL(18,2)"}
    assert rows[0]["a"] == 100000.0
    assert "floating point" in relation.notes[0]


@pytest.mark.parametrize(
    ("texts", "kind", "first"),
    [
        (["13/01/2026", "02/02/2026"], "DATE", date(2026, 1, 13)),
        (["01/13/2026", "02/02/2026"], "DATE", date(2026, 1, 13)),
        (["13.01.2026", "2.2.2026"], "DATE", date(2026, 1, 13)),
        (["2026-01-13", "2026-02-02"], "DATE", date(2026, 1, 13)),
        (["01/02/2026", "03/04/2026"], "VARCHAR", "01/02/2026"),
        (["2026-02-30", "2026-02-02"], "VARCHAR", "2026-02-30"),
        (["2026-01-13 10:00", "2026-02-02 11:30:05"], "TIMESTAMP", datetime(2026, 1, 13, 10)),
    ],
)
def test_days_are_days_only_when_they_can_be_read_in_one_way(
    tmp_path: Path, texts: list[str], kind: str, first: Any
) -> None:
    relation, rows = read(write(tmp_path / "a.csv", "\n".join(["d", *texts])))
    assert types(relation) == {"d": kind}
    assert rows[0]["d"] == first
    assert bool(relation.notes) == (texts[0] == "01/02/2026")


def test_a_date_format_settles_how_days_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "d\n01/02/2026\n03/04/2026\n")
    assert read(path, date_format="%d/%m/%Y")[1][0]["d"] == date(2026, 2, 1)
    assert read(path, date_format="%m/%d/%Y")[1][0]["d"] == date(2026, 1, 2)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_first_line(tmp_path: Path, delimiter: str) -> None:
    text = f'"a{"," if delimiter != "," else ";"}b"{delimiter}c\n1{delimiter}2\n'
    _, rows = read(write(tmp_path / "a.csv", text))
    assert list(rows[0].values()) == [1, 2]


def test_a_single_column_needs_no_delimiter() -> None:
    assert likely_delimiter("name") == ","


@pytest.mark.parametrize(
    ("encoding", "given"), [("utf-8-sig", {}), ("utf-16", {}), ("windows-1252", {"encoding": "windows-1252"})]
)
def test_encodings_are_known_by_their_mark_or_by_their_key(
    tmp_path: Path, encoding: str, given: dict[str, str]
) -> None:
    _, rows = read(write(tmp_path / "a.csv", "Näme;Betrag\nBü;1\n", encoding), **given)
    assert rows == [{"Näme": "Bü", "Betrag": 1}]


def test_decimal_commas_and_marks_between_thousands_are_understood(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a;b\n1.234.567,89;2\n0,5;3\n")
    _, rows = read(path, decimal=",", thousands=".")
    assert [row["a"] for row in rows] == [Decimal("1234567.89"), Decimal("0.5")]


def test_the_heading_can_be_missing_or_lower_down(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "Report of May\n\nname,city\nBob,Rome\n")
    assert read(path, skip=2)[1] == [{"name": "Bob", "city": "Rome"}]
    assert read(path, skip=3, header=False)[1] == [{"column_1": "Bob", "column_2": "Rome"}]


def test_columns_without_a_name_or_with_the_same_name_get_one_of_their_own(tmp_path: Path) -> None:
    _, rows = read(write(tmp_path / "a.csv", "a,,A,a\n1,2,3,4\n"))
    assert rows == [{"a": 1, "column_2": 2, "A_2": 3, "a_3": 4}]


def test_a_type_can_be_told_and_is_then_not_found_out(tmp_path: Path) -> None:
    relation, rows = read(write(tmp_path / "a.csv", "id,n\n1,2\n"), columns={"id": "text", "n": "decimal"})
    assert types(relation) == {"id": "VARCHAR", "n": "DECIMAL(28,9)"}
    assert rows == [{"id": "1", "n": Decimal(2)}]


def test_a_file_with_a_heading_alone_has_columns_and_no_rows(tmp_path: Path) -> None:
    relation, rows = read(write(tmp_path / "a.csv", "a,b\n"))
    assert types(relation) == {"a": "VARCHAR", "b": "VARCHAR"}
    assert rows == []


@pytest.mark.parametrize(
    ("text", "given", "said"),
    [
        ("", {}, "a.csv is empty."),
        ("a,b\n1,2\n2,3,4\n", {}, "line 3 of a.csv does not have the form of the others: it has 3 values where 2"),
        ('a,b\n1,"2\n3,4\n', {}, "a quote is not closed"),
        ("a\n\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), {"encoding": "ascii"}, "not encoded in ascii"),
        ("a,b\n1,2\n", {"columns": {"c": "text"}}, "a.csv has no column 'c'."),
    ],
)
def test_a_csv_file_that_cannot_be_read_is_told_with_its_place(
    tmp_path: Path, text: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        read(write(tmp_path / "a.csv", text), **given)
    assert said in refused.value.what
    assert refused.value.where == "flows/a.yaml, step r: a.csv"


def test_a_csv_file_in_another_encoding_is_refused_with_the_key_to_give(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        read(write(tmp_path / "a.csv", "a\nBü\n", "windows-1252"))
    assert "not UTF-8" in refused.value.what
    assert "encoding: windows-1252" in refused.value.next_step


def test_a_missing_file_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", "a\n1\n")
    with pytest.raises(InputRefused) as refused:
        read(tmp_path / "order.csv")
    assert refused.value.what == "There is no file order.csv. Did you mean 'orders.csv'?"
    assert "orders.csv" in refused.value.next_step


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as made:
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        stamp = made.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        clock = made.add_format({"num_format": "hh:mm:ss"})
        sheet = made.add_worksheet("Orders")
        sheet.write_row(0, 0, ["Number", "Mixed", "Count", "Amount", "Day", "Stamp", "Clock", "Paid", "Code", "Blank"])
        for row in range(3):
            sheet.write(row + 1, 0, f"HR-{row}")
            sheet.write(row + 1, 1, [1, "a", 2.5][row])
            sheet.write(row + 1, 2, row)
            sheet.write(row + 1, 3, [49.95, 1234567.89, 0.1][row])
            sheet.write_datetime(row + 1, 4, datetime(2026, 1, row + 1), day)
            sheet.write_datetime(row + 1, 5, datetime(2026, 1, row + 1, 13, 5, 7), stamp)
            sheet.write_datetime(row + 1, 6, time(10, 5, row), clock)
            sheet.write_boolean(row + 1, 7, row == 1)
            sheet.write_string(row + 1, 8, f"00{row}")
        made.add_worksheet("Other").write_column(0, 0, ["x", 5])
    return path


def test_excel_cells_come_in_exactly(book: Path) -> None:
    relation, rows = read(book)
    assert types(relation) == {
        "Number": "VARCHAR",
        "Mixed": "VARCHAR",
        "Count": "BIGINT",
        "Amount": "DECIMAL(18,2)",
        "Day": "DATE",
        "Stamp": "TIMESTAMP",
        "Clock": "TIME",
        "Paid": "BOOLEAN",
        "Code": "VARCHAR",
        "Blank": "VARCHAR",
    }
    assert [row["Amount"] for row in rows] == [Decimal("49.95"), Decimal("1234567.89"), Decimal("0.10")]
    assert [row["Mixed"] for row in rows] == ["1", "a", "2.5"]
    assert rows[1]["Day"] == date(2026, 1, 2)
    assert rows[1]["Stamp"] == datetime(2026, 1, 2, 13, 5, 7)
    assert rows[2]["Clock"] == time(10, 5, 2)
    assert [row["Code"] for row in rows] == ["000", "001", "002"]


def test_a_sheet_is_taken_by_name_or_by_number_from_one(book: Path) -> None:
    assert read(book, sheet="Other")[1] == [{"x": 5}]
    assert read(book, sheet=2)[1] == [{"x": 5}]


def test_excel_types_can_be_told(book: Path) -> None:
    relation, rows = read(book, columns={"Count": "text", "Code": "integer"})
    assert types(relation)["Count"] == "VARCHAR"
    assert [row["Count"] for row in rows] == ["0", "1", "2"]
    assert [row["Code"] for row in rows] == [0, 1, 2]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sheet": "Oders"}, "a.xlsx has no sheet 'Oders'. Did you mean 'Orders'?"),
        ({"sheet": 3}, "a.xlsx has no sheet number 3."),
        ({"header_row": 99}, "has no columns"),
        ({"columns": {"Nmber": "text"}}, "Sheet 'Orders' of a.xlsx has no column 'Nmber'."),
    ],
)
def test_a_sheet_that_is_not_there_is_told(book: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read(book, **given)
    assert said in refused.value.what


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
def test_a_file_that_is_not_what_its_ending_says_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read(write(tmp_path / name, "a,b\n1,2\n"))
    assert "or it is damaged" in refused.value.what


def test_parquet_keeps_its_types_nested_ones_too(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    rows = [{"amount": Decimal("99999999999999.99"), "lines": [{"n": 1}, {"n": 2}]}]
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), path)
    relation, found = read(path)
    assert types(relation) == {"amount": "DECIMAL(16,2)", "lines": "STRUCT(n BIGINT)[]"}
    assert found == rows
