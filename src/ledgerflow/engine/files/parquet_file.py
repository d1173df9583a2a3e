"""Read Parquet files as they are typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from ledgerflow.core.documents import FileModel
from ledgerflow.core.schema import Column, Schema
from ledgerflow.engine.files.contract import FileFormat, LocalFile
from ledgerflow.engine.relation import Relation

if TYPE_CHECKING:
    import duckdb


class ParquetSettings(FileModel):
    """A Parquet file says everything itself."""


class ParquetFormat(FileFormat):
    """Parquet: columns keep the types that stand in the file."""

    endings = (".parquet",)
    settings = ParquetSettings

    def relation(self, connection: duckdb.DuckDBPyConnection, file: LocalFile, settings: FileModel) -> Relation:
        import duckdb

        file.must_be_there()
        query = exp.select("*").from_(exp.func("READ_PARQUET", exp.Literal.string(str(file.path))))
        try:
            found = connection.sql(query.sql("duckdb", identify=True))
        except duckdb.Error as error:
            raise file.refused(
                f"{file.place} is no Parquet file, or it is damaged.", "Write the file anew, or name another."
            ) from error
        columns = zip(found.columns, found.types, strict=True)
        return Relation(query=query, schema=Schema(tuple(Column(name=name, type=str(kind)) for name, kind in columns)))
