"""The one place that picks the real store, clock and sleep for a project."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from ledgerflow.runner.workspace import Workspace
from ledgerflow.store.projects import ProjectFiles


def open_workspace(start: Path) -> Workspace:
    """The project that `start` lies in, with its real parts; they are made when first used.

    Raises:
        InputRefused: `start` lies in no project.
    """
    return Workspace(ProjectFiles.find(start), clock=utc_now, sleep=asyncio.sleep)


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
