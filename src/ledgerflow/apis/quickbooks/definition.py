"""The OpenAPI 3.1 document of QuickBooks Online, which Intuit does not publish: made from the facts, fully typed."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ledgerflow.apis.quickbooks.connecting import ACCOUNTING_SCOPE, COMPANY_PARAMETER, SERVERS, SIGN_IN
from qbo_facts import (
    Entity,
    Enum,
    Field,
    FieldType,
    ListOf,
    Object,
    Ref,
    Scalar,
    entity,
    entity_names,
    enum,
    enum_names,
    object_names,
    object_type,
    report_parameters,
    reports,
)

_BASE = f"/v3/company/{{{COMPANY_PARAMETER}}}"
_SCALARS: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "decimal": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
_COMPANY = {"$ref": "#/components/parameters/company"}
_ID = {"$ref": "#/components/parameters/id"}
_MINOR_VERSION = {"$ref": "#/components/parameters/minorversion"}
_REQUEST_ID = {"$ref": "#/components/parameters/requestid"}
_REFUSED = {"default": {"$ref": "#/components/responses/refused"}}


@cache
def definition() -> dict[str, Any]:
    """The document. Every request's name stands in `summary`; what OpenAPI cannot say, under `x-ledgerflow`."""
    paths: dict[str, Any] = {}
    for name in entity_names():
        paths |= _entity_paths(entity(name))
    paths |= _shared_paths() | _report_paths()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "QuickBooks Online Accounting API",
            "version": "v3, minor version 75",
            "description": "Entities, fields and operations of the QuickBooks Online Accounting API, gathered from "
            "public sources. Answers may hold further fields at any time.",
        },
        "servers": [{"url": url, "description": name} for name, url in SERVERS.items()],
        "security": [{"oauth2": [ACCOUNTING_SCOPE]}],
        "tags": [{"name": name} for name in entity_names()],
        "paths": paths,
        "components": _components(),
        "x-ledgerflow": {"provider": "quickbooks"},
    }


