"""What a write is about: its entity, settings and columns, settled before any row is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledgerflow.apis.contract import WriteFault
from ledgerflow.apis.quickbooks.write.references import Reference, plan_references, usual_property
from ledgerflow.apis.quickbooks.write.settings import QuickBooksWrite
from ledgerflow.apis.quickbooks.write.targets import (
    ROW_COLUMN,
    SOURCE_COLUMN,
    Target,
    UnknownTarget,
    check_targets,
    parse_target,
)
from ledgerflow.core.errors import nearest_name
from qbo_facts.entities import UnknownEntity, entity_names
from qbo_facts.entities import entity as entity_named
from qbo_facts.field_types import Scalar
from qbo_facts.model import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class WritePlan:
    """One write step. `references` holds the columns of names, by column."""

    entity: Entity
    settings: QuickBooksWrite
    targets: tuple[Target, ...]
    references: Mapping[str, Reference]
    run_id: str
    step: str
    dry_run: bool

    @property
    def label_field(self) -> str | None:
        """The field by which people know a record of this entity."""
        return usual_property(self.entity)

    @property
    def existing_key(self) -> str | None:
        """The field by which a create looks whether its record is there already; None when it does not look."""
        settings = self.settings
        return settings.key if settings.operation == "create" and settings.on_existing != "write" else None


def check_write(
    resource: str, settings: QuickBooksWrite, *, columns: Sequence[str], source: Sequence[str] | None
) -> list[WriteFault]:
    """Everything wrong with a write step that shows without a call, placed below the step.

    `columns` are the target paths to be filled; `source` the columns of the input, None where they are not known.
    """
    if faults := check_resource(resource, settings):
        return faults
    entity = entity_named(resource)
    faults = [
        WriteFault(key=("fields", fault.path), message=fault.message, nearest=fault.nearest)
        for fault in check_targets(entity, columns, operation=settings.operation)
    ]
    targets = _known_targets(entity, columns)
    faults.extend(
        WriteFault(key=("references", fault.path), message=fault.message, nearest=fault.nearest)
        for fault in plan_references(targets, settings.references)[1]
    )
    faults.extend(_key_faults(entity, settings, columns))
    if source is not None:
        known = [*source, *columns]
        faults.extend(
            WriteFault(
                key=("group_by",), message=f"The input has no column {name!r}.", nearest=nearest_name(name, known)
            )
            for name in settings.group_by
            if name not in known
        )
    return faults


def check_resource(resource: str, settings: QuickBooksWrite) -> list[WriteFault]:
    """Whether QuickBooks has this entity and lets it be written so."""
    try:
        entity = entity_named(resource)
    except UnknownEntity as unknown:
        return [WriteFault(key=("to",), message=f"QuickBooks has no entity {resource!r}.", nearest=unknown.nearest)]
    message = _not_offered(entity, settings)
    return [] if message is None else [WriteFault(key=("to",), message=message)]


def settings_of(given: Mapping[str, Any]) -> QuickBooksWrite:
    """The keys of a step that are this write's own, checked. Raises pydantic's ValidationError."""
    return QuickBooksWrite.model_validate({key: given[key] for key in QuickBooksWrite.model_fields if key in given})


def plan_write(
    resource: str, settings: QuickBooksWrite, *, columns: Sequence[str], run_id: str, step: str, dry_run: bool
) -> WritePlan:
    """The plan of a write whose columns `check_write` found no fault with."""
    entity = entity_named(resource)
    targets = _known_targets(entity, columns)
    return WritePlan(
        entity=entity,
        settings=settings,
        targets=tuple(targets),
        references=plan_references(targets, settings.references)[0],
        run_id=run_id,
        step=step,
        dry_run=dry_run,
    )


def writable_entities() -> tuple[str, ...]:
    """The names of all entities that can be written in batches."""
    settings = (QuickBooksWrite(operation="create"), QuickBooksWrite(operation="update"))
    return tuple(
        name for name in entity_names() if any(_not_offered(entity_named(name), one) is None for one in settings)
    )


def _known_targets(entity: Entity, columns: Sequence[str]) -> list[Target]:
    targets: list[Target] = []
    for path in columns:
        if path not in (ROW_COLUMN, SOURCE_COLUMN):
            try:
                targets.append(parse_target(entity, path))
            except UnknownTarget:
                continue  # named among the faults of check_targets
    return targets


def _not_offered(entity: Entity, settings: QuickBooksWrite) -> str | None:
    operations = entity.operations
    offered = operations.create
    if settings.operation == "update":
        offered = operations.full_update or operations.sparse_update is not None
        offered = offered and "Id" in entity.fields and "SyncToken" in entity.fields
        offered = offered and entity.query_name is not None
    if not offered or not operations.batch or entity.json_key is None or entity.wraps:
        return f"QuickBooks does not offer to {settings.operation} records of {entity.name} in batches."
    return None


def _key_faults(entity: Entity, settings: QuickBooksWrite, columns: Sequence[str]) -> list[WriteFault]:
    key = settings.key
    if key is None:
        if settings.operation == "update" and "Id" not in columns:
            message = "An update has to know its record: fill Id, or name the field that finds it as key."
            return [WriteFault(key=("operation",), message=message)]
        return []
    field = entity.fields.get(key)
    if field is None or field.type != Scalar("string"):
        texts = [name for name, fact in entity.fields.items() if fact.type == Scalar("string")]
        message = f"{entity.name} has no text field {key!r} to find its records by."
        return [WriteFault(key=("key",), message=message, nearest=nearest_name(key, texts))]
    if key not in columns:
        return [WriteFault(key=("key",), message=f"No column fills {key}.", nearest=nearest_name(key, list(columns)))]
    return []
