"""Errors named by who acts next, each saying what went wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a file: `line` counts from 1, `key` is the dotted path, `nearest` a valid name probably meant."""

    file: str
    line: int | None
    key: str
    message: str
    nearest: str | None = None

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (self.file, f"line {self.line}" if self.line else "", f"key {self.key}" if self.key else "")
            if part
        )
        return f"{place}: {self.text}"

    @property
    def text(self) -> str:
        """The message with its suggestion, without the place."""
        return f"{self.message} Did you mean {self.nearest!r}?" if self.nearest else self.message

    def as_json(self) -> dict[str, object]:
        return {"file": self.file, "line": self.line, "key": self.key, "message": self.message, "nearest": self.nearest}


class LedgerflowError(Exception):
    """Base of every error a person is meant to read. No part may hold a secret, a token or a code."""

    def __init__(self, what: str, *, where: str, next_step: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def as_json(self) -> dict[str, object]:
        return {"error": type(self).__name__, "what": self.what, "where": self.where, "next": self.next_step}


class RetryLater(LedgerflowError):
    """The program may try again, not before `after_s` seconds."""

    def __init__(self, what: str, *, where: str, next_step: str, after_s: float = 60.0) -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.after_s = after_s


class ReconnectNeeded(LedgerflowError):
    """The person signs in again; no retry can help."""


class InputRefused(LedgerflowError):
    """The person edits a file, flag or flow. `faults` lists every fault that was found in one go."""

    def __init__(self, what: str, *, where: str, next_step: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.faults = tuple(faults)

    def as_json(self) -> dict[str, object]:
        return {**super().as_json(), "faults": [fault.as_json() for fault in self.faults]}


class RecordRefused(LedgerflowError):
    """This record is set aside with its reason; the run goes on."""


def nearest_name(name: str, known: Sequence[str]) -> str | None:
    """The known name that `name` was probably meant to be, or None. Letter case does not count."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def refuse(faults: Sequence[Fault], *, what: str, where: str, next_step: str) -> None:
    """Raise `InputRefused` when there is any fault; return quietly when there is none."""
    if faults:
        raise InputRefused(what, where=where, next_step=next_step, faults=faults)
