"""Everything a company remembers: records, deletions, counters and given answers, in memory and in its file."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import qbo_facts
from qbo_sandbox.company.company_file import CompanyFile
from qbo_sandbox.company.selection import Selector
from qbo_sandbox.company.tables import Table

_MOST_REPLAY_BYTES = 64 * 1024 * 1024
_NAMES = ("Customer", "Vendor", "Employee")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: bytes
    content_type: str = "application/json;charset=UTF-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A record that is gone; `at` is its last LastUpdatedTime."""

    record_id: int
    at: str


class Store:
    """The state of one company. Changes are made inside `transaction()`, which writes them to the file as one.

    If the file cannot be written the transaction is rolled back and the error is raised; memory is then ahead of
    the file, and the company should be opened anew.
    """

    def __init__(self, folder: Path | None) -> None:
        self._tables = {name: Table() for name in qbo_facts.entity_names()}
        self._selectors = {name: Selector(table) for name, table in self._tables.items()}
        self._deletions: dict[str, dict[int, Deletion]] = {name: {} for name in self._tables}
        self._counters: dict[str, int] = {}
        self._changed_counters: set[str] = set()
        self._replays: OrderedDict[str, Answer] = OrderedDict()
        self._replay_bytes = 0
        self._file = None if folder is None else CompanyFile(folder)
        if self._file is not None:
            self._read(self._file)

    def table(self, entity: str) -> Table:
        """The records of an entity, named as in the facts.

        Raises:
            KeyError: there is no such entity.
        """
        return self._tables[entity]

    def selector(self, entity: str) -> Selector:
        return self._selectors[entity]

    def deletions(self, entity: str) -> Mapping[int, Deletion]:
        """Deleted records by Id, the oldest deletion first."""
        return self._deletions[entity]

    def replay(self, request_id: str) -> Answer | None:
        """The answer that a write with this requestid was given, as long as it is remembered."""
        return self._replays.get(request_id)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write what happens inside to the file in one commit, before the caller goes on."""
        if self._file is None:
            yield
            return
        self._file.begin()
        try:
            yield
            self._file.put_counters([(name, self._counters[name]) for name in sorted(self._changed_counters)])
        except BaseException:
            self._file.roll_back()
            raise
        self._file.commit()
        self._changed_counters.clear()

    def put(self, entity: str, record_id: int, body: bytes) -> None:
        if self._file is not None:
            self._file.put_records(entity, [(record_id, body)])
        self._tables[entity].put(record_id, body)

    def remove(self, entity: str, record_id: int, *, at: str) -> None:
        """Delete a record and remember when.

        Raises:
            KeyError: there is none of this Id.
        """
        self._tables[entity].remove(record_id)
        if self._file is not None:
            self._file.remove_record(entity, record_id, at=at)
        self._deletions[entity][record_id] = Deletion(record_id=record_id, at=at)

    def load(self, entity: str, rows: Sequence[tuple[int, bytes]]) -> None:
        if self._file is not None:
            self._file.put_records(entity, rows)
        self._tables[entity].load(rows)

    def next_id(self, entity: str) -> int:
        """A new Id. Customers, vendors and employees share one sequence, all transactions another."""
        members = _sequence(entity)
        return self.next_number(members[0], at_least=max(self._tables[name].last_id for name in members) + 1)

    def next_number(self, counter: str, *, at_least: int = 1) -> int:
        """One more than the last number given out under this name, and not below `at_least`."""
        number = max(self._counters.get(counter, 0) + 1, at_least)
        self.note_number(counter, number)
        return number

    def note_number(self, counter: str, number: int) -> None:
        """Let a counter go on from `number`, if it is not beyond it already."""
        if number > self._counters.get(counter, 0):
            self._counters[counter] = number
            self._changed_counters.add(counter)

    def has_counter(self, counter: str) -> bool:
        return counter in self._counters

    def remember_answer(self, request_id: str, answer: Answer) -> None:
        """Keep an answer for replay; the oldest are forgotten when all together exceed 64 MB."""
        self._replays[request_id] = answer
        self._replay_bytes += len(answer.body)
        forgotten: list[str] = []
        while self._replay_bytes > _MOST_REPLAY_BYTES and len(self._replays) > 1:
            name, old = self._replays.popitem(last=False)
            self._replay_bytes -= len(old.body)
            forgotten.append(name)
        if self._file is not None:
            self._file.drop_replays(forgotten)
            self._file.put_replay(request_id, answer.status, answer.content_type, answer.body)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _read(self, file: CompanyFile) -> None:
        rows: dict[str, list[tuple[int, bytes]]] = {}
        for entity, record_id, body in file.records():
            rows.setdefault(entity, []).append((record_id, body))
        for entity, loaded in rows.items():
            self._tables[entity].load(loaded)
        for entity, record_id, at in file.deletions():
            self._deletions[entity][record_id] = Deletion(record_id=record_id, at=at)
        self._counters = file.counters()
        for request_id, status, content_type, body in file.replays():
            self._replays[request_id] = Answer(status=status, body=body, content_type=content_type)
            self._replay_bytes += len(body)


@cache
def _sequence(entity: str) -> tuple[str, ...]:
    """Entities that share Ids with this one, the one that names the counter first."""
    if entity in _NAMES:
        return _NAMES
    transactions = tuple(name for name in qbo_facts.entity_names() if _is_transaction(name))
    return transactions if entity in transactions else (entity,)


def _is_transaction(entity: str) -> bool:
    facts = qbo_facts.entity(entity)
    return facts.kind == "transaction" or bool(facts.wraps)
