"""Reading through a request of an api document: page after page as its paging says, each one landed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from ledgerflow.apis.contract import KnowsRequests, PageSink, Provider, ReadRequest
from ledgerflow.apis.landed_pages import LandedPage, PageLander
from ledgerflow.core.api import Request
from ledgerflow.core.calls import Answer, ApiCall, Caller
from ledgerflow.core.errors import InputRefused
from ledgerflow.core.filling import Classify, fill, plain_kind
from ledgerflow.core.paging import CursorPaging, NextUrlPaging, NoPaging, OffsetPaging, PageNumberPaging
from ledgerflow.core.progress import Progress
from ledgerflow.core.schema import Schema
from ledgerflow.net.split import WHOLE_BODY, SplitPage

if TYPE_CHECKING:
    from ledgerflow.store.landing import Landing

_NEXT_LINK = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)
_STATE = "paging"

Steer = dict[str, Any]
"""Where a page starts, as plain JSON: {"start": 100}, {"cursor": "abc"} or {"path": ..., "query": ...}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestValues:
    """Who gives the values of a request. `company_parameter` is filled with the company that is called."""

    given: Mapping[str, str]
    shared: Mapping[str, str]
    company_parameter: str | None
    body: str | None = None


class RequestSource:
    """The records that a request answers with. An `apis.contract.Source`."""

    def __init__(
        self,
        request: Request,
        values: RequestValues,
        *,
        provider: Provider | None,
        limit_rows: int | None = None,
        where: str,
    ) -> None:
        """Raises InputRefused, placed at `where`, for missing, unknown or wrong values."""
        self._request = request
        self._values = values
        self._limit_rows = limit_rows
        self._where = where
        self._knows = provider if isinstance(provider, KnowsRequests) else None
        self._paging = request.settings.paging
        sample = self.call("0")  # a wrong value shows before anything is called
        self._records = request.settings.records
        self._schema = request.layout
        if self._knows is not None:
            self._records = self._records or self._knows.records_path(sample.path, sample.query)
            self._schema = self._schema or self._knows.columns(sample.path, sample.query)

    @property
    def schema(self) -> Schema | None:
        return self._schema

    @property
    def records(self) -> str | None:
        """Where an answer holds its records; None for the answer as a whole."""
        return self._records

    def call(self, company: str) -> ApiCall:
        """The request's call for a company, before any paging."""
        parameter = self._values.company_parameter
        classify: Classify = self._knows.call_kind if self._knows is not None else plain_kind
        return fill(
            self._request,
            self._values.given,
            shared=self._values.shared,
            company={parameter: company} if parameter else {},
            body=self._values.body,
            classify=classify,
            where=self._where,
        )

    async def land(self, caller: Caller, landing: Landing, progress: Progress, *, sink: PageSink | None = None) -> None:
        """See `apis.contract.Source.land`. What to ask for next is kept with the pages, so a read that was cut off
        goes on behind its last page."""
        if landing.is_complete:
            return
        lander = PageLander(
            landing,
            self._schema,
            records=self._records or WHOLE_BODY,
            envelope=self._envelope(),
            sink=sink,
            where=self._where,
        )
        base = self.call(caller.company)
        progress.start(self._request.name, total=self._limit_rows, unit="rows")
        number, steer, before = self._carried_on(landing)
        if number:
            await lander.was_there(0)
        while steer is not None:
            call = self._steered(base, steer)
            answer = await caller.send(call)
            page = await self._land_page(lander, landing, number, steer, answer, call)
            if page.rows and _digest(answer) == before:
                raise InputRefused(
                    f"{self._request.name} answered with the same page twice: its paging does not move.",
                    where=self._where,
                    next_step="Compare the request's paging with the api's documentation.",
                )
            before = _digest(answer)
            progress.advance(self._request.name, page.rows)
            number, steer = number + 1, landing.recall(_STATE)["next"]
            if steer is not None and self._limit_rows is not None and landing.rows >= self._limit_rows:
                break
        most = None if isinstance(self._paging, NoPaging) else self._paging.pages
        if steer is None and most is not None and number >= most and landing.recall(_STATE)["more"]:
            progress.note(f"{self._request.name}: stopped after {most} pages, as its paging says; there is more.")
        landing.complete()
        progress.finish(self._request.name)

    def _carried_on(self, landing: Landing) -> tuple[int, Steer | None, str | None]:
        """The number and start of the page to fetch next, and the digest of the one before."""
        state = landing.recall(_STATE)
        if state is None:
            return 0, self._first(), None
        if landing.has(_page(state["page"])):
            return state["page"] + 1, state["next"], state["digest"]
        return state["page"], state["this"], None

    async def _land_page(
        self, lander: PageLander, landing: Landing, number: int, steer: Steer, answer: Answer, call: ApiCall
    ) -> LandedPage:
        """Land an answer. What follows it is written down first, so once the page is there its answer is done with."""
        split = await lander.split(answer)
        following = self._following(steer, split, answer, call)
        most = None if isinstance(self._paging, NoPaging) else self._paging.pages
        last = most is not None and number + 1 >= most
        state = {
            "page": number,
            "this": steer,
            "next": None if last else following,
            "more": following is not None,
            "digest": _digest(answer),
        }
        landing.remember(_STATE, state)
        room = None if self._limit_rows is None else max(0, self._limit_rows - landing.rows)
        page = await lander.keep(_page(number), split, place=number, most_rows=room)
        await lander.done(number)
        return page

    def _envelope(self) -> tuple[str, ...]:
        paging = self._paging
        if isinstance(paging, CursorPaging | NextUrlPaging):
            return (paging.field,) if paging.field else ()
        total = paging.total if isinstance(paging, OffsetPaging | PageNumberPaging) else None
        return (total,) if total else ()

    def _first(self) -> Steer:
        paging = self._paging
        return {"start": paging.first} if isinstance(paging, OffsetPaging | PageNumberPaging) else {}

    def _following(self, steer: Steer, page: SplitPage, answer: Answer, call: ApiCall) -> Steer | None:
        """Where the next page starts; None when this was the last."""
        paging = self._paging
        if isinstance(paging, CursorPaging):
            cursor = page.envelope.get(paging.field)
            return None if cursor in (None, "", False) or cursor == steer.get("cursor") else {"cursor": cursor}
        if isinstance(paging, NextUrlPaging):
            return self._next_url(paging, page, answer, call)
        if isinstance(paging, NoPaging) or page.rows == 0:
            return None
        counted = page.envelope.get(paging.total) if paging.total else None
        so_far = steer.get("rows", 0) + page.rows
        if isinstance(counted, int) and so_far >= counted:
            return None
        step = page.rows if isinstance(paging, OffsetPaging) else 1
        return {"start": steer["start"] + step, "rows": so_far}

    def _next_url(self, paging: NextUrlPaging, page: SplitPage, answer: Answer, call: ApiCall) -> Steer | None:
        told = page.envelope.get(paging.field) if paging.field else _next_link(answer.headers, str(paging.header))
        if not isinstance(told, str) or not told:
            return None
        here, there = urlsplit(answer.url), urlsplit(urljoin(answer.url, told))
        prefix = here.path.removesuffix(call.path)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc) or not there.path.startswith(prefix):
            raise InputRefused(
                f"{self._request.name} names its next page on another server, {there.netloc}{there.path}.",
                where=self._where,
                next_step="Correct base_url if the api has moved; calls are never sent on to another server.",
            )
        return {"path": there.path[len(prefix) :], "query": dict(parse_qsl(there.query, keep_blank_values=True))}

    def _steered(self, base: ApiCall, steer: Steer) -> ApiCall:
        """The call for one page."""
        paging = self._paging
        if isinstance(paging, NoPaging):
            return base
        if isinstance(paging, NextUrlPaging):
            return replace(base, path=steer["path"], query=steer["query"]) if "path" in steer else base
        values: dict[str, Any] = {}
        if paging.limit_parameter is not None and paging.limit is not None:
            values[paging.limit_parameter] = min(paging.limit, self._limit_rows or paging.limit)
        if "start" in steer:
            values[paging.parameter] = steer["start"]
        elif "cursor" in steer:
            values[paging.parameter] = steer["cursor"]
        if paging.place == "query":
            return replace(base, query={**base.query, **{name: str(value) for name, value in values.items()}})
        return replace(base, body=self._with_body(base.body, values))

    def _with_body(self, body: bytes | None, values: Mapping[str, Any]) -> bytes:
        try:
            found = json.loads(body or b"{}")
        except ValueError as error:
            raise InputRefused(
                f"{self._request.name} pages by its body, which is not JSON.",
                where=self._where,
                next_step="Give the request a JSON body, or page by its query.",
            ) from error
        for path, value in values.items():
            node = found
            *parents, last = path.split(".")
            for part in parents:
                node = node.setdefault(part, {})
            node[last] = value
        return json.dumps(found, ensure_ascii=False).encode()


def _next_link(headers: Mapping[str, str], name: str) -> str | None:
    """The next page's address in a header: a Link header with rel=next (RFC 8288), or the address by itself."""
    value = headers.get(name.lower(), "")
    found = _NEXT_LINK.search(value)
    return found[1] if found else value if value and "<" not in value else None


def _digest(answer: Answer) -> str:
    return hashlib.sha256(answer.body).hexdigest()


def _page(number: int) -> str:
    return f"{number:06d}"


def source_of(
    request: ReadRequest,
    found: Request,
    *,
    shared: Mapping[str, Any],
    company_parameter: str | None,
    provider: Provider | None,
    where: str,
) -> RequestSource:
    """The source for a read of a request. Raises InputRefused: a request has parameters, not a where."""
    if request.where:
        raise InputRefused(
            f"{found.name} takes no where; it has parameters.",
            where=where,
            next_step="Give parameters, or filter after the read.",
        )
    values = RequestValues(
        given=request.parameters,
        shared={name: _as_text(value) for name, value in shared.items()},
        company_parameter=company_parameter,
    )
    return RequestSource(found, values, provider=provider, limit_rows=request.limit_rows, where=where)


def _as_text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
