"""What a write step was about to send, sent, and got back: written down before and after, so that it can carry on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import zstandard
from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, update

from ledgerflow.store.database import ensure_tables, writing
from ledgerflow.store.journal_entries import Change, Images, Phase, PlannedBatch, PlannedRecord, RecordOutcome
from ledgerflow.store.journal_tables import ALL, BATCHES, INPUTS, RECORDS, STEPS
from ledgerflow.store.run_folder import RunFolder


class Journal:
    """The journal of one write step of one run, in the project's database.

    Its life: `begin`, `add_input`, `add_plan`, `finish_plan`; then for each open batch `mark_sent` and `settle`; then
    `finish`. Nothing is sent before `finish_plan`, so an unfinished plan is thrown away by the next `begin`; a
    finished one is carried on by sending `open_batches`, each with the request id it had. Calls block; they are
    short, and safe from several threads as far as the database is.
    """

    def __init__(
        self,
        database: Engine,
        *,
        run_id: str,
        step: str,
        folder: RunFolder,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`folder` is where the files about this run lie that people read."""
        self.run_id = run_id
        self.step = step
        self.folder = folder
        self._database = database
        self._clock = clock
        ensure_tables(database, *ALL)
        self._id: int | None = None

    @property
    def phase(self) -> Phase:
        """How far the step has come."""
        with self._database.connect() as connection:
            phase: Phase | None = connection.execute(
                select(STEPS.c.phase).where(STEPS.c.run_id == self.run_id, STEPS.c.step == self.step)
            ).scalar()
        return phase or "new"

    @property
    def facts(self) -> dict[str, Any]:
        """What was remembered about the step: its resource, company, counts of input."""
        with self._database.connect() as connection:
            text = connection.execute(select(STEPS.c.facts).where(STEPS.c.id == self._key(connection))).scalar_one()
        found: dict[str, Any] = json.loads(text)
        return found

    def begin(self, facts: Mapping[str, Any]) -> None:
        """Start gathering; whatever an earlier try gathered or planned without sending is thrown away.

        Raises:
            RuntimeError: the plan is finished already, so records may have been sent.
        """
        with writing(self._database) as connection:
            found = connection.execute(
                select(STEPS.c.id, STEPS.c.phase, STEPS.c.facts).where(
                    STEPS.c.run_id == self.run_id, STEPS.c.step == self.step
                )
            ).first()
            if found is not None:
                if found.phase in ("planned", "finished") and not json.loads(found.facts).get("dry_run"):
                    raise RuntimeError(f"the plan of {self.run_id}/{self.step} is finished; it can only be carried on")
                for table in (INPUTS, RECORDS, BATCHES):
                    connection.execute(delete(table).where(table.c.journal == found.id))
                connection.execute(delete(STEPS).where(STEPS.c.id == found.id))
            made = connection.execute(
                insert(STEPS).values(
                    run_id=self.run_id,
                    step=self.step,
                    phase="gathering",
                    facts=json.dumps(dict(facts)),
                    began_at=self._now(),
                )
            )
            self._id = made.inserted_primary_key[0] if made.inserted_primary_key else None

    def remember(self, facts: Mapping[str, Any]) -> None:
        """Add to the facts."""
        with writing(self._database) as connection:
            key = self._key(connection)
            text = connection.execute(select(STEPS.c.facts).where(STEPS.c.id == key)).scalar_one()
            merged = json.dumps({**json.loads(text), **facts})
            connection.execute(update(STEPS).where(STEPS.c.id == key).values(facts=merged))

    def add_input(self, chunk: int, content: bytes) -> None:
        """Keep a part of the input, so that set-aside rows can be given back as they came."""
        with writing(self._database) as connection:
            connection.execute(insert(INPUTS).values(journal=self._key(connection), chunk=chunk, content=content))

    def inputs(self) -> Iterator[bytes]:
        """The parts of the input in their order, one at a time in memory."""
        with self._database.connect() as connection:
            key = self._key(connection)
            query = select(INPUTS.c.chunk).where(INPUTS.c.journal == key).order_by(INPUTS.c.chunk)
            chunks = list(connection.execute(query).scalars())
        for chunk in chunks:
            with self._database.connect() as connection:
                one = select(INPUTS.c.content).where(INPUTS.c.journal == key, INPUTS.c.chunk == chunk)
                content: bytes = connection.execute(one).scalar_one()
            yield content

    def add_plan(self, records: Sequence[PlannedRecord], batches: Sequence[PlannedBatch] = ()) -> None:
        """Write down a part of the plan."""
        with writing(self._database) as connection:
            key = self._key(connection)
            if records:
                connection.execute(insert(RECORDS), [_record_values(key, record) for record in records])
            self._insert_batches(connection, key, batches)

    def finish_plan(self) -> None:
        """The plan is complete and safe on disk, and from now on it is what will be sent."""
        self._set_phase("planned", STEPS.c.planned_at.name)

    def open_batches(self) -> list[int]:
        """The numbers of the calls that have no answer yet, in their order."""
        with self._database.connect() as connection:
            found = connection.execute(
                select(BATCHES.c.batch)
                .where(BATCHES.c.journal == self._key(connection), BATCHES.c.answered_at.is_(None))
                .order_by(BATCHES.c.batch)
            )
            return list(found.scalars())

    def count_open(self) -> int:
        """How many records have no outcome yet."""
        with self._database.connect() as connection:
            query = select(func.count()).where(RECORDS.c.journal == self._key(connection), RECORDS.c.state == "planned")
            return connection.execute(query).scalar_one()

    def unanswered(self) -> set[int]:
        """The records that were sent and have no answer: nobody knows yet whether they were written."""
        with self._database.connect() as connection:
            found = connection.execute(
                select(BATCHES.c.records).where(
                    BATCHES.c.journal == self._key(connection),
                    BATCHES.c.sent_at.is_not(None),
                    BATCHES.c.answered_at.is_(None),
                )
            )
            return {record for records in found.scalars() for record in json.loads(records)}

    def batch(self, number: int) -> PlannedBatch:
        """A planned call by its number."""
        with self._database.connect() as connection:
            found = connection.execute(
                select(BATCHES).where(BATCHES.c.journal == self._key(connection), BATCHES.c.batch == number)
            ).one()
        return PlannedBatch(
            batch=found.batch,
            request_id=found.request_id,
            records=tuple(json.loads(found.records)),
            request=_unpacked(found.request),
            before=_unpacked(found.before) if found.before is not None else None,
            attempt=found.attempt,
        )

    def mark_sent(self, number: int) -> None:
        """Written before the call goes out: from here on its effect is unknown until it is settled."""
        with writing(self._database) as connection:
            connection.execute(
                update(BATCHES)
                .where(BATCHES.c.journal == self._key(connection), BATCHES.c.batch == number)
                .values(sent_at=self._now())
            )

    def settle(
        self,
        number: int,
        *,
        outcomes: Sequence[RecordOutcome],
        answer: bytes,
        trace_id: str = "",
        follow_ups: Sequence[PlannedBatch] = (),
    ) -> None:
        """The answer to a call, what it means for each record, and the calls it leads to: all or nothing."""
        with writing(self._database) as connection:
            key = self._key(connection)
            connection.execute(
                update(BATCHES)
                .where(BATCHES.c.journal == key, BATCHES.c.batch == number)
                .values(answer=_packed(answer), trace_id=trace_id, answered_at=self._now())
            )
            if outcomes:
                connection.execute(_SET_OUTCOME, [_outcome_values(key, outcome) for outcome in outcomes])
            self._insert_batches(connection, key, follow_ups)

    def next_batch(self) -> int:
        """The first number that no batch has."""
        with self._database.connect() as connection:
            highest = connection.execute(
                select(func.max(BATCHES.c.batch)).where(BATCHES.c.journal == self._key(connection))
            ).scalar()
        return (highest or 0) + 1

    def records(self, *, numbers: Sequence[int] | None = None) -> Iterator[PlannedRecord]:
        """The records with what became of them so far, in their order; all, or those with these numbers."""
        with self._database.connect() as connection:
            query = select(RECORDS).where(RECORDS.c.journal == self._key(connection)).order_by(RECORDS.c.record)
            if numbers is not None:
                query = query.where(RECORDS.c.record.in_(numbers))
            for found in connection.execution_options(yield_per=2000).execute(query):
                yield PlannedRecord(
                    record=found.record,
                    rows=tuple(json.loads(found.rows)),
                    action=found.action,
                    label=found.label,
                    target_id=found.target_id,
                    version=found.version,
                    reason=found.reason,
                    code=found.code,
                    trace_id=found.trace_id,
                    changes=tuple(Change(**change) for change in json.loads(found.changes)) if found.changes else (),
                    state=found.state,
                )

    def images(self) -> Iterator[Images]:
        """Every answered call in the order of the plan, with what was there before and what is there now."""
        with self._database.connect() as connection:
            query = (
                select(BATCHES)
                .where(BATCHES.c.journal == self._key(connection), BATCHES.c.answered_at.is_not(None))
                .order_by(BATCHES.c.batch)
            )
            for found in connection.execution_options(yield_per=50).execute(query):
                yield Images(
                    records=tuple(json.loads(found.records)),
                    request=_unpacked(found.request),
                    before=_unpacked(found.before) if found.before is not None else None,
                    answer=_unpacked(found.answer),
                )

    def finish(self) -> None:
        """Every record has its outcome."""
        self._set_phase("finished", STEPS.c.finished_at.name)

    def planned_labels(self, *, resource: str) -> list[str]:
        """What other steps of the same run are about to create under this resource, by label."""
        with self._database.connect() as connection:
            steps = connection.execute(
                select(STEPS.c.id, STEPS.c.facts).where(STEPS.c.run_id == self.run_id, STEPS.c.step != self.step)
            ).all()
            keys = [step.id for step in steps if json.loads(step.facts).get("resource") == resource]
            if not keys:
                return []
            found = connection.execute(
                select(RECORDS.c.label).where(RECORDS.c.journal.in_(keys), RECORDS.c.action == "create")
            )
            return list(found.scalars())

    def _set_phase(self, phase: Phase, time_column: str) -> None:
        with writing(self._database) as connection:
            connection.execute(
                update(STEPS)
                .where(STEPS.c.id == self._key(connection))
                .values({"phase": phase, time_column: self._now()})
            )

    def _insert_batches(self, connection: Connection, key: int, batches: Iterable[PlannedBatch]) -> None:
        values = [_batch_values(key, batch) for batch in batches]
        if values:
            connection.execute(insert(BATCHES), values)

    def _key(self, connection: Connection) -> int:
        if self._id is None:
            self._id = connection.execute(
                select(STEPS.c.id).where(STEPS.c.run_id == self.run_id, STEPS.c.step == self.step)
            ).scalar_one()
        return self._id

    def _now(self) -> str:
        return self._clock().isoformat()


