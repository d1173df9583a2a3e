"""What DuckDB's errors mean, in sentences for people who wrote a flow and never saw the SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledgerflow.core.errors import InputRefused, LedgerflowError

_KIND = re.compile(r"^[A-Za-z ]+ Error: ")
_LINE = re.compile(r"\n\s*LINE \d+:.*", re.DOTALL)
_CALL = re.compile(r"No function matches the given name and argument types '([^']*)'")
_MISSING = re.compile(r'(\w+) Function with name "?([^" ]+)"? does not exist')
_COLUMN = re.compile(r'Referenced column "([^"]+)" not found')
_KEY = re.compile(r'Could not find key "([^"]+)" in struct')
_CAST = re.compile(r"Unimplemented type for cast \((.+) -> (.+)\)")
_COMPARE = re.compile(r"Cannot compare values of type (.+) and type (.+?) - ")
_MIX = re.compile(r"Cannot (?:mix|combine) (?:values of )?types? (.+) and (.+?) in (.+?)(?: operator)? - ")
_CONVERT = re.compile(r"Could not (?:convert|cast) string [\"'](.*?)[\"'] to '?([A-Z0-9_(),]+)'?", re.DOTALL)
_DATE = re.compile(r'invalid (date|timestamp|time) field format: "(.*?)"', re.DOTALL)
_GROUPED = re.compile(r'column "([^"]+)" must appear in the GROUP BY clause')
_UNNEST = re.compile(r"UNNEST\(\) can only be applied to .*, not (.+)$", re.MULTILINE)
_SPLIT = re.compile(r",\s*(?![^(\[]*[)\]])")

_WORDS = {
    "VARCHAR": "text",
    "STRING_LITERAL": "text",
    "INTEGER_LITERAL": "integer",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "INT32": "integer",
    "INT64": "integer",
    "INT128": "integer",
    "BIGINT": "integer",
    "HUGEINT": "integer",
    "UTINYINT": "integer",
    "USMALLINT": "integer",
    "UINTEGER": "integer",
    "UBIGINT": "integer",
    "UHUGEINT": "integer",
    "BIGNUM": "integer",
    "DOUBLE": "floating-point number",
    "FLOAT": "floating-point number",
    "BOOLEAN": "boolean",
    "BOOL": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TIMESTAMPTZ": "timestamp",
    "TIMESTAMPTZ_NS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "INTERVAL": "span of time",
    "BLOB": "bytes",
    "UUID": "id (UUID)",
    "JSON": "json",
    '"NULL"': "nothing",
    "NULL": "nothing",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal in plain words. `function` and `column` are names that are not known, if that is the cause."""

    text: str
    function: str | None = None
    column: str | None = None


def type_word(duck_type: str) -> str:
    """A column type as people read it: text, integer, decimal, date, list of objects."""
    name = duck_type.strip()
    if name.endswith("]"):
        inner = type_word(name[: name.rindex("[")])
        return f"list of {inner if inner == 'text' or inner.endswith('s') else inner + 's'}"
    if name.startswith("STRUCT"):
        return "object"
    if name.startswith("MAP"):
        return "map"
    if name.startswith("ENUM"):
        return "text"
    if name.startswith("DECIMAL"):
        return "decimal"
    return _WORDS.get(name, name)


def family_of(duck_type: str) -> str:
    """What a type can be compared with: types of one family compare with each other."""
    word = type_word(duck_type)
    if word in ("integer", "decimal", "floating-point number"):
        return "number"
    if word in ("date", "timestamp"):
        return "day or time"
    return word


