"""`import ledgerflow` in Python: open a project, read a resource, run a flow; also inside a notebook."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ledgerflow.core.progress import Progress, Quiet

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from ledgerflow.actions.resources import ReadDone
    from ledgerflow.core.schema import Schema
    from ledgerflow.runner.run import RunResult
    from ledgerflow.runner.workspace import Workspace

T = TypeVar("T")


def open(path: str | Path = ".") -> Project:
    """The project that `path` lies in.

    Raises:
        InputRefused: it lies in none.
    """
    from ledgerflow.wiring import open_workspace

    return Project(open_workspace(Path(path)))


class Project:
    """An opened project. One may be shared by threads; its calls block until they are done."""

    def __init__(self, workspace: Workspace, *, progress: Progress | None = None) -> None:
        """`progress` listens to long work; nobody does by default."""
        self.workspace = workspace
        self._progress = progress or Quiet()

    @property
    def folder(self) -> Path:
        """Where the project lies."""
        return self.workspace.files.root

    def read(
        self,
        resource: str,
        *,
        where: str | None = None,
        parameters: Mapping[str, object] | None = None,
        company: str | None = None,
        limit: int | None = None,
    ) -> Rows:
        """Read a resource such as `quickbooks.Invoice` into memory.

        `where` is a condition in the api's own language and is sent along; `parameters` are those of a request.

        Raises:
            InputRefused: the name, condition or values are wrong.
            ReconnectNeeded: the connection has no authorization.
            RetryLater: the api is throttled, down or out of reach for longer than the connection's `retry_within_s`.
        """
        from ledgerflow.actions.resources import ReadWish, read_rows

        wish = ReadWish(
            resource=resource,
            where=where,
            parameters={name: _as_text(value) for name, value in (parameters or {}).items()},
            company=company,
            limit_rows=limit,
        )
        table, done = wait_for(read_rows(self.workspace, wish, progress=self._progress))
        return Rows(table, done)

    def run(
        self,
        flow: str,
        *,
        company: str | None = None,
        fresh: bool = False,
        dry_run: bool = False,
        parameters: Mapping[str, object] | None = None,
        **more_parameters: object,
    ) -> RunResult:
        """Run a flow to its end; a run that was cut off is carried on unless `fresh`.

        The flow's parameters are given by their names, as in `project.run("overdue", as_of="2026-11-23")`, or in
        `parameters` where a name is taken. `dry_run` writes and sends nothing.

        Rows that were refused do not raise: `set_aside` of the result counts them, `written[step].set_aside_file` names
        the file that holds them with their reasons.

        Raises:
            InputRefused: the flow has faults (all are in `faults`), or a value does not fit its parameter.
            ReconnectNeeded, RetryLater: as `read` does; running it again carries on.
        """
        from ledgerflow.actions.flows import run
        from ledgerflow.runner.run import RunRequest

        given = {name: _as_text(value) for name, value in {**(parameters or {}), **more_parameters}.items()}
        request = RunRequest(flow=flow, given=given, company=company, fresh=fresh, dry_run=dry_run)
        return wait_for(run(self.workspace, request, progress=self._progress))

    def __repr__(self) -> str:
        return f"<Ledgerflow project {self.folder.name!r} in {self.folder}>"


class Rows:
    """Rows that were read. Money is Decimal, days are dates, times are zoned, nested objects stay nested."""

    def __init__(self, table: pa.Table, done: ReadDone) -> None:
        self._table = table
        self._done = done

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each row as a dictionary."""
        for batch in self._table.to_batches():
            yield from batch.to_pylist()

    @property
    def schema(self) -> Schema:
        """The columns, with their types in DuckDB's spelling."""
        return self._done.schema

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing: fields beyond the declared ones, columns that are not of their declared type."""
        return tuple(self._done.notes)

    @property
    def calls(self) -> int:
        """How many calls the read took."""
        return self._done.spent.calls

    @property
    def metered_calls(self) -> int:
        """How many of them the provider charges for."""
        return self._done.spent.metered

    def to_arrow(self) -> pa.Table:
        """As an Arrow table."""
        return self._table

    def to_pandas(self) -> pd.DataFrame:
        """As a pandas data frame; decimals are Decimal objects, exact."""
        return self._table.to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """As a polars data frame."""
        import polars as pl

        frame = pl.from_arrow(self._table)
        assert isinstance(frame, pl.DataFrame)
        return frame

    def to_duckdb(self, connection: duckdb.DuckDBPyConnection | None = None) -> duckdb.DuckDBPyRelation:
        """As a relation of DuckDB, on which SQL can be used; it reads this table, no copy is made."""
        import duckdb

        return (connection or duckdb.connect()).from_arrow(self._table)

    def __repr__(self) -> str:
        return f"<{len(self):,} rows of {self._done.resource}, {len(self._done.schema)} columns, {self._done.spent}>"


class _Background:
    """An event loop in a thread of its own. Work is waited for there, so that it does not matter whether the caller
    has a loop running, as a notebook has."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._running())
        try:
            return future.result()
        except BaseException:  # Ctrl-C among them: what was begun does not go on behind the caller's back
            future.cancel()
            raise

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="ledgerflow", daemon=True).start()
            return self._loop


_background = _Background()


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives, from any thread, with or without a running loop."""
    return _background.wait_for(work)


def _as_text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
