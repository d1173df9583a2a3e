"""Add, list and remove the requests of an api."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ledgerflow.actions.apis import open_api, request_line
from ledgerflow.core.api import EXTENSION, METHODS, Request, path_problem, with_braces
from ledgerflow.core.api_document import read_api
from ledgerflow.core.documents import Document, Key
from ledgerflow.core.errors import InputRefused, nearest_name
from ledgerflow.runner.workspace import Workspace

_PAGING_EXAMPLES = {
    "offset": "offset,parameter=offset,limit_parameter=limit,limit=100",
    "page": "page,parameter=page,limit_parameter=per_page,limit=100",
    "cursor": "cursor,parameter=cursor,field=meta.next_cursor",
    "next_url": "next_url,field=links.next",
    "none": "none",
}


def list_requests(workspace: Workspace, api_name: str) -> list[dict[str, Any]]:
    """The requests of an api."""
    api, provider = open_api(workspace, api_name)
    return [request_line(request, provider) for request in api.requests]


def add_request(
    workspace: Workspace,
    api_name: str,
    *,
    name: str,
    method: str,
    path: str,
    query: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    content_type: str = "application/json",
    records: str | None = None,
    paging: str | None = None,
    description: str | None = None,
) -> dict[str, Any]:
    """Add a request to an api's document; `:id` in the path becomes `{id}`.

    `query` holds `name=default`, or `name` alone for a value that has to be given. `body` is what is sent when nobody
    gives another. `paging` is a kind with its settings, such as `page,parameter=page`. The whole document is checked
    before it is saved.

    Raises:
        InputRefused: the name, or method and path, are taken; or something in it is wrong.
    """
    api, provider = open_api(workspace, api_name)
    document = workspace.files.read("api", api_name)
    method = _method(method)
    path = with_braces(path)
    place = f"{document.file}, request {name!r}"
    if (problem := path_problem(path)) is not None:
        raise InputRefused(problem, where=place, next_step="Correct the path; its parameters stand in braces.")
    _refuse_taken(api.requests, name, method, path, place)
    operation: dict[str, Any] = {"summary": " ".join(name.split())}
    if description:
        operation["description"] = description
    parameters = [*(_path_parameter(each) for each in _names_in(path)), *map(_query_parameter, query)]
    parameters += [_with_default(key, "header", value) for key, value in (headers or {}).items()]
    if parameters:
        operation["parameters"] = parameters
    if body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {content_type: {"example": _body_example(body, content_type, place)}},
        }
    elif method in {"POST", "PUT", "PATCH"}:
        operation["requestBody"] = {"content": {content_type: {}}}
    operation["responses"] = {"200": {"description": "Done."}}
    own: dict[str, Any] = {"records": records} if records else {}
    if paging is not None:
        own["paging"] = _paging(paging, place)
    if own:
        operation[EXTENSION] = own
    document.set(("paths", path, method.lower()), operation)
    _save_checked(workspace, document)
    added = read_api(workspace.files.read("api", api_name)).request(name, where=document.file)
    return {"api": api_name, "file": document.file, **request_line(added, provider)}


def remove_request(workspace: Workspace, api_name: str, name: str) -> dict[str, Any]:
    """Take a request out of an api's document. One that the provider ships cannot be removed."""
    api, _ = open_api(workspace, api_name)
    document = workspace.files.read("api", api_name)
    request = api.request(name, where=document.file)
    if request.shipped:
        raise InputRefused(
            f"{request.name!r} belongs to the shipped definition.",
            where=document.file,
            next_step="Leave it, or add one of the same method and path to replace it.",
        )
    key: Key = ("paths", request.path)
    document.remove((*key, request.method.lower()))
    left = document.data["paths"][request.path]
    if not any(method in left for method in METHODS):
        document.remove(key)
    _save_checked(workspace, document)
    return {"api": api_name, "file": document.file, "removed": request.name}


def _save_checked(workspace: Workspace, document: Document) -> None:
    """Save a changed document once all of it is found sound."""
    read_api(Document(document.text(), file=document.file))
    workspace.files.save(document)


def _refuse_taken(requests: Sequence[Request], name: str, method: str, path: str, place: str) -> None:
    for request in requests:
        if request.shipped and request.name.casefold() != name.casefold():
            continue
        same_place = (request.method, request.path) == (method, path)
        if request.name.casefold() == name.casefold() or same_place:
            what = f"{method} {path} is already there as {request.name!r}." if same_place else None
            raise InputRefused(
                what or f"There is a request {request.name!r} already.",
                where=place,
                next_step="Choose another name, or remove that one with `ledgerflow api request remove`.",
            )


def _method(given: str) -> str:
    if given.lower() in METHODS:
        return given.upper()
    nearest = nearest_name(given, METHODS)
    raise InputRefused(
        f"{given!r} is no HTTP method." + (f" Did you mean {nearest.upper()!r}?" if nearest else ""),
        where="the request's method",
        next_step=f"Use one of {', '.join(method.upper() for method in METHODS)}.",
    )


def _names_in(path: str) -> list[str]:
    return re.findall(r"\{([^{}]+)\}", path)


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query_parameter(given: str) -> dict[str, Any]:
    name, equals, default = given.partition("=")
    if not name:
        raise InputRefused(
            f"{given!r} names no parameter.",
            where="--query",
            next_step="Write --query name=default, or --query name for a value that has to be given.",
        )
    if equals:
        return _with_default(name, "query", default)
    return {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}


def _with_default(name: str, location: str, default: str) -> dict[str, Any]:
    return {"name": name, "in": location, "schema": {"type": "string", "default": default}}


def _body_example(body: str, content_type: str, place: str) -> Any:
    """A JSON body as a structure, so that people can read and change it in the file; any other as text."""
    if not content_type.endswith("json"):
        return body
    try:
        found = json.loads(body)
        exact = json.loads(body, parse_float=Decimal)
    except ValueError as error:
        raise InputRefused(
            f"The body is not JSON: {error}.",
            where=place,
            next_step="Correct it, or name its type with --content-type.",
        ) from error
    return found if _same_numbers(found, exact) else body


def _same_numbers(found: Any, exact: Any) -> bool:
    """Does a structure keep every number that stands in the text?"""
    if isinstance(exact, Decimal):
        return Decimal(repr(found)) == exact
    if isinstance(exact, dict):
        return all(_same_numbers(found[key], inner) for key, inner in exact.items())
    if isinstance(exact, list):
        return all(map(_same_numbers, found, exact))
    return True


def _paging(text: str, place: str) -> dict[str, Any]:
    """`offset,parameter=start,limit=100` as settings."""
    kind, *settings = [part.strip() for part in text.split(",")]
    if kind not in _PAGING_EXAMPLES:
        nearest = nearest_name(kind, list(_PAGING_EXAMPLES))
        raise InputRefused(
            f"{kind!r} is no kind of paging." + (f" Did you mean {nearest!r}?" if nearest else ""),
            where=place,
            next_step=f"Write one such as --paging {_PAGING_EXAMPLES['page']}; kinds: {', '.join(_PAGING_EXAMPLES)}.",
        )
    found: dict[str, Any] = {"kind": kind}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise InputRefused(
                f"{setting!r} is not NAME=VALUE.",
                where=f"{place}, --paging",
                next_step=f"Write it as --paging {_PAGING_EXAMPLES[kind]}.",
            )
        found[name] = int(value) if value.isdigit() else value
    return found
