"""Text to syntax tree, with the errors of QuickBooks' own parser where the text cannot be read."""

from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from qbo_sandbox.query.refusals import QueryRefused, not_readable
from qbo_sandbox.query.tree import Condition, CurrentDate, Operator, Query, SortKey, Value

_END = "$END"
_SHOWN = {
    _END: "<EOF>",
    "AND": "<AND>",
    "OR": "<OR>",
    "IN": "<IN>",
    "LIKE": "<LIKE>",
    "TRUE": "<BOOLEAN>",
    "FALSE": "<BOOLEAN>",
    "STRING": "<STRING>",
    "INTEGER": "<INTEGER>",
    "DECIMAL": "<DECIMAL>",
    "IDENTIFIER": "<IDENTIFIER>",
    "STAR": '"*"',
    "COMMA": '","',
    "LPAR": '"("',
    "RPAR": '")"',
    "EQUAL": '"="',
    "LESSTHAN": '"<"',
    "MORETHAN": '">"',
    "__ANON_0": '"<="',
    "__ANON_1": '">="',
}


def parse(text: str) -> Query:
    """Read a statement.

    Raises:
        QueryRefused: fault 4000, with the line, the column and the tokens that would have done.

    Source: the reference's query grammar; shape of the errors from answers of the service.
    """
    if not text.strip():
        raise not_readable("Invalid content. The query provided was empty")
    try:
        return _tree(text)
    except UnexpectedToken as error:
        raise _unexpected_token(error, text) from None
    except UnexpectedCharacters as error:
        raise _unreadable_characters(error, text) from None
    except UnexpectedInput as error:  # the two above are all that Lark raises for this kind of grammar
        raise not_readable(f"Invalid content. {error}") from None


def _tree(text: str) -> Query:
    return cast(Query, _Builder().transform(_parser().parse(text)))


@cache
def _parser() -> Lark:
    grammar = resources.files(__package__).joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, start="statement", parser="lalr", lexer="basic")


def _unexpected_token(error: UnexpectedToken, text: str) -> QueryRefused:
    token = error.token
    if token.type == _END:
        lines = text.rstrip().split("\n")
        encountered = f'"<EOF>" at line {len(lines)}, column {len(lines[-1])}'
    else:
        # the service shows a token's kind, then its text, each set off by blanks
        encountered = f'" {_shown(_kind(token))} "{token} "" at line {token.line}, column {token.column}'
    return not_readable(f"Encountered {encountered}.\n{_expectation(_accepted(error), _kind(token))}")


def _kind(token: Token) -> str:
    """The token's kind; OR is a word of its own in the service's parser, though no rule uses it."""
    return "OR" if token.type == "IDENTIFIER" and token.upper() == "OR" else token.type


def _accepted(error: UnexpectedToken) -> set[str]:
    return set(error.accepts or error.expected)


def _expectation(accepted: set[str], found: str) -> str:
    """The list of tokens that could have stood here, in the order and layout of the service."""
    names = set(accepted)
    if "AND" in names:
        names |= {"ITERATOR"} | ({"OR"} - {found})  # listed by the service, though nobody can use them
    shown = dict.fromkeys(_shown(name) for name in sorted(names, key=lambda name: "" if name == _END else name))
    lines = [f"{name} " if name == "<EOF>" else f"{name} ..." for name in shown]
    head = "Was expecting:" if len(lines) == 1 else "Was expecting one of:"
    return "\n    ".join([head, *lines, ""])


def _shown(name: str) -> str:
    return _SHOWN.get(name) or f'"{name.lower()}"'


def _unreadable_characters(error: UnexpectedCharacters, text: str) -> QueryRefused:
    where = f"Invalid content. Lexical error at line {error.line}, column {error.column}.  Encountered: "
    character = error.char
    if character == "'":  # a quote that is never closed
        begun = text[error.pos_in_stream or 0 :]
        return not_readable(f'{where}<EOF> after : "{begun}"')
    return not_readable(f'{where}"{character}" ({ord(character)}), after : ""')


class _Builder(Transformer[Token, Any]):
    """Makes the tree from the bottom up; each method is named after a rule of the grammar."""

    def statement(self, parts: list[Any]) -> Query:
        _, selected, _, entity, *clauses = parts
        return Query(entity=str(entity), selected=selected, **dict(clauses))

    def count(self, _: list[Any]) -> tuple[str, ...]:
        return ()

    def selected(self, items: list[str]) -> tuple[str, ...]:
        return tuple(items)

    def item(self, parts: list[Token]) -> str:
        return str(parts[0])

    def where(self, parts: list[Any]) -> tuple[str, tuple[Condition, ...]]:
        return "where", tuple(part for part in parts if isinstance(part, Condition))

    def compare(self, parts: list[Any]) -> Condition:
        name, operator, value = parts
        return Condition(name=str(name), operator=operator, values=(value,))

    def like(self, parts: list[Any]) -> Condition:
        return Condition(name=str(parts[0]), operator="LIKE", values=(parts[2],))

    def among(self, parts: list[Any]) -> Condition:
        return Condition(name=str(parts[0]), operator="IN", values=tuple(parts[2:]))

    def comparison(self, parts: list[Token]) -> Operator:
        return cast(Operator, str(parts[0]))

    def text(self, parts: list[Token]) -> Value:
        return _unescaped(str(parts[0])[1:-1])

    def number(self, parts: list[Token]) -> Value:
        return Decimal(str(parts[0]))

    def yes(self, _: list[Token]) -> Value:
        return True

    def no(self, _: list[Token]) -> Value:
        return False

    def current_date(self, _: list[Token]) -> Value:
        return CurrentDate()

    def order(self, parts: list[Any]) -> tuple[str, tuple[SortKey, ...]]:
        return "order", tuple(part for part in parts if isinstance(part, SortKey))

    def sort_key(self, parts: list[Token]) -> SortKey:
        return SortKey(name=str(parts[0]), descending=len(parts) > 1 and parts[1].type == "DESC")

    def start(self, parts: list[Token]) -> tuple[str, int]:
        return "start", int(parts[1])

    def rows(self, parts: list[Token]) -> tuple[str, int]:
        return "rows", int(parts[1])


def _unescaped(quoted: str) -> str:
    """A backslash stands before a quote or a backslash that is meant; before anything else it means itself."""
    if "\\" not in quoted:
        return quoted
    read: list[str] = []
    characters = iter(quoted)
    for character in characters:
        if character == "\\":
            following = next(characters)  # the lexer lets no text end in a lone backslash
            read.append(following if following in "'\\" else character + following)
        else:
            read.append(character)
    return "".join(read)
