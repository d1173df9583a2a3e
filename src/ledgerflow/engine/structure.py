"""What was seen of a set of JSON records, place by place: the ground on which their columns get types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from ledgerflow.engine.numbers import is_exact

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?")
_NUMERIC = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_MOST_DIGITS = 1000
"""A number with more digits (a huge exponent) is not counted out."""


@dataclass(slots=True)
class Numbers:
    """The numbers at a place: the greatest whole part, most digits behind the point, whether any is negative, whether
    each keeps its value as a 64-bit integer or a double."""

    largest: int = 0
    scale: int = 0
    negative: bool = False
    exact: bool = True

    @property
    def whole(self) -> int:
        """The most digits before the point."""
        return len(str(self.largest)) if self.largest else 0

    def see(self, number: str) -> None:
        """Take in one number, as it is written."""
        self.exact = self.exact and is_exact(number)
        self.negative = self.negative or number.startswith("-")
        try:
            _, digits, exponent = Decimal(number).as_tuple()
        except InvalidOperation:  # an exponent that no decimal holds
            digits, exponent = (1,), _MOST_DIGITS
        assert isinstance(exponent, int)
        if not any(digits):
            return
        zeros = next(place for place, digit in enumerate(reversed(digits)) if digit)
        self.scale = max(self.scale, min(-exponent - zeros, _MOST_DIGITS))
        if len(digits) + exponent > _MOST_DIGITS:
            self.largest = 10**_MOST_DIGITS
        elif len(digits) + exponent > 0:
            self.largest = max(self.largest, abs(int(Decimal(number))))

    def join(self, other: Numbers) -> None:
        self.largest = max(self.largest, other.largest)
        self.scale = max(self.scale, other.scale)
        self.negative = self.negative or other.negative
        self.exact = self.exact and other.exact


@dataclass(slots=True)
class Texts:
    """The texts at a place. Each flag holds for all of them: dates, times with a zone, times without, numbers."""

    dates: bool = True
    zoned: bool = True
    local: bool = True
    numeric: bool = True
    numbers: Numbers = field(default_factory=Numbers)

    def see(self, text: str) -> None:
        """Take in one text."""
        self.dates = self.dates and _is_date(text)
        zone = _zone_of(text) if self.zoned or self.local else None
        self.zoned = self.zoned and bool(zone)
        self.local = self.local and zone == ""
        self.numeric = self.numeric and _NUMERIC.fullmatch(text) is not None
        if self.numeric:
            self.numbers.see(text)

    def join(self, other: Texts) -> None:
        self.dates = self.dates and other.dates
        self.zoned = self.zoned and other.zoned
        self.local = self.local and other.local
        self.numeric = self.numeric and other.numeric
        self.numbers.join(other.numbers)


@dataclass(slots=True)
class Seen:
    """What was seen at one place: any mixture of kinds. Null leaves no trace."""

    boolean: bool = False
    numbers: Numbers | None = None
    texts: Texts | None = None
    fields: dict[str, Seen] | None = None
    items: Seen | None = None

    def see(self, value: Any) -> None:
        """Take in one value as `decode` gives it."""
        if value is None:
            return
        if isinstance(value, str):
            if isinstance(value, _Written):
                self._numbers().see(value)
            else:
                if self.texts is None:
                    self.texts = Texts()
                self.texts.see(value)
        elif isinstance(value, bool):
            self.boolean = True
        elif isinstance(value, int):
            self._numbers().see(str(value))
        elif isinstance(value, dict):
            if self.fields is None:
                self.fields = {}
            for name, inner in value.items():
                if name not in self.fields:
                    self.fields[name] = Seen()
                self.fields[name].see(inner)
        else:
            if self.items is None:
                self.items = Seen()
            for inner in value:
                self.items.see(inner)

    def join(self, other: Seen) -> None:
        """Take in everything that `other` saw."""
        self.boolean = self.boolean or other.boolean
        if other.numbers is not None:
            self._numbers().join(other.numbers)
        if other.texts is not None:
            if self.texts is None:
                self.texts = Texts()
            self.texts.join(other.texts)
        if other.fields is not None:
            self.fields = self.fields if self.fields is not None else {}
            for name, inner in other.fields.items():
                self.fields.setdefault(name, Seen()).join(inner)
        if other.items is not None:
            self.items = self.items if self.items is not None else Seen()
            self.items.join(other.items)

    def kinds(self) -> list[str]:
        """The kinds of values that came, in words."""
        return list(self._kinds())

    def _kinds(self) -> Iterator[str]:
        if self.boolean:
            yield "booleans"
        if self.numbers is not None:
            yield "numbers"
        if self.texts is not None:
            yield "texts"
        if self.fields is not None:
            yield "objects"
        if self.items is not None:
            yield "lists"

    def _numbers(self) -> Numbers:
        if self.numbers is None:
            self.numbers = Numbers()
        return self.numbers

    def as_json(self) -> dict[str, Any]:
        """A small dictionary from which `from_json` makes the same again."""
        found: dict[str, Any] = {}
        if self.boolean:
            found["b"] = 1
        if self.numbers is not None:
            found["n"] = _values(self.numbers)
        if self.texts is not None:
            texts = self.texts
            found["t"] = [texts.dates, texts.zoned, texts.local, texts.numeric, _values(texts.numbers)]
        if self.fields is not None:
            found["o"] = {name: inner.as_json() for name, inner in self.fields.items()}
        if self.items is not None:
            found["l"] = self.items.as_json()
        return found

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Seen:
        seen = cls(boolean="b" in data)
        if "n" in data:
            seen.numbers = Numbers(*data["n"])
        if "t" in data:
            dates, zoned, local, numeric, numbers = data["t"]
            seen.texts = Texts(dates, zoned, local, numeric, Numbers(*numbers))
        if "o" in data:
            seen.fields = {name: cls.from_json(inner) for name, inner in data["o"].items()}
        if "l" in data:
            seen.items = cls.from_json(data["l"])
        return seen


class _Written(str):
    """A number with a point or an exponent, as it is written."""

    __slots__ = ()


_DECODER = msgspec.json.Decoder(float_hook=_Written)


def decode(record: bytes) -> Any:
    """One JSON value for `Seen.see`: floats keep their digits. Raises msgspec.DecodeError."""
    return _DECODER.decode(record)


def _values(numbers: Numbers) -> list[Any]:
    return [getattr(numbers, each.name) for each in fields(numbers)]


def _is_date(text: str) -> bool:
    if _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _zone_of(text: str) -> str | None:
    """The zone of a time, empty when it has none; None for a text that is no time."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return None
    return found[1] or ""
