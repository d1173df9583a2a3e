"""What a flow writes to, as the runner sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a write step did. `rows` were written (or sent and accepted), `place` is where they are, for people.

    `created`, `updated`, `skipped` and `set_aside` count rows of a write into an api; `set_aside_file` holds the
    refused rows with their reasons, relative to the project, and can be mended and run again.
    """

    rows: int
    place: str
    created: int = 0
    updated: int = 0
    skipped: int = 0
    set_aside: int = 0
    set_aside_file: str | None = None
    outcomes_file: str | None = None
    notes: tuple[str, ...] = ()
    """Sentences for people about what was written otherwise than it stood in the rows."""


class Destination(Protocol):
    """Takes Arrow batches. Nothing it wrote is seen by others before `commit`, as far as the target allows."""

    async def open(self, schema: pa.Schema) -> None: ...

    async def write_batch(self, batch: pa.RecordBatch) -> None: ...

    async def commit(self) -> Written: ...

    async def abort(self) -> None: ...
