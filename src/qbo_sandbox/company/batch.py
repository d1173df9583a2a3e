"""POST batch: up to 30 writes and queries in one call, each with an answer of its own."""

from typing import Any

import qbo_facts
from qbo_facts import Entity
from qbo_sandbox.company.answers import fault_part
from qbo_sandbox.company.company import Company, check_request_id
from qbo_sandbox.company.faults import FaultError, Refused, missing, unsupported
from qbo_sandbox.company.json_text import Body, write_json
from qbo_sandbox.company.reading import query_part

_NOT_ENTITIES = frozenset({"bId", "operation", "optionsData", "Query", "CDCQuery", "ReportQuery"})
_OPERATIONS = ("create", "update", "delete")
_OPTIONS = frozenset({"void", "allowduplicatedocnum", "donotupdateaccountontxns"})


def batch_part(company: Company, body: Body, *, request_id: str | None) -> bytes:
    """`"BatchItemResponse": [...]` without braces around it; items stand in the order of the request.

    An item that is refused leaves the others alone.

    Raises:
        Refused: the call as a whole: no items, or more than 30.
    """
    items = body.get("BatchItemRequest")
    if not isinstance(items, list) or not items:
        raise Refused(missing("BatchItemRequest"))
    most = qbo_facts.limits()["batch_items"].value
    if len(items) > most:
        detail = f"Batch size exceeds allowed limit : {len(items)} items, at most {most} are allowed"
        raise Refused(FaultError(code="1040", detail=detail))
    answers = [_item_answer(company, item, request_id) for item in items]
    return b'"BatchItemResponse":[' + b",".join(answers) + b"]"


def _item_answer(company: Company, item: Any, request_id: str | None) -> bytes:
    b_id = str(item.get("bId", "")) if isinstance(item, dict) else ""
    try:
        part = _performed(company, item, b_id, request_id)
    except Refused as refused:
        part = fault_part(refused)
    tail = b'"bId":' + write_json(b_id) + b"}"
    return b"{" + (part + b"," if part else b"") + tail


def _performed(company: Company, item: Any, b_id: str, request_id: str | None) -> bytes:
    if not isinstance(item, dict):
        raise Refused(missing("BatchItemRequest.bId"))
    if not b_id:
        raise Refused(missing("bId"))
    if request_id:
        check_request_id(request_id + b_id)
    if "Query" in item:
        return b"".join(query_part(company.store, str(item["Query"]), now=company.clock.now()))
    entity, body = _record(item)
    operation = str(item.get("operation", ""))
    if operation not in _OPERATIONS or not entity.operations.batch:
        raise unsupported(f"{operation or 'batch'} for entity {entity.name}")
    options = {option.strip().lower() for option in str(item.get("optionsData") or "").split(",")} - {""}
    if unknown := options - _OPTIONS:
        raise Refused(FaultError(code="2170", detail=f"Invalid Enumeration : {min(unknown)}", element="optionsData"))
    if "void" in options:
        return _voided(company, entity, body, operation)
    return company.write(entity, body, operation=operation, include=frozenset(options))


def _voided(company: Company, entity: Entity, body: Body, operation: str) -> bytes:
    """In a batch every void has the one shape: operation update with the option void."""
    offered = entity.operations.void
    if operation != "update" or offered is None:
        raise unsupported("void")
    if offered.shape == "operation_void":
        return company.write(entity, body, operation="void")
    return company.write(entity, body, operation="update", include=frozenset({"void"}))


def _record(item: Body) -> tuple[Entity, Body]:
    """The entity that stands in an item, and its body."""
    for key, value in item.items():
        if key in _NOT_ENTITIES:
            continue
        entity = _entity(key)
        if entity is not None and isinstance(value, dict):
            return entity, value
        detail = f'Property Name:Unrecognized field "{key}" specified is unsupported or invalid'
        raise Refused(FaultError(code="2010", detail=detail))
    for key in ("CDCQuery", "ReportQuery"):
        if key in item:
            raise unsupported(key)
    raise Refused(missing("BatchItemRequest"))


def _entity(key: str) -> Entity | None:
    """The entity whose records stand under this key."""
    for name in qbo_facts.entity_names():
        if key == (qbo_facts.entity(name).json_key or name):
            return qbo_facts.entity(name)
    return None
