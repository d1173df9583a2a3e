"""The `where` of a QuickBooks read: checked against the query language and the facts before a call is spent on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from ledgerflow.core.errors import Fault, InputRefused
from qbo_facts import Entity, FieldType, ListOf, Object, Ref, Scalar, UnknownPath, path_spelling, path_type

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^'\\]|\\.)*')
      | (?P<open>'.*)
      | (?P<double>"[^"]*"?)
      | (?P<number>[-+]?\d+(?:\.\d+)?(?![\w.]))
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<sign><=|>=|<>|!=|==|[=<>(),])
      | (?P<other>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)
_SIGNS = frozenset({"=", "<", ">", "<=", ">="})
_RULES = {
    "or": "QuickBooks' query language has no OR. Use IN ('a', 'b') for one property, or filter after the read.",
    "not": "QuickBooks' query language has no NOT. Filter after the read.",
    "<>": "QuickBooks' query language has no <>. Filter after the read.",
    "!=": "QuickBooks' query language has no !=. Filter after the read.",
    "==": "Write = for equality.",
    "join": "QuickBooks' query language has no JOIN. Read both and use a join step.",
    "between": "QuickBooks' query language has no BETWEEN. Write Property >= 'a' AND Property <= 'b'.",
    "is": "QuickBooks' query language cannot ask for null. Filter after the read.",
    "group": "QuickBooks' query language has no GROUP BY. Use an aggregate step.",
    "order": "The order of a read is not chosen: pages need a unique one. Use a sort step.",
    "orderby": "The order of a read is not chosen: pages need a unique one. Use a sort step.",
    "startposition": "Paging is done for you; leave STARTPOSITION out.",
    "maxresults": "Paging is done for you; leave MAXRESULTS out.",
    "select": "Give only the condition, without SELECT and WHERE.",
    "where": "Give only the condition, without the word WHERE.",
}
_AND_EXPECTED = "Expected AND or the end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A checked condition. `text` is what is sent; `mentions_active` says whether it chooses on Active itself."""

    text: str
    mentions_active: bool


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


class _Refused(ValueError):
    def __init__(self, message: str, *, nearest: str | None = None) -> None:
        super().__init__(message)
        self.nearest = nearest


def check_where(text: str, entity: Entity, *, where: str) -> Where:
    """Check `text` as a condition on `entity`.

    Property names may be in any letter case; QuickBooks reads them so.

    Raises:
        InputRefused: it is not in QuickBooks' query language, names an unknown property (the nearest is suggested),
            or compares one with a value that it cannot have. The place is `where`.
    """
    try:
        names = _Condition(text, entity).check()
    except _Refused as refused:
        fault = Fault(file=where, line=None, key="where", message=str(refused), nearest=refused.nearest)
        raise InputRefused(
            fault.text,
            where=f"{where}, where: {text}",
            next_step="Correct the where; it is sent to QuickBooks as it stands.",
            faults=[fault],
        ) from refused
    return Where(text=text.strip(), mentions_active="Active" in names)


