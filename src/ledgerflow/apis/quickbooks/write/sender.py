"""Sends the planned batches, and settles each answer record by record before the next step depends on it."""

from __future__ import annotations

import asyncio
import time
from asyncio import to_thread
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from ledgerflow.apis.quickbooks.write.batches import (
    BATCH_CALLS_PER_MINUTE,
    ItemAnswer,
    Operation,
    batch_items,
    batch_request,
    before_images,
    decode,
    encode,
    read_answer,
    read_images,
    request_id,
    unreadable,
)
from ledgerflow.apis.quickbooks.write.changes import first_touched, plan_update
from ledgerflow.apis.quickbooks.write.lookups import MINOR_VERSION, Current, Lookups
from ledgerflow.apis.quickbooks.write.plan import WritePlan
from ledgerflow.core.calls import Answer, ApiCall, Caller
from ledgerflow.core.errors import InputRefused, RecordRefused, RetryLater
from ledgerflow.core.progress import Progress
from ledgerflow.net.limits import Window
from ledgerflow.store.journal import Journal
from ledgerflow.store.journal_entries import PlannedBatch, PlannedRecord, RecordOutcome
from qbo_facts.tables import limits

SIDE_BY_SIDE = 4
"""Batches under way at once: QuickBooks works on one company's batches one after another for the most part."""

MOST_ATTEMPTS = 5
"""How often an item is sent that QuickBooks throttles or finds changed meanwhile."""

REFUSED_IN_A_ROW = 8
"""Calls refused as a whole, without one success between them, after which it is not about single records.

One bad record among 30 leads to six such calls while its batch is halved.
"""

_THROTTLED = "3001"
_THROTTLE_WAIT_S = float(limits()["wait_after_429_seconds"].value)

Sleep = Callable[[float], Awaitable[None]]

_windows: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Window]] = WeakKeyDictionary()
"""The starts of batch calls for each company: write steps that run side by side share one limit."""


@dataclass(slots=True)
class _Item:
    """A record on its way: its plan, what is sent for it, and how it was before."""

    record: PlannedRecord
    operation: Operation
    body: bytes
    before: bytes | None


