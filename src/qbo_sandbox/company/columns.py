"""Reads one property out of many stored records without making objects of the rest of them."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from typing import Any, cast

import msgspec

from qbo_sandbox.company.json_text import read_json
from qbo_sandbox.query import Property
from qbo_sandbox.query.binding import Comparable, read_flag, read_moment, read_number

Key = Comparable | tuple[Comparable, ...] | None
"""What a record has at a property: one value, several where the path goes through a list, or nothing."""

_LISTS = frozenset({"AttachableRef"})
"""Properties that can be asked for though they are lists."""


def keys(found: Property, bodies: Iterable[bytes]) -> list[Key]:
    """The property's value in each body, ready to compare: text case-folded, moments as seconds since 1970."""
    read = _unwrapping(found.path) if found.wrapped else _reader(found.path)
    convert = _converter(found)
    has_many = not _LISTS.isdisjoint(found.path)
    shared: dict[Any, Key] = {}  # most columns hold few different values, and one object for each is enough
    converted: list[Key] = []
    for body in bodies:
        value = read(body)
        if has_many:
            several = value if isinstance(value, list) else []
            converted.append(tuple(key for key in map(convert, several) if key is not None))
            continue
        try:
            converted.append(shared[value] if value in shared else shared.setdefault(value, convert(value)))
        except TypeError:  # an object or a list where a single value belongs: only records put in by hand have that
            converted.append(None)
    return converted


def _converter(found: Property) -> Callable[[Any], Comparable | None]:
    match found.kind:
        case "number":
            return _number
        case "flag":
            return read_flag
        case "date":
            return lambda value: value[:10] if isinstance(value, str) else None
        case "moment":
            return _seconds
        case _:
            return _folded


def _number(value: Any) -> Decimal | None:
    return read_number(value) if value is not None else None


def _seconds(value: Any) -> float | None:
    moment = read_moment(value) if isinstance(value, str) else None
    return None if moment is None else moment.timestamp()


def _folded(value: Any) -> str | None:
    if value is None:
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value).casefold()


@cache
def _reader(path: tuple[str, ...]) -> Callable[[bytes], Any]:
    """A function from a body to the value at `path`: a list where a list is on the way, None where nothing is."""
    decode = msgspec.json.Decoder(_shape(path), float_hook=Decimal).decode
    steps = len(path)

    def read(body: bytes) -> Any:
        try:
            here: Any = decode(body)
        except msgspec.ValidationError:
            return _walked(read_json(body), path)
        for _ in range(steps):
            if isinstance(here, list):
                here = [element.at for element in here if element.at is not None]
            elif here is None:
                return None
            else:
                here = here.at
        return here

    return read


def _shape(path: tuple[str, ...]) -> type[msgspec.Struct]:
    """A type that knows the steps of the path and nothing else, so that decoding skips all other text."""
    below: Any = Any
    for step in reversed(path):
        at = list[below] if step in _LISTS else below
        below = msgspec.defstruct("At", [("at", at | None, None)], rename={"at": step}, gc=False)
    return cast(type[msgspec.Struct], below)


def _unwrapping(path: tuple[str, ...]) -> Callable[[bytes], Any]:
    """For records that are one transaction under its own key; `Type` is that key."""

    def read(body: bytes) -> Any:
        kind, inner = next(iter(read_json(body).items()), (None, None))
        return kind if path == ("Type",) else _walked(inner, path)

    return read


def _walked(value: Any, path: tuple[str, ...]) -> Any:
    """The same for a record whose shape is not the one in the facts."""
    for step in path:
        if isinstance(value, list):
            value = [element.get(step) for element in value if isinstance(element, dict)]
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value
