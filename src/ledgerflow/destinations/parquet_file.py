"""Write Parquet files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ledgerflow.core.documents import FileModel
from ledgerflow.destinations.contract import FileDestination

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_GROUP_ROWS = 122_880
_GROUP_BYTES = 24 << 20
"""Of Arrow memory: wide records make groups of fewer rows, so that what waits stays small."""


class ParquetWriteSettings(FileModel):
    """The keys of a write step that writes a Parquet file."""

    compression: Literal["zstd", "snappy", "gzip", "none"] = Field(
        default="zstd", description="How the columns are compressed."
    )


class ParquetDestination(FileDestination):
    """Parquet: types stay as they are, decimals and nested columns included."""

    endings = (".parquet",)
    settings_class = ParquetWriteSettings

    _writer: pq.ParquetWriter | None = None

    def start(self, schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        assert isinstance(self.settings, ParquetWriteSettings)
        self._schema = schema
        self._writer = pq.ParquetWriter(self.beside, schema, compression=self.settings.compression)
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = self._waiting_bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        self._waiting_bytes += batch.nbytes
        if self._waiting_rows >= _GROUP_ROWS or self._waiting_bytes >= _GROUP_BYTES:
            self._write_group()

    def finish(self) -> None:
        assert self._writer is not None
        if self._waiting:
            self._write_group()
        self._writer.close()

    def discard(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _write_group(self) -> None:
        """One row group of what waits: small groups make files that are slow to read."""
        import pyarrow as pa

        assert self._writer is not None
        self._writer.write_table(pa.Table.from_batches(self._waiting, schema=self._schema), row_group_size=_GROUP_ROWS)
        self._waiting = []
        self._waiting_rows = self._waiting_bytes = 0