_SET_OUTCOME = (
    update(RECORDS)
    .where(RECORDS.c.journal == bindparam("key"), RECORDS.c.record == bindparam("number"))
    .values(
        state=bindparam("new_state"),
        target_id=bindparam("new_target_id"),
        version=bindparam("new_version"),
        label=func.coalesce(bindparam("new_label"), RECORDS.c.label),
        reason=bindparam("new_reason"),
        code=bindparam("new_code"),
        trace_id=bindparam("new_trace_id"),
    )
)


def _outcome_values(key: int, outcome: RecordOutcome) -> dict[str, Any]:
    return {
        "key": key,
        "number": outcome.record,
        "new_state": outcome.state,
        "new_target_id": outcome.target_id,
        "new_version": outcome.version,
        "new_label": outcome.label or None,
        "new_reason": outcome.reason,
        "new_code": outcome.code,
        "new_trace_id": outcome.trace_id,
    }


def _record_values(key: int, record: PlannedRecord) -> dict[str, Any]:
    changes = [{"field": change.field, "old": change.old, "new": change.new} for change in record.changes]
    return {
        "journal": key,
        "record": record.record,
        "rows": json.dumps(record.rows),
        "action": record.action,
        "label": record.label,
        "state": record.state,
        "target_id": record.target_id,
        "version": record.version,
        "reason": record.reason,
        "code": record.code,
        "trace_id": record.trace_id,
        "changes": json.dumps(changes) if changes else "",
    }


def _batch_values(key: int, batch: PlannedBatch) -> dict[str, Any]:
    return {
        "journal": key,
        "batch": batch.batch,
        "request_id": batch.request_id,
        "attempt": batch.attempt,
        "records": json.dumps(batch.records),
        "request": _packed(batch.request),
        "before": _packed(batch.before) if batch.before is not None else None,
        "trace_id": "",
    }


def _packed(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(content)


def _unpacked(content: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(content)
