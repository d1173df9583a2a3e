"""Parquet files: every type as it is, nested ones too, compressed with zstandard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from ledgerflow.destinations.contract import FileDestination, FileSettings

if TYPE_CHECKING:
    import pyarrow as pa


class ParquetSettings(FileSettings):
    """Keys of a write step into a Parquet file."""

    compression: Literal["zstd", "snappy", "gzip", "none"] = Field(default="zstd", description="How pages are packed.")


class ParquetFile(FileDestination):
    """A Parquet file; each batch becomes a row group, so memory stays that of a batch."""

    extensions = (".parquet",)
    settings_model = ParquetSettings
    _writer: Any = None

    def _open(self, schema: pa.Schema) -> None:
        import pyarrow.parquet

        settings = self.settings
        assert isinstance(settings, ParquetSettings)
        self._writer = pyarrow.parquet.ParquetWriter(str(self.part), schema, compression=settings.compression)

    def _write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