def explain(error: Exception) -> Refusal:
    """What DuckDB refused, without its jargon."""
    message = _LINE.sub("", _KIND.sub("", str(error))).strip()
    if found := _CALL.search(message):
        return Refusal(_wrong_arguments(found[1], message))
    if found := _MISSING.search(message):
        return Refusal(f"There is no function {found[2]}().", function=found[2])
    if found := _COLUMN.search(message):
        return Refusal(f"There is no column {found[1]!r}.", column=found[1])
    if found := _KEY.search(message):
        return Refusal(f"There is no field {found[1]!r} in the object.", column=found[1])
    if found := _CAST.search(message):
        return Refusal(f"{_a(type_word(found[1])).capitalize()} cannot become {_a(type_word(found[2]))}.")
    if found := _COMPARE.search(message):
        return Refusal(f"{_cannot(found[1], found[2])} be compared; cast one of them.")
    if found := _MIX.search(message):
        return Refusal(f"{_cannot(found[1], found[2])} stand together in {found[3]}; cast one of them.")
    if found := _UNNEST.search(message):
        return Refusal(f"Only a list can be opened, not {_a(type_word(found[1].rstrip('.')))}.")
    if found := _DATE.search(message):
        return Refusal(f"The text {found[2]!r} is no {found[1]}.")
    if found := _CONVERT.search(message):
        return Refusal(f"The text {found[1]!r} is no {type_word(found[2])}.")
    if found := _GROUPED.search(message):
        return Refusal(f"{found[1]!r} stands beside an aggregate, but is neither in 'by' nor inside one.")
    if "Overflow in multiplication of DECIMAL" in message:
        return Refusal(
            "A product of decimals needs more than 38 digits; cast the factors to fewer decimals before, "
            "such as Amount::DECIMAL(18,2)."
        )
    if "clause cannot contain aggregates" in message or "aggregate function calls cannot" in message:
        return Refusal("An aggregate such as sum() cannot stand here; aggregate in a step before.")
    if "cannot contain window functions" in message:
        return Refusal("A window function (... OVER ...) cannot stand here; derive a column in a step before.")
    return Refusal(_first_sentence(message))


def plain_error(error: Exception) -> Exception:
    """An error of the engine as one for people; errors that are not DuckDB's are given back as they are."""
    import duckdb

    if isinstance(error, LedgerflowError) or not isinstance(error, duckdb.Error):
        return error
    if isinstance(error, duckdb.OutOfMemoryException):
        return InputRefused(
            "The engine has too little memory for this step, even with what it keeps on disk.",
            where="the SQL engine",
            next_step="Give it more: LEDGERFLOW_ENGINE_MEMORY=1GB, or filter and select columns earlier.",
        )
    if not isinstance(error, _by_flows()):
        return error
    return InputRefused(
        explain(error).text,
        where="the SQL engine, while it worked on the rows",
        next_step="Preview the steps one by one to find it (`ledgerflow flow preview FLOW STEP`), then mend the step.",
    )


def _by_flows() -> tuple[type[Exception], ...]:
    """The errors that a flow or its data can cause; any other is a bug of ours and surfaces as one."""
    import duckdb

    return (
        duckdb.BinderException,
        duckdb.CatalogException,
        duckdb.ConversionException,
        duckdb.InvalidInputException,
        duckdb.IOException,
        duckdb.OutOfRangeException,
        duckdb.PermissionException,
        duckdb.TypeMismatchException,
    )


def _wrong_arguments(call: str, message: str) -> str:
    name, _, rest = call.partition("(")
    kinds = [_a(type_word(part)) for part in _SPLIT.split(rest.removesuffix(")")) if part]
    if re.fullmatch(r"\W+", name):
        return f"{name} does not take {' and '.join(kinds)}; cast one of them."
    if not kinds:
        return f"{name}() needs an argument."
    takes = _what_it_takes(message, len(kinds))
    return f"{name}() does not take {', '.join(kinds)}{takes}."


def _what_it_takes(message: str, count: int) -> str:
    """What a function takes instead, from DuckDB's list of candidates; counts when no candidate has as many."""
    candidates = re.findall(r"^\t?\S*?\((.*)\) -> ", message, re.MULTILINE)
    parsed = [[part for part in _SPLIT.split(text) if part and part != "/"] for text in candidates]
    same = [parts for parts in parsed if len(parts) == count]
    if not parsed:
        return ""
    if not same:
        counts = sorted({len(parts) for parts in parsed})
        return f"; it takes {' or '.join(map(str, counts))} argument{'' if counts == [1] else 's'}"
    options = list(dict.fromkeys(", ".join(type_word(_type_of(part)) for part in parts) for parts in same))
    return f"; it takes {' or '.join(f'({option})' if count > 1 else option for option in options[:6])}"


def _type_of(parameter: str) -> str:
    """The type in `startdate DATE` or `"precision" INTEGER`."""
    found = re.match(r'(?:"[^"]+"|[a-z_*][\w]*)\s+(.+)', parameter.strip())
    return found[1] if found else parameter


def _cannot(left: str, right: str) -> str:
    return f"{_a(type_word(left)).capitalize()} and {_a(type_word(right))} cannot"


def _a(word: str) -> str:
    if word in ("text", "nothing", "json", "bytes"):
        return word
    return f"{'an' if word[0] in 'aeio' else 'a'} {word}"


def _first_sentence(message: str) -> str:
    line = message.split("\n", 1)[0].strip()
    return line if line.endswith((".", "!", "?")) else f"{line}."
