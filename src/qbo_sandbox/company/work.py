"""One operation's changes: staged while rules are checked, then stored all together or not at all."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from qbo_sandbox.company.json_text import Body, read_body, write_json
from qbo_sandbox.company.settings import Settings
from qbo_sandbox.company.store import Store
from qbo_sandbox.company.tables import record_number
from qbo_sandbox.query.pacific import pacific_date, time_stamp

Place = tuple[str, int]
"""Entity and Id of a record."""


class Face(msgspec.Struct, gc=False):
    """What other records need to know of a record they point to."""

    Active: Any = None
    DisplayName: Any = None
    FullyQualifiedName: Any = None
    Name: Any = None
    Type: Any = None

    @property
    def shown_name(self) -> str | None:
        for name in (self.FullyQualifiedName, self.DisplayName, self.Name):
            if isinstance(name, str) and name:
                return name
        return None

    @property
    def is_inactive(self) -> bool:
        return self.Active is False


_read_face = msgspec.json.Decoder(Face).decode


class Work:
    """Reads see what has been staged. `commit` writes to the store; until then nothing outside has changed."""

    def __init__(self, store: Store, *, settings: Settings, now: datetime) -> None:
        self.store = store
        self.settings = settings
        self.now = now
        self.stamp = time_stamp(now)
        self.today = pacific_date(now)
        self._staged: dict[Place, Body | None] = {}

    def place(self, entity: str, id_text: str) -> Place | None:
        """Where the record with this Id is, staged records included; None when there is none."""
        record_id = self.store.table(entity).id_of(id_text)
        number = record_number(id_text)
        if record_id is None and number is not None and (entity, number) in self._staged:
            record_id = number
        if record_id is None or self._staged.get((entity, record_id), True) is None:
            return None
        return entity, record_id

    def read(self, place: Place) -> Body | None:
        """The record as it now is; change it only through `put`."""
        if place in self._staged:
            return self._staged[place]
        return self.stored(place)

    def stored(self, place: Place) -> Body | None:
        """The record as it was before this operation."""
        entity, record_id = place
        body = self.store.table(entity).get(record_id)
        return None if body is None else read_body(body)

    def face(self, place: Place) -> Face | None:
        """Name and state of a record, without reading the rest of it."""
        if place in self._staged:
            staged = self._staged[place]
            return None if staged is None else Face(**{name: staged.get(name) for name in Face.__struct_fields__})
        entity, record_id = place
        body = self.store.table(entity).get(record_id)
        return None if body is None else _read_face(body)

    def put(self, place: Place, body: Body) -> None:
        self._staged[place] = body

    def remove(self, place: Place) -> None:
        self._staged[place] = None

    def new_body(self, record_id: int | str, content: Body) -> Body:
        """A record of its own, with what every record carries."""
        meta = {"CreateTime": self.stamp, "LastUpdatedTime": self.stamp}
        return {"domain": "QBO", "sparse": False, "Id": str(record_id), "SyncToken": "0", "MetaData": meta} | content

    def touched(self, body: Body, *, writes: int = 1) -> Body:
        """The record after so many writes: a higher SyncToken and a new LastUpdatedTime."""
        meta = body.get("MetaData")
        times = dict(meta) if isinstance(meta, dict) else {}
        token = int(body.get("SyncToken") or 0) + writes
        return body | {"SyncToken": str(token), "MetaData": times | {"LastUpdatedTime": self.stamp}}

    def changes(self) -> Iterator[tuple[Place, Body | None, Body | None]]:
        """Every changed record as it was stored and as it will be; None where it is not there."""
        for place, body in list(self._staged.items()):
            yield place, self.stored(place), body

    def commit(self) -> None:
        """Store every change."""
        for (entity, record_id), body in self._staged.items():
            if body is not None:
                self.store.put(entity, record_id, write_json(body))
            elif self.store.table(entity).position(record_id) is not None:
                self.store.remove(entity, record_id, at=self.stamp)
        self._staged.clear()
