"""One fault of a body, and how to say it to a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

ViolationKind = Literal[
    "required", "unknown", "length", "characters", "enum", "number", "date", "type", "not_supported"
]

_SHOWN_CHARACTERS = 40
_SHOWN_VALUES = 6
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SHORT_FORMS = {"amt": "amount", "doc": "document", "txn": "transaction", "addr": "address", "qty": "quantity"}
_WRITTEN_AS_IS = {"Id", "Sku"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What is wrong with a body at `path`, e.g. `Line[0].SalesItemLineDetail.ItemRef` (counted from 0).

    `limit`: the longest length allowed, or the fewest elements a list must have. `allowed`: the values an
    enumeration takes, the characters refused, or the kind of value expected. `nearest`: the known name or value most
    likely meant. `alternatives`: for `required`, sets of paths of which one has to be given in full.
    """

    kind: ViolationKind
    path: str
    value: Any = None
    limit: int | None = None
    allowed: tuple[str, ...] = ()
    nearest: str | None = None
    alternatives: tuple[tuple[str, ...], ...] = ()

    def sentence(self) -> str:
        """The fault in plain words, with lines counted from 1."""
        where = _spoken_place(self.path)
        match self.kind:
            case "required":
                return self._required_sentence(where)
            case "unknown":
                hint = f" Did you mean {self.nearest}?" if self.nearest else ""
                return f"QuickBooks has no field {_code_place(self.path)} here.{hint}"
            case "length":
                given = len(str(self.value))
                return f"{where} may have at most {self.limit} characters; this one has {given}."
            case "characters":
                return f"{where} must not contain {_join_or(self.allowed)}; {_shown(self.value)} does."
            case "enum":
                choices = _join_or(self.allowed) if len(self.allowed) <= _SHOWN_VALUES else "one of a fixed list"
                hint = f" Did you mean {self.nearest}?" if self.nearest else ""
                return f"{where} must be {choices}; {_shown(self.value)} is not.{hint}"
            case "number":
                return f"{where} must be {self.allowed[0]}; {_shown(self.value)} is not."
            case "date":
                return f"{where} must be {self.allowed[0]}; {_shown(self.value)} is not."
            case "type":
                return f"{where} must be {self.allowed[0]}; {_shown(self.value)} is not."
            case "not_supported":
                return f"QuickBooks does not offer to {self.value} {self.allowed[0]}."

    def _required_sentence(self, where: str) -> str:
        if len(self.alternatives) > 1:
            choices = [" and ".join(_spoken_place(path) for path in paths) for paths in self.alternatives]
            return f"One of these must be given: {'; '.join(choices)}."
        if self.limit is not None:
            entries = "entry" if self.limit == 1 else "entries"
            kinds = f" with {_join_or(self.allowed)}" if self.allowed else ""
            return f"{where} needs at least {self.limit} {entries}{kinds}."
        return f"{where} is missing."


def _spoken_place(path: str) -> str:
    """`Line[1].Detail.ItemRef` as `Line 2: Item (Detail.ItemRef)`."""
    elements: list[str] = []
    rest = path
    while (bracket := re.match(r"([^\[]+)\[(\d+)\](?:\.|$)", rest)) is not None:
        elements.append(f"{bracket[1].rsplit('.', 1)[-1]} {int(bracket[2]) + 1}")
        rest = rest[bracket.end() :]
    if not rest:
        return ", ".join(elements) or "The record"
    spoken = _spoken_name(rest)
    named = spoken if spoken == rest else f"{spoken} ({rest})"
    return f"{', '.join(elements)}: {named}" if elements else named


def _code_place(path: str) -> str:
    return re.sub(r"\[(\d+)\]", lambda index: f" {int(index[1]) + 1}", path)


def _spoken_name(path: str) -> str:
    parts = path.split(".")
    name = parts[-2] if parts[-1] in {"value", "Address", "FreeFormNumber"} and len(parts) > 1 else parts[-1]
    if name in _WRITTEN_AS_IS:
        return name
    words = [_SHORT_FORMS.get(word.lower(), word) for word in _WORD.findall(name.removesuffix("Ref"))]
    spoken = " ".join(word if word.isupper() else word.lower() for word in words)
    return spoken[:1].upper() + spoken[1:]


def _shown(value: Any) -> str:
    text = str(value)
    if len(text) > _SHOWN_CHARACTERS:
        text = text[:_SHOWN_CHARACTERS] + "…"
    return f"“{text}”"


def _join_or(choices: tuple[str, ...]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
