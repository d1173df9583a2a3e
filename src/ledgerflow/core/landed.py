"""The head of a landed page, as bytes: how many records follow, and what structure they were seen to have."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

_SKIPPED_FRAME = 0x184D2A50
"""Readers of zstandard skip a frame of this kind, so a landed page stays an ordinary compressed file."""
_TWO_NUMBERS = struct.Struct("<II")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHead:
    """`rows` records follow. `structure` is the engine's own note about them; empty when it made none."""

    rows: int
    structure: bytes = b""

    def packed(self) -> bytes:
        """The head as it stands in front of the compressed records."""
        content = _TWO_NUMBERS.pack(self.rows, len(self.structure)) + self.structure
        return _TWO_NUMBERS.pack(_SKIPPED_FRAME, len(content)) + content


def read_head(landed: BinaryIO) -> PageHead | None:
    """The head at the start of an opened file; None for a file that has none."""
    start = landed.read(_TWO_NUMBERS.size)
    if len(start) < _TWO_NUMBERS.size:
        return None
    magic, length = _TWO_NUMBERS.unpack(start)
    if magic != _SKIPPED_FRAME:
        return None
    content = landed.read(length)
    rows, size = _TWO_NUMBERS.unpack_from(content)
    return PageHead(rows=rows, structure=content[_TWO_NUMBERS.size : _TWO_NUMBERS.size + size])
