"""Entities, objects and enumerations, read from their files when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from qbo_facts.data_files import file_names, read_data
from qbo_facts.field_types import FieldType, ListOf, Ref, parse_field_type
from qbo_facts.model import (
    Condition,
    Confidence,
    Entity,
    Field,
    Operations,
    Requirement,
    SparseUpdate,
    UniqueNames,
    Void,
)
from qbo_facts.nearest import nearest_name

_OPERATIONS = ("create", "read", "query", "full_update", "delete", "deactivate", "cdc", "batch", "pdf", "send")


class UnknownEntity(KeyError):
    """No entity has this name; `nearest` is the closest one there is, or None."""

    def __init__(self, name: str, *, nearest: str | None) -> None:
        self.name = name
        self.nearest = nearest
        hint = f" Did you mean {nearest!r}?" if nearest else ""
        super().__init__(f"QuickBooks has no entity {name!r}.{hint}")

    def __str__(self) -> str:
        return str(self.args[0])


def entity_names() -> tuple[str, ...]:
    """Names of all entities in alphabetical order, known without reading their files."""
    return file_names("entities")


def entity(name: str) -> Entity:
    """The facts about an entity, whose name may be in any letter case.

    Raises:
        UnknownEntity: there is none of this name.
    """
    found = _name_by_lower_case().get(name.lower())
    if found is None:
        raise UnknownEntity(name, nearest=nearest_name(name, entity_names()))
    return _entity(found)


@cache
def object_type(name: str) -> Mapping[str, Field]:
    """Fields of an object that stands inside entities, such as `Line` or `PhysicalAddress`.

    Raises:
        KeyError: there is no such object.
    """
    return _fields(read_data("objects")[name]["fields"], default_confidence="likely")


def object_names() -> tuple[str, ...]:
    """Names of all objects that stand inside entities."""
    return tuple(read_data("objects"))


def length_path(name: str) -> str | None:
    """The field of an object that a length limit on the whole object speaks of, e.g. `Address` of an e-mail."""
    applies_to: str | None = read_data("objects")[name].get("max_applies_to")
    return applies_to


@cache
def enum(name: str) -> tuple[str, ...]:
    """Values of an enumeration as QuickBooks spells them.

    Raises:
        KeyError: there is no such enumeration.
    """
    return tuple(read_data("enums")[name])


def enum_names() -> tuple[str, ...]:
    """Names of all enumerations."""
    return tuple(read_data("enums"))


@cache
def _name_by_lower_case() -> dict[str, str]:
    return {name.lower(): name for name in entity_names()}


@cache
def _entity(name: str) -> Entity:
    raw = read_data(f"entities/{name}")
    confidence: Confidence = raw["confidence"]
    fields = _fields(raw["fields"], default_confidence=confidence)
    return Entity(
        name=raw["name"],
        kind=raw["kind"],
        path=raw["path"],
        json_key=raw["json_key"],
        query_name=raw["query_name"],
        confidence=confidence,
        operations=_operations(raw["operations"], default_confidence=confidence),
        webhook_operations=tuple(raw["webhook_operations"]),
        fields=fields,
        inherited_fields=tuple(raw.get("inherited_fields", ())),
        required=tuple(_requirement(rule, default_confidence=confidence) for rule in raw.get("required", ())),
        line_detail_types=tuple(raw.get("line_detail_types", ())),
        line_detail_notes=MappingProxyType(raw.get("line_detail_notes", {})),
        unique_names=_unique_names(raw.get("unique_names")),
        wraps=tuple(raw.get("wraps", ())),
        countries=tuple(raw.get("countries", ())),
        notes=tuple(raw.get("notes", ())),
        hides_inactive="Active" in fields and fields["Active"].documented,
    )


def _fields(raw: Mapping[str, Mapping[str, Any]], *, default_confidence: Confidence) -> Mapping[str, Field]:
    return MappingProxyType({name: _field(name, traits, default_confidence) for name, traits in raw.items()})


def _field(name: str, traits: Mapping[str, Any], default_confidence: Confidence) -> Field:
    field_type = parse_field_type(traits["type"])
    documented = traits.get("documented", True)
    return Field(
        name=name,
        type=field_type,
        required=traits.get("required"),
        read_only=traits.get("read_only", False),
        write_on_create=traits.get("write_on_create", False),
        filterable=traits.get("filterable", False),
        sortable=traits.get("sortable", False),
        max_length=traits.get("max"),
        create_values=tuple(traits.get("create_values", ())),
        forbidden=traits.get("forbidden", ""),
        since_minor=traits.get("since_minor"),
        locales=tuple(traits.get("locales", ())),
        edition=traits.get("edition"),
        deprecated=traits.get("deprecated", False),
        documented=documented,
        confidence=traits.get("confidence", default_confidence if documented else "unsure"),
        note=traits.get("note"),
        target=traits.get("target"),
        targets=tuple(traits.get("targets", ())),
        literals=tuple(traits.get("literals", ())),
        ref_kind=traits.get("ref", "id") if _is_reference(field_type) else None,
        hints=MappingProxyType(traits.get("hints", {})),
    )


def _is_reference(field_type: FieldType) -> bool:
    return isinstance(field_type, Ref) or (isinstance(field_type, ListOf) and isinstance(field_type.item, Ref))


def _operations(raw: Mapping[str, Any], *, default_confidence: Confidence) -> Operations:
    offered: dict[str, bool] = {}
    confidence: dict[str, Confidence] = {}
    notes: dict[str, str] = {}
    for name, fact in raw.items():
        details = fact if isinstance(fact, dict) else {"supported": fact}
        offered[name] = details["supported"]
        confidence[name] = details.get("confidence", default_confidence)
        if "note" in details:
            notes[name] = details["note"]
    read = raw["read"]
    return Operations(
        **{name: offered[name] for name in _OPERATIONS},
        sparse_update=_sparse_update(raw["sparse_update"]) if offered["sparse_update"] else None,
        void=_void(raw["void"]) if offered["void"] else None,
        read_form=read.get("form", "by_id") if isinstance(read, dict) else "by_id",
        confidence=MappingProxyType(confidence),
        notes=MappingProxyType(notes),
    )


def _sparse_update(raw: Mapping[str, Any]) -> SparseUpdate:
    return SparseUpdate(
        repeat=tuple(raw.get("repeat", ())),
        repeat_any=_alternatives(raw.get("repeat_any", ())),
        only_form=raw.get("only_form", False),
        confidence=raw["confidence"],
        note=raw.get("note"),
    )


def _void(raw: Mapping[str, Any]) -> Void:
    return Void(shape=raw["shape"], body=tuple(raw["body"]), confidence=raw["confidence"], note=raw.get("note"))


def _unique_names(raw: Mapping[str, Any] | None) -> UniqueNames | None:
    if raw is None:
        return None
    return UniqueNames(field=raw["field"], scope=tuple(raw["scope"]), confidence=raw["confidence"])


def _requirement(raw: Mapping[str, Any], *, default_confidence: Confidence) -> Requirement:
    return Requirement(
        all_of=tuple(raw.get("all_of", ())),
        any_of=_alternatives(raw.get("any_of", ())),
        each=raw.get("each"),
        items=raw.get("items"),
        at_least=raw.get("min", 0),
        where=_conditions(raw.get("where", {})),
        when=_conditions(raw.get("when", {})),
        company=raw.get("company"),
        on=tuple(raw.get("on", ("create", "update"))),
        confidence=raw.get("confidence", default_confidence),
        note=raw.get("note"),
    )


def _conditions(raw: Mapping[str, Any]) -> tuple[Condition, ...]:
    return tuple(Condition(path=path, values=tuple(values)) for path, values in raw.items())


def _alternatives(raw: Any) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(paths) for paths in raw)
