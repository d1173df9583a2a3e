"""Target paths such as `Line.SalesItemLineDetail.ItemRef`: what stands there, and whether it can be written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ledgerflow.core.errors import nearest_name
from qbo_facts.entities import entity as entity_named
from qbo_facts.entities import object_type
from qbo_facts.field_types import FieldType, ListOf, Object, Ref, Scalar
from qbo_facts.model import Entity, Field

Operation = Literal["create", "update"]

ROW_COLUMN = "_row"
SOURCE_COLUMN = "_source"

_STEP = re.compile(r"([A-Za-z0-9_]+)(?:\[([1-9]\d*)\])?", re.ASCII)
_REF_PARTS = ("value", "name", "type")
_SET_BY_QUICKBOOKS = {"domain", "sparse", "status"}


@dataclass(frozen=True, slots=True)
class Step:
    """One name of a path. `element` says which element of a list, from 1; 0 for the row's only one, and for no list."""

    name: str
    in_list: bool
    element: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A place in a record that a column fills. `type` is the kind of value there; for a list in the middle of the
    path it is the type behind it. `field` is the fact about the last name, None for a part of a reference.
    """

    text: str
    steps: tuple[Step, ...]
    type: FieldType
    field: Field | None

    @property
    def in_list(self) -> bool:
        """Does each row add an element of its own here?"""
        return any(step.in_list for step in self.steps)

    @property
    def plain(self) -> str:
        """The path without element numbers, as facts name it."""
        return ".".join(step.name for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFault:
    """Why a column cannot be written. `path` is the column as it was given."""

    path: str
    message: str
    nearest: str | None = None


class UnknownTarget(ValueError):
    """No such place; `nearest` is the path that was probably meant, or None."""

    def __init__(self, message: str, *, nearest: str | None = None) -> None:
        super().__init__(message)
        self.nearest = nearest


def parse_target(entity: Entity, path: str) -> Target:
    """The place in a record of `entity` that `path` names; names are taken as QuickBooks spells them.

    `Line[2].Amount` is the second line that one row makes; without a number a row makes one.

    Raises:
        UnknownTarget: there is no such field.
    """
    return _parse(entity.name, path)


def check_targets(entity: Entity, paths: Iterable[str], *, operation: Operation = "create") -> list[TargetFault]:
    """Everything that keeps these columns from being written, each with the nearest known name; empty: nothing does."""
    faults: list[TargetFault] = []
    filled: dict[str, str] = {}
    for path in paths:
        if path in (ROW_COLUMN, SOURCE_COLUMN):
            continue
        try:
            target = parse_target(entity, path)
        except UnknownTarget as unknown:
            faults.append(TargetFault(path=path, message=str(unknown), nearest=unknown.nearest))
            continue
        if (message := _not_writable(entity, target, operation)) is not None:
            faults.append(TargetFault(path=path, message=message))
        faults.extend(_overlaps(path, filled))
        filled[path] = path
    return faults


def writable_fields(entity: Entity, *, operation: Operation = "create") -> tuple[str, ...]:
    """The top-level fields that a write may fill, in the order of the facts."""
    return tuple(
        name
        for name, field in entity.fields.items()
        if _not_writable(entity, Target(text=name, steps=(Step(name, False),), type=field.type, field=field), operation)
        is None
    )


@lru_cache(maxsize=4096)
def _parse(entity: str, path: str) -> Target:
    known: Mapping[str, Field] = entity_named(entity).fields
    here: FieldType | None = None
    field: Field | None = None
    steps: list[Step] = []
    parts = path.split(".")
    for position, part in enumerate(parts):
        match = _STEP.fullmatch(part)
        if match is None:
            raise UnknownTarget(f"{path!r} is not a path such as Line.Amount or Line[2].Amount.")
        name, number = match[1], match[2]
        above = ".".join(step.name for step in steps)
        if isinstance(here, Ref):
            if name not in _REF_PARTS:
                raise UnknownTarget(
                    f"{above} is a reference; it has value, name and type, not {name!r}.", nearest=above
                )
            steps.append(Step(name, False))
            here, field = Scalar("string"), None
            continue
        if isinstance(here, Object):
            known = object_type(here.name)
        elif here is not None:
            raise UnknownTarget(f"{above} is a single value; nothing stands below it.", nearest=above)
        if name not in known:
            raise _unknown(entity, above, name, known)
        field = known[name]
        here = field.type
        is_list = isinstance(here, ListOf)
        if number is not None and not is_list:
            raise UnknownTarget(f"{name} is not a list; write it without [{number}].", nearest=name)
        last = position == len(parts) - 1
        if isinstance(here, ListOf) and not last:
            here = here.item
        elif isinstance(here, ListOf) and number is not None:
            raise UnknownTarget(f"{path} names a whole element; name a field in it.")
        steps.append(Step(name, is_list and not last, int(number or 0)))
    assert here is not None, "a split text has at least one part"
    return Target(text=path, steps=tuple(steps), type=here, field=field)


def _unknown(entity: str, above: str, name: str, known: Mapping[str, Field]) -> UnknownTarget:
    place = f"{entity}.{above}" if above else entity
    near = nearest_name(name, list(known))
    prefix = f"{above}." if above else ""
    return UnknownTarget(f"QuickBooks has no field {name!r} in {place}.", nearest=f"{prefix}{near}" if near else None)


def _not_writable(entity: Entity, target: Target, operation: Operation) -> str | None:
    first = target.steps[0].name
    if first in _SET_BY_QUICKBOOKS or (first == "SyncToken" and operation == "create"):
        return f"{first} is set by QuickBooks and cannot be written."
    if first == "Id":
        return (
            "A new record gets its Id from QuickBooks; Id belongs to operation: update."
            if operation == "create"
            else None
        )
    if first == "SyncToken":
        return None
    top = entity.fields[first]
    if top.read_only:
        return f"{first} is set by QuickBooks and cannot be written."
    if top.write_on_create and operation == "update":
        return f"{first} can be given to a new record only."
    if target.field is not None and target.field.read_only:
        return f"{target.plain} is set by QuickBooks and cannot be written."
    return None


def _overlaps(path: str, filled: Mapping[str, str]) -> list[TargetFault]:
    """Two columns for one place: `CustomerRef` beside `CustomerRef.value`, `Line` beside `Line.Amount`."""
    clash = next(
        (other for other in filled if path.startswith(f"{other}.") or other.startswith(f"{path}.")),
        None,
    )
    return [TargetFault(path=path, message=f"{path} and {clash} fill the same place.")] if clash else []
