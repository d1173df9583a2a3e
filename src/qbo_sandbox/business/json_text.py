"""Writes stored objects as compact JSON without a money value ever passing through a float."""

from __future__ import annotations

import json
from typing import Any

import msgspec

_CENTS = tuple(f".{cents // 10}" if cents % 10 == 0 else f".{cents:02d}" for cents in range(100))


def money_text(cents: int) -> str:
    """An amount the way QuickBooks writes it: `108.0`, `48.2`, `-12.05`; zero is `0`."""
    if cents > 0:
        return f"{cents // 100}{_CENTS[cents % 100]}"
    return f"-{-cents // 100}{_CENTS[-cents % 100]}" if cents else "0"


def money(cents: int) -> msgspec.Raw:
    """An amount of cents as a JSON number."""
    return msgspec.Raw(money_text(cents).encode())


def quoted(text: str) -> str:
    """A text as JSON, quotes included, UTF-8 kept as it is."""
    return json.dumps(text, ensure_ascii=False)


def compact(value: Any) -> bytes:
    """Any value made of dicts, lists, texts, whole numbers, booleans and `money` as compact JSON."""
    return msgspec.json.encode(value)


def compact_text(value: Any) -> str:
    """Like `compact`, as text to build a larger text from."""
    return msgspec.json.encode(value).decode()
