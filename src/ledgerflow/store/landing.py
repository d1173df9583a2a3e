"""Pages of records on disk as they came from an api: a page that has landed is never fetched again."""

from __future__ import annotations

import json
import os
import re
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import zstandard

from ledgerflow.core.landed import PageHead, read_head

SUFFIX = ".ndjson.zst"
_PAGE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
_FACTS = "facts.json"
_COMPLETE = "complete"
_LEVEL = 1


class Landing:
    """The landed pages of one read. Files are named by page, so their order is the order of the names.

    Each page is written beside its place, forced to the disk and renamed, so that after any crash it is there whole
    or not at all. Threads may put pages side by side; two processes must not share a landing.
    """

    def __init__(self, folder: Path) -> None:
        """Open the landing in `folder`, made when missing, with whatever has landed before."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(".*.part"):  # what a killed process was writing
            leftover.unlink(missing_ok=True)
        self._lock = threading.Lock()
        self._rows = {path.name.removesuffix(SUFFIX): _rows_of(path) for path in folder.glob(f"*{SUFFIX}")}
        self._facts: dict[str, Any] = self._saved_facts()

    def has(self, page: str) -> bool:
        """Has this page landed?"""
        return page in self._rows

    def put(self, page: str, records: bytes, rows: int, *, structure: bytes = b"") -> None:
        """Land a page of `rows` records, one JSON object per line; a page of that name is replaced."""
        if not _PAGE.match(page):
            raise ValueError(f"{page!r} cannot name a page.")
        head = PageHead(rows=rows, structure=structure).packed()
        self._write(f"{page}{SUFFIX}", head + zstandard.ZstdCompressor(level=_LEVEL).compress(records))
        with self._lock:
            self._rows[page] = rows

    def files(self) -> list[Path]:
        """The landed files in the order of their names; those without a record are left out."""
        return [self.folder / f"{page}{SUFFIX}" for page, rows in sorted(self._rows.items()) if rows]

    @property
    def rows(self) -> int:
        """How many records have landed."""
        return sum(self._rows.values())

    @property
    def pages(self) -> Mapping[str, int]:
        """The rows of each landed page."""
        return dict(self._rows)

    def remember(self, key: str, value: Any) -> None:
        """Keep a small fact (JSON) beside the pages, such as the plan of the read; it is on disk when this returns."""
        with self._lock:
            self._facts[key] = value
            self._write(_FACTS, json.dumps(self._facts, ensure_ascii=False).encode())

    def recall(self, key: str, default: Any = None) -> Any:
        """What was remembered under `key`."""
        return self._facts.get(key, default)

    def complete(self) -> None:
        """Say that every page is here."""
        self._write(_COMPLETE, b"")

    @property
    def is_complete(self) -> bool:
        return (self.folder / _COMPLETE).exists()

    def clear(self) -> None:
        """Forget everything, to read anew."""
        for path in [self.folder / _COMPLETE, self.folder / _FACTS, *self.folder.glob(f"*{SUFFIX}")]:
            path.unlink(missing_ok=True)
        self._rows.clear()
        self._facts.clear()

    def _saved_facts(self) -> dict[str, Any]:
        path = self.folder / _FACTS
        return dict(json.loads(path.read_bytes())) if path.exists() else {}

    def _write(self, name: str, content: bytes) -> None:
        beside = self.folder / f".{name}.{uuid.uuid4().hex}.part"
        with beside.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, self.folder / name)
        _sync_folder(self.folder)


def _rows_of(path: Path) -> int:
    with path.open("rb") as landed:
        head = read_head(landed)
        if head is not None:
            return head.rows
        landed.seek(0)
        return zstandard.ZstdDecompressor().stream_reader(landed, read_across_frames=True).read().count(b"\n")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
