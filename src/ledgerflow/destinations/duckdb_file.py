"""DuckDB files: a table replaced or extended in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from ledgerflow.core.errors import InputRefused
from ledgerflow.destinations.contract import FileDestination, FileSettings

if TYPE_CHECKING:
    import pyarrow as pa


class DuckDBSettings(FileSettings):
    """Keys of a write step into a DuckDB file."""

    table: str = Field(min_length=1, max_length=128, description="The table to write.")
    mode: Literal["replace", "append"] = Field(default="replace", description="Make the table anew, or add to it.")


class DuckDBFile(FileDestination):
    """A table of a DuckDB database file. Others see the old rows until `commit`, and again after `abort`."""

    extensions = (".duckdb", ".db")
    settings_model = DuckDBSettings
    _connection: Any = None

    @property
    def place(self) -> str:
        return f"{self.shown}, table {self._settings.table}"

    @property
    def _settings(self) -> DuckDBSettings:
        assert isinstance(self.settings, DuckDBSettings)
        return self.settings

    def _open(self, schema: pa.Schema) -> None:
        import duckdb

        try:
            self._connection = duckdb.connect(str(self.path))
        except duckdb.Error as error:
            raise InputRefused(
                "The DuckDB file cannot be opened: another program has it open, or it is no DuckDB file.",
                where=self.shown,
                next_step="Close the other program, or choose another file.",
            ) from error
        self._table = '"' + self._settings.table.replace('"', '""') + '"'
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("BEGIN")
        self._connection.register("incoming", schema.empty_table())
        made = "CREATE OR REPLACE TABLE" if self._settings.mode == "replace" else "CREATE TABLE IF NOT EXISTS"
        self._run(f"{made} {self._table} AS SELECT * FROM incoming")
        self._connection.unregister("incoming")

    def _write(self, batch: pa.RecordBatch) -> None:
        import pyarrow as pa

        self._connection.register("incoming", pa.Table.from_batches([batch]))
        self._run(f"INSERT INTO {self._table} BY NAME SELECT * FROM incoming")
        self._connection.unregister("incoming")

    def _run(self, statement: str) -> None:
        import duckdb

        try:
            self._connection.execute(statement)
        except duckdb.Error as error:
            raise InputRefused(
                f"The table does not take these rows: {str(error).splitlines()[0]}",
                where=self.place,
                next_step="Write with mode: replace, or change the columns to those of the table.",
            ) from error

    def _finish(self) -> None:
        self._connection.execute("COMMIT")
        self._close()

    def _give_up(self) -> None:
        self._close()  # closing rolls the open transaction back

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