def words(name: str) -> str:
    """An entity's name as people say it: `BillPayment` is a bill payment."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _entity_paths(one: Entity) -> dict[str, Any]:
    offered, path = one.operations, f"{_BASE}/{one.path}"
    said = words(one.name)
    paths: dict[str, Any] = {}
    if offered.read:
        paths |= _read_paths(one, path, said)
    if offered.create or offered.full_update or offered.sparse_update or offered.delete:
        paths.setdefault(path, {})["post"] = _save(one, said)
    if offered.pdf:
        paths[f"{path}/{{id}}/pdf"] = {
            "get": _operation(one.name, f"Read {said} as PDF", [_COMPANY, _ID], _binary("application/pdf"))
        }
    if offered.send:
        send_to = _query_parameter("sendTo", "The address to send to, instead of the record's own.")
        paths[f"{path}/{{id}}/send"] = {
            "post": _operation(one.name, f"Send {said} by e-mail", [_COMPANY, _ID, send_to], _enveloped(one))
        }
    return paths


def _read_paths(one: Entity, path: str, said: str) -> dict[str, Any]:
    form, title = one.operations.read_form, f"Read {said}"
    records = {"x-ledgerflow": {"records": one.json_key}} if one.json_key else {}
    if form == "own_path":
        plain = _operation(one.name, title, [_COMPANY], _binary("application/xml"))
        return {f"/{one.path}": {"get": plain}}
    if form == "by_currency":
        asked = [
            _COMPANY,
            _query_parameter("sourcecurrencycode", "The currency to convert from, such as EUR.", required=True),
            _query_parameter("asofdate", "The day of the rate; today without it.", schema=_SCALARS["date"]),
            _MINOR_VERSION,
        ]
        return {path: {"get": _operation(one.name, title, asked, _enveloped(one)) | records}}
    if form == "by_realm":
        address = f"{path}/{{{COMPANY_PARAMETER}}}"
        return {address: {"get": _operation(one.name, title, [_COMPANY, _MINOR_VERSION], _enveloped(one)) | records}}
    if form == "single":
        return {path: {"get": _operation(one.name, title, [_COMPANY, _MINOR_VERSION], _enveloped(one)) | records}}
    by_id = _operation(one.name, title, [_COMPANY, _ID, _MINOR_VERSION], _enveloped(one)) | records
    paths = {f"{path}/{{id}}": {"get": by_id}}
    if form == "list_or_id":
        paths[path] = {"get": _operation(one.name, f"List {said}", [_COMPANY, _MINOR_VERSION], _json({}))}
    return paths


def _save(one: Entity, said: str) -> dict[str, Any]:
    """The one POST of an entity: what is in the body and in `operation` says what it does."""
    offered = one.operations
    operations: list[str] = []
    parameters = [_COMPANY, _MINOR_VERSION, _REQUEST_ID]
    told: list[str] = []
    if offered.create:
        told.append("A body without Id makes a new record.")
    if offered.full_update or offered.sparse_update is not None:
        operations.append("update")
        told.append("A body with Id and SyncToken replaces the record; with sparse: true it changes what is given.")
    if offered.delete:
        operations.append("delete")
        told.append("operation=delete with Id and SyncToken deletes it.")
    if offered.void is not None:
        if offered.void.shape == "operation_void":
            operations.append("void")
            told.append("operation=void with Id and SyncToken voids it.")
        else:
            told.append("operation=update and include=void with Id, SyncToken and sparse: true void it.")
    if operations:
        known = {"type": "string", "enum": operations}
        parameters.append(_query_parameter("operation", "What to do, when not to save.", schema=known))
    parameters.append(_query_parameter("include", "Further wishes, separated by commas."))
    saved = _operation(one.name, f"Save {said}", parameters, _enveloped(one))
    body = {"required": True, "content": {"application/json": {"schema": _schema_ref(one.name)}}}
    return {**saved, "description": " ".join(told), "requestBody": body}


def _shared_paths() -> dict[str, Any]:
    query = _query_parameter("query", "A statement such as SELECT * FROM Invoice MAXRESULTS 10.", required=True)
    statement = {"required": True, "content": {"application/text": {"schema": {"type": "string"}}}}
    entities = _query_parameter("entities", "Names separated by commas.", required=True)
    since = _query_parameter(
        "changedSince", "At most 30 days back.", required=True, schema={"type": "string", "format": "date-time"}
    )
    found = _json({"type": "object", "properties": {"QueryResponse": {"type": "object"}, "time": _SCALARS["datetime"]}})
    return {
        f"{_BASE}/query": {
            "get": _operation("query", "Query", [_COMPANY, query, _MINOR_VERSION], found),
            "post": _operation("query", "Query with a long statement", [_COMPANY, _MINOR_VERSION], found)
            | {"requestBody": statement},
        },
        f"{_BASE}/cdc": {
            "get": _operation("cdc", "Read changes", [_COMPANY, entities, since, _MINOR_VERSION], _json({}))
        },
        f"{_BASE}/batch": {
            "post": _operation("batch", "Send a batch", [_COMPANY, _MINOR_VERSION, _REQUEST_ID], _json({}))
            | {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
        },
    }


def _report_paths() -> dict[str, Any]:
    paths = {}
    for name, report in reports().items():
        known = report.parameters if report.parameters is not None else report_parameters()
        asked = [_COMPANY, *(_query_parameter(parameter, "") for parameter in known)]
        title = f"Report {report.page or name}" if (report.page or name) == name else f"Report {report.page} ({name})"
        paths[f"{_BASE}/reports/{name}"] = {"get": _operation("report", title, asked, _json({"type": "object"}))}
    return paths


def _components() -> dict[str, Any]:
    schemas = {name: _object_schema(_without_wrapped(entity(name))) for name in entity_names()}
    schemas |= {f"{name}_object": _object_schema(object_type(name)) for name in object_names()}
    schemas |= {f"{name}_enum": {"type": "string", "enum": list(enum(name))} for name in enum_names()}
    for name in entity_names():
        for wrapped in entity(name).wraps:
            schemas[name]["properties"].setdefault(wrapped, _schema_ref(wrapped))
    schemas["Reference"] = {
        "type": "object",
        "description": "Points to another record; the name is for reading.",
        "properties": {name: {"type": "string"} for name in ("value", "name", "type")},
        "required": ["value"],
    }
    return {
        "schemas": schemas,
        "parameters": {
            "company": _path_parameter(COMPANY_PARAMETER, "The company."),
            "id": _path_parameter("id", "The record's Id."),
            "minorversion": _query_parameter(
                "minorversion", "75 is what every lower number means too.", schema={"type": "string", "default": "75"}
            ),
            "requestid": _query_parameter(
                "requestid",
                "Unique per deed; sending it again repeats the first answer and does nothing more.",
                schema={"type": "string", "maxLength": 50},
            ),
        },
        "responses": {"refused": {"description": "A fault with its code and reason."} | _content({})},
        "securitySchemes": {
            "oauth2": {
                "type": "oauth2",
                "flows": {
                    "authorizationCode": {
                        "authorizationUrl": SIGN_IN.auth_url,
                        "tokenUrl": SIGN_IN.token_url,
                        "refreshUrl": SIGN_IN.token_url,
                        "scopes": {ACCOUNTING_SCOPE: "The whole Accounting API, reading and writing."},
                    }
                },
            }
        },
    }


def _without_wrapped(one: Entity) -> dict[str, Field]:
    return {name: field for name, field in one.fields.items() if name not in one.wraps}


def _object_schema(fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {name: _field_schema(field) for name, field in fields.items()}}


def _field_schema(field: Field) -> dict[str, Any]:
    schema = dict(_type_schema(field.type))
    if field.read_only:
        schema["readOnly"] = True
    if field.max_length is not None and schema.get("type") == "string":
        schema["maxLength"] = field.max_length
    if field.deprecated:
        schema["deprecated"] = True
    if not field.documented:
        schema["description"] = "In the schema files only; answers may leave it out."
    return schema


def _type_schema(kind: FieldType) -> dict[str, Any]:
    if isinstance(kind, Scalar):
        return _SCALARS[kind.kind]
    if isinstance(kind, Enum):
        return _schema_ref(f"{kind.name}_enum")
    if isinstance(kind, Ref):
        return _schema_ref("Reference")
    if isinstance(kind, Object):
        return _schema_ref(f"{kind.name}_object")
    assert isinstance(kind, ListOf)
    return {"type": "array", "items": _type_schema(kind.item)}


def _operation(tag: str, summary: str, parameters: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
    return {"summary": summary, "tags": [tag], "parameters": parameters, "responses": {"200": answer, **_REFUSED}}


def _enveloped(one: Entity) -> dict[str, Any]:
    if one.json_key is None:
        return _json(_schema_ref(one.name))
    return _json({"type": "object", "properties": {one.json_key: _schema_ref(one.name), "time": {"type": "string"}}})


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "Done."} | _content(schema)


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _binary(kind: str) -> dict[str, Any]:
    return {"description": "Done.", "content": {kind: {}}}


def _schema_ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _path_parameter(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}


def _query_parameter(
    name: str, description: str, *, required: bool = False, schema: dict[str, Any] | None = None
) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "in": "query", "schema": schema or {"type": "string"}}
    if required:
        made["required"] = True
    return made | ({"description": description} if description else {})
