"""The project file `ledgerflow.yaml`."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ledgerflow.core.documents import FileModel
from ledgerflow.core.names import FileStem

PROJECT_FILE = "ledgerflow.yaml"


class ProjectFile(FileModel):
    """`ledgerflow.yaml` at the top of a project folder; everything in it is safe to commit."""

    project: FileStem = Field(description="The project's name.")
    id: str = Field(description="Made once; tells this project's saved state and secrets from another's.", min_length=8)
    description: str = Field(default="", description="A sentence for the people who open it.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Values every flow of the project can use.")
