"""The SQLite file that keeps a company between starts."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    entity TEXT NOT NULL, id INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (entity, id)
);
CREATE TABLE IF NOT EXISTS deleted (
    entity TEXT NOT NULL, id INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (entity, id)
);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS replay (
    request_id TEXT PRIMARY KEY, status INTEGER NOT NULL, content_type TEXT NOT NULL, body BLOB NOT NULL
);
"""
FILE_NAME = "company.sqlite"
_LAYOUT = 1


class CompanyFileUnreadable(Exception):
    """The file was written by a version that lays it out in another way."""


class CompanyFile:
    """One company's records on disk. Statements collect in a transaction until `commit`.

    A commit survives the end of the process, not a power failure in the same instant (WAL, synchronous NORMAL).

    Raises:
        CompanyFileUnreadable: the file has another layout.
        sqlite3.Error: the file cannot be opened or is none of SQLite's.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE_NAME
        # the sandbox may be built on one thread and served on another; it is never used by two at a time
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        (layout,) = self._db.execute("PRAGMA user_version").fetchone()
        if layout not in (0, _LAYOUT):
            self._db.close()
            raise CompanyFileUnreadable(f"{path} has layout {layout}; this version reads layout {_LAYOUT}")
        self._db.executescript(_SCHEMA + f"PRAGMA user_version = {_LAYOUT};")

    def records(self) -> Iterator[tuple[str, int, bytes]]:
        yield from self._db.execute("SELECT entity, id, body FROM record ORDER BY entity, id")

    def deletions(self) -> Iterator[tuple[str, int, str]]:
        yield from self._db.execute("SELECT entity, id, at FROM deleted ORDER BY at, rowid")

    def counters(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT name, last FROM counter"))

    def replays(self) -> Iterator[tuple[str, int, str, bytes]]:
        yield from self._db.execute("SELECT request_id, status, content_type, body FROM replay ORDER BY rowid")

    def begin(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._db.execute("COMMIT")

    def roll_back(self) -> None:
        self._db.execute("ROLLBACK")

    def put_records(self, entity: str, rows: Iterable[tuple[int, bytes]]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO record VALUES (?, ?, ?)", ((entity, record_id, body) for record_id, body in rows)
        )

    def remove_record(self, entity: str, record_id: int, *, at: str | None) -> None:
        """Take a record out; `at` is written down as the time of its deletion, None leaves no trace."""
        self._db.execute("DELETE FROM record WHERE entity = ? AND id = ?", (entity, record_id))
        if at is not None:
            self._db.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?, ?)", (entity, record_id, at))

    def put_counters(self, counters: Sequence[tuple[str, int]]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO counter VALUES (?, ?)", counters)

    def put_replay(self, request_id: str, status: int, content_type: str, body: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO replay VALUES (?, ?, ?, ?)", (request_id, status, content_type, body))

    def drop_replays(self, request_ids: Iterable[str]) -> None:
        self._db.executemany("DELETE FROM replay WHERE request_id = ?", ((name,) for name in request_ids))

    def close(self) -> None:
        self._db.close()
