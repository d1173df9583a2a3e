"""Reading an entity of QuickBooks: counted, then paged side by side in a fixed order, each page landed as it comes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from ledgerflow.apis.contract import PageSink, ReadRequest
from ledgerflow.apis.landed_pages import PageLander
from ledgerflow.apis.quickbooks.schema import columns_of
from ledgerflow.apis.quickbooks.where import check_where
from ledgerflow.core.calls import Answer, ApiCall, Caller
from ledgerflow.core.errors import InputRefused, LedgerflowError, RetryLater, nearest_name
from ledgerflow.core.progress import Progress
from ledgerflow.core.schema import Schema
from qbo_facts import Entity, UnknownEntity, entity, entity_names, limits

if TYPE_CHECKING:
    from ledgerflow.store.landing import Landing

MINOR_VERSION = "75"
SIDE_BY_SIDE = 10
"""Pages under way at once, at most: more would only wait for the limits, and each holds its records in memory."""
_LONGEST_GET = 4000
"""A longer statement goes as the body of a POST, which changes nothing either."""
_PLAN = "plan"


def readable_entities() -> tuple[str, ...]:
    """The entities that can be queried."""
    return tuple(name for name in entity_names() if entity(name).operations.query)


def is_readable(name: str) -> bool:
    """Can an entity of this name (in any letter case) be queried? Only its own facts are looked at."""
    try:
        return entity(name).operations.query
    except UnknownEntity:
        return False


def entity_to_read(name: str, *, where: str) -> Entity:
    """The entity of that name. Raises InputRefused for one that is unknown or cannot be queried."""
    if is_readable(name):
        return entity(name)
    known = readable_entities()
    nearest = nearest_name(name, known)
    what = (
        f"QuickBooks does not let {name} be queried."
        if name in entity_names()
        else f"QuickBooks has no entity {name!r}." + (f" Did you mean {nearest!r}?" if nearest else "")
    )
    raise InputRefused(what, where=where, next_step="`ledgerflow api show quickbooks` lists what can be read.")


class EntitySource:
    """All records of an entity, or those that fit a condition. An `apis.contract.Source`."""

    def __init__(self, request: ReadRequest, *, where: str) -> None:
        self._entity = entity_to_read(request.resource, where=where)
        if request.parameters:
            raise InputRefused(
                f"{self._entity.name} takes no parameters; it has a where.",
                where=where,
                next_step="Write the condition as where, or read a request of the api by its name.",
            )
        checked = check_where(request.where, self._entity, where=where) if request.where else None
        conditions = [checked.text] if checked else []
        if self._entity.hides_inactive and not (checked and checked.mentions_active):
            conditions.append("Active IN (true, false)")  # else inactive names stay hidden
        self._condition = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        self._limit_rows = request.limit_rows
        self._where = where
        self._page_rows = limits()["query_rows"].value

    @property
    def schema(self) -> Schema:
        return columns_of(self._entity.name)

    @property
    def expected_calls(self) -> int | None:
        """How many calls the read will take; None when only counting the records can tell."""
        if self._is_single:
            return 1
        return math.ceil(self._limit_rows / self._page_rows) if self._limit_rows is not None else None

    async def land(self, caller: Caller, landing: Landing, progress: Progress, *, sink: PageSink | None = None) -> None:
        """See `apis.contract.Source.land`. The plan (how many records there were) is kept with the pages, so a read
        that was cut off asks only for what is missing."""
        if landing.is_complete:
            return
        lander = PageLander(
            landing,
            self.schema,
            records=f"QueryResponse.{self._entity.json_key or self._entity.name}",
            sink=sink,
            where=self._where,
        )
        name = self._entity.name
        if self._is_single or self._limit_rows is not None:
            progress.start(name, total=self._limit_rows, unit="rows")
            await self._land_in_turn(caller, landing, lander, progress)
        else:
            await self._land_side_by_side(caller, landing, lander, progress)
        landing.complete()
        progress.finish(name)

    @property
    def _is_single(self) -> bool:
        """Is there only one record per company?"""
        return self._entity.kind == "singleton"

    async def _land_in_turn(self, caller: Caller, landing: Landing, lander: PageLander, progress: Progress) -> None:
        """One page after the other until enough rows are there or a page is short. Nothing is counted first."""
        wanted = 1 if self._is_single else self._limit_rows or 0
        for place, start in enumerate(range(1, wanted + 1, self._page_rows)):
            rows = min(self._page_rows, wanted - start + 1)
            got = await self._land_page(place, start, rows, caller, landing, lander, progress)
            await lander.done(place)
            if got < rows:
                break

    async def _land_side_by_side(
        self, caller: Caller, landing: Landing, lander: PageLander, progress: Progress
    ) -> None:
        count = await self._planned_rows(caller, landing)
        progress.start(self._entity.name, total=count, unit="rows")
        starts = enumerate(range(1, count + 1, self._page_rows))
        try:
            async with asyncio.TaskGroup() as pages:
                for _ in range(min(SIDE_BY_SIDE, math.ceil(count / self._page_rows))):
                    pages.create_task(self._land_pages(starts, count, caller, landing, lander, progress))
        except* LedgerflowError as several:  # the others were cancelled; the first says what is wrong
            raise several.exceptions[0] from None
        if landing.rows != count:
            progress.note(
                f"{self._entity.name}: {count:,} records were counted and {landing.rows:,} came. Records were added or "
                "removed during the read; those that moved between pages may be missing or double. Read again for an "
                "exact picture."
            )

    async def _land_pages(
        self,
        starts: Iterator[tuple[int, int]],
        count: int,
        caller: Caller,
        landing: Landing,
        lander: PageLander,
        progress: Progress,
    ) -> None:
        """Take page after page from those that nobody has taken yet."""
        for place, start in starts:
            expected = min(self._page_rows, count - start + 1)
            got = await self._land_page(place, start, expected, caller, landing, lander, progress)
            while 0 < got < expected:  # a short page: the rest may still be there, or the records are gone
                more = await self._land_page(place, start + got, expected - got, caller, landing, lander, progress)
                got += more
                if not more:
                    break
            await lander.done(place)

    async def _land_page(
        self,
        place: int,
        start: int,
        rows: int,
        caller: Caller,
        landing: Landing,
        lander: PageLander,
        progress: Progress,
    ) -> int:
        page = _page(start)
        if landing.has(page):
            got = landing.pages[page]
            await lander.was_there(place)
        else:
            answer = await caller.send(self._query(caller, "*", start=start, rows=rows))
            got = (await lander.land(page, answer, place=place, most_rows=rows)).rows
        progress.advance(self._entity.name, got)
        return got

    async def _planned_rows(self, caller: Caller, landing: Landing) -> int:
        """How many records there are: counted once, remembered with the landing."""
        plan = landing.recall(_PLAN)
        if plan is None:
            answer = await caller.send(self._query(caller, "count(*)"))
            plan = {"rows": _counted(answer, where=self._where), "condition": self._condition}
            landing.remember(_PLAN, plan)
        return int(plan["rows"])

    def _query(self, caller: Caller, what: str, *, start: int | None = None, rows: int | None = None) -> ApiCall:
        statement = f"SELECT {what} FROM {self._entity.query_name}{self._condition}"
        if start is not None and not self._is_single:
            order = " ORDERBY Id" if "Id" in self._entity.fields else ""
            statement += f"{order} STARTPOSITION {start} MAXRESULTS {rows}"
        return query_call(caller.company, statement)


def query_call(company: str, statement: str) -> ApiCall:
    """The call that asks a company a statement of the query language; a metered read."""
    path = f"/v3/company/{quote(company, safe='')}/query"
    asked = {"minorversion": MINOR_VERSION}
    accept = {"Accept": "application/json"}
    if len(statement) > _LONGEST_GET:
        return ApiCall(
            method="POST",
            path=path,
            kind="query",
            metered=True,
            repeatable=True,
            query=asked,
            headers=accept,
            body=statement.encode(),
            content_type="application/text",
        )
    return ApiCall(
        method="GET",
        path=path,
        kind="query",
        metered=True,
        repeatable=True,
        query={"query": statement, **asked},
        headers=accept,
    )


def _page(start: int) -> str:
    """The name of the page that starts at a row; names sort as rows do."""
    return f"{start:010d}"


def _counted(answer: Answer, *, where: str) -> int:
    found: Any = msgspec.json.decode(answer.body)
    try:
        return int(found["QueryResponse"]["totalCount"])
    except (KeyError, TypeError, ValueError) as error:
        raise RetryLater(
            "QuickBooks did not say how many records there are.", where=where, next_step="Run it again."
        ) from error
