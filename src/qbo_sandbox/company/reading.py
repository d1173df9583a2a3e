"""Answers that only read: queries, single records, what has changed since a moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import qbo_facts
from qbo_facts import Entity
from qbo_sandbox.company.answers import json_key
from qbo_sandbox.company.faults import FaultError, Refused, missing, not_found, unsupported
from qbo_sandbox.company.json_text import read_body, write_json
from qbo_sandbox.company.singletons import SINGLETON_ID
from qbo_sandbox.company.store import Deletion, Store
from qbo_sandbox.query import BoundCondition, BoundQuery, BoundSort, Property, QueryRefused, bind, parse
from qbo_sandbox.query.binding import read_moment

_LAST_UPDATED = Property(("MetaData", "LastUpdatedTime"), "moment")
_ALWAYS_SELECTED = ("Id", "domain")


def query_part(store: Store, text: str, *, now: datetime) -> list[bytes]:
    """`"QueryResponse": {...}` for a statement, in pieces to be joined, without braces around it.

    Raises:
        Refused: 4000 or 4001.
    """
    try:
        query = bind(parse(text), now=now)
    except QueryRefused as refused:
        raise Refused(FaultError(code=refused.code, detail=refused.detail, element=None)) from None
    return [b'"QueryResponse":', *_query_response(store, query)]


def read_record(store: Store, entity: Entity, id_text: str) -> bytes:
    """The stored bytes of a record.

    Raises:
        Refused: 610, there is none of this Id.
    """
    table = store.table(entity.name)
    record_id = SINGLETON_ID if entity.kind == "singleton" else table.id_of(id_text)
    body = None if record_id is None else table.get(record_id)
    if body is None:
        raise not_found()
    return body


def changes_part(store: Store, parameters: Mapping[str, str], *, now: datetime) -> bytes:
    """`"CDCResponse": [...]` for the entities asked for, without braces around it.

    Per entity the changed records, the oldest change first, then a stub for each that was deleted. All together
    there are at most 1,000 of them; what is beyond is left out, as it is in QuickBooks.

    Raises:
        Refused: 2020 for a missing parameter, 2070 for a time that cannot be read, 500 for an entity that is not
            covered or a time more than 30 days ago.
    """
    entities = [_covered(name) for name in parameters.get("entities", "").split(",") if name.strip()]
    since_text = parameters.get("changedSince") or parameters.get("changedsince") or ""
    errors = [missing(name) for name, given in (("entities", entities), ("changedSince", since_text)) if not given]
    if errors:
        raise Refused(*errors)
    since = read_moment(since_text)
    if since is None:
        raise Refused(FaultError(code="2070", detail=f"Invalid Date : Supplied value:{since_text}"))
    if since < now - timedelta(days=qbo_facts.limits()["cdc_days"].value):
        raise unsupported(f"cdc with changedSince date {since_text} which is older than fixed days")
    left = qbo_facts.limits()["cdc_objects"].value
    parts: list[bytes] = []
    for entity in entities:
        # stamps carry whole seconds, so the second in which the caller last looked belongs to the answer
        bodies = _changed(store, entity, since.replace(microsecond=0), most=left)
        left -= len(bodies)
        parts.append(b"".join(_rows_part(entity, bodies, start=1, total=len(bodies))) if bodies else b"{}")
    return b'"CDCResponse":[{"QueryResponse":[' + b",".join(parts) + b"]}]"


def _covered(name: str) -> Entity:
    try:
        entity = qbo_facts.entity(name.strip())
    except qbo_facts.UnknownEntity:
        raise unsupported(f"cdc for entity {name.strip()}") from None
    if not entity.operations.cdc:
        raise unsupported(f"cdc for entity {entity.name}")
    return entity


def _changed(store: Store, entity: Entity, since: datetime, *, most: int) -> list[bytes]:
    if most <= 0:
        return []
    query = BoundQuery(
        entity=entity,
        is_count=False,
        selected=(),
        where=(BoundCondition(_LAST_UPDATED, ">=", (since.timestamp(),)),),
        order=(BoundSort(_LAST_UPDATED, False),),
        start=1,
        rows=most,
    )
    bodies, _ = store.selector(entity.name).page(query)
    stubs = [
        write_json(_stub(deletion))
        for deletion in store.deletions(entity.name).values()
        if (moment := read_moment(deletion.at)) is not None and moment >= since
    ]
    return (bodies + stubs)[:most]


def _stub(deletion: Deletion) -> dict[str, Any]:
    return {
        "domain": "QBO",
        "status": "Deleted",
        "Id": str(deletion.record_id),
        "MetaData": {"LastUpdatedTime": deletion.at},
    }


def _query_response(store: Store, query: BoundQuery) -> list[bytes]:
    selector = store.selector(query.entity.name)
    if query.is_count:
        return [write_json({"totalCount": selector.count(query)})]
    bodies, total = selector.page(query)
    if query.selected:
        bodies = [_projected(query.selected, body) for body in bodies]
    return _rows_part(query.entity, bodies, start=query.start, total=total) if bodies else [b"{}"]


def _rows_part(entity: Entity, bodies: Sequence[bytes], *, start: int, total: int) -> list[bytes]:
    """Rows with their place; the total is told where the answer holds every row there is."""
    everything = f',"totalCount":{total}' if len(bodies) == total else ""
    tail = f'],"startPosition":{start},"maxResults":{len(bodies)}{everything}}}'
    pieces = [b","] * (2 * len(bodies) - 1)
    pieces[::2] = bodies
    return [b"{", write_json(json_key(entity)), b":[", *pieces, tail.encode()]


def _projected(selected: tuple[tuple[str, ...], ...], body: bytes) -> bytes:
    """The selected properties of a record, and what QuickBooks adds to them."""
    record = read_body(body)
    chosen: dict[str, Any] = {name: record[name] for name in _ALWAYS_SELECTED if name in record}
    chosen["sparse"] = True
    for path in selected:
        _copy(record, chosen, path)
    return write_json(chosen)


def _copy(source: dict[str, Any], target: dict[str, Any], path: tuple[str, ...]) -> None:
    """Copy what stands at a path; a list is copied whole."""
    name, *below = path
    value = source.get(name)
    if value is None:
        return
    if below and isinstance(value, dict):
        inner = target.setdefault(name, {})
        _copy(value, inner, tuple(below))
    else:
        target[name] = value
