"""Keeps the landed pages of old runs from filling the disk."""

from __future__ import annotations

import shutil

from ledgerflow.runner.workspace import Workspace

KEPT_LANDINGS = 3
"""Landing folders of so many finished runs are kept, the newest ones, to look into."""
LANDING_FOLDER = "landing"


def prune_landings(workspace: Workspace) -> None:
    """Remove the landed pages of finished runs but the newest, and of cut-off runs that a later one has replaced."""
    folder = workspace.files.state_folder() / LANDING_FOLDER
    if not folder.is_dir():
        return
    there = {path.name for path in folder.iterdir() if path.is_dir()}
    finished = 0
    seen: set[tuple[str, str]] = set()
    for run in workspace.runs.list(limit=1000):
        replaced = (run.flow, run.digest) in seen
        seen.add((run.flow, run.digest))
        if run.status == "done":
            finished += 1
        old = run.status == "done" and finished > KEPT_LANDINGS
        left_over = run.status != "done" and replaced and not workspace.runs.is_under_way(run)
        if run.run_id in there and (old or left_over):
            shutil.rmtree(folder / run.run_id, ignore_errors=True)
