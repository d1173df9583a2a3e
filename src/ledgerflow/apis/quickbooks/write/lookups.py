"""Reads what a write has to know first: ids of names, and records as they are. Few metered queries."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from ledgerflow.apis.quickbooks.write.batches import unreadable
from ledgerflow.apis.quickbooks.write.references import INACTIVE_MARK, Named, Names, folded
from ledgerflow.core.calls import ApiCall, Caller
from qbo_facts.entities import entity as entity_named
from qbo_facts.model import Entity

PAGE_ROWS = 1000
"""The most rows QuickBooks gives in one answer to a query."""

VALUES_PER_QUERY = 400
STATEMENT_BYTES = 16_000
"""QuickBooks states no limit for a posted statement; these keep one well below what web servers refuse."""

LONGEST_NAME = 500
"""No name or number that QuickBooks keeps is longer."""

MINOR_VERSION = "75"

_DECODER = msgspec.json.Decoder(float_hook=Decimal)


class _Envelope(msgspec.Struct):
    QueryResponse: dict[str, msgspec.Raw] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """A record as it is in QuickBooks now: decoded with exact decimals, and as the bytes that came."""

    fields: dict[str, Any]
    raw: bytes

    @property
    def id(self) -> str:
        return str(self.fields.get("Id", ""))


class Lookups:
    """Queries of one company. Every call is a metered read."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def names(self, entity: str, prop: str, wanted: Collection[str], *, hints: bool = True) -> Names:
        """The records of `entity` whose `prop` is one of `wanted`, active or not.

        Asks for the names themselves where that takes fewer calls than reading the whole list. With `hints` a name
        that is not there costs one call more, for names that are.
        """
        facts = entity_named(entity)
        names = Names(entity=entity, property=prop)
        if not wanted:
            return names
        chunks = list(_chunks(_spellings(facts, prop, wanted)))
        if len(chunks) > 1:
            total = await self._count(facts)
            if -(-total // PAGE_ROWS) <= len(chunks):
                names.add(await self._all_names(facts, prop))
                return names
        for chunk in chunks:
            condition = f"{_active(facts)}{prop} in ({', '.join(map(quoted, chunk))})"
            names.add(await self._names_where(facts, prop, condition))
        if hints and not all(map(names.with_name, wanted)):
            await self._add_examples(facts, prop, names)
        return names

    async def current_by(self, entity: Entity, prop: str, values: Sequence[str]) -> list[Current]:
        """The records whose `prop` is one of `values`, whole; inactive ones too."""
        found: list[Current] = []
        for chunk in _chunks([value for value in values if _may_be(prop, value)]):
            condition = f"{_active(entity)}{prop} in ({', '.join(map(quoted, chunk))})"
            found.extend(await self._records(entity, condition))
        return found

    async def _records(self, entity: Entity, condition: str) -> list[Current]:
        found: list[Current] = []
        while True:
            page = await self._page(entity, f"select * from {entity.query_name} where {condition}", len(found) + 1)
            found.extend(Current(fields=_DECODER.decode(raw), raw=bytes(raw)) for raw in page)
            if len(page) < PAGE_ROWS:
                return found

    async def _all_names(self, entity: Entity, prop: str) -> list[Named]:
        condition = "Active in (true, false)" if entity.hides_inactive else ""
        return await self._names_where(entity, prop, condition)

    async def _names_where(self, entity: Entity, prop: str, condition: str) -> list[Named]:
        found: list[Named] = []
        statement = f"{_select_names(entity, prop)}{f' where {condition}' if condition else ''}"
        while True:
            page = await self._page(entity, statement, len(found) + 1)
            found.extend(_named(entity.name, prop, raw) for raw in page)
            if len(page) < PAGE_ROWS:
                return found

    async def _add_examples(self, entity: Entity, prop: str, names: Names) -> None:
        """One page of names that exist, so that a mistyped one can be told what it was probably meant to be."""
        page = await self._page(entity, _select_names(entity, prop), 1)
        for raw in page:
            names.add_example(_named(entity.name, prop, raw).name)

    async def _page(self, entity: Entity, statement: str, first: int) -> list[msgspec.Raw]:
        response = await self._ask(f"{statement} orderby Id startposition {first} maxresults {PAGE_ROWS}")
        key = entity.json_key if entity.json_key in response else entity.query_name
        if key is None or key not in response:
            return []
        return msgspec.json.decode(response[key], type=list[msgspec.Raw])

    async def _count(self, entity: Entity) -> int:
        condition = " where Active in (true, false)" if entity.hides_inactive else ""
        response = await self._ask(f"select count(*) from {entity.query_name}{condition}")
        return msgspec.json.decode(response["totalCount"], type=int)

    async def _ask(self, statement: str) -> dict[str, msgspec.Raw]:
        answer = await self._caller.send(
            ApiCall(
                method="POST",
                path=f"/v3/company/{self._caller.company}/query",
                kind="query",
                metered=True,
                repeatable=True,
                query={"minorversion": MINOR_VERSION},
                headers={"Accept": "application/json"},
                body=statement.encode(),
                content_type="application/text",
            )
        )
        try:
            return msgspec.json.decode(answer.body, type=_Envelope).QueryResponse
        except msgspec.DecodeError as error:
            raise unreadable(error, where=f"a query of company {self._caller.company}") from error


def quoted(text: str) -> str:
    """A text as the query language writes it. Source: QuickBooks API, query operations: a backslash escapes."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _may_be(prop: str, value: str) -> bool:
    """Can a record have this value? What none can have is not asked for: it would spoil the whole statement."""
    if prop == "Id":
        return value.isascii() and value.isdigit()
    return value.isprintable() and len(value) <= LONGEST_NAME


def _spellings(entity: Entity, prop: str, wanted: Collection[str]) -> list[str]:
    """The names to ask for, each once; names of inactive records carry a mark behind them."""
    distinct = {folded(name): name.strip() for name in wanted if _may_be(prop, name.strip())}
    spelled: list[str] = []
    for name in distinct.values():
        spelled.append(name)
        if entity.hides_inactive:
            spelled.append(f"{name}{INACTIVE_MARK}")
    return spelled


def _chunks(values: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for value in values:
        length = len(quoted(value).encode()) + 2
        if chunk and (len(chunk) == VALUES_PER_QUERY or size + length > STATEMENT_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(value)
        size += length
    if chunk:
        yield chunk


def _active(entity: Entity) -> str:
    return "Active in (true, false) and " if entity.hides_inactive else ""


def _select_names(entity: Entity, prop: str) -> str:
    extra = ", Active" if entity.hides_inactive else ""
    return f"select Id, {prop}{extra} from {entity.query_name}"


def _named(entity: str, prop: str, raw: msgspec.Raw) -> Named:
    fields = _DECODER.decode(raw)
    return Named(
        entity=entity,
        id=str(fields["Id"]),
        name=str(fields.get(prop, "")),
        active=fields.get("Active", True) is not False,
    )
