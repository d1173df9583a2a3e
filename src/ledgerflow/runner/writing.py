"""Does the writes of a run in their order: files that take the same rows together, each api write by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict

from ledgerflow.apis.contract import WriteRequest
from ledgerflow.core.destination import Destination, Written
from ledgerflow.core.progress import Progress, Quiet
from ledgerflow.destinations import file_destination
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.runner.check import FlowCheck
from ledgerflow.runner.compile import compile_fields, compile_step
from ledgerflow.runner.reading import Callers
from ledgerflow.runner.statements import count_rows, stream_into
from ledgerflow.runner.targets import ApiWrite, FileWrite, write_fields
from ledgerflow.runner.workspace import Workspace
from ledgerflow.store.runs import RunRecord


class RunWrites:
    """The writes of one run. Finished writes into an api are not repeated when the run is carried on; files are
    written anew, since that changes nothing."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        engine: DuckEngine,
        check: FlowCheck,
        record: RunRecord,
        calling: Callers,
        progress: Progress,
    ) -> None:
        self._workspace = workspace
        self._engine = engine
        self._check = check
        self._flow = check.flow
        self._id = record.run_id
        self._dry_run = record.dry_run
        self._calling = calling
        self._store = workspace.runs
        self._progress = progress
        self._done = {step.step: step for step in record.steps if step.status == "done"}

    async def all(self, writes: Mapping[str, FileWrite | ApiWrite]) -> dict[str, Written]:
        """Do every write, each after those it is to follow."""
        written: dict[str, Written] = {}
        order = [name for name in self._flow.writes_in_order() if name in writes]
        while order:
            name = order[0]
            write = writes[name]
            together: Collection[str] = [name]
            if isinstance(write, FileWrite):
                files = self._together(name, order, writes)
                together = files
                written.update(await self._write_files(files))
            else:
                written[name] = await self._write_api(name, write)
            order = [each for each in order if each not in together]
        return written

    def _together(
        self, first: str, order: list[str], writes: Mapping[str, FileWrite | ApiWrite]
    ) -> dict[str, FileWrite]:
        """The file writes that take the same rows as `first` and wait for nothing that is still to be done."""
        source = self._flow.steps[first].inputs
        return {
            name: write
            for name, write in ((name, writes[name]) for name in order)
            if isinstance(write, FileWrite)
            and self._flow.steps[name].inputs == source
            and not any(other in order for other in self._flow.steps[name].after)
        }

    async def _write_files(self, writes: Mapping[str, FileWrite]) -> dict[str, Written]:
        source = self._flow.steps[next(iter(writes))].inputs[0]
        query = compile_step(
            self._flow,
            source,
            relations=self._check.relations,
            schemas=self._check.schemas,
            values=self._check.literals,
        )
        for name in writes:
            self._store.step_began(self._id, name, "write")
        if self._dry_run:
            rows = await count_rows(self._engine, query)
            written = {name: Written(rows=rows, place=f"{write.place} (not written)") for name, write in writes.items()}
        else:
            destinations: dict[str, Destination] = {
                name: file_destination(
                    self._workspace.files.root,
                    write.place,
                    write.settings.model_dump(),
                    where=self._where(name),
                    run_id=self._id,
                    step=name,
                )
                for name, write in writes.items()
            }
            written = await stream_into(self._engine, query, destinations, progress=self._progress)
        for name, each in written.items():
            self._finish_write(name, each)
        return written

    async def _write_api(self, name: str, write: ApiWrite) -> Written:
        if name in self._done and not self._dry_run:
            return Written(**{**self._done[name].result, "notes": tuple(self._done[name].result.get("notes", ()))})
        provider = write.connection.provider
        assert provider is not None
        source = self._flow.steps[name].inputs[0]
        schema = self._check.schemas[source]
        query = compile_fields(
            self._flow,
            source,
            write_fields(write, schema),
            relations=self._check.relations,
            schemas=self._check.schemas,
            values=self._check.literals,
        )
        self._store.step_began(self._id, name, "write")
        destination = provider.destination(
            WriteRequest(
                resource=write.resource,
                settings=write.settings,
                run_id=self._id,
                step=name,
                dry_run=self._dry_run,
            ),
            caller=await self._calling.of(write.connection, write.company),
            journal=self._workspace.journal(self._id, name),
            progress=self._progress,
            where=self._where(name),
        )
        done = await stream_into(self._engine, query, {name: destination}, progress=Quiet())  # it tells its own
        self._finish_write(name, done[name])
        return done[name]

    def _finish_write(self, name: str, written: Written) -> None:
        self._store.step_done(self._id, name, rows=written.rows, result=asdict(written))
        aside = f", {written.set_aside:,} set aside" if written.set_aside else ""
        self._store.log(self._id, f"{written.rows:,} rows to {written.place}{aside}", step=name)
        if written.notes:
            self._store.note(self._id, written.notes)

    def _where(self, step: str) -> str:
        line = self._check.draft.document.line_of(("steps", step, "to"))
        return f"{self._flow.file}, line {line}, key steps.{step}.to" if line else f"{self._flow.file}, step {step}"
