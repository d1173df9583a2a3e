"""Finds what a body lacks, from the requirements among the facts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from qbo_facts.model import Condition, Entity, Operation, Requirement
from qbo_facts.violation import Violation

_IDENTITY = ("Id", "SyncToken")


def missing_parts(
    entity: Entity, body: Mapping[str, Any], *, operation: Operation, company: Collection[str], prefix: str
) -> Iterator[Violation]:
    """A `required` violation for each value that is absent, null or empty; each path at most once."""
    seen: set[str] = set()
    for violation in _missing(entity, body, operation, company):
        if violation.path not in seen:
            seen.add(violation.path)
            yield violation if not prefix else _moved(violation, prefix)


def value_at(body: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path without list steps; None when any part of the way is missing."""
    here: Any = body
    for step in path.split("."):
        if not isinstance(here, Mapping):
            return None
        here = here.get(step)
    return here


def elements_at(body: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Objects in the list at `path` with their own paths; `Line[].LinkedTxn` walks the inner lists of every line."""
    head, _, tail = path.partition("[].")
    elements = value_at(body, head)
    if not isinstance(elements, list | tuple):
        return
    for index, element in enumerate(elements):
        if not isinstance(element, Mapping):
            continue
        here = f"{head}[{index}]"
        if not tail:
            yield here, element
            continue
        for below, inner in elements_at(element, tail):
            yield f"{here}.{below}", inner


def _missing(
    entity: Entity, body: Mapping[str, Any], operation: Operation, company: Collection[str]
) -> Iterator[Violation]:
    if operation in ("delete", "void"):
        yield from _absent(body, [name for name in _IDENTITY if name in entity.fields])
        return
    if operation in ("update", "sparse"):
        yield from _absent(body, [field.name for field in entity.fields.values() if field.required == "update"])
    sparse = entity.operations.sparse_update
    if operation == "sparse" and sparse is not None:
        yield from _absent(body, sparse.repeat)
        yield from _no_alternative(body, sparse.repeat_any)
    for requirement in entity.required:
        if operation in requirement.on and (requirement.company is None or requirement.company in company):
            yield from _unmet(requirement, body)


def _unmet(requirement: Requirement, body: Mapping[str, Any]) -> Iterator[Violation]:
    scopes = [("", body)] if requirement.each is None else list(elements_at(body, requirement.each))
    for here, scope in scopes:
        if not all(_holds(condition, scope) for condition in requirement.when):
            continue
        prefix = f"{here}." if here else ""
        yield from _absent(scope, requirement.all_of, prefix)
        yield from _no_alternative(scope, requirement.any_of, prefix)
        if requirement.items is not None:
            yield from _too_few(requirement, scope, prefix)


def _absent(scope: Mapping[str, Any], paths: Collection[str], prefix: str = "") -> Iterator[Violation]:
    for path in paths:
        if not _is_given(value_at(scope, path)):
            yield Violation(kind="required", path=f"{prefix}{path}")


def _no_alternative(
    scope: Mapping[str, Any], alternatives: tuple[tuple[str, ...], ...], prefix: str = ""
) -> Iterator[Violation]:
    if not alternatives or any(all(_is_given(value_at(scope, path)) for path in paths) for paths in alternatives):
        return
    named = tuple(tuple(f"{prefix}{path}" for path in paths) for paths in alternatives)
    yield Violation(kind="required", path=named[0][0], alternatives=named)


def _too_few(requirement: Requirement, scope: Mapping[str, Any], prefix: str) -> Iterator[Violation]:
    assert requirement.items is not None
    found = [element for _, element in elements_at(scope, requirement.items)]
    fitting = [element for element in found if all(_holds(condition, element) for condition in requirement.where)]
    if len(fitting) < requirement.at_least:
        kinds = tuple(str(value) for condition in requirement.where for value in condition.values)
        path = f"{prefix}{requirement.items}"
        yield Violation(kind="required", path=path, limit=requirement.at_least, allowed=kinds)


def _holds(condition: Condition, scope: Mapping[str, Any]) -> bool:
    value = value_at(scope, condition.path)
    if isinstance(value, str) and value.lower() in {"true", "false"} and True in condition.values:
        return value.lower() == "true"
    return any(value == wanted and type(value) is type(wanted) for wanted in condition.values)


def _is_given(value: Any) -> bool:
    return value is not None and value != "" and not (isinstance(value, list | tuple | Mapping) and not value)


def _moved(violation: Violation, prefix: str) -> Violation:
    return Violation(
        kind=violation.kind,
        path=f"{prefix}{violation.path}",
        limit=violation.limit,
        allowed=violation.allowed,
        alternatives=tuple(tuple(f"{prefix}{path}" for path in paths) for paths in violation.alternatives),
    )
