"""Write Excel workbooks."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints

from ledgerflow.core.documents import FileModel
from ledgerflow.destinations.contract import FileDestination
from ledgerflow.destinations.plain_values import as_json, as_texts, is_nested, plain_decimal

if TYPE_CHECKING:
    import pyarrow as pa
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
MOST_CHARACTERS = 32_767
EXACT_DIGITS = 15
"""Excel keeps numbers as doubles and shows 15 digits of them; more would be changed. Source: Excel specifications."""
_FIRST_DAY = "1900-03-01"
"""Before it Excel counts a day that never was, so earlier days are written as text."""

Cell = Callable[[int, int, Any], None]


class ExcelWriteSettings(FileModel):
    """The keys of a write step that writes an Excel workbook."""

    sheet: Annotated[str, StringConstraints(min_length=1, max_length=31, pattern=r"^[^\[\]:*?/\\]+$")] = Field(
        default="Sheet1", description="The name of its sheet."
    )


class ExcelDestination(FileDestination):
    """An Excel workbook with one sheet: real numbers, days and times; what Excel would change is written as text."""

    endings = (".xlsx",)
    settings_class = ExcelWriteSettings

    _book: Workbook | None = None

    def start(self, schema: pa.Schema) -> None:
        import xlsxwriter

        assert isinstance(self.settings, ExcelWriteSettings)
        if len(schema) > MOST_COLUMNS:
            raise self.target.refused(
                f"A sheet has at most {MOST_COLUMNS:,} columns; here are {len(schema):,}.",
                "Select the columns you need.",
            )
        self._book = xlsxwriter.Workbook(
            str(self.beside), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
        )
        self._sheet: Worksheet = self._book.add_worksheet(self.settings.sheet)
        heading = self._book.add_format({"bold": True})
        for place, field in enumerate(schema):
            self._sheet.set_column(place, place, _width(field))
        self._sheet.freeze_panes(1, 0)
        for place, field in enumerate(schema):
            self._sheet.write_string(0, place, field.name, heading)
        self._next_row = 1
        self._as_text: dict[str, str] = {}
        self._cells = [self._cell_writer(field) for field in schema]

    def write(self, batch: pa.RecordBatch) -> None:
        if self._next_row + batch.num_rows > MOST_ROWS:
            raise self.target.refused(
                f"A sheet holds at most {MOST_ROWS - 1:,} rows and its heading; here are more.",
                "Write CSV or Parquet, or filter before.",
            )
        columns = [_cell_values(column) for column in batch.columns]
        for row in zip(*columns, strict=True):
            for place, value in enumerate(row):
                if value is not None:
                    self._cells[place](self._next_row, place, value)
            self._next_row += 1

    def finish(self) -> None:
        assert self._book is not None
        self.notes.extend(self._as_text.values())
        self._book.close()

    def discard(self) -> None:
        if self._book is not None:
            self._book.close()

    def _cell_writer(self, field: pa.Field[Any]) -> Cell:
        """How values of a column become cells."""
        import pyarrow as pa

        assert self._book is not None
        kind = field.type
        if pa.types.is_boolean(kind):
            return self._boolean
        if pa.types.is_integer(kind):
            return self._number(field.name, self._book.add_format({"num_format": "0"}))
        if pa.types.is_decimal(kind):
            places = "0" * min(kind.scale, 2) + "#" * max(kind.scale - 2, 0)
            return self._number(field.name, self._book.add_format({"num_format": f"#,##0.{places}".rstrip(".")}))
        if pa.types.is_floating(kind):
            return self._float(field.name)
        if pa.types.is_date(kind):
            return self._day(field.name, self._book.add_format({"num_format": "yyyy-mm-dd"}))
        if pa.types.is_timestamp(kind):
            if kind.tz is not None:
                self._say(field.name, "zone", "times in it are in UTC, since Excel knows no time zones")
            return self._day(field.name, self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}))
        return self._text(field.name)

    def _number(self, name: str, shape: Any) -> Cell:
        def write(row: int, place: int, value: int | Decimal) -> None:
            digits = len(str(value)) if isinstance(value, int) else len(value.normalize().as_tuple().digits)
            if digits > EXACT_DIGITS:
                self._say(name, "digits", f"numbers of more than {EXACT_DIGITS} digits stand in it as text, exact")
                self._sheet.write_string(row, place, str(value) if isinstance(value, int) else plain_decimal(value))
            else:
                self._sheet.write_number(row, place, float(value), shape)

        return write

    def _boolean(self, row: int, place: int, value: bool) -> None:
        self._sheet.write_boolean(row, place, value)

    def _float(self, name: str) -> Cell:
        def write(row: int, place: int, value: float) -> None:
            if math.isfinite(value):
                self._sheet.write_number(row, place, value)
            else:
                self._sheet.write_string(row, place, str(value))

        return write

    def _day(self, name: str, shape: Any) -> Cell:
        def write(row: int, place: int, value: Any) -> None:
            if value.isoformat() < _FIRST_DAY or value.year > 9999:
                self._say(
                    name, "early", "days before March 1900 stand in it as text, since Excel does not count them right"
                )
                self._sheet.write_string(row, place, value.isoformat())
            else:
                self._sheet.write_datetime(
                    row, place, value.replace(tzinfo=None) if hasattr(value, "hour") else value, shape
                )

        return write

    def _text(self, name: str) -> Cell:
        def write(row: int, place: int, value: str) -> None:
            if len(value) > MOST_CHARACTERS:
                self._say(name, "long", f"texts in it are cut at {MOST_CHARACTERS:,} characters, the most a cell holds")
                value = value[:MOST_CHARACTERS]
            self._sheet.write_string(row, place, value)

        return write

    def _say(self, column: str, about: str, text: str) -> None:
        self._as_text.setdefault(f"{column}\n{about}", f"{self.target.place}, column {column}: {text}.")


def _cell_values(column: pa.Array[Any]) -> list[Any]:
    """The values as the cell writers take them."""
    import pyarrow as pa

    kind = column.type
    if is_nested(kind):
        return [None if value is None else as_json(value, kind) for value in column.to_pylist()]
    if (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
    ):
        values: list[Any] = column.to_pylist()
        return values
    texts: list[Any] = as_texts(column).to_pylist()
    return texts


def _width(field: pa.Field[Any]) -> int:
    """Characters; wide enough for the heading and a usual value."""
    import pyarrow as pa

    usual = 19 if pa.types.is_timestamp(field.type) else 12
    return min(max(len(field.name) + 2, usual), 40)
