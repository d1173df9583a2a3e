"""What stands at a dotted property path such as `MetaData.LastUpdatedTime`."""

from __future__ import annotations

from collections.abc import Mapping

from qbo_facts.entities import object_type
from qbo_facts.field_types import FieldType, ListOf, Object, Ref, Scalar
from qbo_facts.model import Entity, Field
from qbo_facts.nearest import nearest_name


class UnknownPath(KeyError):
    """The entity has no such property; `nearest` is the closest path there is, or None."""

    def __init__(self, entity_name: str, path: str, *, nearest: str | None) -> None:
        self.entity_name = entity_name
        self.path = path
        self.nearest = nearest
        hint = f" Did you mean {nearest!r}?" if nearest else ""
        super().__init__(f"{entity_name} has no property {path!r}.{hint}")

    def __str__(self) -> str:
        return str(self.args[0])


def path_type(entity: Entity, path: str) -> FieldType:
    """The type of the property at `path`; steps may be in any letter case, lists are stepped through.

    Raises:
        UnknownPath: the entity has no such property.
    """
    return _found(entity, path)[1]


def path_spelling(entity: Entity, path: str) -> str:
    """The same path as QuickBooks spells it, e.g. `MetaData.CreateTime` for `metadata.createtime`.

    Raises:
        UnknownPath: the entity has no such property.
    """
    return _found(entity, path)[0]


def _found(entity: Entity, path: str) -> tuple[str, FieldType]:
    fields: Mapping[str, Field] = entity.fields
    spelled: list[str] = []
    here: FieldType | None = None
    for step in path.split("."):
        below = here.item if isinstance(here, ListOf) else here
        if isinstance(below, Ref) and step.lower() in {"value", "name", "type"}:
            spelled.append(step.lower())
            here = Scalar("string")
            continue
        if isinstance(below, Object):
            fields = object_type(below.name)
        elif below is not None:
            raise UnknownPath(entity.name, path, nearest=".".join(spelled) or None)
        name = _spelled(step, fields)
        if name is None:
            close = nearest_name(step, fields)
            raise UnknownPath(entity.name, path, nearest=".".join([*spelled, close]) if close else None)
        spelled.append(name)
        here = fields[name].type
    assert here is not None, "a split text has at least one step"
    return ".".join(spelled), here


def _spelled(step: str, fields: Mapping[str, Field]) -> str | None:
    if step in fields:
        return step
    return next((name for name in fields if name.lower() == step.lower()), None)