class _Condition:
    """condition = comparison { AND comparison }; comparison = property (sign value | LIKE text | IN (values))."""

    def __init__(self, text: str, entity: Entity) -> None:
        self._text = text
        self._entity = entity
        self._tokens = list(_tokens(text))
        self._next = 0

    def check(self) -> set[str]:
        """The properties named, as QuickBooks spells them."""
        if not self._tokens:
            raise _Refused("The where is empty.")
        names = {self._comparison()}
        while self._next < len(self._tokens):
            word = self._take(_AND_EXPECTED)
            if word.text.lower() != "and":
                raise _Refused(self._rule(word) or f"{_AND_EXPECTED}, not {word.text!r}{self._at(word)}.")
            names.add(self._comparison())
        return names

    def _comparison(self) -> str:
        name = self._take("Expected a property")
        if name.kind != "word":
            raise _Refused(self._rule(name) or f"Expected a property, not {name.text!r}{self._at(name)}.")
        property_name, kind = self._property(name)
        sign = self._take(f"Expected =, <, >, <=, >=, LIKE or IN after {name.text}")
        word = sign.text.lower()
        if word not in {*_SIGNS, "like", "in"}:
            rule = self._rule(sign)
            raise _Refused(rule or f"Expected =, <, >, <=, >=, LIKE or IN after {name.text}, not {sign.text!r}.")
        if property_name == "Id" and word not in {"=", "in"}:
            raise _Refused(f"Id can only be compared with = and IN, not {sign.text}.")
        if word != "in":
            self._value(property_name, kind, like=word == "like")
            return property_name
        self._mark("(", f"after {name.text} IN")
        self._value(property_name, kind)
        while self._peek() == ",":
            self._mark(",", "")
            self._value(property_name, kind)
        self._mark(")", "at the end of the list")
        return property_name

    def _property(self, name: _Token) -> tuple[str, FieldType]:
        rule = self._rule(name)
        try:
            spelled, kind = path_spelling(self._entity, name.text), path_type(self._entity, name.text)
        except UnknownPath as unknown:
            raise _Refused(
                rule or f"{self._entity.name} has no property {name.text!r}.", nearest=None if rule else unknown.nearest
            ) from unknown
        parent, _, last = spelled.rpartition(".")
        if parent and isinstance(path_type(self._entity, parent), Ref):
            if last == "value":
                raise _Refused(f"A reference is compared by its id without .value: {parent} = '12'.")
            raise _Refused(
                f"A reference can only be compared by its id: {parent} = '12'. Filter on {last} after the read."
            )
        if isinstance(kind, ListOf) or (isinstance(kind, Object) and not _is_contact(kind)):
            raise _Refused(f"{spelled} holds a list or an object; it cannot be compared. Filter after the read.")
        return spelled, kind

    def _value(self, name: str, kind: FieldType, *, like: bool = False) -> None:
        token = self._take(f"Expected a value for {name}")
        if token.kind == "double":
            raise _Refused(f"Write texts in single quotes: {name} ... '{token.text.strip(chr(34))}'.")
        if token.kind == "open":
            raise _Refused(f"A quote is not closed: {token.text}")
        if token.kind == "text":
            following = self._tokens[self._next] if self._next < len(self._tokens) else None
            if following is not None and following.kind in {"text", "open"}:
                raise _Refused("A quote inside a text is written with a backslash: 'Adam\\'s shop'.")
        elif not (token.kind == "number" or token.text.lower() in {"true", "false", "current_date"}):
            raise _Refused(f"Expected a value in single quotes for {name}, not {token.text!r}{self._at(token)}.")
        if like and token.kind != "text":
            raise _Refused(f"LIKE wants a text with % in it: {name} LIKE 'A%'.")
        if not like:
            _check_value(name, kind, token)

    def _rule(self, token: _Token) -> str | None:
        return _RULES.get(token.text.lower()) if token.kind in {"word", "sign"} else None

    def _take(self, wanted: str) -> _Token:
        if self._next >= len(self._tokens):
            raise _Refused(f"{wanted}, but the where ends there.")
        self._next += 1
        return self._tokens[self._next - 1]

    def _peek(self) -> str:
        return self._tokens[self._next].text if self._next < len(self._tokens) else ""

    def _mark(self, mark: str, place: str) -> None:
        token = self._take(f"Expected {mark} {place}".rstrip())
        if token.text != mark:
            raise _Refused(f"Expected {mark} {place}".rstrip() + f", not {token.text!r}.")

    def _at(self, token: _Token) -> str:
        return f" at character {token.at + 1}" if len(self._tokens) > 3 else ""


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while (found := _TOKEN.match(text, at)) is not None:
        kind = str(found.lastgroup)
        yield _Token(kind, found[kind], found.start(kind))
        at = found.end()


def _check_value(name: str, kind: FieldType, token: _Token) -> None:
    if not isinstance(kind, Scalar):
        return
    value = token.text[1:-1] if token.kind == "text" else token.text
    lower = value.lower()
    if kind.kind == "boolean" and lower not in {"true", "false"}:
        raise _Refused(f"{name} is true or false, not {token.text}.")
    if kind.kind in {"decimal", "integer"} and not re.fullmatch(r"[-+]?\d*\.?\d+", value):
        raise _Refused(f"{name} is a number, not {token.text}.")
    if kind.kind in {"date", "datetime"} and lower != "current_date" and not _is_time(value):
        example = "'2026-11-03'" if kind.kind == "date" else "'2026-11-03T00:00:00-08:00'"
        raise _Refused(f"{name} is compared with a {kind.kind} such as {example}, not {token.text}.")


def _is_time(value: str) -> bool:
    try:
        return bool(date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value))
    except ValueError:
        return False


def _is_contact(kind: Object) -> bool:
    """E-mail addresses, telephone numbers and web sites are compared as a whole."""
    return kind.name in {"EmailAddress", "TelephoneNumber", "WebSiteAddress"}
