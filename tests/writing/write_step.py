"""Writes rows as a flow's write step does: columns by target path, `_row` and `_source` beside them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from ledgerflow.apis.contract import WriteRequest
from ledgerflow.apis.quickbooks.write.destination import QuickBooksDestination
from ledgerflow.core.calls import Caller
from ledgerflow.core.destination import Written
from ledgerflow.core.progress import Quiet
from ledgerflow.store.database import open_database
from ledgerflow.store.journal import Journal
from ledgerflow.store.run_folder import RunFolder

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

Row = Mapping[str, Any]


@dataclass
class Time:
    """Time that passes only while somebody waits; `waits` are the seconds of each wait."""

    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@dataclass(kw_only=True)
class WriteStep:
    """One write step of one run in a project folder."""

    project: Path
    resource: str
    fields: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    run_id: str = "run-1"
    step: str = "load"
    dry_run: bool = False
    batch_rows: int = 1000
    time: Time = field(default_factory=Time)

    def journal(self) -> Journal:
        database = open_database(self.project)
        folder = RunFolder(self.project, self.run_id)
        return Journal(database, run_id=self.run_id, step=self.step, folder=folder, clock=lambda: NOW)

    def destination(self, caller: Caller) -> QuickBooksDestination:
        request = WriteRequest(
            resource=self.resource,
            settings=self.settings,
            run_id=self.run_id,
            step=self.step,
            dry_run=self.dry_run,
        )
        return QuickBooksDestination(
            request,
            caller=caller,
            journal=self.journal(),
            progress=Quiet(),
            where=f"flows/load.yaml, step {self.step}",
            sleep=self.time.sleep,
            clock=self.time.clock,
        )

    def prepared(self, rows: Sequence[Row]) -> pa.Table:
        """What the runner hands over: a column per target path, the row's number, and the row as it was."""
        table = pa.Table.from_pylist([dict(row) for row in rows])
        columns = {path: table.column(source) for path, source in self.fields.items()}
        columns["_row"] = pa.chunked_array([pa.array(range(1, len(rows) + 1), pa.int64())])
        columns["_source"] = pa.chunked_array([table.to_struct_array().combine_chunks()])
        return pa.table(columns)

    async def run(self, caller: Caller, rows: Sequence[Row]) -> Written:
        """Write `rows`, whose keys are the input's columns."""
        destination = self.destination(caller)
        prepared = self.prepared(rows)
        await destination.open(prepared.schema)
        for batch in prepared.to_batches(max_chunksize=self.batch_rows):
            await destination.write_batch(batch)
        return await destination.commit()

    def table(self, name: str) -> list[dict[str, str]]:
        """A CSV file of the run: `set_aside`, `outcomes` or `plan`."""
        path = self.project / "runs" / self.run_id / f"{self.step}.{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
