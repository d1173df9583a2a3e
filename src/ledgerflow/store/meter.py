"""Calls spent: counted as they are sent, kept per connection, company, run and month."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Engine, Integer, String, Table, select
from sqlalchemy.dialects.sqlite import insert

from ledgerflow.store.database import METADATA, ensure_tables, writing

FLUSH_CALLS = 200
FLUSH_AFTER_S = 1.0
"""Counts are saved when so many wait or the oldest is so old; a killed process loses no more than that."""

_CALLS = Table(
    "calls",
    METADATA,
    Column("connection", String, primary_key=True),
    Column("company", String, primary_key=True),
    Column("run", String, primary_key=True),  # empty for calls outside a run
    Column("month", String(7), primary_key=True),  # 2026-11, in UTC
    Column("kind", String, primary_key=True),
    Column("metered", Boolean, primary_key=True),
    Column("calls", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Calls sent: how many of each kind, and how many of them the provider charges for."""

    metered: int = 0
    unmetered: int = 0
    by_kind: Mapping[str, int]

    @property
    def calls(self) -> int:
        return self.metered + self.unmetered

    def as_json(self) -> dict[str, object]:
        return {
            "calls": self.calls,
            "metered": self.metered,
            "unmetered": self.unmetered,
            "by_kind": dict(self.by_kind),
        }

    def __str__(self) -> str:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.by_kind.items())
        word = "call" if self.calls == 1 else "calls"
        return f"{self.calls:,} {word} ({self.metered:,} metered{': ' if kinds else ''}{kinds})"


class Tally:
    """Counts the calls of one company for one run. Threads may share it."""

    def __init__(self, store: MeterStore, *, connection: str, company: str, run_id: str) -> None:
        self._store = store
        self._place = (connection, company, run_id)
        self._waiting: Counter[tuple[str, bool]] = Counter()
        self._since = time.monotonic()
        self._lock = threading.Lock()

    def count(self, kind: str, *, metered: bool) -> None:
        """Count one call; saved soon, together with others."""
        with self._lock:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting[kind, metered] += 1
            due = self._waiting.total() >= FLUSH_CALLS or time.monotonic() - self._since >= FLUSH_AFTER_S
        if due:
            self.flush()

    def flush(self) -> None:
        """Save what was counted."""
        with self._lock:
            counted, self._waiting = self._waiting, Counter()
        if counted:
            self._store.add(*self._place, counted)


class MeterStore:
    """The counts of a project."""

    def __init__(self, database: Engine, *, clock: Callable[[], datetime]) -> None:
        ensure_tables(database, _CALLS)
        self._database = database
        self._clock = clock
        self._tallies: dict[tuple[str, str, str], Tally] = {}
        self._lock = threading.Lock()

    def tally(self, *, connection: str, company: str, run_id: str | None = None) -> Tally:
        """What counts the calls of a company, the same one for the same run."""
        key = (connection, company, run_id or "")
        with self._lock:
            if key not in self._tallies:
                self._tallies[key] = Tally(self, connection=connection, company=company, run_id=run_id or "")
            return self._tallies[key]

    def spent(
        self,
        *,
        connection: str | None = None,
        company: str | None = None,
        run_id: str | None = None,
        month: str | None = None,
    ) -> Spent:
        """What was spent, narrowed to what is given; `month` like 2026-11. Counts that still wait are saved first."""
        self.flush()
        query = select(_CALLS.c.kind, _CALLS.c.metered, _CALLS.c.calls)
        for column, wanted in (
            (_CALLS.c.connection, connection),
            (_CALLS.c.company, company),
            (_CALLS.c.run, run_id),
            (_CALLS.c.month, month),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        by_kind: Counter[str] = Counter()
        totals: Counter[bool] = Counter()
        with self._database.connect() as reading:
            for kind, metered, calls in reading.execute(query):
                by_kind[kind] += calls
                totals[metered] += calls
        return Spent(metered=totals[True], unmetered=totals[False], by_kind=dict(sorted(by_kind.items())))

    def month(self) -> str:
        """The month it is, in UTC."""
        return self._clock().strftime("%Y-%m")

    def flush(self) -> None:
        """Save whatever was counted."""
        with self._lock:
            tallies = list(self._tallies.values())
        for tally in tallies:
            tally.flush()

    def add(self, connection: str, company: str, run_id: str, counted: Mapping[tuple[str, bool], int]) -> None:
        """Add calls, counted by kind and whether they are metered, to this month's."""
        month = self.month()
        with writing(self._database) as saving:
            for (kind, metered), calls in counted.items():
                row = insert(_CALLS).values(
                    connection=connection,
                    company=company,
                    run=run_id,
                    month=month,
                    kind=kind,
                    metered=metered,
                    calls=calls,
                )
                saving.execute(
                    row.on_conflict_do_update(
                        index_elements=list(_CALLS.primary_key),
                        set_={"calls": _CALLS.c.calls + row.excluded.calls},
                    )
                )
