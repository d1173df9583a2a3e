"""A QuickBooks company: its records, its clock, and what can be done with them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

import qbo_facts
from qbo_facts import Entity
from qbo_sandbox.company.answers import deleted_part, fault_answer, record_part
from qbo_sandbox.company.exchange_rates import write_rate
from qbo_sandbox.company.faults import FaultError, Refused, business, unsupported
from qbo_sandbox.company.json_text import Body, NotJson, read_body, write_json
from qbo_sandbox.company.recurring import create_template, delete_template
from qbo_sandbox.company.settings import Settings, settings_of
from qbo_sandbox.company.singletons import SINGLETON_ID, company_info, preferences
from qbo_sandbox.company.store import Answer, Store
from qbo_sandbox.company.work import Place, Work
from qbo_sandbox.company.writes import create, delete, update, void
from qbo_sandbox.query.pacific import pacific_date

_MOST_REQUEST_ID = qbo_facts.limits()["request_id_characters"].value


class Clock(Protocol):
    """Where the company takes the time from."""

    def now(self) -> datetime:
        """The present, zoned UTC."""


class Company:
    """One company. With a `data_dir` every write is on disk before its answer is given, and is there again later.

    Calls come one at a time: the endpoint does all its work in the event loop without waiting.

    Raises:
        CompanyFileUnreadable, sqlite3.Error: `data_dir` holds something that cannot be used.
    """

    def __init__(self, *, realm_id: str, name: str, clock: Clock, data_dir: Path | None = None) -> None:
        self.realm_id = realm_id
        self.name = name
        self.clock = clock
        self.store = Store(data_dir)
        self._settings: tuple[int, Settings] | None = None
        if self.store.table("CompanyInfo").get(SINGLETON_ID) is None:
            self._open_books()

    @property
    def settings(self) -> Settings:
        """What the Preferences record says at this moment."""
        table = self.store.table("Preferences")
        if self._settings is None or self._settings[0] != table.version:
            body = table.get(SINGLETON_ID)
            self._settings = (table.version, settings_of({} if body is None else read_body(body)))
        return self._settings[1]

    def load(self, entity_name: str, rows: list[tuple[int, bytes]]) -> None:
        """Add many records at once, as they are; nothing is checked and nothing follows from them.

        `rows` are Ids and bodies in JSON; a record whose Id is there already is replaced.

        Raises:
            UnknownEntity: there is no such entity.
        """
        entity = qbo_facts.entity(entity_name)
        with self.store.transaction():
            self.store.load(entity.name, rows)

    def put_raw(self, entity_name: str, record_id: int, body: bytes) -> None:
        """Store one record as it is, also with fields that no schema knows."""
        self.load(entity_name, [(record_id, body)])

    def raw(self, entity_name: str, record_id: int) -> bytes | None:
        """The stored bytes of a record, None when there is none."""
        return self.store.table(qbo_facts.entity(entity_name).name).get(record_id)

    def records(self, entity_name: str) -> Iterator[Body]:
        """Every record of an entity in order of Id, inactive ones included; numbers with a point are Decimals."""
        for _, body in self.store.table(qbo_facts.entity(entity_name).name):
            yield read_body(body)

    def count(self, entity_name: str) -> int:
        """How many records an entity has, inactive ones included."""
        return len(self.store.table(qbo_facts.entity(entity_name).name))

    def work(self) -> Work:
        """A fresh set of changes, to be staged and committed."""
        return Work(self.store, settings=self.settings, now=self.clock.now())

    def write(self, entity: Entity, body: Body, *, operation: str = "", include: frozenset[str] = frozenset()) -> bytes:
        """Do one write; gives the part of the answer that stands for the record, such as `"Invoice": {...}`.

        `operation` is `delete`, `void`, `update` or empty; without one the body says what is meant, by having an Id
        or not. `include` are the values of the query parameter of this name.

        Raises:
            Refused: nothing was changed.
        """
        work = self.work()
        if operation not in ("", "create", "update", "delete", "void"):
            raise unsupported(operation)
        if "void" in include:
            self._check_void_shape(entity, "include_void")
            operation = "void"
        elif operation == "void":
            self._check_void_shape(entity, "operation_void")
        if entity.wraps:
            return self._write_template(work, entity, body, operation)
        if operation == "delete":
            place = delete(work, entity, body)
            work.commit()
            return deleted_part(entity, str(place[1]))
        place = self._staged(work, entity, body, operation, include)
        work.commit()
        return record_part(entity, self._stored(place))

    def answer_write(self, request_id: str | None, perform: Callable[[], Answer]) -> Answer:
        """Run a write once: a `request_id` seen before is given its first answer again, byte for byte.

        The answer and what it tells of are kept together, so that neither survives a stop without the other.
        """
        try:
            check_request_id(request_id or "")
        except Refused as refused:
            return fault_answer(refused, self.clock.now())
        if request_id and (first := self.store.replay(request_id)) is not None:
            return first
        with self.store.transaction():
            try:
                answer = perform()
            except Refused as refused:
                answer = fault_answer(refused, self.clock.now())
            if request_id:
                self.store.remember_answer(request_id, answer)
        return answer

    def close(self) -> None:
        """Close the company's file, if it has one."""
        self.store.close()

    def _staged(self, work: Work, entity: Entity, body: Body, operation: str, include: frozenset[str]) -> Place:
        if operation == "void":
            return void(work, entity, body)
        if entity.name == "ExchangeRate":
            return write_rate(work, body)
        if entity.kind == "singleton":
            body = {"Id": str(SINGLETON_ID)} | body
        if operation == "update" or (operation == "" and body.get("Id") not in (None, "")):
            return update(work, entity, body, include=include)
        return create(work, entity, body, include=include)

    def _write_template(self, work: Work, entity: Entity, body: Body, operation: str) -> bytes:
        if operation == "delete":
            place, name = delete_template(work, entity, body)
            work.commit()
            stub = {"status": "Deleted", "domain": "QBO", "Id": str(place[1])}
            return record_part(entity, write_json({name: stub}))
        if operation not in ("", "create"):
            raise unsupported(operation)
        place = create_template(work, entity, body)
        work.commit()
        return record_part(entity, self._stored(place))

    def _stored(self, place: Place) -> bytes:
        body = self.store.table(place[0]).get(place[1])
        assert body is not None, "it was stored a moment ago"
        return body

    def _check_void_shape(self, entity: Entity, shape: str) -> None:
        offered = entity.operations.void
        if offered is None or offered.shape != shape:
            raise unsupported("void")

    def _open_books(self) -> None:
        """Give a new company the two records it cannot be without."""
        now = self.clock.now()
        work = Work(self.store, settings=settings_of({}), now=now)
        work.put(
            ("CompanyInfo", SINGLETON_ID),
            work.new_body(SINGLETON_ID, company_info(self.name, started_on=pacific_date(now).isoformat())),
        )
        if self.store.table("Preferences").get(SINGLETON_ID) is None:
            work.put(("Preferences", SINGLETON_ID), work.new_body(SINGLETON_ID, preferences()))
        with self.store.transaction():
            work.commit()


def check_request_id(text: str) -> None:
    """Intuit takes no more than 50 characters.

    Raises:
        Refused: 6000.
    """
    if len(text) > _MOST_REQUEST_ID:
        raise Refused(
            business(
                f"You cannot enter more than {_MOST_REQUEST_ID} characters in the request_id field. "
                f"You tried entering {text[:10]}..., which is {len(text)} characters."
            )
        )


def parsed_body(data: bytes) -> Body:
    """The body of a write.

    Raises:
        Refused: 500 for bytes that are not UTF-8, 2010 for text that is not a JSON object.
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise unsupported("with a body that is not UTF-8") from None
    try:
        return read_body(data)
    except NotJson as error:
        detail = f"Property Name:{error} specified is unsupported or invalid"
        raise Refused(FaultError(code="2010", detail=detail)) from error
