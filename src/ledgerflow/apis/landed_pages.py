"""An answer's way to disk: split into records, looked at, landed; on a worker thread, so that calls go on meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledgerflow.core.calls import Answer
from ledgerflow.core.errors import InputRefused
from ledgerflow.core.schema import Schema
from ledgerflow.engine.observe import Observer
from ledgerflow.net.split import SplitPage, UnreadableAnswer, split_page

if TYPE_CHECKING:
    from ledgerflow.apis.contract import PageSink
    from ledgerflow.engine.typed_pages import TypedPage, TypedPages
    from ledgerflow.store.landing import Landing


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedPage:
    """What an answer held: how many records, and the envelope values that were asked for."""

    rows: int
    envelope: Mapping[str, Any]
    found: bool


class PageLander:
    """Lands the answers of one read. Several answers may be on their way at once."""

    def __init__(
        self,
        landing: Landing,
        declared: Schema | None,
        *,
        records: str,
        envelope: Sequence[str] = (),
        sink: PageSink | None = None,
        where: str,
    ) -> None:
        """`records` and `envelope` are dotted paths, see `net.split.split_page`; `sink` is handed each page after it
        has landed; `where` is for errors."""
        self._landing = landing
        self._observer = Observer(declared)
        self._one_at_a_time = threading.Lock()
        self._records = records
        self._envelope = tuple(envelope)
        self._sink = sink
        self._typed = _typed_pages(declared) if sink is not None else None
        self._where = where

    async def land(self, page: str, answer: Answer, *, place: int, most_rows: int | None = None) -> LandedPage:
        """Land the records of `answer` as `page`; the first `most_rows` of them when that is given. `place` tells a
        sink where the page belongs.

        Raises:
            InputRefused: the answer is not JSON, or has no records where they should be.
        """
        landed, typed = await asyncio.to_thread(lambda: self._keep(page, self._split(answer), most_rows))
        await self._hand_on(place, landed, typed)
        return landed

    async def split(self, answer: Answer) -> SplitPage:
        """The records of an answer and its envelope, to be landed by `keep`. Raises what `land` raises."""
        return await asyncio.to_thread(self._split, answer)

    async def keep(self, page: str, split: SplitPage, *, place: int, most_rows: int | None = None) -> LandedPage:
        """Land what `split` gave."""
        landed, typed = await asyncio.to_thread(self._keep, page, split, most_rows)
        await self._hand_on(place, landed, typed)
        return landed

    async def was_there(self, place: int) -> None:
        """Say that a page of that place had landed before."""
        if self._sink is not None:
            await self._sink.take(place, None)

    async def done(self, place: int) -> None:
        """Say that nothing more comes for that place."""
        if self._sink is not None:
            await self._sink.done(place)

    async def _hand_on(self, place: int, landed: LandedPage, typed: TypedPage | None) -> None:
        if self._sink is not None and landed.rows:
            await self._sink.take(place, typed)

    def _split(self, answer: Answer) -> SplitPage:
        try:
            return split_page(answer.body, records=self._records, envelope=self._envelope)
        except UnreadableAnswer as error:
            kind = answer.headers.get("content-type", "no content type")
            raise InputRefused(
                f"{error} (HTTP status {answer.status}, {kind})",
                where=self._where,
                next_step="Try the request with `ledgerflow api try`, and correct its path or its records path.",
            ) from error

    def _keep(self, page: str, split: SplitPage, most_rows: int | None) -> tuple[LandedPage, TypedPage | None]:
        records, rows = split.ndjson, split.rows
        if most_rows is not None and rows > most_rows:
            records, rows = b"".join(records.splitlines(keepends=True)[:most_rows]), most_rows
        typed = self._typed.read(records, rows) if self._typed is not None and rows else None
        if typed is not None:
            with self._one_at_a_time:
                structure = self._observer.accepted(records)
        else:
            with self._one_at_a_time:
                observed = self._observer.observe(records)
                if self._typed is not None:
                    self._typed.expect(self._observer.seen)
            records, structure = observed.records, observed.structure
            typed = self._typed.read(records, rows) if self._typed is not None and rows else None
        self._landing.put(page, records, rows, structure=structure)
        return LandedPage(rows=rows, envelope=split.envelope, found=split.found), typed


def _typed_pages(declared: Schema | None) -> TypedPages:
    from ledgerflow.engine.typed_pages import TypedPages

    return TypedPages(declared)
