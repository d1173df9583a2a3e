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
        self, landing: Landing, declared: Schema | None, *, records: str, envelope: Sequence[str] = (), where: str
    ) -> None:
        """`records` and `envelope` are dotted paths, see `net.split.split_page`; `where` is for errors."""
        self._landing = landing
        self._observer = Observer(declared)
        self._one_at_a_time = threading.Lock()
        self._records = records
        self._envelope = tuple(envelope)
        self._where = where

    async def land(self, page: str, answer: Answer, *, most_rows: int | None = None) -> LandedPage:
        """Land the records of `answer` as `page`; the first `most_rows` of them when that is given.

        Raises:
            InputRefused: the answer is not JSON, or has no records where they should be.
        """
        return await asyncio.to_thread(lambda: self._keep(page, self._split(answer), most_rows))

    async def split(self, answer: Answer) -> SplitPage:
        """The records of an answer and its envelope, to be landed by `keep`. Raises what `land` raises."""
        return await asyncio.to_thread(self._split, answer)

    async def keep(self, page: str, split: SplitPage, *, most_rows: int | None = None) -> LandedPage:
        """Land what `split` gave."""
        return await asyncio.to_thread(self._keep, page, split, most_rows)

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

    def _keep(self, page: str, split: SplitPage, most_rows: int | None) -> LandedPage:
        records, rows = split.ndjson, split.rows
        if most_rows is not None and rows > most_rows:
            records, rows = b"".join(records.splitlines(keepends=True)[:most_rows]), most_rows
        with self._one_at_a_time:
            observed = self._observer.observe(records)
        self._landing.put(page, observed.records, rows, structure=observed.structure)
        return LandedPage(rows=rows, envelope=split.envelope, found=split.found)
