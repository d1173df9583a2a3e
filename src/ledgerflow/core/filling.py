"""A request with its values becomes a call: who gives which value, and everything that is missing at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ledgerflow.core.api import Parameter, Request
from ledgerflow.core.calls import ApiCall
from ledgerflow.core.errors import Fault, nearest_name, refuse

_WHOLE_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CallKind:
    """What a call is to the provider: the kind the meter counts it as, whether it is charged for, whether sending it
    again changes nothing more."""

    kind: str
    metered: bool
    repeatable: bool


Classify = Callable[[str, str, Mapping[str, str]], CallKind]
"""Method, path and query to the kind of call."""


def plain_kind(method: str, path: str, query: Mapping[str, str]) -> CallKind:
    """The kind of a call to an api that nothing more is known of."""
    reads = method in {"GET", "HEAD", "OPTIONS"}
    return CallKind(kind="read" if reads else "write", metered=False, repeatable=method in _REPEATABLE)


def fill(
    request: Request,
    given: Mapping[str, str],
    *,
    shared: Mapping[str, str],
    company: Mapping[str, str],
    body: str | None = None,
    classify: Classify = plain_kind,
    where: str,
) -> ApiCall:
    """The call of a request.

    A value is taken from the first of: `given`; `company` (the parameter that the company fills); `shared` (the
    connection's parameters, which every request inherits); the default in the document. A shared parameter that the
    request does not declare goes into the query. `body` replaces the document's own; in the document's own, a text
    that is wholly `{name}` stands for that value.

    Raises:
        InputRefused: values are missing, unknown or not among those allowed; all of them at once, placed at `where`.
    """
    declared = {parameter.name: parameter for parameter in request.parameters}
    in_body = _placeholders(request.body) if body is None else set()
    faults = [_unknown(name, [*declared, *in_body, *shared], where) for name in given]
    values = {**_defaults(request), **shared, **company, **given}
    faults += [
        _fault(where, parameter.name, f"{request.name} needs {parameter.name} ({parameter.location}).")
        for parameter in request.parameters
        if parameter.required and parameter.name not in values
    ]
    faults += [_fault(where, name, f"{request.name} needs {name} (body).") for name in in_body if name not in values]
    if request.body_required and body is None and request.body is None:
        faults.append(_fault(where, "body", f"{request.name} needs a body."))
    faults += [_wrong(parameter, values[name], where) for name, parameter in declared.items() if name in values]
    found = [fault for fault in faults if fault is not None]
    refuse(found, what=_told(found), where=where, next_step=_next_step(found))
    query = {name: value for name, value in values.items() if _location(declared, name, in_body, company) == "query"}
    path = request.path
    for name, parameter in declared.items():
        if parameter.location == "path":
            path = path.replace(f"{{{name}}}", quote(values[name], safe=""))
    kind = classify(request.method, path, query)
    content = _filled_body(request, body, values)
    return ApiCall(
        method=request.method,
        path=path,
        kind=kind.kind,
        metered=kind.metered,
        repeatable=kind.repeatable,
        query=query,
        headers={"Accept": request.accept, **_headers(declared, values)},
        body=content,
        content_type=request.content_type if content is not None else None,
    )


def body_values(request: Request) -> list[str]:
    """The names of the values that stand in a request's own body, sorted."""
    return sorted(_placeholders(request.body))


def _defaults(request: Request) -> dict[str, str]:
    return {parameter.name: parameter.default for parameter in request.parameters if parameter.default is not None}


def _location(declared: Mapping[str, Parameter], name: str, in_body: set[str], company: Mapping[str, str]) -> str:
    """Where a value goes. Undeclared ones are shared parameters, but the company's only goes where it is asked for."""
    if name in declared:
        return declared[name].location
    return "nowhere" if name in in_body or name in company else "query"


def _headers(declared: Mapping[str, Parameter], values: Mapping[str, str]) -> dict[str, str]:
    headers = {
        name: values[name] for name, parameter in declared.items() if parameter.location == "header" and name in values
    }
    cookies = [
        f"{name}={values[name]}"
        for name, parameter in declared.items()
        if parameter.location == "cookie" and name in values
    ]
    return {**headers, **({"Cookie": "; ".join(cookies)} if cookies else {})}


def _placeholders(body: str | None) -> set[str]:
    """The names for which values stand in a document's body."""
    if body is None or "{" not in body:
        return set()
    try:
        found = json.loads(body)
    except ValueError:
        return set()
    return {name for text in _texts(found) if (name := _name_in(text)) is not None}


def _filled_body(request: Request, body: str | None, values: Mapping[str, str]) -> bytes | None:
    if body is not None:
        return body.encode()
    if request.body is None:
        return None
    if not _placeholders(request.body):
        return request.body.encode()
    return json.dumps(_with_values(json.loads(request.body), values), ensure_ascii=False).encode()


def _with_values(node: Any, values: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _with_values(inner, values) for key, inner in node.items()}
    if isinstance(node, list):
        return [_with_values(inner, values) for inner in node]
    name = _name_in(node) if isinstance(node, str) else None
    return node if name is None else values[name]


def _texts(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node]
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [text for each in inner for text in _texts(each)]


def _name_in(text: str) -> str | None:
    found = _WHOLE_PLACEHOLDER.fullmatch(text)
    return found[1] if found else None


def _unknown(name: str, known: list[str], where: str) -> Fault | None:
    if name in known:
        return None
    listed = ", ".join(known) or "none"
    nearest = nearest_name(name, known)
    return Fault(
        file=where, line=None, key=name, message=f"Unknown parameter {name!r}; known: {listed}.", nearest=nearest
    )


def _wrong(parameter: Parameter, value: str, where: str) -> Fault | None:
    name = parameter.name
    if parameter.values and value not in parameter.values:
        nearest = nearest_name(value, parameter.values)
        message = f"{name} is one of {', '.join(parameter.values)}, not {value!r}."
        return Fault(file=where, line=None, key=name, message=message, nearest=nearest)
    if parameter.type == "integer" and not re.fullmatch(r"[-+]?\d+", value):
        return _fault(where, name, f"{name} is a whole number, not {value!r}.")
    if parameter.type == "boolean" and value not in {"true", "false"}:
        return _fault(where, name, f"{name} is true or false, not {value!r}.")
    if parameter.location == "path" and not value:
        return _fault(where, name, f"{name} stands in the path; it cannot be empty.")
    return None


def _fault(where: str, name: str, message: str) -> Fault:
    return Fault(file=where, line=None, key=name, message=message)


def _told(faults: list[Fault]) -> str:
    return faults[0].text if len(faults) == 1 else f"{len(faults)} values are missing or wrong"


def _next_step(faults: list[Fault]) -> str:
    if not faults:
        return ""
    names = [fault.key for fault in faults if fault.key != "body"]
    flags = " ".join(f"-p {name}=VALUE" for name in dict.fromkeys(names))
    wanted = [part for part in (flags, "--body JSON" if any(fault.key == "body" for fault in faults) else "") if part]
    return f"Give {' '.join(wanted)}, or parameters in the flow."
