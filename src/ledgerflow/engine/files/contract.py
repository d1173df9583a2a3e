"""What a file format promises, and how a missing file is told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from ledgerflow.core.documents import FileModel
from ledgerflow.core.errors import InputRefused, nearest_name
from ledgerflow.engine.relation import Relation

if TYPE_CHECKING:
    import duckdb

ColumnKind = Literal["text", "integer", "decimal", "date", "timestamp", "boolean"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A file to read. `place` is how people call it (`in/orders.csv`), `where` the key of the flow that names it.

    `table` is a name in the engine that is free for it, `scratch` a folder for what has to be written meanwhile.
    """

    path: Path
    place: str
    where: str
    table: str
    scratch: Path

    def refused(self, what: str, next_step: str) -> InputRefused:
        """An error about this file."""
        return InputRefused(what, where=f"{self.where}: {self.place}", next_step=next_step)

    def must_be_there(self) -> None:
        """Raise InputRefused, with the nearest name, when the file is not there or cannot be read."""
        if not self.path.exists():
            folder = self.path.parent
            if not folder.is_dir():
                raise self.refused(f"There is no folder for {self.place}.", "Make it, or correct the name.")
            known = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
            nearest = nearest_name(self.path.name, known)
            raise self.refused(
                f"There is no file {self.place}." + (f" Did you mean {nearest!r}?" if nearest else ""),
                f"Put it there, or name one that is: {', '.join(known[:10]) or 'the folder is empty'}.",
            )
        if self.path.is_dir():
            raise self.refused(f"{self.place} is a folder.", "Name a file in it.")
        try:
            self.path.open("rb").close()
        except OSError as error:
            raise self.refused(
                f"{self.place} cannot be read: {error.strerror}.", "Give this user the right to read it."
            ) from error


class FileFormat(ABC):
    """A kind of file that can be read."""

    endings: ClassVar[tuple[str, ...]]
    settings: ClassVar[type[FileModel]]
    """The keys of a read step that belong to this format."""

    @abstractmethod
    def relation(self, connection: duckdb.DuckDBPyConnection, file: LocalFile, settings: FileModel) -> Relation:
        """The file's rows, typed. Runs on the engine's thread.

        Raises:
            InputRefused: missing, unreadable, or not what its settings say.
        """
