"""The runs of every flow: what ran when, how far it came, what it did; and who is at it right now."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from sqlalchemy import Boolean, Column, Engine, Index, Integer, String, Table, Text, insert, select, update

from ledgerflow.core.errors import InputRefused, RetryLater, nearest_name
from ledgerflow.store.database import METADATA, ensure_tables, writing

Status = Literal["running", "done", "failed", "stopped"]
StepStatus = Literal["open", "done"]
LOCK_FOLDER = "locks"

_RUNS = Table(
    "run",
    METADATA,
    Column("run_id", String(160), primary_key=True),
    Column("flow", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("parameters", Text, nullable=False),
    Column("company", String(64), nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("began_at", String(40), nullable=False),
    Column("ended_at", String(40)),
    Column("tries", Integer, nullable=False),
    Column("error", Text),
    Column("notes", Text, nullable=False),
    Index("run_by_flow", "flow", "began_at"),
)
_STEPS = Table(
    "run_step",
    METADATA,
    Column("run_id", String(160), primary_key=True),
    Column("step", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("status", String(16), nullable=False),
    Column("began_at", String(40), nullable=False),
    Column("ended_at", String(40)),
    Column("rows", Integer),
    Column("result", Text, nullable=False),
)
_EVENTS = Table(
    "run_event",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(160), nullable=False),
    Column("at", String(40), nullable=False),
    Column("step", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Index("run_event_by_run", "run_id", "number"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """What a step of a run did. `result` is a write's outcome as plain values."""

    step: str
    kind: str
    status: StepStatus
    began_at: datetime
    ended_at: datetime | None
    rows: int | None
    result: Mapping[str, Any]

    @property
    def seconds(self) -> float | None:
        return (self.ended_at - self.began_at).total_seconds() if self.ended_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run. `digest` stands for the flow file's text and everything given with it."""

    run_id: str
    flow: str
    digest: str
    parameters: Mapping[str, str]
    company: str
    dry_run: bool
    status: Status
    began_at: datetime
    ended_at: datetime | None
    tries: int
    error: Mapping[str, Any] | None
    notes: tuple[str, ...]
    steps: tuple[StepRecord, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """One line of a run's log."""

    at: datetime
    step: str
    text: str


class RunStore:
    """Runs in the project's database, and one lock file per flow and digest that tells whether its process lives.

    The kernel frees the lock of a killed process, so a run that says `running` while nobody holds its lock was cut off.
    """

    def __init__(self, database: Engine, *, clock: Callable[[], datetime], folder: Path) -> None:
        """`folder` is the project's state folder; `clock` gives UTC."""
        self._database = database
        self._clock = clock
        self._locks = folder / LOCK_FOLDER
        ensure_tables(database, _RUNS, _STEPS, _EVENTS)

    @contextmanager
    def alone(self, flow: str, digest: str) -> Iterator[None]:
        """Hold the lock of everything that would be the same run.

        Raises:
            RetryLater: another process is at it.
        """
        self._locks.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._locks / f"{flow}-{digest[:16]}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise RetryLater(
                f"This run of {flow!r} is under way in another process.",
                where=f"flows/{flow}.yaml",
                next_step="Wait until it ends (`ledgerflow runs` shows it), or stop it there.",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def is_under_way(self, run: RunRecord) -> bool:
        """Is a process at work on it?"""
        if run.status != "running":
            return False
        lock = FileLock(self._locks / f"{run.flow}-{run.digest[:16]}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False

    def begin(self, *, flow: str, digest: str, parameters: Mapping[str, str], company: str, dry_run: bool) -> RunRecord:
        """Write down a new run and give it its id: flow, time, and something that no other run has."""
        now = self._clock()
        run_id = f"{flow}-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
        with writing(self._database) as connection:
            connection.execute(
                insert(_RUNS).values(
                    run_id=run_id,
                    flow=flow,
                    digest=digest,
                    parameters=json.dumps(dict(parameters)),
                    company=company,
                    dry_run=dry_run,
                    status="running",
                    began_at=now.isoformat(),
                    tries=1,
                    notes="[]",
                )
            )
        return self.get(run_id)

    def carry_on(self, run_id: str) -> RunRecord:
        """Write down that a run is taken up again."""
        with writing(self._database) as connection:
            connection.execute(
                update(_RUNS)
                .where(_RUNS.c.run_id == run_id)
                .values(status="running", ended_at=None, error=None, tries=_RUNS.c.tries + 1)
            )
        return self.get(run_id)

    def unfinished(self, flow: str, digest: str) -> RunRecord | None:
        """The newest run of the flow, if it is of this digest and was not brought to its end."""
        newest = next(iter(self.list(flow=flow, digest=digest, limit=1)), None)
        return newest if newest is not None and newest.status != "done" else None

    def step_began(self, run_id: str, step: str, kind: str) -> None:
        """A step is at work; what an earlier try wrote down about it is replaced."""
        with writing(self._database) as connection:
            connection.execute(_STEPS.delete().where(_STEPS.c.run_id == run_id, _STEPS.c.step == step))
            connection.execute(
                insert(_STEPS).values(
                    run_id=run_id,
                    step=step,
                    kind=kind,
                    status="open",
                    began_at=self._clock().isoformat(),
                    result="{}",
                )
            )

    def step_done(self, run_id: str, step: str, *, rows: int | None, result: Mapping[str, Any] | None = None) -> None:
        """A step is at its end and need not be done again."""
        with writing(self._database) as connection:
            connection.execute(
                update(_STEPS)
                .where(_STEPS.c.run_id == run_id, _STEPS.c.step == step)
                .values(
                    status="done",
                    ended_at=self._clock().isoformat(),
                    rows=rows,
                    result=json.dumps(dict(result or {}), default=str),
                )
            )

    def note(self, run_id: str, notes: Sequence[str]) -> None:
        """Keep sentences for people with a run; each once."""
        with writing(self._database) as connection:
            kept = connection.execute(select(_RUNS.c.notes).where(_RUNS.c.run_id == run_id)).scalar_one()
            merged = list(dict.fromkeys([*json.loads(kept), *notes]))
            connection.execute(update(_RUNS).where(_RUNS.c.run_id == run_id).values(notes=json.dumps(merged)))

    def log(self, run_id: str, text: str, *, step: str = "") -> None:
        """One more line of the run's log."""
        with writing(self._database) as connection:
            connection.execute(
                insert(_EVENTS).values(run_id=run_id, at=self._clock().isoformat(), step=step, text=text)
            )

    def end(self, run_id: str, status: Status, *, error: Mapping[str, Any] | None = None) -> RunRecord:
        """Write down how a run ended."""
        with writing(self._database) as connection:
            connection.execute(
                update(_RUNS)
                .where(_RUNS.c.run_id == run_id)
                .values(
                    status=status,
                    ended_at=self._clock().isoformat(),
                    error=json.dumps(dict(error), default=str) if error is not None else None,
                )
            )
        return self.get(run_id)

    def get(self, run_id: str) -> RunRecord:
        """A run with its steps, by its id.

        Raises:
            InputRefused: there is none; the nearest id is suggested.
        """
        with self._database.connect() as connection:
            found = connection.execute(select(_RUNS).where(_RUNS.c.run_id == run_id)).first()
            steps = connection.execute(
                select(_STEPS).where(_STEPS.c.run_id == run_id).order_by(_STEPS.c.began_at, _STEPS.c.step)
            ).all()
        if found is None:
            known = [run.run_id for run in self.list(limit=200)]
            nearest = nearest_name(run_id, known)
            raise InputRefused(
                f"There is no run {run_id!r}." + (f" Did you mean {nearest!r}?" if nearest else ""),
                where="the runs of this project",
                next_step="`ledgerflow runs` lists them.",
            )
        return _run(found, tuple(_step(step) for step in steps))

    def list(self, *, flow: str | None = None, digest: str | None = None, limit: int = 50) -> list[RunRecord]:
        """Runs without their steps, the newest first."""
        query = select(_RUNS).order_by(_RUNS.c.began_at.desc(), _RUNS.c.run_id.desc()).limit(limit)
        if flow is not None:
            query = query.where(_RUNS.c.flow == flow)
        if digest is not None:
            query = query.where(_RUNS.c.digest == digest)
        with self._database.connect() as connection:
            return [_run(found, ()) for found in connection.execute(query)]

    def events(self, run_id: str) -> Sequence[RunEvent]:
        """The log of a run, the oldest line first."""
        self.get(run_id)
        with self._database.connect() as connection:
            query = select(_EVENTS).where(_EVENTS.c.run_id == run_id).order_by(_EVENTS.c.number)
            return [RunEvent(at=_at(row.at), step=row.step, text=row.text) for row in connection.execute(query)]


def _run(found: Any, steps: tuple[StepRecord, ...]) -> RunRecord:
    return RunRecord(
        run_id=found.run_id,
        flow=found.flow,
        digest=found.digest,
        parameters=json.loads(found.parameters),
        company=found.company,
        dry_run=found.dry_run,
        status=found.status,
        began_at=_at(found.began_at),
        ended_at=_at(found.ended_at) if found.ended_at else None,
        tries=found.tries,
        error=json.loads(found.error) if found.error else None,
        notes=tuple(json.loads(found.notes)),
        steps=steps,
    )


def _step(found: Any) -> StepRecord:
    return StepRecord(
        step=found.step,
        kind=found.kind,
        status=found.status,
        began_at=_at(found.began_at),
        ended_at=_at(found.ended_at) if found.ended_at else None,
        rows=found.rows,
        result=json.loads(found.result),
    )


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
