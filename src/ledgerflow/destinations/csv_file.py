"""CSV files: UTF-8, a header, quotes where they are needed, nested values as JSON text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from ledgerflow.destinations.contract import FileDestination, FileSettings, nested_as_json

if TYPE_CHECKING:
    import pyarrow as pa


class CsvSettings(FileSettings):
    """Keys of a write step into a CSV file."""

    delimiter: str = Field(default=",", min_length=1, max_length=1, description="The character between values.")
    header: bool = Field(default=True, description="Begin with a line of column names.")


class CsvFile(FileDestination):
    """A CSV file. Nulls are empty, times are ISO 8601 in UTC, decimals keep every digit but not spare zeros: 12.50."""

    extensions = (".csv",)
    settings_model = CsvSettings
    _writer: Any = None

    def _open(self, schema: pa.Schema) -> None:
        import pyarrow as pa
        import pyarrow.csv

        settings = self.settings
        assert isinstance(settings, CsvSettings)
        flat, self._as_text = nested_as_json(schema)
        for index, field in enumerate(flat):
            if _has_spare_zeros(field.type):
                flat = flat.set(index, pa.field(field.name, pa.string()))
        self._flat = flat
        options = pyarrow.csv.WriteOptions(
            delimiter=settings.delimiter, include_header=settings.header, quoting_style="needed"
        )
        self._writer = pyarrow.csv.CSVWriter(str(self.part), flat, write_options=options)

    def _write(self, batch: pa.RecordBatch) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        columns = []
        for column in self._as_text(batch).columns:
            if _has_spare_zeros(column.type):
                digits = pc.cast(column, pa.string())
                column = pc.replace_substring_regex(digits, pattern=r"(\.\d\d\d*?)0+$", replacement=r"\1")
            columns.append(column)
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._flat))

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _has_spare_zeros(kind: pa.DataType) -> bool:
    """A decimal of more than two places: DECIMAL(28,9) would show 12.5 as 12.500000000."""
    import pyarrow as pa

    return pa.types.is_decimal(kind) and kind.scale > 2
