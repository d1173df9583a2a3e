"""Make a project and look at it."""

from __future__ import annotations

from pathlib import Path

from ledgerflow.store.projects import ProjectFiles


def make_project(folder: Path, *, name: str) -> dict[str, str]:
    """Make a project in `folder`; answers its name, id and folder."""
    files = ProjectFiles.make(folder, name=name)
    settings = files.settings()
    return {"project": settings.project, "id": settings.id, "folder": str(folder)}
