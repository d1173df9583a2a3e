"""The files about a write that people read: what was set aside and why, what became of each row, what is planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ledgerflow.apis.quickbooks.write.batches import encode
from ledgerflow.apis.quickbooks.write.gather import source_columns, source_rows, unpacked
from ledgerflow.apis.quickbooks.write.plan import WritePlan
from ledgerflow.apis.quickbooks.write.values import plain_text
from ledgerflow.core.destination import Written
from ledgerflow.store.journal import Journal
from ledgerflow.store.journal_entries import PlannedRecord

SET_ASIDE_COLUMNS = ("_step", "_row", "_reason", "_code", "_intuit_tid")
"""Behind the input's own columns in a file of rows that were set aside; a run of the mended file ignores them."""

_OUTCOMES = {"planned": "not sent", "skipped": "skipped", "refused": "set aside"}
_DONE = {"create": "created", "update": "updated"}
_PLANNED = {"create": "create", "update": "change", "skip": "skip", "refuse": "refuse"}


@dataclass(slots=True)
class _Counts:
    """Rows by what became of them."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    set_aside: int = 0

    def add(self, record: PlannedRecord, *, planned: bool) -> None:
        rows = len(record.rows)
        if record.state == "refused":
            self.set_aside += rows
        elif record.state == "skipped":
            self.skipped += rows
        elif planned or record.state == "done":
            if record.action == "create":
                self.created += rows
            else:
                self.updated += rows


def report(plan: WritePlan, journal: Journal, *, place: str) -> Written:
    """Write the files from the journal as it stands, and count. A dry run counts what it would do."""
    counts = _Counts()
    refused: dict[int, PlannedRecord] = {}
    for record in journal.records():
        counts.add(record, planned=plan.dry_run)
        if record.state == "refused":
            refused.update(dict.fromkeys(record.rows, record))
    set_aside_file = None
    if refused:
        set_aside_file = journal.folder.write_table(
            f"{plan.step}.set_aside.csv", *_set_aside_table(plan, journal, refused)
        )
    else:
        journal.folder.remove(f"{plan.step}.set_aside.csv")
    outcomes = _plan_table(plan, journal) if plan.dry_run else _outcome_table(plan, journal)
    name = "plan" if plan.dry_run else "outcomes"
    return Written(
        rows=0 if plan.dry_run else counts.created + counts.updated,
        place=place,
        created=counts.created,
        updated=counts.updated,
        skipped=counts.skipped,
        set_aside=counts.set_aside,
        set_aside_file=set_aside_file,
        outcomes_file=journal.folder.write_table(f"{plan.step}.{name}.csv", *outcomes),
    )


def _set_aside_table(
    plan: WritePlan, journal: Journal, refused: Mapping[int, PlannedRecord]
) -> tuple[list[str], Iterator[list[object]]]:
    columns: list[str] = []
    for content in journal.inputs():
        for batch in unpacked(content):
            columns = source_columns(batch.schema)
            break
        break
    own = [name for name in columns if name not in SET_ASIDE_COLUMNS]

    def rows() -> Iterator[list[object]]:
        for content in journal.inputs():
            for batch in unpacked(content):
                for number, source in source_rows(batch):
                    record = refused.get(number)
                    if record is not None:
                        cells = [cell(source[name]) for name in own]
                        yield [*cells, plan.step, number, record.reason, record.code, record.trace_id]

    return [*own, *SET_ASIDE_COLUMNS], rows()


def _outcome_table(plan: WritePlan, journal: Journal) -> tuple[list[str], Iterator[list[object]]]:
    label = plan.label_field or "label"
    by_row = {row: record for record in journal.records() for row in record.rows}
    unanswered = journal.unanswered()

    def rows() -> Iterator[list[object]]:
        for row in sorted(by_row):
            record = by_row[row]
            outcome = _DONE[record.action] if record.state == "done" else _OUTCOMES[record.state]
            if record.state == "planned" and record.record in unanswered:
                outcome = "unknown"
            yield [
                row,
                outcome,
                record.target_id,
                record.version,
                record.label,
                record.reason,
                record.code,
                record.trace_id,
            ]

    return ["_row", "outcome", "Id", "SyncToken", label, "_reason", "_code", "_intuit_tid"], rows()


def _plan_table(plan: WritePlan, journal: Journal) -> tuple[list[str], Iterator[list[object]]]:
    """One line per record, and per field of a record that is to change."""
    label = plan.label_field or "label"

    def rows() -> Iterator[list[object]]:
        for record in journal.records():
            listed = " ".join(map(str, record.rows))
            start = [listed, _PLANNED[record.action], record.target_id, record.label]
            if not record.changes:
                yield [*start, "", "", "", record.reason, record.code]
            for change in record.changes:
                yield [*start, change.field, cell(change.old), cell(change.new), record.reason, record.code]

    return ["_rows", "action", "Id", label, "field", "old", "new", "_reason", "_code"], rows()


def cell(value: Any) -> str | None:
    """A value as it stands in a CSV file: text as it is, numbers in full, dates ISO, nested values as JSON."""
    match value:
        case None | str():
            return value
        case dict() | list():
            return encode(value).decode()
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case _:
            return plain_text(value)
