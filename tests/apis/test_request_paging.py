"""A request is read to its end whatever the kind of paging, every record once, and carries on where it was cut off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledgerflow.apis.requests import RequestSource, RequestValues
from ledgerflow.core.api import Parameter, Request, RequestSettings
from ledgerflow.core.calls import Answer, ApiCall
from ledgerflow.core.errors import InputRefused
from ledgerflow.core.progress import Quiet
from ledgerflow.engine.typed_scan import read_records
from ledgerflow.store.landing import Landing

BASE = "https://api.example/v2"


class PagedApi:
    """A `Caller` over an api of `total` rows that never gives more than `cap` at once."""

    company = "42"

    def __init__(self, total: int, cap: int, page: Callable[[PagedApi, ApiCall], dict[str, Any]]) -> None:
        self.rows = [{"id": number} for number in range(total)]
        self.cap = cap
        self.calls: list[ApiCall] = []
        self.fail_at: int | None = None
        self._page = page

    async def send(self, call: ApiCall) -> Answer:
        if self.fail_at is not None and len(self.calls) == self.fail_at:
            self.fail_at = None
            raise InputRefused("cut off", where="here", next_step=".")
        self.calls.append(call)
        body = self._page(self, call)
        headers = body.pop("headers", {})
        url = f"{BASE}{call.path}" + ("?" + "&".join(f"{k}={v}" for k, v in call.query.items()) if call.query else "")
        return Answer(
            status=200,
            headers={"content-type": "application/json", **headers},
            body=json.dumps(body).encode(),
            url=url,
            elapsed_s=0.0,
        )

    def cut(self, start: int, asked: int | None = None) -> list[dict[str, int]]:
        return self.rows[start : start + min(self.cap, asked or self.cap)]


def by_offset(api: PagedApi, call: ApiCall) -> dict[str, Any]:
    items = api.cut(int(call.query["offset"]), int(call.query["limit"]))
    return {"data": {"items": items}, "total": len(api.rows)}


def by_page(api: PagedApi, call: ApiCall) -> dict[str, Any]:
    return {"data": {"items": api.cut((int(call.query["page"]) - 1) * api.cap)}, "total": len(api.rows)}


def by_cursor(api: PagedApi, call: ApiCall) -> dict[str, Any]:
    start = int(call.query.get("after", "c0")[1:])
    end = start + api.cap
    return {"data": {"items": api.cut(start)}, "meta": {"next": f"c{end}" if end < len(api.rows) else None}}


def by_url(api: PagedApi, call: ApiCall) -> dict[str, Any]:
    start = int(call.query.get("from", 0))
    end = start + api.cap
    more = {"next": f"/v2/items?from={end}&x=a%20b"} if end < len(api.rows) else {}
    return {"data": {"items": api.cut(start)}, **more}


def by_link(api: PagedApi, call: ApiCall) -> dict[str, Any]:
    start = int(call.query.get("from", 0))
    end = start + api.cap
    last = f'<{BASE}/items?from=0>; rel="first"'
    link = f'<{BASE}/items?from={end}>; rel="next", {last}' if end < len(api.rows) else last
    return {"data": {"items": api.cut(start)}, "headers": {"link": link}}


def by_body(api: PagedApi, call: ApiCall) -> dict[str, Any]:
    asked = json.loads(call.body or b"{}")
    assert asked["filter"] == "all"
    return {"data": {"items": api.cut(asked["page"]["start"], asked["page"]["size"])}}


KINDS: Mapping[str, tuple[Callable[[PagedApi, ApiCall], dict[str, Any]], dict[str, Any]]] = {
    "offset": (by_offset, {"kind": "offset", "parameter": "offset", "limit_parameter": "limit", "limit": 7}),
    "offset and total": (
        by_offset,
        {"kind": "offset", "parameter": "offset", "limit_parameter": "limit", "limit": 7, "total": "total"},
    ),
    "page": (by_page, {"kind": "page", "parameter": "page"}),
    "page and total": (by_page, {"kind": "page", "parameter": "page", "total": "total"}),
    "cursor": (by_cursor, {"kind": "cursor", "parameter": "after", "field": "meta.next"}),
    "next_url": (by_url, {"kind": "next_url", "field": "next"}),
    "link header": (by_link, {"kind": "next_url", "header": "Link"}),
    "body": (
        by_body,
        {
            "kind": "offset",
            "in": "body",
            "parameter": "page.start",
            "limit_parameter": "page.size",
            "limit": 6,
        },
    ),
}


def request_with(paging: dict[str, Any], **more: Any) -> Request:
    return Request(
        name="List items",
        method="POST" if paging.get("in") == "body" else "GET",
        path="/items",
        takes_body=paging.get("in") == "body",
        body='{"filter": "all"}' if paging.get("in") == "body" else None,
        settings=RequestSettings.model_validate({"records": "data.items", "paging": paging, **more}),
    )


def source(request: Request, limit_rows: int | None = None) -> RequestSource:
    values = RequestValues(given={}, shared={}, company_parameter=None)
    return RequestSource(request, values, provider=None, limit_rows=limit_rows, where="a test")


class Notes(Quiet):
    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, text: str) -> None:
        self.told.append(text)


def land(api: PagedApi, request: Request, folder: Path, limit_rows: int | None = None) -> tuple[list[int], list[str]]:
    """Read; the ids in the order of the landed pages, and what was noted."""
    notes = Notes()
    landing = Landing(folder)
    asyncio.run(source(request, limit_rows).land(api, landing, notes))
    records = b"".join(read_records(file) for file in landing.files())
    return [json.loads(line)["id"] for line in records.splitlines()], notes.told


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(KINDS)), total=st.integers(0, 40), cap=st.integers(1, 12), cut=st.integers(0, 8))
def test_every_record_comes_once_also_after_an_interruption(
    tmp_path_factory: pytest.TempPathFactory, kind: str, total: int, cap: int, cut: int
) -> None:
    page, paging = KINDS[kind]
    folder = tmp_path_factory.mktemp("landing")
    whole = PagedApi(total, cap, page)
    ids, _ = land(whole, request_with(paging), tmp_path_factory.mktemp("whole"))
    assert ids == list(range(total))

    broken = PagedApi(total, cap, page)
    broken.fail_at = cut
    if cut < len(whole.calls):
        with pytest.raises(InputRefused, match="cut off"):
            land(broken, request_with(paging), folder)
    ids, _ = land(broken, request_with(paging), folder)

    assert ids == list(range(total))
    assert broken.calls == whole.calls


def test_a_total_saves_the_last_empty_call(tmp_path: Path) -> None:
    with_total, without = PagedApi(20, 5, by_page), PagedApi(20, 5, by_page)

    land(with_total, request_with(KINDS["page and total"][1]), tmp_path / "a")
    land(without, request_with(KINDS["page"][1]), tmp_path / "b")

    assert (len(with_total.calls), len(without.calls)) == (4, 5)


def test_pages_shorter_than_asked_for_do_not_end_the_reading(tmp_path: Path) -> None:
    ids, _ = land(PagedApi(20, 3, by_offset), request_with(KINDS["offset"][1]), tmp_path)

    assert ids == list(range(20))


def test_a_number_of_pages_ends_the_reading_and_is_told(tmp_path: Path) -> None:
    api = PagedApi(20, 5, by_page)

    ids, notes = land(api, request_with({**KINDS["page"][1], "pages": 2}), tmp_path)

    assert ids == list(range(10))
    assert notes == ["List items: stopped after 2 pages, as its paging says; there is more."]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_preview_spends_one_call(tmp_path: Path, kind: str) -> None:
    page, paging = KINDS[kind]
    api = PagedApi(40, 5, page)

    ids, _ = land(api, request_with(paging), tmp_path, limit_rows=3)

    assert ids == [0, 1, 2]
    assert len(api.calls) == 1


def test_paging_that_does_not_move_is_refused_instead_of_reading_for_ever(tmp_path: Path) -> None:
    api = PagedApi(10, 5, lambda api, call: {"data": {"items": api.cut(0)}})

    with pytest.raises(InputRefused, match="the same page twice"):
        land(api, request_with(KINDS["page"][1]), tmp_path)


def test_a_next_address_on_another_server_is_refused(tmp_path: Path) -> None:
    api = PagedApi(10, 5, lambda api, call: {"data": {"items": api.cut(0)}, "next": "https://elsewhere.example/v2/x"})

    with pytest.raises(InputRefused, match=r"on another server, elsewhere\.example/v2/x"):
        land(api, request_with(KINDS["next_url"][1]), tmp_path)


def test_an_answer_without_paging_is_one_page(tmp_path: Path) -> None:
    api = PagedApi(3, 5, lambda api, call: {"id": 7})
    request = Request(name="Read", method="GET", path="/items/7")

    ids, _ = land(api, request, tmp_path)

    assert ids == [7]
    assert len(api.calls) == 1


def test_an_answer_that_is_no_json_is_refused_with_a_way_on(tmp_path: Path) -> None:
    class Page(PagedApi):
        async def send(self, call: ApiCall) -> Answer:
            return Answer(
                status=200, headers={"content-type": "text/html"}, body=b"<html>", url=f"{BASE}/items", elapsed_s=0
            )

    with pytest.raises(InputRefused, match="The answer is not JSON") as refused:
        land(Page(1, 1, by_page), request_with({"kind": "none"}), tmp_path)
    assert "text/html" in refused.value.what
    assert "ledgerflow api try" in refused.value.next_step


def test_wrong_values_are_refused_before_anything_is_called() -> None:
    request = Request(
        name="Read",
        method="GET",
        path="/items/{id}",
        parameters=(Parameter(name="id", location="path", required=True),),
    )

    with pytest.raises(InputRefused, match="Read needs id"):
        source(request)
