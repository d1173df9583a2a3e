"""The state database of a project: one SQLite file that many processes read and write at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import Connection, Dialect, Engine, MetaData, String, Table, TypeDecorator, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from ledgerflow.core.errors import InputRefused

METADATA = MetaData()
"""The tables of every store module; each module declares its own here and makes them with `ensure_tables`."""

STATE_FILE = "state.db"
FORMAT = 1
"""Version of the saved state as a whole; a file of a later version is refused rather than misread."""
BUSY_WAIT_S = 30.0
_BEGIN = "ledgerflow_begin"


class UtcTime(TypeDecorator[datetime]):
    """A column of zoned UTC times, kept as ISO 8601 text of one width, so that text order is time order."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


def open_database(folder: Path) -> Engine:
    """The engine over `state.db` in `folder`, which must exist; the file is made on first use, for its owner alone.

    Write-ahead log, so that readers never wait; every commit is forced to the disk, since a renewed token that is
    lost with the power cannot be had again. A process waits up to 30 seconds for another's write.

    Threads may share the engine. Use `engine.connect()` to read, `writing(engine)` to write.

    Raises:
        InputRefused: the file was written by a later version of Ledgerflow.
    """
    path = folder / STATE_FILE
    if path.exists() and path.stat().st_size:
        return _open(path)
    with FileLock(folder / f"{STATE_FILE}.lock", timeout=BUSY_WAIT_S):  # two cannot switch a new file to WAL at once
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        return _open(path)


@contextmanager
def writing(database: Engine) -> Iterator[Connection]:
    """A transaction that may write, committed at the end and rolled back by an exception.

    It takes the write lock at once, so what it reads cannot change before it writes. (A transaction that begins by
    reading and then writes fails at once when another process wrote in between; no waiting helps there.)
    """
    with database.connect().execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}) as connection, connection.begin():
        yield connection


def ensure_tables(database: Engine, *tables: Table) -> None:
    """Make the tables that are missing; safe when several processes do it at once."""
    with database.connect() as connection:
        missing = [table for table in tables if not database.dialect.has_table(connection, table.name)]
    if missing:
        with writing(database) as connection:
            METADATA.create_all(connection, tables=missing)


def _open(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_WAIT_S})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    with engine.connect() as connection:
        version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if version > FORMAT:
        engine.dispose()
        raise InputRefused(
            f"The saved state has format {version}, this Ledgerflow reads up to {FORMAT}.",
            where=str(path),
            next_step="Use the Ledgerflow version that wrote it, or a later one.",
        )
    if version < FORMAT:
        with writing(engine) as connection:
            connection.exec_driver_sql(f"PRAGMA user_version={FORMAT}")
    return engine


def _prepare(dbapi_connection: Any, _: ConnectionPoolEntry) -> None:
    dbapi_connection.isolation_level = None  # the driver begins no transaction of its own; `_begin` does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(str(connection.get_execution_options().get(_BEGIN, "BEGIN")))
