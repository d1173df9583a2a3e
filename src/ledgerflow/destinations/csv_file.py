"""Write CSV files."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from ledgerflow.core.documents import FileModel
from ledgerflow.destinations.contract import FileDestination
from ledgerflow.destinations.plain_values import as_texts

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import csv

_MARK = "\ufeff".encode()


class CsvWriteSettings(FileModel):
    """The keys of a write step that writes a CSV file."""

    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = Field(
        default=None, description="What stands between values (default: a comma; a tab in .tsv)."
    )
    header: bool = Field(default=True, description="Write the names of the columns into the first line.")
    mark: bool = Field(default=False, description="Begin with a UTF-8 mark, by which Excel knows the encoding.")


class CsvDestination(FileDestination):
    """CSV in UTF-8: decimals with every digit that counts, days and times as ISO 8601, nested columns as JSON."""

    endings = (".csv", ".tsv")
    settings_class = CsvWriteSettings

    _out: IO[bytes] | None = None
    _writer: csv.CSVWriter | None = None

    def start(self, schema: pa.Schema) -> None:
        import pyarrow as pa
        from pyarrow import csv

        assert isinstance(self.settings, CsvWriteSettings)
        usual = "\t" if self.target.path.suffix.lower() == ".tsv" else ","
        self._texts = pa.schema([pa.field(field.name, pa.string()) for field in schema])
        self._out = self.beside.open("wb")
        if self.settings.mark:
            self._out.write(_MARK)
        options = csv.WriteOptions(
            include_header=self.settings.header, delimiter=self.settings.delimiter or usual, quoting_style="needed"
        )
        self._writer = csv.CSVWriter(self._out, self._texts, write_options=options)

    def write(self, batch: pa.RecordBatch) -> None:
        import pyarrow as pa

        assert self._writer is not None
        columns = [as_texts(column) for column in batch.columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._texts))

    def finish(self) -> None:
        assert self._writer is not None
        assert self._out is not None
        self._writer.close()
        self._out.close()

    def discard(self) -> None:
        if self._out is not None:
            self._out.close()
