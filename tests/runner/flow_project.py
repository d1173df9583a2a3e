"""A project in a temporary folder whose flows are run, checked and looked at in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet

from ledgerflow.core.progress import Quiet
from ledgerflow.runner.preview import Preview, PreviewRequest, preview
from ledgerflow.runner.run import RunRequest, RunResult, run_flow
from ledgerflow.runner.workspace import Workspace
from ledgerflow.store.projects import ProjectFiles
from ledgerflow.wiring import open_workspace


class Heard(Quiet):
    """A listener that keeps the notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


class FlowProject:
    """`flow` writes a flow file, `run` runs it; files are given and looked at by their place in the project."""

    def __init__(self, root: Path) -> None:
        ProjectFiles.make(root, name="books")
        self.root = root
        self.heard = Heard()

    def opened(self) -> Workspace:
        """The project, opened anew as another process would."""
        return open_workspace(self.root)

    def put(self, place: str, text: str) -> Path:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def flow(self, name: str, steps: str, head: str = "") -> None:
        lines = "".join(f"  {line}\n" for line in steps.strip().splitlines())
        self.put(f"flows/{name}.yaml", f"flow: {name}\n{head}steps:\n{lines}")

    def run(self, name: str, **wish: Any) -> RunResult:
        return asyncio.run(self.running(name, **wish))

    async def running(self, name: str, **wish: Any) -> RunResult:
        return await run_flow(self.opened(), RunRequest(flow=name, **wish), progress=self.heard)

    def preview(self, name: str, step: str, **wish: Any) -> Preview:
        return asyncio.run(preview(self.opened(), PreviewRequest(flow=name, step=step, **wish), progress=self.heard))

    def text(self, place: str) -> str:
        return (self.root / place).read_text(encoding="utf-8")

    def parquet(self, place: str) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = pyarrow.parquet.read_table(self.root / place).to_pylist()
        return rows
