"""Rows straight from the landed pages into a destination, while the rest of the read is still under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from ledgerflow.core.destination import Destination, Written
    from ledgerflow.core.schema import Schema
    from ledgerflow.engine.typed_pages import Form, TypedPage

BATCH_ROWS = 10_000
"""Pages are joined to batches of about so many rows: small ones cost destinations more than they save memory."""
_BATCHES_AHEAD = 1


class DirectWrite:
    """An `apis.contract.PageSink` that writes pages in the order of their places. Use it as `async with`.

    It gives up, for good, as soon as a page cannot be handed on or has other columns than the ones before it; the
    destination is then as if nothing had been written, and the caller reads what landed through the engine instead.
    """

    def __init__(self, make: Callable[[], Destination], *, advance: Callable[[int], None] = lambda _: None) -> None:
        """`make` makes the destination, once the columns are known; `advance` is told how many rows were written."""
        self._make = make
        self._advance = advance
        self._destination: Destination | None = None
        self._form: Form | None = None
        self._pages: dict[int, list[TypedPage]] = {}
        self._done: set[int] = set()
        self._next_place = 0
        self._group: list[TypedPage] = []
        self._group_rows = 0
        self._batches: asyncio.Queue[pa.RecordBatch | None] = asyncio.Queue(maxsize=_BATCHES_AHEAD)
        self._writer: asyncio.Task[None] | None = None
        self._in_order = asyncio.Lock()
        self._given_up = False
        self._committed = False
        self.rows = 0

    async def __aenter__(self) -> DirectWrite:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._committed:
            await self._give_up()

    @property
    def columns(self) -> Schema:
        """The columns that were written."""
        assert self._form is not None, "asked for after `finish`"
        return self._form.columns

    @property
    def notes(self) -> tuple[str, ...]:
        """Where the data went another way than declared, for people."""
        return tuple(self._form.departures.notes) if self._form is not None else ()

    @property
    def undeclared(self) -> tuple[str, ...]:
        """Dotted paths of fields that the declaration does not have."""
        return tuple(self._form.departures.undeclared) if self._form is not None else ()

    async def take(self, place: int, page: TypedPage | None) -> None:
        """See `PageSink.take`; waits while the destination is behind."""
        if self._given_up:
            return
        if page is None or (self._form is not None and not _same_columns(page.form, self._form)):
            await self._give_up()
            return
        if self._form is None:
            async with self._in_order:
                if self._form is None:
                    self._form = page.form
                    self._destination = self._make()
                    await self._destination.open(page.form.schema)
                    self._writer = asyncio.create_task(self._write())
        self._pages.setdefault(place, []).append(page)

    async def done(self, place: int) -> None:
        """See `PageSink.done`."""
        self._done.add(place)
        async with self._in_order:
            while self._next_place in self._done and not self._given_up:
                self._done.discard(self._next_place)
                pages = self._pages.pop(self._next_place, [])
                self._next_place += 1
                for page in pages:
                    await self._add(page)

    async def finish(self, *, rows: int) -> Written | None:
        """Commit, when all `rows` of the read were handed on; None when the caller has to write them itself.

        Raises:
            InputRefused: the destination cannot be written.
        """
        if self._given_up or self._destination is None or self._writer is None:
            return None
        await self._flush()
        await self._batches.put(None)
        await self._writer
        if self.rows != rows:
            await self._give_up()
            return None
        written = await self._destination.commit()
        self._committed = True
        return written

    async def _add(self, page: TypedPage) -> None:
        """Join a page to those before it; one that has seen more fields starts a group of its own."""
        if self._group and self._group[0].form is not page.form:
            await self._flush()
        self._group.append(page)
        self._group_rows += page.narrow.num_rows
        if self._group_rows >= BATCH_ROWS:
            await self._flush()

    async def _flush(self) -> None:
        from ledgerflow.engine.typed_pages import full_batch

        group, self._group, self._group_rows = self._group, [], 0
        if group:
            await self._put(await asyncio.to_thread(full_batch, group))

    async def _put(self, batch: pa.RecordBatch) -> None:
        """Hand a batch to the writer; when it has failed, say why instead of waiting for it."""
        assert self._writer is not None
        putting = asyncio.ensure_future(self._batches.put(batch))
        await asyncio.wait({putting, self._writer}, return_when=asyncio.FIRST_COMPLETED)
        if self._writer.done():
            putting.cancel()
            self._writer.result()

    async def _write(self) -> None:
        assert self._destination is not None
        while (batch := await self._batches.get()) is not None:
            await self._destination.write_batch(batch)
            self.rows += batch.num_rows
            self._advance(batch.num_rows)

    async def _give_up(self) -> None:
        if self._given_up:
            return
        self._given_up = True
        self._pages.clear()
        self._group.clear()
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait({self._writer})
        if self._destination is not None:
            await self._destination.abort()


def _same_columns(one: Form, other: Form) -> bool:
    return one is other or one.record == other.record
