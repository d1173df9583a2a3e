"""Pages of records checked against the types they are expected to have; what goes beyond them is looked at closely."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from ledgerflow.core.schema import Schema
from ledgerflow.engine.column_types import INTEGER_BITS, MONEY_WHOLE, Departures, is_plain_name, record_type
from ledgerflow.engine.numbers import EXACT_WHOLE, MOST_SCALE, has_odd_numbers, quote_odd_numbers
from ledgerflow.engine.structure import Seen, decode
from ledgerflow.engine.types import JSON, VARCHAR, ListOf, Scalar, StructOf, Type, parse_type

_LONG_PAGE_BYTES = 8 << 20
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""An escape; the group is half of a surrogate pair without the other half."""
_REPAIRED = "Some texts held bytes or escapes that are no Unicode; each was replaced by U+FFFD."


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """What is known about a page: `declared` is the fingerprint of the schema it was checked against, `seen` what its
    records may hold, `longest_bytes` the longest record, where one may be long. `loose`: numbers that neither a double
    nor a 64-bit integer holds may still stand in it as numbers."""

    declared: str
    seen: Seen
    longest_bytes: int = 0
    notes: tuple[str, ...] = ()
    loose: bool = False

    def packed(self) -> bytes:
        found: dict[str, Any] = {"declared": self.declared, "seen": self.seen.as_json()}
        if self.longest_bytes:
            found["longest_bytes"] = self.longest_bytes
        if self.notes:
            found["notes"] = list(self.notes)
        if self.loose:
            found["loose"] = True
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> Structure:
        found = json.loads(packed)
        return cls(
            declared=found["declared"],
            seen=Seen.from_json(found["seen"]),
            longest_bytes=found.get("longest_bytes", 0),
            notes=tuple(found.get("notes", ())),
            loose=found.get("loose", False),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPage:
    """`records` are ready to land: numbers that neither a double nor a 64-bit integer holds became texts, digit by
    digit, because SQL engines read JSON numbers as doubles. `structure` is for the page's head."""

    records: bytes
    structure: bytes


class Observer:
    """Looks at page after page of one read and learns.

    A page whose records are all like earlier ones costs one checking pass and nothing is kept of it. In the others
    each record that is not is looked at closely, and its like is expected from then on. Not for two threads
    at once.
    """

    def __init__(self, declared: Schema | None) -> None:
        self._declared = declared_type(declared)
        self._fingerprint = fingerprint(declared)
        self._seen = Seen(fields={})
        self._packed_before: dict[bool, bytes] = {}
        self._expect()

    def observe(self, records: bytes) -> ObservedPage:
        """Look at a page of records, one JSON object per line.

        Raises:
            ValueError: a line is not JSON.
        """
        notes: tuple[str, ...] = ()
        odd = has_odd_numbers(records, long_whole=self._long_whole)
        if odd or not self._all_expected(records):
            records, notes = self._look_closely(records, odd=odd)
        return ObservedPage(records=records, structure=self._packed(records, notes=notes))

    @property
    def seen(self) -> Seen:
        """What records were seen to hold so far; it grows with every close look."""
        return self._seen

    def accepted(self, records: bytes) -> bytes:
        """The structure of a page that somebody else found to hold nothing beyond `seen`, numbers of any length."""
        return self._packed(records, loose=True)

    def _packed(self, records: bytes, *, notes: tuple[str, ...] = (), loose: bool = False) -> bytes:
        longest = max(map(len, records.split(b"\n"))) if len(records) > _LONG_PAGE_BYTES else 0
        plain = not (notes or longest)
        if plain and loose in self._packed_before:
            return self._packed_before[loose]
        structure = Structure(
            declared=self._fingerprint, seen=self._seen, longest_bytes=longest, notes=notes, loose=loose
        )
        packed = structure.packed()
        if plain:
            self._packed_before[loose] = packed
        return packed

    def _all_expected(self, records: bytes) -> bool:
        if self._expected is None:
            return False
        try:
            self._expected.decode_lines(records)
        except (msgspec.DecodeError, RecursionError):
            return False
        return True

    def _look_closely(self, records: bytes, *, odd: bool) -> tuple[bytes, tuple[str, ...]]:
        """Take in each record that is not as expected, and expect its like from then on."""
        notes: tuple[str, ...] = ()
        taken = 0
        lines = records.split(b"\n")
        for number, line in enumerate(lines):
            if not line.strip():
                continue
            if self._all_expected(line) and not (odd and has_odd_numbers(line, long_whole=True)):
                continue
            try:
                record = decode(line)
            except ValueError:
                line, notes = _repaired(line), (_REPAIRED,)
                record = decode(line)
            self._seen.see(record)
            lines[number] = quote_odd_numbers(line)
            taken += 1
            if taken.bit_count() == 1:  # making a new check takes as long as looking at a dozen records
                self._expect()
        self._expect()
        return b"\n".join(lines), notes

    def _expect(self) -> None:
        """Make the check for what is known by now."""
        self._packed_before = {}
        kind = record_type(self._declared, self._seen, Departures())
        self._expected: msgspec.json.Decoder[Any] | None = None
        if all(map(is_plain_name, kind.fields)):  # msgspec takes no other names, so such records are all looked at
            self._expected = msgspec.json.Decoder(_check_for(kind, self._seen))
        self._long_whole = _holds_json(kind)


def declared_type(declared: Schema | None) -> StructOf:
    """The declared columns as one struct. Raises ValueError for a type that cannot be read."""
    return StructOf({column.name: parse_type(column.type) for column in declared or ()})


def fingerprint(declared: Schema | None) -> str:
    """A short text that differs when the declared columns do."""
    columns = [[column.name, column.type] for column in declared or ()]
    return hashlib.sha256(json.dumps(columns).encode()).hexdigest()[:16]


_NOTHING = Annotated[str, msgspec.Meta(max_length=0, min_length=1)]
"""A type that no value has: it sends every record that holds one to the close look."""
_NUMBER = (
    Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    | Annotated[float, msgspec.Meta(ge=-EXACT_WHOLE, le=EXACT_WHOLE)]
)
"""Numbers that keep their value as a 64-bit integer or a double, provided they have few digits behind the point."""
_ZONED = Annotated[datetime, msgspec.Meta(tz=True)]
_LOCAL = Annotated[datetime, msgspec.Meta(tz=False)]


def _check_for(kind: Type, seen: Seen | None) -> Any:
    """A msgspec type that accepts what was seen so far, as far as `kind` holds it without loss (given that
    `has_odd_numbers` is false).

    Fields that no record had yet are not accepted, declared or not: the check stays as narrow as the records are,
    which halves its time for widely declared ones.
    """
    if seen is None or not seen.kinds():
        return None
    if isinstance(kind, StructOf) or (kind == JSON and seen.fields == {} and seen.kinds() == ["objects"]):
        inside = (seen.fields or {}) if isinstance(kind, StructOf) else {}
        types = kind.fields if isinstance(kind, StructOf) else {}
        return msgspec.defstruct(
            "Record",
            [
                (f"f{number}", _or_none(_check_for(types[name], inner)), msgspec.field(default=None, name=name))
                for number, (name, inner) in enumerate(inside.items())
            ],
            gc=False,
            forbid_unknown_fields=True,
        )
    if kind == JSON:
        return Any
    if isinstance(kind, ListOf):
        return list[_or_none(_check_for(kind.item, seen.items))]  # type: ignore[misc]
    if kind == VARCHAR:
        return str | bool | _NUMBER
    return _check_for_scalar(kind, numeric_texts=seen.texts is not None and seen.texts.numeric)


def _or_none(kind: Any) -> Any:
    return kind if kind in (None, Any) else kind | None


def _holds_json(kind: Type) -> bool:
    if isinstance(kind, StructOf):
        return any(map(_holds_json, kind.fields.values()))
    return _holds_json(kind.item) if isinstance(kind, ListOf) else kind == JSON


def _check_for_scalar(kind: Scalar, *, numeric_texts: bool) -> Any:
    plain = {"BOOLEAN": bool, "DATE": date, "TIMESTAMPTZ": _ZONED, "TIMESTAMP": _LOCAL, "DOUBLE": _NUMBER}
    if kind.name in plain:
        return plain[kind.name]
    if kind.name in INTEGER_BITS:
        bits, signed = INTEGER_BITS[kind.name]
        least, most = (-(2 ** min(bits - 1, 63)) if signed else 0), 2 ** min(bits - signed, 63) - 1
        whole = Annotated[int, msgspec.Meta(ge=least, le=most)]
        return whole | _numeric_text(len(str(most)) - 1, 0) if numeric_texts else whole
    precision_and_scale = kind.precision_and_scale
    if precision_and_scale is None:
        return _NOTHING
    precision, scale = precision_and_scale
    if precision - scale < MONEY_WHOLE or 0 < scale < MOST_SCALE:
        return _NOTHING  # a number of the usual size may still be too wide for it
    number = _NUMBER if scale else Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    return number | _numeric_text(precision - scale, scale) if numeric_texts else number


def _numeric_text(whole: int, scale: int) -> Any:
    fraction = rf"(\.[0-9]{{1,{scale}}})?" if scale else ""
    return Annotated[str, msgspec.Meta(pattern=rf"^-?(0|[1-9][0-9]{{0,{whole - 1}}}){fraction}\Z")]


def _repaired(line: bytes) -> bytes:
    """A record with all that is no Unicode replaced by U+FFFD."""
    text = line.decode("utf-8", "replace").encode()
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], text)
