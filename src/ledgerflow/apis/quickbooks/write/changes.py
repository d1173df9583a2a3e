"""Compares a record as it is with what rows want it to be, and makes the smallest update that gets it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ledgerflow.apis.quickbooks.write.bodies import Reason, finish_line
from ledgerflow.apis.quickbooks.write.values import Wire
from ledgerflow.store.journal_entries import Change
from qbo_facts.entities import object_type
from qbo_facts.field_types import FieldType, ListOf, Object, Ref, Scalar
from qbo_facts.model import Entity

_IDENTITY = ("Id", "SyncToken", "sparse")
_ELEMENT_KEYS = {"Line": "Id", "CustomField": "DefinitionId"}
"""What tells the elements of a list apart, where something does."""

_NUMBERS = (Scalar("decimal"), Scalar("integer"))
_PRICED = ("Qty", "UnitPrice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """The body that brings a record where it should be, and the fields it changes, old and new."""

    body: dict[str, Wire]
    changes: tuple[Change, ...]


def plan_update(entity: Entity, current: Mapping[str, Any], wanted: Mapping[str, Wire]) -> Update | Reason | None:
    """The update of `current` that `wanted` asks for; None when everything is so already; a Reason when it cannot be.

    Only what differs is sent, in a sparse update, together with the fields that QuickBooks wants repeated. Members of
    an object that are not named keep their values. Lines that carry an Id change that line and the others stay; lines
    without one replace all lines, because QuickBooks replaces the whole list. Entities that know no sparse update get
    the whole record back with the changes in it, since whatever a full update leaves out is emptied.
    """
    sent: dict[str, Wire] = {}
    changes: list[Change] = []
    for name, value in wanted.items():
        if name in _IDENTITY:
            continue
        field = entity.fields.get(name)
        there = current.get(name)
        merged = _merged(field.type if field is not None else None, name, there, value)
        if isinstance(merged, Reason):
            return merged
        if merged is not None:
            sent[name] = merged
            changes.append(Change(field=name, old=there, new=merged))
    if not changes:
        return None
    identity = {"Id": current["Id"], "SyncToken": current["SyncToken"]}
    sparse = entity.operations.sparse_update
    if sparse is None:
        return Update(body={**current, **identity, **sent}, changes=tuple(changes))
    repeated = {name: current[name] for name in _repeats(entity, current) if name not in sent and name in current}
    return Update(body={**identity, "sparse": True, **repeated, **sent}, changes=tuple(changes))


def first_touched(before: Mapping[str, Any], now: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """The first of these fields that is not the same in both records; None when all are."""
    return next((name for name in names if before.get(name) != now.get(name)), None)


def _repeats(entity: Entity, current: Mapping[str, Any]) -> list[str]:
    sparse = entity.operations.sparse_update
    assert sparse is not None, "asked only where there is a sparse update"
    names = list(sparse.repeat)
    alternatives = [paths for paths in sparse.repeat_any if all(path in current for path in paths)]
    names.extend(alternatives[0] if alternatives else ())
    return names


def _merged(field_type: FieldType | None, name: str, there: Any, wanted: Wire) -> Wire | Reason | None:
    """The value to send so that `there` becomes as wanted; None when it is so already."""
    match field_type:
        case ListOf(item=item) if isinstance(wanted, list):
            return _merged_list(item, name, there if isinstance(there, list) else [], wanted)
        case Object() if isinstance(wanted, Mapping):
            return _merged_object(field_type.name, there if isinstance(there, Mapping) else {}, wanted)
        case _:
            return None if _same(field_type, there, wanted) else wanted


def _merged_object(name: str, there: Mapping[str, Any], wanted: Mapping[str, Wire]) -> Wire | Reason | None:
    fields = object_type(name)
    merged = dict(there)
    changed = False
    for key, value in wanted.items():
        field = fields.get(key)
        part = _merged(field.type if field is not None else None, key, there.get(key), value)
        if isinstance(part, Reason):
            return part
        if part is not None:
            merged[key] = part
            changed = True
    return merged if changed else None


def _merged_list(item: FieldType, name: str, there: Sequence[Any], wanted: Sequence[Wire]) -> Wire | Reason | None:
    key = _ELEMENT_KEYS.get(name)
    if key is not None and all(isinstance(element, Mapping) and key in element for element in wanted):
        return _merged_by_key(item, name, key, there, wanted)
    kept = [element for element in there if not _is_subtotal(element)]
    same = len(kept) == len(wanted) and all(
        _merged(item, name, old, new) is None for old, new in zip(kept, wanted, strict=True)
    )
    return None if same else list(wanted)


def _merged_by_key(
    item: FieldType, name: str, key: str, there: Sequence[Any], wanted: Sequence[Wire]
) -> Wire | Reason | None:
    place = {str(element[key]): index for index, element in enumerate(there) if key in element}
    merged = list(there)
    changed = False
    for element in wanted:
        index = place.get(str(element[key]))
        if index is None:
            if name == "Line":
                return Reason(text=f"The record has no line with the Id “{element[key]}”.")
            merged.append(element)
            changed = True
            continue
        part = _merged(item, name, merged[index], element)
        if isinstance(part, Reason):
            return part
        if part is not None:
            merged[index] = _repriced(part, element) if name == "Line" else part
            changed = True
    return merged if changed else None


def _repriced(line: Wire, wanted: Mapping[str, Wire]) -> Wire:
    """A line whose quantity or price changes without a new amount gets the amount that follows from them."""
    details = [value for key, value in wanted.items() if key.endswith("LineDetail") and isinstance(value, Mapping)]
    if "Amount" not in wanted and any(part in detail for detail in details for part in _PRICED):
        line = {key: value for key, value in line.items() if key != "Amount"}
        finish_line(line)
    return line


def _is_subtotal(element: Any) -> bool:
    return isinstance(element, Mapping) and element.get("DetailType") == "SubTotalLineDetail"


def _same(field_type: FieldType | None, there: Any, wanted: Wire) -> bool:
    if isinstance(field_type, Ref):
        old = there.get("value") if isinstance(there, Mapping) else there
        new = wanted.get("value") if isinstance(wanted, Mapping) else wanted
        return old is not None and str(old) == str(new)
    if field_type in _NUMBERS:
        return _number(there) == _number(wanted) and there is not None
    return bool(there == wanted)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    try:
        return Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return value
