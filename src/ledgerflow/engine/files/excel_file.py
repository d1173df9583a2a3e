"""Read sheets of Excel workbooks: numbers exact, days as days."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field
from sqlglot import exp

from ledgerflow.core.documents import FileModel
from ledgerflow.core.errors import nearest_name
from ledgerflow.core.schema import Column, Schema
from ledgerflow.engine.duck import load_arrow
from ledgerflow.engine.files.contract import ColumnKind, FileFormat, LocalFile
from ledgerflow.engine.files.texts import Spelling, typed_columns, unique_names
from ledgerflow.engine.relation import Relation

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_NO_DAY = ("1899-12-30", "1899-12-31")
"""What Excel keeps a time of day without a day as."""


class ExcelSettings(FileModel):
    """The keys of a read step that reads an Excel workbook."""

    sheet: str | int = Field(default=1, description="The sheet, by name or by its number counted from 1.")
    header_row: int = Field(default=1, ge=1, description="The row that holds the names of the columns, counted from 1.")
    columns: dict[str, ColumnKind] = Field(
        default_factory=dict, description="Types of columns that are not to be found out, such as Number: text."
    )


class ExcelFormat(FileFormat):
    """Excel workbooks. A number is taken by its shortest text, so that 49.95 is 49.95 and not a double near it."""

    endings = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
    settings = ExcelSettings

    def relation(self, connection: duckdb.DuckDBPyConnection, file: LocalFile, settings: FileModel) -> Relation:
        assert isinstance(settings, ExcelSettings)
        file.must_be_there()
        sheet, given, numbers = _load(file, settings)
        names = unique_names(
            None if column.name.startswith("__UNNAMED__") else column.name for column in sheet.selected_columns
        )
        kept = [
            index
            for index, column in enumerate(sheet.selected_columns)
            if given[index].null_count < len(given) or not column.name.startswith("__UNNAMED__")
        ]
        names = [names[index] for index in kept]
        if not names:
            raise file.refused(
                f"Sheet {sheet.name!r} of {file.place} has no columns.", "Name another sheet, or correct header_row."
            )
        if unknown := [name for name in settings.columns if name not in names]:
            raise file.refused(
                f"Sheet {sheet.name!r} of {file.place} has no column {unknown[0]!r}.",
                f"Name one of its columns: {', '.join(names)}.",
            )
        load_arrow(connection, file.table, given.select(kept).rename_columns(names))
        numeric = {
            name for name, index in zip(names, kept, strict=True) if sheet.selected_columns[index].name in numbers
        }
        days = [name for name, index in zip(names, kept, strict=True) if "timestamp" in str(given.schema.types[index])]
        return _relation(connection, file.table, names, numeric=numeric, days=days, wanted=settings.columns)


def _load(file: LocalFile, settings: ExcelSettings) -> tuple[Any, pa.Table, set[str]]:
    """The sheet, its cells (numbers by their shortest texts, days and booleans as such, mixed columns as texts), and
    the names of the columns that hold numbers alone."""
    import fastexcel
    import pyarrow as pa

    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it talks about every empty column
    try:
        book = fastexcel.read_excel(file.path)
    except fastexcel.FastExcelError as error:
        raise file.refused(
            f"{file.place} is no Excel workbook, or it is damaged.", "Save it anew as .xlsx, or name another file."
        ) from error
    wanted = _sheet(file, book.sheet_names, settings.sheet)
    options: dict[str, Any] = {"header_row": settings.header_row - 1, "skip_whitespace_tail_rows": True}
    try:
        seen = book.load_sheet(wanted, schema_sample_rows=None, **options)
        dtypes: Any = {
            index: "string" if column.dtype in ("float", "int") else column.dtype
            for index, column in enumerate(seen.selected_columns)
        }
        sheet = book.load_sheet(wanted, dtypes=dtypes, **options) if dtypes else seen
        numbers = {column.name for column in seen.selected_columns if column.dtype in ("float", "int")}
        return sheet, pa.Table.from_batches([pa.record_batch(sheet.to_arrow())]), numbers
    except fastexcel.FastExcelError as error:
        raise file.refused(
            f"Sheet {wanted!r} of {file.place} cannot be read: {str(error).splitlines()[0]}.",
            f"Check header_row (now {settings.header_row}), or name another sheet.",
        ) from error


def _sheet(file: LocalFile, known: list[str], wanted: str | int) -> str:
    if isinstance(wanted, int):
        if 1 <= wanted <= len(known):
            return known[wanted - 1]
        raise file.refused(
            f"{file.place} has no sheet number {wanted}.", f"It has {len(known)}: {', '.join(known)}; 1 is the first."
        )
    if wanted in known:
        return wanted
    nearest = nearest_name(wanted, known)
    raise file.refused(
        f"{file.place} has no sheet {wanted!r}." + (f" Did you mean {nearest!r}?" if nearest else ""),
        f"Name one of its sheets: {', '.join(known)}.",
    )


def _relation(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    names: list[str],
    *,
    numeric: set[str],
    days: list[str],
    wanted: Mapping[str, ColumnKind],
) -> Relation:
    cells = exp.Table(this=exp.to_identifier(table, quoted=True))
    as_text = [name for name in names if name in numeric or name in wanted]
    texts = exp.select(
        *(
            exp.alias_(exp.cast(_column(name), "VARCHAR"), name, quoted=True) if name in as_text else _column(name)
            for name in names
        )
    ).from_(cells)
    columns, notes = typed_columns(connection, texts, as_text, spelling=Spelling(long_codes=False), wanted={**wanted})
    values = {column.name: column.value for column in columns}
    for name in days:
        if name not in as_text:
            values[name] = _day_or_time(connection, cells, name)
    query = exp.select(*(exp.alias_(values.get(name, _column(name)), name, quoted=True) for name in names))
    query = query.from_(texts.subquery("cells"))
    found = connection.sql(query.sql("duckdb", identify=True))
    kinds = zip(found.columns, found.types, strict=True)
    return Relation(
        query=query, schema=Schema(tuple(Column(name=name, type=str(kind)) for name, kind in kinds)), notes=tuple(notes)
    )


def _day_or_time(connection: duckdb.DuckDBPyConnection, cells: exp.Table, name: str) -> exp.Expr:
    """A DATE where no cell has a time of day, a TIME where none has a day, else a TIMESTAMP."""
    day = exp.cast(_column(name), "DATE")
    midnight = exp.EQ(this=exp.cast(day.copy(), "TIMESTAMP"), expression=exp.cast(_column(name), "TIMESTAMP"))
    no_day = exp.In(this=day.copy(), expressions=[exp.cast(exp.Literal.string(text), "DATE") for text in _NO_DAY])
    query = exp.select(exp.func("BOOL_AND", midnight), exp.func("BOOL_AND", no_day)).from_(cells.copy())
    ((is_midnight, is_time),) = connection.execute(query.sql("duckdb", identify=True)).fetchall()
    if is_time:
        return exp.cast(_column(name), "TIME")
    return day if is_midnight else exp.cast(_column(name), "TIMESTAMP")


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))
