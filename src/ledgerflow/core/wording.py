"""The faults of a checked value in plain words: what was expected, and what stands there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from ledgerflow.core.errors import Fault

_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "string": "text",
    "dict": "a mapping of keys to values",
    "model": "a mapping of keys to values",
    "list": "a list",
    "tuple": "a list",
    "date": "a date such as 2026-11-23",
    "datetime": "a time such as 2026-11-23T18:00:00Z",
}
"""By the first word of pydantic's name for a fault: `int_parsing`, `dict_type`, `model_attributes_type`, ..."""
_WRONG_KIND = ("_type", "_parsing", "_from_float", "_from_date_parsing", "_attributes_type")
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_LONGEST_SHOWN = 60
_YAML = (
    (r"found duplicate key \"?([^\"\s]+)", r"The key '\1' is given twice.", False),
    (r"found character '\\t'", "A tab stands here; indent with spaces.", False),
    (r"another document", "A second document begins here; a file holds one.", False),
    (
        r"mapping values are not allowed",
        "A colon is not expected here: text with ': ' in it needs quotes, and keys of "
        "one mapping begin in the same column.",
        False,
    ),
    (r"unexpected end of stream", "A quote is opened here and not closed.", True),
    (r"expected ',' or", "A bracket is opened here and not closed.", True),
    (
        r"(block end|block sequence|block mapping|block collection)",
        "The indentation does not fit the lines before.",
        False,
    ),
    (r"expected the node content", "A value is missing here, or a bracket is closed that was not opened.", False),
    (r"undefined alias '?([^'\s]+)", r"There is no anchor '&\1' that this could stand for.", False),
)
"""What the YAML reader says, in plain words; whether its place is where the trouble began. Values are left out: one
may be a secret."""
_EXPECTED_NOT = re.compile(r"^Expected (.+), not (.+)\.$")


def sentence(detail: Mapping[str, Any], value: Any) -> str:
    """One fault as pydantic details it, as a sentence about `value`."""
    kind = str(detail["type"])
    context = detail.get("ctx", {})
    if kind == "missing":
        name = detail["loc"][-1]
        return f"Missing entry {name + 1} of the list." if isinstance(name, int) else f"Missing key {str(name)!r}."
    if kind == "invalid_key":
        return "A key must be text; put this one in quotes."
    if kind == "union_tag_not_found":
        return f"Missing key {context['discriminator']}, which says of what kind it is."
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"Expected a number of {words} {context[name]:g}, not {shown(value)}."
    if kind in {"too_short", "string_too_short"}:
        unit = "character" if kind.startswith("string") else "entry"
        return f"Expected at least {_counted(context['min_length'], unit)}, not {shown(value)}."
    if kind in {"too_long", "string_too_long"}:
        unit = "character" if kind.startswith("string") else "entry"
        return f"Expected at most {_counted(context['max_length'], unit)}, not {shown(value)}."
    if kind.endswith(_WRONG_KIND) and (expected := _EXPECTED.get(kind.split("_")[0])):
        return f"Expected {expected}, not {shown(value)}."
    message = str(detail["msg"]).removeprefix("Value error, ")
    return message if message.endswith((".", "?")) else f"{message}."


def yaml_problem(said: str) -> tuple[str, bool]:
    """A problem of the YAML reader as a sentence; and whether the line to show is where its context began."""
    for pattern, message, at_start in _YAML:
        if found := re.search(pattern, said):
            return found.expand(message), at_start
    return f"This is not YAML: {' '.join(said.split())}.", False


def merged(faults: Sequence[Fault]) -> list[Fault]:
    """The faults with those of one place put together: a value that may be of several kinds is one fault if it is of
    none."""
    out: list[Fault] = []
    for fault in faults:
        same = next((at for at, other in enumerate(out) if (other.key, other.line) == (fault.key, fault.line)), None)
        one = _EXPECTED_NOT.match(out[same].message) if same is not None else None
        two = _EXPECTED_NOT.match(fault.message)
        if same is None or one is None or two is None or one[2] != two[2]:
            out.append(fault)
        elif two[1] not in one[1]:
            out[same] = replace(out[same], message=f"Expected {one[1]} or {two[1]}, not {one[2]}.")
    return out


def shown(value: Any) -> str:
    """A value as it may be shown in a message: short, and nothing where a key is simply empty."""
    if value is None:
        return "an empty value"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)) and not value:
        return "an empty mapping" if isinstance(value, dict) else "an empty list"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = value.isoformat() if isinstance(value, date) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 4]}...'"


def _counted(count: int, unit: str) -> str:
    plural = {"entry": "entries", "character": "characters"}[unit]
    return f"{count} {unit if count == 1 else plural}"
