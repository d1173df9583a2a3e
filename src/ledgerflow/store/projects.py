"""The files of a project folder: found, read, and written with their comments."""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path

from ledgerflow.core.documents import Document
from ledgerflow.core.errors import InputRefused, nearest_name
from ledgerflow.core.names import NAME_RULE, is_name
from ledgerflow.core.project import PROJECT_FILE, ProjectFile

KINDS = {"api": "apis", "connection": "connections", "flow": "flows"}
"""Kind of a named thing, and the folder its files stand in."""

STATE_FOLDER = ".ledgerflow"
"""Saved state of a project: never under git (it ignores itself), secrets in it are encrypted."""


class ProjectFiles:
    """One project folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def find(cls, start: Path) -> ProjectFiles:
        """The project that `start` lies in: the nearest folder upwards that holds `ledgerflow.yaml`.

        Raises:
            InputRefused: there is none.
        """
        start = start.resolve()
        for folder in (start, *start.parents):
            if (folder / PROJECT_FILE).is_file():
                return cls(folder)
        raise InputRefused(
            "This folder is not in a Ledgerflow project.",
            where=f"{start} and the folders above it: no {PROJECT_FILE}",
            next_step="Run `ledgerflow init NAME` to make one, or name one with `--project FOLDER`.",
        )

    @classmethod
    def make(cls, root: Path, *, name: str) -> ProjectFiles:
        """Make a project in `root`, which may exist but not be a project already."""
        if not is_name(name):
            raise InputRefused(
                f"{name!r} cannot name a project.", where="the project's name", next_step=f"Use {NAME_RULE}."
            )
        if (root / PROJECT_FILE).exists():
            raise InputRefused(
                "There is a project already.",
                where=str(root / PROJECT_FILE),
                next_step="Choose another folder, or work in this one.",
            )
        files = cls(root)
        for folder in KINDS.values():
            (root / folder).mkdir(parents=True, exist_ok=True)
        files.state_folder()
        text = (
            "# A Ledgerflow project. Everything here is safe to commit; secrets live in the vault, not here.\n"
            f"project: {name}\nid: {uuid.uuid4()}\n"
        )
        files.write_text(PROJECT_FILE, text)
        return files

    def settings(self) -> ProjectFile:
        """The checked `ledgerflow.yaml`."""
        return self.document(PROJECT_FILE).check(ProjectFile)

    def state_folder(self) -> Path:
        """Where saved state lies; made on first use, ignored by git from its first moment."""
        folder = self.root / STATE_FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        return folder

    def names(self, kind: str) -> list[str]:
        """The names of all things of a kind (`api`, `connection`, `flow`), sorted."""
        folder = self.root / KINDS[kind]
        return sorted(path.stem for path in folder.glob("*.yaml")) if folder.is_dir() else []

    def path(self, kind: str, name: str) -> str:
        """The file of a named thing, relative to the project."""
        return f"{KINDS[kind]}/{name}.yaml"

    def has(self, kind: str, name: str) -> bool:
        return (self.root / self.path(kind, name)).is_file()

    def read(self, kind: str, name: str) -> Document:
        """The document of a named thing.

        Raises:
            InputRefused: there is none of that name; the nearest one is suggested.
        """
        if not is_name(name) or not self.has(kind, name):
            known = self.names(kind)
            nearest = nearest_name(name, known)
            listed = ", ".join(known) if known else f"none yet in {KINDS[kind]}/"
            raise InputRefused(
                f"There is no {kind} {name!r}." + (f" Did you mean {nearest!r}?" if nearest else ""),
                where=f"{KINDS[kind]}/ of {self.root} (known: {listed})",
                next_step=f"Use a known name, or make the file {self.path(kind, name)}.",
            )
        return self.document(self.path(kind, name))

    def document(self, file: str) -> Document:
        """Any YAML file of the project by its relative path."""
        path = self.root / file
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InputRefused(
                "The file is not UTF-8 text.",
                where=f"{file}, byte {error.start}",
                next_step="Save it as UTF-8 and run the command again.",
            ) from error
        return Document(text, file=file)

    def save(self, document: Document) -> None:
        """Write a changed document back."""
        self.write_text(document.file, document.text())

    def write_text(self, file: str, text: str) -> None:
        """Replace a file in one step, so that a crash leaves the old or the new text."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
