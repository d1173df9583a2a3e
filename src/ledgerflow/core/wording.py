"""The faults of a checked value in plain words: what was expected, and what stands there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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


def sentence(detail: Mapping[str, Any], value: Any) -> str:
    """One fault as pydantic details it, as a sentence about `value`."""
    kind = str(detail["type"])
    context = detail.get("ctx", {})
    if kind == "missing":
        name = detail["loc"][-1]
        return f"Missing entry {name + 1} of the list." if isinstance(name, int) else f"Missing key {str(name)!r}."
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
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 4]}...'"


def _counted(count: int, unit: str) -> str:
    plural = {"entry": "entries", "character": "characters"}[unit]
    return f"{count} {unit if count == 1 else plural}"
