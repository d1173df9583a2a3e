"""Makes the plan of a write from the rows taken in, complete in the journal before anything is sent."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa

from ledgerflow.apis.quickbooks.write.batches import BATCH_ITEMS, Operation, batch_request, before_images, request_id
from ledgerflow.apis.quickbooks.write.bodies import Assembler, Document, Reason, Refused
from ledgerflow.apis.quickbooks.write.decisions import CurrentRecords, Decision, Decisions
from ledgerflow.apis.quickbooks.write.gather import Gathered, GroupKey, group_keys, row_numbers, unpacked
from ledgerflow.apis.quickbooks.write.lookups import Lookups
from ledgerflow.apis.quickbooks.write.plan import WritePlan
from ledgerflow.apis.quickbooks.write.references import Names, Reference, folded, resolve
from ledgerflow.apis.quickbooks.write.targets import Target
from ledgerflow.apis.quickbooks.write.values import Converter, Wire, converter
from ledgerflow.core.progress import Progress
from ledgerflow.store.journal import Journal
from ledgerflow.store.journal_entries import PlannedBatch, PlannedRecord, State

STAGE_RECORDS = 1200
"""Records planned at a time: a whole number of batches, and few enough to be looked up in three queries."""

_STATES: dict[str, State] = {"skip": "skipped", "refuse": "refused"}

NamesBy = Mapping[tuple[str, str], Names]
"""Names found, by entity and property."""


class Planner:
    """Plans one step once all of its rows are in. The only calls it makes are lookups."""

    def __init__(self, plan: WritePlan, *, lookups: Lookups, journal: Journal, progress: Progress) -> None:
        self._plan = plan
        self._lookups = lookups
        self._journal = journal
        self._progress = progress
        self._records = 0
        self._batches = 0

    async def make(self, gathered: Gathered) -> None:
        """Write the whole plan into the journal, and finish it there."""
        task = f"{self._plan.step}: check"
        self._progress.start(task, total=gathered.rows, unit="rows")
        names = await self._look_up_names(gathered)
        decisions = Decisions(self._plan, existing=await self._look_up_existing(gathered))
        documents = documents_of(self._plan, self._journal, gathered, names)
        waiting: list[tuple[int, Decision]] = []
        while stage := await to_thread(_take, documents, STAGE_RECORDS):
            decided = await self._decide(decisions, stage)
            records = [self._numbered(decision) for decision in decided]
            waiting.extend(
                (record.record, decision)
                for record, decision in zip(records, decided, strict=True)
                if decision.body is not None
            )
            whole = len(waiting) - len(waiting) % BATCH_ITEMS
            await to_thread(self._journal.add_plan, records, self._batched(waiting[:whole]))
            waiting = waiting[whole:]
            self._progress.advance(task, sum(len(decision.rows) for decision in decided))
        await to_thread(self._journal.add_plan, [], self._batched(waiting))
        await to_thread(self._journal.finish_plan)
        self._progress.finish(task)

    async def _look_up_names(self, gathered: Gathered) -> NamesBy:
        wanted: dict[tuple[str, str], set[str]] = {}
        for column, reference in self._plan.references.items():
            literals = {folded(literal) for literal in reference.literals}
            texts = {text for text in gathered.distinct[column] if folded(text) not in literals}
            for entity in reference.entities:
                wanted.setdefault((entity, reference.property), set()).update(texts)
        found: dict[tuple[str, str], Names] = {}
        for (entity, prop), texts in wanted.items():
            names = await self._lookups.names(entity, prop, sorted(texts))
            if self._plan.dry_run:
                labels = await to_thread(self._journal.planned_labels, resource=entity)
                names.coming = frozenset(map(folded, labels))
            found[entity, prop] = names
        return found

    async def _look_up_existing(self, gathered: Gathered) -> Names:
        key = self._plan.existing_key
        name = self._plan.entity.name
        if key is None:
            return Names(entity=name, property="")
        return await self._lookups.names(name, key, sorted(gathered.distinct[key]), hints=False)

    async def _decide(self, decisions: Decisions, documents: Sequence[Document]) -> list[Decision]:
        if self._plan.settings.operation == "create":
            return await to_thread(lambda: [decisions.create(document) for document in documents])
        current = await self._current(documents)
        return await to_thread(lambda: [decisions.update(document, current) for document in documents])

    async def _current(self, documents: Sequence[Document]) -> CurrentRecords:
        entity, key = self._plan.entity, self._plan.settings.key
        ids = dict.fromkeys(str(document.body["Id"]) for document in documents if "Id" in document.body)
        keys = (
            dict.fromkeys(
                str(document.body[key]) for document in documents if "Id" not in document.body and key in document.body
            )
            if key is not None
            else {}
        )
        return CurrentRecords(
            by_id=await self._lookups.current_by(entity, "Id", list(ids)),
            by_key=await self._lookups.current_by(entity, key, list(keys)) if key is not None else (),
            key=key,
        )

    def _numbered(self, decision: Decision) -> PlannedRecord:
        self._records += 1
        return PlannedRecord(
            record=self._records,
            rows=decision.rows,
            action=decision.action,
            label=decision.label,
            target_id=decision.target_id,
            version=decision.version,
            reason=decision.reason,
            code=decision.code,
            changes=decision.changes,
            state=_STATES.get(decision.action, "planned"),
        )

    def _batched(self, waiting: Sequence[tuple[int, Decision]]) -> list[PlannedBatch]:
        return [self._batch(waiting[start : start + BATCH_ITEMS]) for start in range(0, len(waiting), BATCH_ITEMS)]

    def _batch(self, waiting: Sequence[tuple[int, Decision]]) -> PlannedBatch:
        self._batches += 1
        plan = self._plan
        items: list[tuple[Operation, bytes]] = []
        for _, decision in waiting:
            assert decision.body is not None
            items.append(("create" if decision.action == "create" else "update", decision.body))
        records = tuple(number for number, _ in waiting)
        return PlannedBatch(
            batch=self._batches,
            request_id=request_id(
                run_id=plan.run_id,
                step=plan.step,
                records=records,
                rows=[row for _, decision in waiting for row in decision.rows],
                attempt=1,
            ),
            records=records,
            request=batch_request(plan.entity, items, allow_duplicates=plan.settings.allow_duplicate_numbers),
            before=before_images([decision.before for _, decision in waiting]),
        )


def documents_of(plan: WritePlan, journal: Journal, gathered: Gathered, names: NamesBy) -> Iterator[Document]:
    """The documents that the rows in the journal make, each as soon as its last row is in."""
    assembler = Assembler(plan.targets)
    converters = [_converter(target, plan.references.get(target.text), names) for target in plan.targets]
    missing_rows = gathered.group_rows.copy()
    begun: dict[GroupKey, Document] = {}
    group_by = plan.settings.group_by
    for content in journal.inputs():
        for batch in unpacked(content):
            rows = zip(row_numbers(batch), _values(batch, plan.targets, converters), strict=True)
            if not group_by:
                yield from (assembler.finish(assembler.start(number, values)) for number, values in rows)
                continue
            for (number, values), key in zip(rows, group_keys(batch, group_by), strict=True):
                if None in key:
                    lone = assembler.finish(assembler.start(number, values))
                    lone.reasons.append(_without_group(group_by, key))
                    yield lone
                    continue
                if key in begun:
                    assembler.add(begun[key], number, values)
                else:
                    begun[key] = assembler.start(number, values)
                missing_rows[key] -= 1
                if not missing_rows[key]:
                    yield assembler.finish(begun.pop(key))


def _values(
    batch: pa.RecordBatch, targets: Sequence[Target], converters: Sequence[Converter]
) -> Iterator[tuple[Wire | Refused, ...]]:
    columns = [
        map(convert, batch.column(target.text).to_pylist()) for target, convert in zip(targets, converters, strict=True)
    ]
    return zip(*columns, strict=True)


def _converter(target: Target, reference: Reference | None, names: NamesBy) -> Converter:
    convert = converter(target.type)
    if reference is None:
        return convert
    known = [names[entity, reference.property] for entity in reference.entities]
    resolved: dict[Any, Wire | Refused] = {}

    def look_up(value: Any) -> Wire | Refused:
        if isinstance(value, Mapping):  # a whole reference, from a record that was read
            return convert(value)
        if value not in resolved:
            resolved[value] = resolve(reference, value, known)
        return resolved[value]

    return look_up


def _without_group(group_by: Sequence[str], key: GroupKey) -> Reason:
    empty = next(name for name, value in zip(group_by, key, strict=True) if value is None)
    return Reason(text=f"The row has no value in the column {empty!r}, which tells which rows make one record.")


def _take(documents: Iterator[Document], count: int) -> list[Document]:
    return list(islice(documents, count))
