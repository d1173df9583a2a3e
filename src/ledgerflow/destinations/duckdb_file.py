"""Write tables of DuckDB files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from ledgerflow.core.documents import FileModel
from ledgerflow.destinations.contract import FileDestination
from ledgerflow.engine.types import quoted

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_RUNS = "_ledgerflow_runs"
"""Remembers which appends are done, in the same transaction, so that a repeated run does not append twice."""
_MEMORY = "256MB"


class DuckDBWriteSettings(FileModel):
    """The keys of a write step that writes a table of a DuckDB file."""

    table: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(description="The table's name.")
    mode: Literal["replace", "append"] = Field(
        default="replace", description="Put the rows in place of the table, or behind the rows that are there."
    )


class DuckDBDestination(FileDestination):
    """A table of a DuckDB file, written in one transaction; other tables of the file stay."""

    endings = (".duckdb", ".db")
    settings_class = DuckDBWriteSettings
    shared = True

    _connection: duckdb.DuckDBPyConnection | None = None
    _done_before = False
    _was_there = True

    @property
    def place(self) -> str:
        assert isinstance(self.settings, DuckDBWriteSettings)
        return f"{self.target.place}, table {self.settings.table}"

    def start(self, schema: pa.Schema) -> None:
        import duckdb

        assert isinstance(self.settings, DuckDBWriteSettings)
        self._was_there = self.target.path.exists()
        self._table = quoted(self.settings.table)
        try:
            self._connection = duckdb.connect(
                str(self.target.path),
                config={"memory_limit": _MEMORY, "threads": 1, "autoload_known_extensions": False},
            )
            self._connection.execute("SET TimeZone = 'UTC'")
            self._connection.execute("BEGIN TRANSACTION")
            self._prepare(schema)
        except duckdb.Error as error:
            raise self._refused(error) from error

    def write(self, batch: pa.RecordBatch) -> None:
        import duckdb
        import pyarrow as pa

        assert self._connection is not None
        if self._done_before:
            return
        self._connection.register("_batch", pa.Table.from_batches([batch]))
        try:
            self._connection.execute(f"INSERT INTO {self._table} BY NAME SELECT * FROM _batch")
            self._connection.unregister("_batch")
        except duckdb.Error as error:
            raise self._refused(error) from error

    def finish(self) -> None:
        assert self._connection is not None
        assert isinstance(self.settings, DuckDBWriteSettings)
        if self.settings.mode == "append" and self.target.run_id and not self._done_before:
            self._connection.execute(
                f"CREATE TABLE IF NOT EXISTS {_RUNS} (run_id VARCHAR, step VARCHAR, done_at TIMESTAMPTZ)"
            )
            self._connection.execute(
                f"INSERT INTO {_RUNS} VALUES (?, ?, now())", [self.target.run_id, self.target.step]
            )
        self._connection.execute("COMMIT")
        self._connection.close()

    def put_in_place(self) -> None:
        """The commit of the transaction has done it."""

    def discard(self) -> None:
        if self._connection is not None:
            self._connection.close()  # rolls back
        if not self._was_there:
            self.target.path.unlink(missing_ok=True)

    def _prepare(self, schema: pa.Schema) -> None:
        """The table, empty and typed like the rows, or as it is when rows are appended."""
        assert self._connection is not None
        assert isinstance(self.settings, DuckDBWriteSettings)
        there = self._tables()
        if self.settings.mode == "append":
            if _RUNS in there:
                query = f"SELECT count(*) FROM {_RUNS} WHERE run_id = ? AND step = ?"
                ((times,),) = self._connection.execute(query, [self.target.run_id, self.target.step]).fetchall()
                self._done_before = times > 0
            if self.settings.table in there:
                return
        else:
            self._connection.execute(f"DROP TABLE IF EXISTS {self._table}")
        self._connection.register("_empty", schema.empty_table())
        self._connection.execute(f"CREATE TABLE {self._table} AS SELECT * FROM _empty")
        self._connection.unregister("_empty")

    def _tables(self) -> set[str]:
        assert self._connection is not None
        rows = self._connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
        return {str(name) for (name,) in rows}

    def _refused(self, error: Exception) -> Exception:
        assert isinstance(self.settings, DuckDBWriteSettings)
        message = str(error).split("\n", 1)[0]
        if "lock" in message.casefold():
            return self.target.refused(
                f"Another program has {self.target.place} open.", "Close it there, then run this again."
            )
        if "not a valid DuckDB database" in message or "DuckDB database file" in message:
            return self.target.refused(
                f"{self.target.place} is there, but is no DuckDB file.", "Name another file, or move that one away."
            )
        said = re.sub(r"^[A-Za-z ]+ Error: ", "", message)
        return self.target.refused(
            f"Table {self.settings.table!r} of {self.target.place} does not take these rows: {said}",
            "Make the columns fit it, or write with `mode: replace`.",
        )
