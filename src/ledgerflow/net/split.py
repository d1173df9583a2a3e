"""An answer's bytes split into records without decoding them: only the envelope is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

WHOLE_BODY = ""
"""The records path of an answer that is itself the array (or the one record)."""


class UnreadableAnswer(ValueError):
    """An answer that is not JSON, or holds no records where they were said to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPage:
    """The records of one answer.

    `ndjson` has one record per line, each as it came but for line breaks between its values, which became spaces;
    `rows` counts them. A value that is no object stands in one of its own: 7 becomes {"value":7}. `envelope` holds
    the values asked for that are there, decoded. `found` tells an empty list from an answer that has no such place.
    """

    ndjson: bytes
    rows: int
    envelope: Mapping[str, Any]
    found: bool


def split_page(body: bytes, *, records: str, envelope: Sequence[str] = ()) -> SplitPage:
    """Split `body` at the dotted path `records` (`QueryResponse.Invoice`; `""` for the body itself).

    A point that belongs to a name is written with a backslash: `@odata\\.nextLink`. A list gives its elements, an
    object gives one record, null or a missing place gives none. `envelope` names further values by dotted path to be
    decoded beside it (`QueryResponse.maxResults`, `meta.next`).

    Raises:
        UnreadableAnswer: the body is not JSON, or what stands at the path is a bare text, number or boolean.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    if b"\n" in body or b"\r" in body:  # inside JSON texts both are escaped, so these only part values
        body = body.translate(_LINE_BREAKS_TO_SPACES)
    try:
        if any(map(_ODD_NAME.search, (records, *envelope))):  # names that a msgspec Struct cannot have
            found, values = _read_loosely(body, records, tuple(envelope))
        else:
            decoder, read = _reader(records, tuple(envelope))
            try:
                found, values = read(decoder.decode(body))
            except msgspec.ValidationError:
                found, values = _read_loosely(body, records, tuple(envelope))
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableAnswer(f"The answer is not JSON: {error}.") from error
    return SplitPage(
        ndjson=_lines(found) if found else b"",
        rows=len(found) if found else 0,
        envelope=values,
        found=found is not None,
    )


_OPENING_BRACE = ord("{")
_ODD_NAME = re.compile(r'["\x00-\x1f]|\\(?!\.)')
_POINT = re.compile(r"(?<!\\)\.")
_LINE_BREAKS_TO_SPACES = bytes.maketrans(b"\r\n", b"  ")
_Tree = dict[str, Any]
_Read = Callable[[Any], tuple[list[msgspec.Raw] | None, dict[str, Any]]]


@lru_cache(maxsize=256)
def _reader(records: str, envelope: tuple[str, ...]) -> tuple[msgspec.json.Decoder[Any], _Read]:
    """A decoder that keeps the records raw and skips what nobody asked for, and what picks both from its answer."""
    if records == WHOLE_BODY:
        return msgspec.json.Decoder(list[msgspec.Raw]), lambda decoded: (decoded, {})
    tree: _Tree = {}
    for path, leaf in [*((path, msgspec.Raw) for path in envelope), (records, list[msgspec.Raw])]:
        node = tree
        *parents, last = _parts(path)
        for part in parents:
            inner = node.setdefault(part, {})
            if not isinstance(inner, dict):
                inner = node[part] = {}
            node = inner
        if not isinstance(node.get(last), dict):
            node[last] = leaf
    paths = {path: _parts(path) for path in envelope}
    record_path = _parts(records)

    def read(decoded: Any) -> tuple[list[msgspec.Raw] | None, dict[str, Any]]:
        values = {}
        for path, parts in paths.items():
            raw = _follow(decoded, parts)
            if raw is not None and isinstance(raw, msgspec.Raw):
                values[path] = msgspec.json.decode(raw)
        return _follow(decoded, record_path), values

    return msgspec.json.Decoder(_struct(tree)), read


def _struct(tree: _Tree) -> Any:
    """A msgspec Struct whose attributes are numbered: the names in the answer need not be Python identifiers."""
    fields = []
    for number, (name, inner) in enumerate(tree.items()):
        kind = _struct(inner) if isinstance(inner, dict) else inner
        kind = kind if kind is msgspec.Raw else kind | None
        fields.append((f"f{number}", kind, msgspec.field(default=None, name=name)))
    made = msgspec.defstruct("Envelope", fields, gc=False)
    made.__ledgerflow_names__ = {name: f"f{number}" for number, name in enumerate(tree)}  # type: ignore[attr-defined]
    return made


def _follow(decoded: Any, parts: Sequence[str]) -> Any:
    for part in parts:
        if decoded is None:
            return None
        decoded = getattr(decoded, type(decoded).__ledgerflow_names__[part])
    return decoded


def _read_loosely(
    body: bytes, records: str, envelope: tuple[str, ...]
) -> tuple[list[msgspec.Raw] | None, dict[str, Any]]:
    """The same for an answer of another form: one object instead of a list, a list on the way, a text as parent."""
    values = {path: msgspec.json.decode(raw) for path in envelope if (raw := _dig(body, path)) is not None}
    raw = _dig(body, records)
    if raw is None or bytes(raw) == b"null":
        return None, values
    first = bytes(raw)[:1]
    if first == b"[":
        return msgspec.json.decode(raw, type=list[msgspec.Raw]), values
    if first == b"{":
        return [raw], values
    place = f"at {records!r}" if records else "at the top of the answer"
    raise UnreadableAnswer(f"Expected records {place}, found {bytes(raw)[:40].decode(errors='replace')}.")


def _dig(body: bytes, path: str) -> msgspec.Raw | None:
    """What stands at a dotted path, raw; a number in the path picks an element of a list."""
    raw = msgspec.json.decode(body, type=msgspec.Raw)
    for part in _parts(path) if path else ():
        try:
            if bytes(raw)[:1] == b"[":
                raw = msgspec.json.decode(raw, type=list[msgspec.Raw])[int(part)]
            else:
                raw = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])[part]
        except (msgspec.ValidationError, ValueError, KeyError, IndexError):
            return None
    return raw


def _parts(path: str) -> list[str]:
    return [part.replace("\\.", ".") for part in _POINT.split(path)]


def _lines(records: Sequence[msgspec.Raw]) -> bytes:
    if all(memoryview(raw)[0] == _OPENING_BRACE for raw in records):
        return b"\n".join([*records, b""])
    return b"".join((b"%b\n" if bytes(raw)[:1] == b"{" else b'{"value":%b}\n') % bytes(raw) for raw in records)
