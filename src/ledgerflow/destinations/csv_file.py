"""Write CSV files."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints

from ledgerflow.core.documents import FileModel
from ledgerflow.destinations.contract import FileDestination
from ledgerflow.destinations.plain_values import as_texts

if TYPE_CHECKING:
    import pyarrow as pa

_MARK = "\ufeff".encode()


class CsvWriteSettings(FileModel):
    """The keys of a write step that writes a CSV file."""

    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = Field(
        default=None, description="What stands between values (default: a comma; a tab in .tsv)."
    )
    header: bool = Field(default=True, description="Write the names of the columns into the first line.")
    mark: bool = Field(default=False, description="Begin with a UTF-8 mark, by which Excel knows the encoding.")


class CsvDestination(FileDestination):
    """CSV in UTF-8: decimals with every digit that counts, days and times as ISO 8601, nested columns as JSON.

    Values stand in quotes where they have to. No value is empty; an empty text is a pair of quotes.
    """

    endings = (".csv", ".tsv")
    settings_class = CsvWriteSettings

    _out: IO[bytes] | None = None

    def start(self, schema: pa.Schema) -> None:
        assert isinstance(self.settings, CsvWriteSettings)
        usual = "\t" if self.target.path.suffix.lower() == ".tsv" else ","
        self._delimiter = self.settings.delimiter or usual
        self._special = "[" + re.escape(f'"\r\n{self._delimiter}') + "]|^$|^\\s|\\s$"
        self._out = self.beside.open("wb")
        if self.settings.mark:
            self._out.write(_MARK)
        if self.settings.header:
            self._out.write(self._lines([_names(schema, place) for place in range(len(schema))]))

    def write(self, batch: pa.RecordBatch) -> None:
        assert self._out is not None
        self._out.write(self._lines([as_texts(column) for column in batch.columns]))

    def finish(self) -> None:
        assert self._out is not None
        self._out.close()

    def discard(self) -> None:
        if self._out is not None:
            self._out.close()

    def _lines(self, columns: list[pa.Array[Any]]) -> memoryview:
        """The rows as bytes, made column by column."""
        import pyarrow as pa
        import pyarrow.compute as pc

        parts: list[Any] = [self._quoted(column) for column in columns]
        joined: Any = pc.binary_join_element_wise(*parts, self._delimiter, null_handling="replace", null_replacement="")
        nothing: Any = pa.scalar("")
        ended: Any = pc.binary_join_element_wise(joined, nothing, "\n")
        whole: Any = pc.binary_join(pa.LargeListArray.from_arrays(pa.array([0, len(ended)], pa.int64()), ended), "")
        return memoryview(whole[0].as_buffer())

    def _quoted(self, column: pa.Array[Any]) -> pa.Array[Any]:
        """The texts with quotes around those that need them."""
        import pyarrow as pa
        import pyarrow.compute as pc

        special = pc.match_substring_regex(column, self._special)
        if not pc.any(special).as_py():
            return column
        mark: Any = pa.scalar('"')
        doubled: Any = pc.replace_substring(column, '"', '""')
        quoted: pa.Array[Any] = pc.if_else(special, pc.binary_join_element_wise(mark, doubled, mark, ""), column)
        return quoted


def _names(schema: pa.Schema, place: int) -> pa.Array[Any]:
    import pyarrow as pa

    return pa.array([schema.field(place).name], pa.string())
