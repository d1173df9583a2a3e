"""Names of list records: built from their parts, told apart, nested under parents, marked when made inactive."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import qbo_facts
from qbo_facts import Entity
from qbo_sandbox.company.faults import FaultError, bad_reference, business
from qbo_sandbox.company.json_text import Body
from qbo_sandbox.company.work import Place, Work
from qbo_sandbox.query import Property

_PERSON = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
_MARK = re.compile(r" \(deleted(-\d+)?\)$")
_PARENT = Property(("ParentRef", "value"), "text")
_KINDS = {
    "Customer": "customer, vendor or employee",
    "Vendor": "customer, vendor or employee",
    "Employee": "customer, vendor or employee",
    "Item": "product or service",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """How an entity nests: the name that is joined by colons, and the fields that say a record is below another."""

    name: str
    is_below: str
    has_level: bool = False


_TREES = {
    "Customer": _Tree(name="DisplayName", is_below="Job", has_level=True),
    "Account": _Tree(name="Name", is_below="SubAccount"),
    "Item": _Tree(name="Name", is_below="SubItem", has_level=True),
    "Class": _Tree(name="Name", is_below="SubClass"),
    "Department": _Tree(name="Name", is_below="SubDepartment"),
}


def name_field(entity: Entity) -> str | None:
    """The field a list record is called by, None for entities without a name."""
    return next((name for name in ("DisplayName", "Name") if name in entity.fields), None)


def settle_names(work: Work, entity: Entity, record_id: int | None, body: Body, old: Body | None) -> list[FaultError]:
    """Complete the names of a list record and check that nobody else has them.

    `record_id` is None for a record that is new.
    """
    called = name_field(entity)
    if entity.kind != "name_list" or called is None:
        return []
    if called == "DisplayName" and not body.get("DisplayName"):
        parts = [str(body[part]) for part in _PERSON if body.get(part)]
        if parts:
            body["DisplayName"] = " ".join(parts)
    if body.get(called):
        body[called] = _MARK.sub("", body[called]) if _comes_back(body, old) else body[called]
        if "PrintOnCheckName" in entity.fields:
            body.setdefault("PrintOnCheckName", body.get("CompanyName") or body[called])
    errors = _nest(work, entity, record_id, body)
    if errors:
        return errors
    if body.get("Active") is False:
        _mark_deleted(work, entity, record_id, body, called)
        return []
    taken = _is_taken(work, entity, record_id, body)
    return [_duplicate(entity)] if taken else []


def rename_below(work: Work, entity: Entity, record_id: int, body: Body) -> None:
    """Give the records below a renamed one their new full names."""
    tree = _TREES.get(entity.name)
    if tree is None:
        return
    for place, child in _children(work, entity, record_id):
        full = f"{body['FullyQualifiedName']}:{child.get(tree.name)}"
        if child.get("FullyQualifiedName") != full:
            renamed = work.touched(child | {"FullyQualifiedName": full}, writes=0)
            work.put(place, renamed)
            rename_below(work, entity, place[1], renamed)


def _comes_back(body: Body, old: Body | None) -> bool:
    return old is not None and old.get("Active") is False and body.get("Active") is not False


def _nest(work: Work, entity: Entity, record_id: int | None, body: Body) -> list[FaultError]:
    """Full name and level under the parent."""
    tree = _TREES.get(entity.name)
    if tree is None or not body.get(tree.name):
        return []
    parent_ref = body.get("ParentRef")
    says_top = not entity.fields[tree.is_below].read_only and body.get(tree.is_below) is False
    if not parent_ref or says_top:
        body.pop("ParentRef", None)
        body[tree.is_below] = False
        body["FullyQualifiedName"] = body[tree.name]
        body.pop("Level", None)
        return []
    above = list(_ancestors(work, entity, str(parent_ref["value"])))
    if not above or (record_id is not None and any(place[1] == record_id for place, _ in above)):
        return [bad_reference("ParentRef")]
    most = qbo_facts.limits()["name_levels"].value
    if len(above) >= most:
        return [business(f"You can nest up to {most} levels of {entity.name.lower()}s.")]
    body[tree.is_below] = True
    body["FullyQualifiedName"] = f"{above[0][1].get('FullyQualifiedName')}:{body[tree.name]}"
    if tree.has_level:
        body["Level"] = len(above)
    return []


def _ancestors(work: Work, entity: Entity, id_text: str) -> Iterator[tuple[Place, Body]]:
    """The parent, its parent and so on."""
    seen: set[Place] = set()
    place = work.place(entity.name, id_text)
    while place is not None and place not in seen:
        seen.add(place)
        body = work.read(place)
        if body is None:
            return
        yield place, body
        above = body.get("ParentRef")
        place = work.place(entity.name, str(above["value"])) if above else None


def _children(work: Work, entity: Entity, record_id: int) -> list[tuple[Place, Body]]:
    ids = work.store.table(entity.name).ids_where(_PARENT, str(record_id))
    places = [(entity.name, child_id) for child_id in sorted(ids)]
    return [(place, body) for place in places if (body := work.read(place)) is not None]


def _mark_deleted(work: Work, entity: Entity, record_id: int | None, body: Body, called: str) -> None:
    """Add ` (deleted)` to the names of an inactive record, with a number where that name is taken as well."""
    plain = _MARK.sub("", body[called])
    full = _MARK.sub("", str(body.get("FullyQualifiedName", plain)))
    for attempt in range(10_000):
        mark = " (deleted)" if attempt == 0 else f" (deleted-{attempt})"
        body[called] = plain + mark
        if "FullyQualifiedName" in body:
            body["FullyQualifiedName"] = full + mark
        if not _is_taken(work, entity, record_id, body):
            return


def _is_taken(work: Work, entity: Entity, record_id: int | None, body: Body) -> bool:
    unique = entity.unique_names
    if unique is None or not body.get(unique.field):
        return False
    key = str(body[unique.field]).casefold()
    for name in unique.scope:
        holders = work.store.table(name).ids_where(Property((unique.field,), "text"), key)
        if holders - ({record_id} if name == entity.name else set()):
            return True
    return False


def _duplicate(entity: Entity) -> FaultError:
    kind = _KINDS.get(entity.name, entity.name.lower())
    return FaultError(
        code="6240",
        detail=f"The name supplied already exists. : Another {kind} is already using this name. "
        "Please use a different name.",
        element=name_field(entity),
    )
