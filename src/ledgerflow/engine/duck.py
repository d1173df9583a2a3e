"""The SQL engine: DuckDB on one worker thread, awaited by everybody else."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from ledgerflow.core.errors import InputRefused
from ledgerflow.core.schema import Column, Schema
from ledgerflow.engine.refusals import plain_error
from ledgerflow.engine.types import quoted

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from sqlglot import exp

T = TypeVar("T")

MEMORY_SETTING = "LEDGERFLOW_ENGINE_MEMORY"
DEFAULT_MEMORY = "256MB"
THREADS = 2
BATCH_ROWS = 10_000
_BETWEEN_INTERRUPTS_S = 0.05

_SIZE = re.compile(r"\d+(?:\.\d+)?\s*(?:KB|MB|GB|TB|KiB|MiB|GiB|TiB)", re.IGNORECASE)
_AS_TEXT = ("BIGNUM", "INTERVAL", '"NULL"', "NULL", "BIT")
"""Types that Arrow, or most readers of it, do not have; they leave the engine as text."""


def engine_memory() -> str:
    """How much memory the engine may use, from $LEDGERFLOW_ENGINE_MEMORY; beyond it, it works from disk.

    Raises:
        InputRefused: the setting is no size.
    """
    given = os.environ.get(MEMORY_SETTING, "").strip() or DEFAULT_MEMORY
    if not _SIZE.fullmatch(given):
        raise InputRefused(
            f"{given!r} is no size of memory.",
            where=f"environment variable {MEMORY_SETTING}",
            next_step="Give a number with its unit, such as 512MB or 2GB.",
        )
    return given


class BatchStream:
    """The rows of a query as Arrow batches, made as they are asked for: whoever reads slowly slows the engine down."""

    def __init__(self, engine: DuckEngine, cursor: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader) -> None:
        self._engine = engine
        self._cursor = cursor
        self._reader = reader
        self.schema: pa.Schema = reader.schema

    async def __aenter__(self) -> BatchStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._engine.on_thread(self._close)

    def __aiter__(self) -> AsyncIterator[pa.RecordBatch]:
        return self._batches()

    async def _batches(self) -> AsyncIterator[pa.RecordBatch]:
        while (batch := await self._engine.on_thread(self._next)) is not None:
            if batch.num_rows:
                yield batch

    def _next(self) -> pa.RecordBatch | None:
        with self._engine.at_work(self._cursor):
            try:
                return self._reader.read_next_batch()
            except StopIteration:
                return None

    def _close(self) -> None:
        self._reader.close()
        self._cursor.close()


class DuckEngine:
    """An in-memory DuckDB of its own. Use it as `async with DuckEngine(...) as engine`.

    Time zone UTC. It reads only below `readable`, writes only its own spill folder, loads no extension and changes no
    setting once it is open, so nothing in an expression can reach further. Errors of queries become InputRefused.
    """

    def __init__(
        self,
        *,
        readable: Sequence[Path] = (),
        spill: Path | None = None,
        memory: str | None = None,
        threads: int = THREADS,
    ) -> None:
        """`spill` is the folder for what does not fit into `memory` (such as "256MB"); by default a temporary one."""
        self._readable = [str(path.resolve()) + os.sep for path in readable]
        self._spill_in = spill
        self._memory = memory or engine_memory()
        self._threads = threads
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="duckdb")
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._spill: Path | None = None
        self._active: duckdb.DuckDBPyConnection | None = None

    async def __aenter__(self) -> DuckEngine:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(self.close())

    async def close(self) -> None:
        """Let go of memory, files and the thread."""
        await self.on_thread(self._close)
        self._worker.shutdown(wait=False)

    async def use(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """What `work` makes of the connection; it runs on the engine's thread, which nothing else uses meanwhile."""

        def at_work() -> T:
            with self.at_work(self.connection):
                return work(self.connection)

        return await self.on_thread(at_work)

    async def describe(self, query: exp.Query | str) -> Schema:
        """The columns of a query; it is bound, not run.

        Raises:
            InputRefused: the engine does not take it; the sentence is for people.
        """
        text = _text(query)
        return await self.on_thread(lambda: self.bind(text))

    async def rows(self, query: exp.Query | str) -> list[dict[str, Any]]:
        """All rows, as dictionaries. Decimals come as Decimal, times as aware datetimes."""
        table = await self.table(query)
        found: list[dict[str, Any]] = table.to_pylist()
        return found

    async def table(self, query: exp.Query | str) -> pa.Table:
        """All rows, as an Arrow table in memory."""
        async with await self.stream(query) as stream:
            import pyarrow as pa

            return pa.Table.from_batches([batch async for batch in stream], schema=stream.schema)

    async def stream(self, query: exp.Query | str, *, batch_rows: int = BATCH_ROWS) -> BatchStream:
        """The rows as Arrow batches of at most `batch_rows`; use it as `async with await engine.stream(...)`.

        Several streams may be open at once.
        """
        text = _text(query)
        return await self.on_thread(lambda: self._stream(text, batch_rows))

    async def register(self, name: str, table: pa.Table) -> None:
        """Keep an Arrow table as a table of the engine; it counts towards the memory, and goes to disk beyond it."""
        await self.use(lambda connection: load_arrow(connection, name, table))

    async def run(self, statement: exp.Expr | str) -> None:
        """Run a statement that answers nothing."""
        text = statement if isinstance(statement, str) else statement.sql("duckdb", identify=True)
        await self.use(lambda connection: connection.execute(text) and None)

    def bind(self, text: str) -> Schema:
        """The columns of a query; to be called on the engine's thread."""
        relation = self.connection.sql(text)
        return Schema(
            tuple(
                Column(name=name, type=str(kind)) for name, kind in zip(relation.columns, relation.types, strict=True)
            )
        )

    @property
    def scratch(self) -> Path:
        """A folder of this engine alone, gone when it closes; it can read there. To be asked for on its thread."""
        assert self.connection is not None
        assert self._spill is not None
        return self._spill

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """DuckDB itself; to be used on the engine's thread alone."""
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    @contextmanager
    def at_work(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """On the engine's thread: what this connection does now is stopped when its caller is cancelled."""
        self._active = connection
        try:
            yield
        finally:
            self._active = None

    async def on_thread(self, work: Callable[[], T]) -> T:
        """Run `work` on the engine's thread. When the caller is cancelled, the query under way is stopped."""
        future = asyncio.get_running_loop().run_in_executor(self._worker, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.shield(self._stop(future))
            raise
        except Exception as error:
            raise plain_error(error) from error

    async def _stop(self, future: asyncio.Future[Any]) -> None:
        """Wait until the engine's thread is free again; a query that began is stopped, not waited for."""
        while not future.done():
            active = self._active
            if active is not None:
                active.interrupt()
            await asyncio.wait([future], timeout=_BETWEEN_INTERRUPTS_S)
        if not future.cancelled():
            future.exception()  # the interruption itself; nobody waits for it any more

    def _open(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        if self._spill_in is not None:
            self._spill_in.mkdir(parents=True, exist_ok=True)
        self._spill = Path(tempfile.mkdtemp(prefix="spill-", dir=self._spill_in))
        connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": self._memory,
                "threads": self._threads,
                "temp_directory": str(self._spill),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
                "python_enable_replacements": False,
            },
        )
        connection.execute("SET GLOBAL TimeZone = 'UTC'")  # cursors do not take over a session's settings
        connection.execute("SET GLOBAL preserve_insertion_order = true")
        readable = [*self._readable, f"{self._spill.resolve()}{os.sep}"]
        folders = ", ".join("'" + folder.replace("'", "''") + "'" for folder in readable)
        connection.execute(f"SET allowed_directories = [{folders}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection

    def _stream(self, text: str, batch_rows: int) -> BatchStream:
        text = _leaving(text, self.bind(text))
        cursor = self.connection.cursor()
        with self.at_work(cursor):
            return BatchStream(self, cursor, cursor.sql(text).to_arrow_reader(batch_rows))

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._spill is not None:
            shutil.rmtree(self._spill, ignore_errors=True)


def load_arrow(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Copy an Arrow table into a table of DuckDB that every cursor sees."""
    source = f"_arrow_{name}"
    connection.register(source, table)
    try:
        connection.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT * FROM {quoted(source)}")
    finally:
        connection.unregister(source)


def _text(query: exp.Query | str) -> str:
    return query if isinstance(query, str) else query.sql("duckdb", identify=True)


def _leaving(text: str, schema: Schema) -> str:
    """The query with columns of types that others do not have as text."""
    odd = [quoted(column.name) for column in schema if column.type in _AS_TEXT or column.type.startswith("ENUM(")]
    if not odd:
        return text
    replaced = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in odd)
    return f'SELECT * REPLACE ({replaced}) FROM ({text}) AS "rows"'
