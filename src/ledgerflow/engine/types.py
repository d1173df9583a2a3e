"""Column types as a tree, read from and written in DuckDB's spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scalar:
    """A type without parts, in upper case: `VARCHAR`, `DECIMAL(28,9)`, `JSON`."""

    name: str

    @property
    def precision_and_scale(self) -> tuple[int, int] | None:
        """The two numbers of a DECIMAL; None for every other type."""
        found = _DECIMAL.fullmatch(self.name)
        return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one type."""

    item: Type


@dataclass(frozen=True, slots=True)
class StructOf:
    """Named fields in their order."""

    fields: Mapping[str, Type]


Type = Scalar | ListOf | StructOf

VARCHAR = Scalar("VARCHAR")
JSON = Scalar("JSON")

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_TOKEN = re.compile(r'\s*("(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_]*|\d+|[(),\[\]])')
_OTHER_NAMES = {
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "BOOL": "BOOLEAN",
    "INT": "INTEGER",
    "LONG": "BIGINT",
    "FLOAT8": "DOUBLE",
    "NUMERIC": "DECIMAL",
    "DATETIME": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
}


def parse_type(text: str) -> Type:
    """`STRUCT("value" VARCHAR, "n" DECIMAL(28,9))[]` as a tree. Raises ValueError for text that is no such type."""
    return _Parser(text).whole()


def spelled(kind: Type) -> str:
    """The tree in DuckDB's spelling, names always quoted."""
    if isinstance(kind, Scalar):
        return kind.name
    if isinstance(kind, ListOf):
        return f"{spelled(kind.item)}[]"
    return f"STRUCT({', '.join(f'{quoted(name)} {spelled(inner)}' for name, inner in kind.fields.items())})"


def quoted(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise self._wrong(f"unexpected {text[at:].strip()[0]!r}")
            self._tokens.append(found[1])
            at = found.end()
        self._at = 0

    def whole(self) -> Type:
        kind = self._type()
        if self._at < len(self._tokens):
            raise self._wrong(f"unexpected {self._tokens[self._at]!r}")
        return kind

    def _type(self) -> Type:
        kind: Type
        word = self._take().upper()
        if not (word[0].isalpha() or word[0] == "_"):
            raise self._wrong(f"expected a type, not {word!r}")
        if word == "STRUCT":
            kind = StructOf(self._fields())
        else:
            while self._peek().upper() in {"WITH", "TIME", "ZONE", "PRECISION", "VARYING"}:
                word += f" {self._take().upper()}"
            kind = Scalar(self._with_numbers(_OTHER_NAMES.get(word, word)))
        while self._peek() == "[":
            self._expect("[")
            if self._peek().isdigit():
                self._take()
            self._expect("]")
            kind = ListOf(kind)
        return kind

    def _with_numbers(self, word: str) -> str:
        numbers: list[str] = []
        if self._peek() == "(":
            self._expect("(")
            numbers.append(self._take())
            while self._peek() == ",":
                self._expect(",")
                numbers.append(self._take())
            self._expect(")")
        if word == "DECIMAL":
            numbers = numbers or ["18", "3"]
            return f"DECIMAL({numbers[0]},{numbers[1] if len(numbers) > 1 else '0'})"
        return word

    def _fields(self) -> dict[str, Type]:
        fields: dict[str, Type] = {}
        self._expect("(")
        while True:
            token = self._take()
            name = token[1:-1].replace('""', '"') if token.startswith('"') else token
            fields[name] = self._type()
            if self._peek() != ",":
                break
            self._expect(",")
        self._expect(")")
        return fields

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        if self._at >= len(self._tokens):
            raise self._wrong("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, token: str) -> None:
        if self._peek() != token:
            raise self._wrong(f"expected {token!r}, not {self._peek() or 'the end'!r}")
        self._at += 1

    def _wrong(self, why: str) -> ValueError:
        return ValueError(f"{self._text!r} is not a column type: {why}.")
