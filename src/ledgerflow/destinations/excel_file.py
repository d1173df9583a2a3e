"""Excel workbooks: one sheet, typed cells, a header that stays in sight."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ledgerflow.core.errors import InputRefused
from ledgerflow.destinations.contract import FileDestination, FileSettings, nested_as_json, short_decimal

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 1_048_575
"""Rows of a sheet below its header; a limit of the file format."""
MOST_TEXT = 32_767
"""Characters of a cell; a limit of the file format."""
EXACT_DIGITS = 15
"""A cell holds numbers as doubles: exact up to this many digits."""


class ExcelSettings(FileSettings):
    """Keys of a write step into an Excel workbook."""

    sheet: str = Field(
        default="Sheet1", min_length=1, max_length=31, pattern=r"^[^\[\]:*?/\\]+$", description="The sheet's name."
    )


class ExcelFile(FileDestination):
    """A workbook. Decimals a cell cannot hold exactly are written as text, so that no digit is lost."""

    extensions = (".xlsx",)
    settings_model = ExcelSettings
    _book: Any = None

    def _open(self, schema: pa.Schema) -> None:
        import xlsxwriter

        settings = self.settings
        assert isinstance(settings, ExcelSettings)
        flat, self._change = nested_as_json(schema)
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(str(self.part), options)
        self._sheet = self._book.add_worksheet(settings.sheet)
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._amount = self._book.add_format({"num_format": "#,##0.00##"})
        self._sheet.freeze_panes(1, 0)
        for column, name in enumerate(flat.names):
            self._sheet.set_column(column, column, max(10, min(len(name) + 4, 40)))
        self._sheet.write_row(0, 0, flat.names, self._book.add_format({"bold": True}))
        self._sheet.autofilter(0, 0, 0, max(len(flat.names) - 1, 0))
        self._next = 1

    def _write(self, batch: pa.RecordBatch) -> None:
        if self._next - 1 + batch.num_rows > MOST_ROWS:
            raise InputRefused(
                f"An Excel sheet holds {MOST_ROWS:,} rows; there are more.",
                where=self.shown,
                next_step="Write a .parquet or .csv file instead, or filter the rows.",
            )
        columns = [column.to_pylist() for column in self._change(batch).columns]
        for row in zip(*columns, strict=True):
            for place, value in enumerate(row):
                self._cell(self._next, place, value)
            self._next += 1

    def _cell(self, row: int, column: int, value: Any) -> None:
        sheet = self._sheet
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, Decimal):
            if len(value.normalize().as_tuple().digits) <= EXACT_DIGITS:
                sheet.write_number(row, column, float(value), self._amount)
            else:
                sheet.write_string(row, column, f"{short_decimal(value):f}")
        elif isinstance(value, int):
            if abs(value) < 10**EXACT_DIGITS:
                sheet.write_number(row, column, value)
            else:
                sheet.write_string(row, column, str(value))
        elif isinstance(value, float):
            finite = value == value and abs(value) != float("inf")
            sheet.write_number(row, column, value) if finite else sheet.write_string(row, column, str(value))
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, value.replace(tzinfo=None), self._time)
        elif isinstance(value, date):
            sheet.write_datetime(row, column, value, self._day)
        elif isinstance(value, timedelta):
            sheet.write_datetime(row, column, value)
        else:
            text = value.hex() if isinstance(value, bytes) else str(value)
            if len(text) > MOST_TEXT:
                raise InputRefused(
                    f"A text of {len(text):,} characters does not fit into a cell of {MOST_TEXT:,}.",
                    where=f"{self.shown}, row {row + 1}, column {column + 1}",
                    next_step="Leave the column out, or write a .parquet or .csv file.",
                )
            sheet.write_string(row, column, text)

    def _close(self) -> None:
        if self._book is not None:
            self._book.close()
            self._book = None
