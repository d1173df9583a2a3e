"""Pages written while the read goes on: in order, whole or not at all, and the same as without."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Command
from ledgerflow.core.destination import Written
from ledgerflow.core.errors import InputRefused
from ledgerflow.engine.observe import Observer
from ledgerflow.engine.typed_pages import TypedPage, TypedPages
from ledgerflow.runner import direct
from ledgerflow.runner.direct import DirectWrite
from qbo_sandbox.served import ServedSandbox


class Kept:
    """A destination that keeps its rows in memory, or refuses after some."""

    def __init__(self, refuse_after: int | None = None) -> None:
        self.rows: list[dict[str, Any]] = []
        self.state = "made"
        self._refuse_after = refuse_after

    async def open(self, schema: pa.Schema) -> None:
        self.state = "open"

    async def write_batch(self, batch: pa.RecordBatch) -> None:
        await asyncio.sleep(0)
        if self._refuse_after is not None and len(self.rows) >= self._refuse_after:
            raise InputRefused("The disk is full.", where="here", next_step="Make room.")
        self.rows.extend(batch.to_pylist())

    async def commit(self) -> Written:
        self.state = "committed"
        return Written(rows=len(self.rows), place="memory")

    async def abort(self) -> None:
        self.state = "aborted"


def typed(*records: bytes) -> list[TypedPage]:
    """Each page typed as what was seen up to it, as a read does."""
    observer, pages = Observer(None), TypedPages(None)
    found = []
    for page in records:
        observer.observe(page)
        pages.expect(observer.seen)
        made = pages.read(page, page.count(b"\n"))
        assert made is not None
        found.append(made)
    return found


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(0, 6), max_size=15), seed=st.integers(0, 99), batch_rows=st.integers(1, 10))
def test_rows_are_written_in_order_however_pages_come_in(sizes: list[int], seed: int, batch_rows: int) -> None:
    numbers = iter(range(1000))
    pages = [b"".join(b'{"n":%d}\n' % next(numbers) for _ in range(size)) for size in sizes]
    handed = iter(typed(*(page for page in pages if page)))
    by_place = [next(handed) if page else None for page in pages]
    kept = Kept()

    async def hand_on() -> Written | None:
        writing = DirectWrite(lambda: kept)
        places = list(enumerate(by_place))
        random.Random(seed).shuffle(places)

        async def hand(place: int, page: TypedPage | None) -> None:
            if page is not None:
                await writing.take(place, page)
            await writing.done(place)

        async with writing:
            await asyncio.gather(*(hand(place, page) for place, page in places))
            return await writing.finish(rows=sum(sizes))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(direct, "BATCH_ROWS", batch_rows)
        written = asyncio.run(hand_on())
    if sum(sizes):
        assert written == Written(rows=sum(sizes), place="memory")
        assert [row["n"] for row in kept.rows] == list(range(sum(sizes)))
        assert kept.state == "committed"
    else:
        assert written is None
        assert kept.state == "made"


@pytest.mark.parametrize("second", [None, b'{"n":1,"new":true}\n', b'{"n":1.5}\n'])
def test_a_page_that_cannot_follow_takes_back_what_was_written(second: bytes | None) -> None:
    first = b'{"n":1}\n' * 3
    pages: list[TypedPage | None] = [*typed(first, second)] if second else [*typed(first), None]
    kept = Kept()

    async def hand_on() -> Written | None:
        async with DirectWrite(lambda: kept) as writing:
            for place, page in enumerate(pages):
                await writing.take(place, page)
                await writing.done(place)
            return await writing.finish(rows=4)

    assert asyncio.run(hand_on()) is None
    assert kept.state == "aborted"


def test_rows_that_were_never_handed_on_take_back_what_was_written() -> None:
    kept = Kept()

    async def hand_on() -> Written | None:
        async with DirectWrite(lambda: kept) as writing:
            await writing.take(0, typed(b'{"n":1}\n')[0])
            await writing.done(0)
            return await writing.finish(rows=2)

    assert asyncio.run(hand_on()) is None
    assert kept.state == "aborted"


def test_a_destination_that_fails_stops_the_read_and_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "BATCH_ROWS", 1)
    kept = Kept(refuse_after=2)
    page = typed(b'{"n":1}\n')[0]

    async def hand_on() -> None:
        async with asyncio.timeout(20), DirectWrite(lambda: kept) as writing:
            for place in range(50):
                await writing.take(place, page)
                await writing.done(place)
            await writing.finish(rows=50)

    with pytest.raises(InputRefused, match="The disk is full"):
        asyncio.run(hand_on())
    assert kept.state == "aborted"


def test_a_read_that_is_cancelled_takes_back_what_was_written() -> None:
    kept = Kept()

    async def hand_on() -> None:
        async with DirectWrite(lambda: kept) as writing:
            await writing.take(0, typed(b'{"n":1}\n')[0])
            await asyncio.sleep(60)

    async def cancelled() -> None:
        task = asyncio.create_task(hand_on())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert kept.state == "aborted"


@pytest.mark.qbo_sandbox(shared=True, invoices=1200, companies=1)
def test_the_file_is_the_same_with_and_without_the_short_way(
    ledgerflow: Command, quickbooks: ServedSandbox, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for entity in ("Invoice", "Customer", "Item", "Payment", "Bill", "Preferences"):
        assert ledgerflow("read", f"quickbooks.{entity}", "--to", f"{entity}.parquet").code == 0
    refusing = lambda self, records, rows: None  # noqa: E731
    monkeypatch.setattr(TypedPages, "read", refusing)
    for entity in ("Invoice", "Customer", "Item", "Payment", "Bill", "Preferences"):
        assert ledgerflow("read", f"quickbooks.{entity}", "--to", f"{entity}-long.parquet").code == 0

        short, long = (pq.read_table(project / name) for name in (f"{entity}.parquet", f"{entity}-long.parquet"))
        assert short.schema == long.schema
        assert short.to_pylist() == long.to_pylist()
