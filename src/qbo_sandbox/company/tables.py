"""The records of one entity: JSON bytes in order of Id, with columns and indexes that follow every write."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from qbo_sandbox.company.columns import Key, keys
from qbo_sandbox.query import Property

_LONGEST_ID = 18
_ID_TEXT = Property(("Id",), "text")


class Table:
    """Records by Id. `version` changes with every write, so that answers worked out earlier can be told stale.

    A position is a place in the order of Ids; writes move positions. Columns and indexes are made when first asked
    for, in one pass over the records, and are kept up to date from then on.
    """

    def __init__(self) -> None:
        self.version = 0
        self._ids: list[int] = []
        self._bodies: list[bytes] = []
        self._columns: dict[Property, list[Key]] = {}
        self._indexes: dict[Property, dict[Key, set[int]]] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        return zip(self._ids, self._bodies, strict=True)

    @property
    def last_id(self) -> int:
        """The highest Id, 0 in an empty table."""
        return self._ids[-1] if self._ids else 0

    def get(self, record_id: int) -> bytes | None:
        position = self.position(record_id)
        return None if position is None else self._bodies[position]

    def id_of(self, text: str) -> int | None:
        """The record whose Id is written `text`; Ids that are no numbers (TAX, NON) are looked up in the records."""
        number = record_number(text)
        if number is not None:
            return number if self.position(number) is not None else None
        return next(iter(self.ids_where(_ID_TEXT, text.casefold())), None)

    def position(self, record_id: int) -> int | None:
        place = bisect_left(self._ids, record_id)
        return place if place < len(self._ids) and self._ids[place] == record_id else None

    def slice(self, begin: int, end: int) -> list[bytes]:
        """Bodies by position, from `begin` up to `end` without it."""
        return self._bodies[begin:end]

    def at(self, positions: Iterable[int]) -> list[bytes]:
        """Bodies at these positions, in this order."""
        bodies = self._bodies
        return [bodies[position] for position in positions]

    def id_at(self, position: int) -> int:
        return self._ids[position]

    def column(self, found: Property) -> Sequence[Key]:
        """The property's value of every record, by position."""
        column = self._columns.get(found)
        if column is None:
            column = self._columns[found] = keys(found, self._bodies)
        return column

    def ids_where(self, found: Property, key: Key) -> set[int]:
        """Ids of the records that have this value, or one of several, at the property."""
        index = self._indexes.get(found)
        if index is None:
            index = self._indexes[found] = {}
            for record_id, value in zip(self._ids, self.column(found), strict=True):
                _add(index, value, record_id)
        return index.get(key, set())

    def put(self, record_id: int, body: bytes) -> None:
        """Add a record, or replace the one with this Id."""
        place = bisect_left(self._ids, record_id)
        is_new = place == len(self._ids) or self._ids[place] != record_id
        if is_new:
            self._ids.insert(place, record_id)
            self._bodies.insert(place, body)
        else:
            self._bodies[place] = body
        for found, column in self._columns.items():
            (value,) = keys(found, (body,))
            index = self._indexes.get(found)
            if is_new:
                column.insert(place, value)
            else:
                if index is not None:
                    _discard(index, column[place], record_id)
                column[place] = value
            if index is not None:
                _add(index, value, record_id)
        self.version += 1

    def remove(self, record_id: int) -> None:
        """Take a record out.

        Raises:
            KeyError: there is none of this Id.
        """
        place = self.position(record_id)
        if place is None:
            raise KeyError(record_id)
        for found, column in self._columns.items():
            index = self._indexes.get(found)
            if index is not None:
                _discard(index, column[place], record_id)
            del column[place]
        del self._ids[place]
        del self._bodies[place]
        self.version += 1

    def load(self, rows: Sequence[tuple[int, bytes]]) -> None:
        """Add many records at once; those with Ids that are there already are replaced."""
        ordered = sorted(rows, key=_record_id)
        if self._ids and ordered and ordered[0][0] <= self._ids[-1]:
            merged = dict(zip(self._ids, self._bodies, strict=True)) | dict(ordered)
            ordered = sorted(merged.items(), key=_record_id)
            self._ids, self._bodies = [], []
        self._ids += [record_id for record_id, _ in ordered]
        self._bodies += [body for _, body in ordered]
        self._columns.clear()
        self._indexes.clear()
        self.version += 1


def record_number(text: str) -> int | None:
    """The Id as a number, None for a text that no Id given out here looks like."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID and (text[0] != "0" or text == "0")
    return int(text) if is_number else None


def _record_id(row: tuple[int, Any]) -> int:
    return row[0]


def _add(index: dict[Key, set[int]], value: Key, record_id: int) -> None:
    for key in value if isinstance(value, tuple) else (value,):
        index.setdefault(key, set()).add(record_id)


def _discard(index: dict[Key, set[int]], value: Key, record_id: int) -> None:
    for key in value if isinstance(value, tuple) else (value,):
        holders = index.get(key)
        if holders is not None:
            holders.discard(record_id)
            if not holders:
                del index[key]
