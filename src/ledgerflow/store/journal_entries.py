"""What the write journal holds, as values: records, calls, outcomes, images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Phase = Literal["new", "gathering", "planned", "finished"]
Action = Literal["create", "update", "skip", "refuse"]
State = Literal["planned", "done", "skipped", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field of an update: what is there, and what is to be there; both as JSON values."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRecord:
    """One record of the plan. `rows` are the input rows it comes from, `label` is what people call it.

    `target_id` and `version` are those of the record that is to change; empty for a new one.
    """

    record: int
    rows: tuple[int, ...]
    action: Action
    label: str = ""
    target_id: str = ""
    version: str = ""
    reason: str = ""
    code: str = ""
    trace_id: str = ""
    changes: tuple[Change, ...] = ()
    state: State = "planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBatch:
    """One call to be made: the bytes to send, and the request id that makes a repeat harmless.

    `records` stand in the order of the request's items. `before` holds the records as they were, for an update.
    """

    batch: int
    request_id: str
    records: tuple[int, ...]
    request: bytes
    before: bytes | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOutcome:
    """What became of a record."""

    record: int
    state: State
    target_id: str = ""
    version: str = ""
    label: str = ""
    reason: str = ""
    code: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """One answered call as it went out and came back, for an undo: raw bytes, `records` in the request's order."""

    records: tuple[int, ...]
    request: bytes
    before: bytes | None
    answer: bytes
