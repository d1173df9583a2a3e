"""Names in place of ids: which fields take them, whose names they are, and what a name turns out to be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from ledgerflow.apis.quickbooks.write.bodies import Reason, Refused
from ledgerflow.apis.quickbooks.write.targets import Target, TargetFault
from ledgerflow.apis.quickbooks.write.values import Wire, plain_text
from ledgerflow.core.errors import nearest_name
from qbo_facts.entities import entity as entity_named
from qbo_facts.field_types import Ref, Scalar
from qbo_facts.model import Entity

INACTIVE_MARK = " (deleted)"
"""What QuickBooks puts behind the name of a record that was made inactive."""

UNSENT_ID = "(new)"
"""Stands in a dry run for the id of a record that an earlier step of the run would make."""

_USUAL_PROPERTIES = ("DisplayName", "Name", "DocNumber", "Code")
_SHOWN_IDS = 5
_MOST_COMPARED = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A column of names. `entities` are those whose `property` holds them; `literals` stand for themselves."""

    target: Target
    entities: tuple[str, ...]
    property: str
    literals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A record of the company, as far as finding it by name needs."""

    entity: str
    id: str
    name: str
    active: bool


@dataclass(slots=True, kw_only=True)
class Names:
    """The records of one entity that may carry names we look for, and names that exist, to suggest one of them.

    `coming` are names that an earlier step of a dry run would make.
    """

    entity: str
    property: str
    coming: frozenset[str] = frozenset()
    _by_name: dict[str, list[Named]] = field(default_factory=dict)
    _examples: dict[str, list[str]] = field(default_factory=dict)
    _suggestions_left: int = 200

    def add(self, found: Iterable[Named]) -> None:
        for record in found:
            name = record.name if record.active else record.name.removesuffix(INACTIVE_MARK)
            known = self._by_name.setdefault(folded(name), [])
            if record not in known:
                known.append(record)
                if record.active:
                    self.add_example(record.name)

    def add_example(self, name: str) -> None:
        """A name that exists."""
        self._examples.setdefault(folded(name)[:1], []).append(name)

    def with_name(self, name: str) -> list[Named]:
        return self._by_name.get(folded(name), [])

    def nearest(self, name: str) -> str | None:
        """The existing name that was probably meant, or None.

        Comparing is slow, so names that begin with the same letter come first, no more than 2,000 are compared, and
        only the first 200 questions get an answer: by then the file is wrong as a whole.
        """
        if not self._suggestions_left:
            return None
        self._suggestions_left -= 1
        first = folded(name)[:1]
        alike = self._examples.get(first, [])
        others = chain.from_iterable(names for letter, names in self._examples.items() if letter != first)
        return nearest_name(name, list(islice(chain(alike, others), _MOST_COMPARED)))


def folded(name: str) -> str:
    """A name as QuickBooks compares it: letter case and blanks around it do not count."""
    return name.strip().casefold()


def usual_property(entity: Entity) -> str | None:
    """The property by which people call a record of this entity, or None when it has none."""
    return next((name for name in _USUAL_PROPERTIES if name in entity.fields), None)


def plan_references(
    targets: Sequence[Target], references: Mapping[str, str | None]
) -> tuple[dict[str, Reference], list[TargetFault]]:
    """The columns that hold names, by column; and what is wrong with the setting, by the field it names.

    A field of the setting may leave out element numbers: `Line.SalesItemLineDetail.ItemRef` speaks of every line.
    """
    planned: dict[str, Reference] = {}
    faults: list[TargetFault] = []
    for path, wanted in references.items():
        meant = [target for target in targets if path in (target.text, target.plain)]
        if not meant:
            near = nearest_name(path, [target.plain for target in targets])
            faults.append(TargetFault(path=path, message=f"No column fills {path}.", nearest=near))
        for target in meant:
            reference = _reference(target, wanted)
            if isinstance(reference, TargetFault):
                faults.append(reference)
                break
            planned[target.text] = reference
    return planned, faults


def resolve(reference: Reference, value: object, names: Sequence[Names]) -> Wire | Refused:
    """The reference that a name stands for; `names` are those of each entity it may belong to. None stays None."""
    name = plain_text(value)
    if name is None:
        return None
    wanted = folded(name)
    for literal in reference.literals:
        if folded(literal) == wanted:
            return {"value": literal}
    active, inactive = _split(record for known in names for record in known.with_name(name))
    if len(active) == 1:
        found = {"value": active[0].id}
        return {**found, "type": active[0].entity} if len(reference.entities) > 1 else found
    if not active and any(wanted in known.coming for known in names):
        return {"value": UNSENT_ID}
    return Refused(reason=Reason(text=_why_not(reference, name.strip(), active, inactive, names)))


def _reference(target: Target, wanted: str | None) -> Reference | TargetFault:
    fact = target.field
    if fact is None or not isinstance(target.type, Ref):
        return TargetFault(
            path=target.plain, message=f"{target.plain} is not a reference; it takes its value as it is."
        )
    if fact.ref_kind == "currency_code":
        return TargetFault(path=target.plain, message=f"{target.plain} takes a currency code such as USD as it is.")
    entities = (fact.target,) if fact.target is not None else fact.targets
    askable = tuple(name for name in entities if entity_named(name).query_name is not None)
    if not askable:
        return TargetFault(
            path=target.plain, message=f"QuickBooks does not list what {target.plain} can refer to; give its value."
        )
    for name in askable:
        entity = entity_named(name)
        prop = wanted or usual_property(entity)
        if prop is None:
            return TargetFault(path=target.plain, message=f"{name} has no name to look up; give the property to use.")
        known = entity.fields.get(prop)
        if known is None or known.type != Scalar("string"):
            texts = [key for key, fact in entity.fields.items() if fact.type == Scalar("string")]
            return TargetFault(
                path=target.plain,
                message=f"{name} has no text property {prop!r} to look {target.plain} up by.",
                nearest=nearest_name(prop, texts),
            )
    chosen = wanted or usual_property(entity_named(askable[0]))
    assert chosen is not None, "checked for every entity above"
    return Reference(target=target, entities=askable, property=chosen, literals=fact.literals)


def _split(records: Iterable[Named]) -> tuple[list[Named], list[Named]]:
    active: list[Named] = []
    inactive: list[Named] = []
    for record in records:
        (active if record.active else inactive).append(record)
    return active, inactive


def _why_not(
    reference: Reference, name: str, active: Sequence[Named], inactive: Sequence[Named], names: Sequence[Names]
) -> str:
    whose = " or ".join(spoken(entity) for entity in reference.entities)
    if active:
        ids = ", ".join(record.id for record in active[:_SHOWN_IDS])
        more = ", …" if len(active) > _SHOWN_IDS else ""
        hint = " Look it up by FullyQualifiedName instead." if reference.property == "Name" else ""
        return (
            f"{len(active)} records have the {reference.property} “{name}” (ids {ids}{more}), so it is unclear which "
            f"{whose} {reference.target.text} means.{hint}"
        )
    if inactive:
        return (
            f"The {spoken(inactive[0].entity)} “{name}” is inactive in QuickBooks (id {inactive[0].id}), so "
            f"{reference.target.text} cannot use it."
        )
    near = next(filter(None, (known.nearest(name) for known in names)), None)
    hint = f" The nearest name is “{near}”." if near else ""
    return f"No {whose} has the {reference.property} “{name}” ({reference.target.text}).{hint}"


def spoken(entity: str) -> str:
    """An entity's name as people say it: `PaymentMethod` as `payment method`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", entity).lower()