class Sender:
    """Sends what is open in the journal of one step, several batches side by side."""

    def __init__(
        self,
        plan: WritePlan,
        *,
        caller: Caller,
        lookups: Lookups,
        journal: Journal,
        progress: Progress,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._caller = caller
        self._lookups = lookups
        self._journal = journal
        self._progress = progress
        self._sleep = sleep
        self._clock = clock
        windows = _windows.setdefault(asyncio.get_running_loop(), {})
        self._window = windows.setdefault(caller.company, Window(calls=BATCH_CALLS_PER_MINUTE, seconds=60.0))
        self._open: deque[int] = deque()
        self._not_before = float("-inf")
        self._failed: BaseException | None = None
        self._next_batch = 0
        self._refused_in_a_row = 0
        self._settling = asyncio.Lock()
        self._starting = asyncio.Lock()

    async def send_all(self) -> None:
        """Send every open batch. When it returns, each record of the plan has its outcome.

        Raises:
            RetryLater, ReconnectNeeded: what is settled stays so; the rest can be carried on.
            InputRefused: QuickBooks refuses the calls themselves, not single records.
        """
        self._open.extend(await to_thread(self._journal.open_batches))
        self._next_batch = await to_thread(self._journal.next_batch)
        await asyncio.gather(*(self._work() for _ in range(SIDE_BY_SIDE)))
        if self._failed is not None:
            raise self._failed

    async def _work(self) -> None:
        """Send batches until none is left. After a failure, calls under way still get their answers settled."""
        while self._open and self._failed is None:
            number = self._open.popleft()
            try:
                await self._send(await to_thread(self._journal.batch, number))
            except Exception as error:  # noqa: BLE001 - raised by send_all once the other workers are done
                self._failed = self._failed or error

    async def _send(self, batch: PlannedBatch) -> None:
        items = await self._items(batch)
        await to_thread(self._journal.mark_sent, batch.batch)
        await self._turn()
        try:
            answer = await self._caller.send(
                ApiCall(
                    method="POST",
                    path=f"/v3/company/{self._caller.company}/batch",
                    kind="batch",
                    metered=False,
                    repeatable=True,
                    query={"minorversion": MINOR_VERSION, "requestid": batch.request_id},
                    headers={"Accept": "application/json"},
                    body=batch.request,
                    content_type="application/json",
                )
            )
        except (RecordRefused, InputRefused) as refused:
            await self._refused_whole(batch, items, refused)
            return
        self._refused_in_a_row = 0
        try:
            answers = read_answer(self._plan.entity, answer.body, items=len(items))
        except msgspec.DecodeError as error:
            raise unreadable(error, where=f"step {self._plan.step}, company {self._caller.company}") from error
        await self._act_on(batch, list(zip(items, answers, strict=True)), answer)

    async def _act_on(self, batch: PlannedBatch, said_of: Sequence[tuple[_Item, ItemAnswer]], answer: Answer) -> None:
        trace_id = answer.headers.get("intuit_tid", "")
        outcomes: list[RecordOutcome] = []
        again: list[_Item] = []
        stale: list[tuple[_Item, ItemAnswer]] = []
        for item, said in said_of:
            match said.verdict:
                case "done":
                    outcomes.append(self._done(item, said.fields, trace_id))
                case "repeat":
                    again.append(item)
                case "stale" if item.before is not None and batch.attempt < MOST_ATTEMPTS:
                    stale.append((item, said))
                case _:
                    outcomes.append(_set_aside(item, said.reason, said.code, trace_id))
        for item, said, current in await self._reread(stale):
            outcome = self._freshened(item, said, current, trace_id)
            if outcome is None:
                again.append(item)
            else:
                outcomes.append(outcome)
        await self._settle(batch, outcomes, answer.body, trace_id, [again] if again else [])
        if any(said.code == _THROTTLED for _, said in said_of):
            self._not_before = self._clock() + _THROTTLE_WAIT_S
        if again and batch.attempt >= MOST_ATTEMPTS:
            raise RetryLater(
                f"QuickBooks did not take {len(again)} records in {batch.attempt} tries: {said_of[0][1].reason}",
                where=f"step {self._plan.step}, company {self._caller.company}, intuit_tid {trace_id}",
                next_step="Run the flow again in a few minutes; it carries on where it stopped.",
                after_s=_THROTTLE_WAIT_S,
            )

    async def _turn(self) -> None:
        """Wait until a batch call may start: for what QuickBooks asked for, and for the limit on batch calls."""
        async with self._starting:
            held_s = self._not_before - self._clock()
            if held_s > 0:
                self._progress.note(f"QuickBooks throttles; the next try is in {held_s:.0f} s.")
                await self._sleep(held_s)
            while (pause_s := self._window.earliest(self._clock()) - self._clock()) > 0:
                await self._sleep(pause_s)
            self._window.start(self._clock())

    async def _items(self, batch: PlannedBatch) -> list[_Item]:
        planned = {
            record.record: record
            for record in await to_thread(lambda: list(self._journal.records(numbers=batch.records)))
        }
        sent = batch_items(self._plan.entity, batch.request)
        befores = read_images(batch.before, items=len(sent))
        return [
            _Item(planned[number], operation, body, before)
            for number, (operation, body), before in zip(batch.records, sent, befores, strict=True)
        ]

    async def _refused_whole(
        self, batch: PlannedBatch, items: Sequence[_Item], refused: RecordRefused | InputRefused
    ) -> None:
        """The call was refused with all of its items: find the ones it is about by sending the halves apart."""
        self._refused_in_a_row += 1
        if self._refused_in_a_row >= REFUSED_IN_A_ROW:
            raise InputRefused(refused.what, where=refused.where, next_step=refused.next_step) from refused
        said = refused.what.encode()
        if len(items) > 1:
            middle = len(items) // 2
            await self._settle(batch, [], said, "", [items[:middle], items[middle:]])
            return
        trace_id = refused.where.partition("intuit_tid ")[2]
        await self._settle(batch, [_set_aside(items[0], refused.what, "", trace_id)], said, trace_id, [])

    async def _reread(
        self, stale: Sequence[tuple[_Item, ItemAnswer]]
    ) -> list[tuple[_Item, ItemAnswer, Current | None]]:
        """The records of stale items as they are now; None for one that is gone."""
        ids = [item.record.target_id for item, _ in stale]
        now = {record.id: record for record in await self._lookups.current_by(self._plan.entity, "Id", ids)}
        return [(item, said, now.get(item.record.target_id)) for item, said in stale]

    def _freshened(self, item: _Item, said: ItemAnswer, current: Current | None, trace_id: str) -> RecordOutcome | None:
        """What becomes of an item whose record changed meanwhile; None: it is ready to be sent once more.

        It is sent once more when nothing that it changes was changed. When the record already has what the item
        wants, it was our own change whose answer got lost.
        """
        if current is None:
            return _set_aside(item, f"The record is gone. {said.reason}", said.code, trace_id)
        assert item.before is not None, "only an update goes stale"
        body: dict[str, Any] = decode(item.body)
        if plan_update(self._plan.entity, current.fields, body) is None:
            return self._done(item, current.fields, trace_id)
        names = [change.field for change in item.record.changes]
        touched = first_touched(decode(item.before), current.fields, names)
        if touched is not None:
            reason = f"Somebody else changed {touched} after it was read, so it was left as it is."
            return _set_aside(item, reason, said.code, trace_id)
        item.body = encode({**body, "SyncToken": current.fields["SyncToken"]})
        item.before = current.raw
        return None

    def _done(self, item: _Item, fields: Mapping[str, Any], trace_id: str) -> RecordOutcome:
        label = self._plan.label_field
        named = fields.get(label) if label is not None else None
        return RecordOutcome(
            record=item.record.record,
            state="done",
            target_id=str(fields.get("Id", "")),
            version=str(fields.get("SyncToken", "")),
            label=str(named) if named is not None else "",
            trace_id=trace_id,
        )

    async def _settle(
        self,
        batch: PlannedBatch,
        outcomes: Sequence[RecordOutcome],
        answer: bytes,
        trace_id: str,
        again: Sequence[Sequence[_Item]],
    ) -> None:
        """Write down what an answer means, together with the calls it leads to, and line those up."""
        async with self._settling:
            follow_ups = [self._follow_up(batch, items) for items in again]
            await to_thread(
                self._journal.settle,
                batch.batch,
                outcomes=outcomes,
                answer=answer,
                trace_id=trace_id,
                follow_ups=follow_ups,
            )
        self._open.extend(follow_up.batch for follow_up in follow_ups)
        self._progress.advance(self._plan.step, len(outcomes))

    def _follow_up(self, batch: PlannedBatch, items: Sequence[_Item]) -> PlannedBatch:
        number = self._next_batch
        self._next_batch += 1
        records = tuple(item.record.record for item in items)
        attempt = batch.attempt + 1
        return PlannedBatch(
            batch=number,
            request_id=request_id(
                run_id=self._plan.run_id,
                step=self._plan.step,
                records=records,
                rows=[row for item in items for row in item.record.rows],
                attempt=attempt,
            ),
            records=records,
            request=batch_request(
                self._plan.entity,
                [(item.operation, item.body) for item in items],
                allow_duplicates=self._plan.settings.allow_duplicate_numbers,
            ),
            before=before_images([item.before for item in items]),
            attempt=attempt,
        )


def _set_aside(item: _Item, reason: str, code: str, trace_id: str) -> RecordOutcome:
    return RecordOutcome(
        record=item.record.record,
        state="refused",
        target_id=item.record.target_id,
        version=item.record.version,
        reason=reason,
        code=code,
        trace_id=trace_id,
    )
