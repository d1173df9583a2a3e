"""The files about a run that people read: `runs/<run id>/` in the project, kept out of git."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

RUNS_FOLDER = "runs"


class RunFolder:
    """The folder of one run. It is made when its first file is written."""

    def __init__(self, root: Path, run_id: str) -> None:
        """`root` is the project's folder."""
        self._root = root
        self._run_id = run_id

    @property
    def path(self) -> Path:
        return self._root / RUNS_FOLDER / self._run_id

    def write_table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
        """Write a CSV file (UTF-8, RFC 4180) in one step; its place relative to the project comes back.

        None becomes an empty cell; everything else is written as `str` gives it.
        """
        folder = self._made()
        path = folder / name
        temporary = folder / f".{name}.{os.getpid()}"
        try:
            with temporary.open("w", encoding="utf-8", newline="") as out:
                writer = csv.writer(out, lineterminator="\r\n")
                writer.writerow(columns)
                writer.writerows(rows)
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return path.relative_to(self._root).as_posix()

    def remove(self, name: str) -> None:
        """Take a file away that no longer holds; it need not be there."""
        (self.path / name).unlink(missing_ok=True)

    def _made(self) -> Path:
        self.path.mkdir(parents=True, exist_ok=True)
        ignore = self._root / RUNS_FOLDER / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        return self.path
