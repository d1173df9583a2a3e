"""An api document: OpenAPI 3.1 with what OpenAPI cannot say under `x-ledgerflow`, read with all its faults at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from ledgerflow.core.api import (
    EXTENSION,
    METHODS,
    Api,
    ApiSettings,
    Parameter,
    Request,
    RequestSettings,
    path_parameters,
    path_problem,
)
from ledgerflow.core.documents import Document, Key
from ledgerflow.core.errors import Fault, nearest_name, refuse

LOCATIONS = ("path", "query", "header", "cookie")
_SECRET_HEADER = re.compile(r"(?i)authorization|cookie|.*(api-?key|token|secret).*")

_ROOT_KEYS = (
    *("openapi", "info", "servers", "paths", "components", "security", "tags"),
    *("externalDocs", "webhooks", "jsonSchemaDialect"),
)
_PATH_KEYS = (*METHODS, "summary", "description", "servers", "parameters", "$ref")
_OPERATION_KEYS = (
    *("tags", "summary", "description", "externalDocs", "operationId", "parameters", "requestBody"),
    *("responses", "callbacks", "deprecated", "security", "servers"),
)
_PARAMETER_KEYS = (
    *("name", "in", "description", "required", "deprecated", "allowEmptyValue", "style", "explode"),
    *("allowReserved", "schema", "example", "examples", "content"),
)


def read_api(document: Document, *, shipped: Callable[[], Mapping[str, Any]] | None = None) -> Api:
    """The requests of an api document; `shipped` gives its provider's own definition, asked for when it is wanted.

    A request of the file replaces the shipped one of the same name, or of the same method and path.

    Raises:
        InputRefused: with every fault of the file, each with its line, key and the nearest known name.
    """
    reader = _Reader(document)
    api = reader.read()
    refuse(
        reader.faults,
        what=reader.faults[0].text if len(reader.faults) == 1 else f"{len(reader.faults)} faults in {document.file}",
        where=f"{document.file}, line {reader.faults[0].line}" if reader.faults else document.file,
        next_step=f"Edit {document.file} and run the command again.",
    )
    if shipped is None or api.settings.definition != "shipped":
        return api
    own_names = {one.name.casefold() for one in api.requests}
    own_places = {(one.method, one.path) for one in api.requests}
    kept = [
        one
        for one in requests_of(shipped())
        if one.name.casefold() not in own_names and (one.method, one.path) not in own_places
    ]
    return Api(title=api.title, settings=api.settings, requests=(*kept, *api.requests))


def requests_of(definition: Mapping[str, Any]) -> tuple[Request, ...]:
    """The requests of a definition that is known to be sound."""
    reader = _Reader(None, definition)
    return tuple(replace(one, shipped=True) for one in reader.read().requests)


class _Reader:
    """Reads a document and gathers its faults."""

    def __init__(self, document: Document | None, data: Mapping[str, Any] | None = None) -> None:
        self._document = document
        self._data: Mapping[str, Any] = document.data if document is not None else data or {}
        self.faults: list[Fault] = []

    def read(self) -> Api:
        data = self._data
        self._known_keys((), data, _ROOT_KEYS)
        version = data.get("openapi")
        if version is None:
            self._fault((), "Missing key 'openapi'; expected openapi: 3.1.0.")
        elif not re.fullmatch(r"3\.[01](\.\d+)?", str(version)):
            self._fault(("openapi",), f"Expected an OpenAPI version such as 3.1.0, not {version!r}.")
        info = data.get("info")
        title = info.get("title") if isinstance(info, Mapping) else None
        if not isinstance(title, str):
            self._fault(("info",) if info is not None else (), "Expected info with a title.")
        settings = self._settings((EXTENSION,), data.get(EXTENSION), ApiSettings) or ApiSettings()
        requests = self._requests(data.get("paths"))
        return Api(title=str(title or ""), settings=settings, requests=tuple(requests))

    def _requests(self, paths: Any) -> list[Request]:
        if paths is None:
            return []
        if not isinstance(paths, Mapping):
            self._fault(("paths",), "Expected a mapping of paths, each with its methods.")
            return []
        found: list[Request] = []
        places: dict[str, Key] = {}
        for path, item in paths.items():
            key: Key = ("paths", str(path))
            if (problem := path_problem(str(path))) is not None:
                self._fault(key, problem)
            if not isinstance(item, Mapping):
                self._fault(key, "Expected a mapping of methods, such as get and post.")
                continue
            self._known_keys(key, item, _PATH_KEYS)
            shared = self._parameters((*key, "parameters"), item.get("parameters"), str(path))
            for method in METHODS:
                if method in item and (request := self._request(str(path), method, item[method], shared)) is not None:
                    folded = request.name.casefold()
                    if folded in places:
                        first = self._line(places[folded])
                        self._fault((*key, method), f"The name {request.name!r} is already taken in line {first}.")
                    places.setdefault(folded, (*key, method))
                    found.append(request)
        return found

    def _request(
        self, path: str, method: str, operation: Any, shared: Mapping[tuple[str, str], Parameter]
    ) -> Request | None:
        key: Key = ("paths", path, method)
        if not isinstance(operation, Mapping):
            self._fault(key, "Expected a mapping that describes the request.")
            return None
        self._known_keys(key, operation, _OPERATION_KEYS)
        own = self._parameters((*key, "parameters"), operation.get("parameters"), path)
        parameters = {**shared, **own}
        for name in path_parameters(path):
            parameters.setdefault(("path", name), Parameter(name=name, location="path", required=True))
        name = operation.get("summary") or operation.get("operationId") or f"{method.upper()} {path}"
        if not isinstance(name, str):
            self._fault((*key, "summary"), "Expected the request's name as a text.")
            name = f"{method.upper()} {path}"
        settings = self._settings((*key, EXTENSION), operation.get(EXTENSION), RequestSettings) or RequestSettings()
        self._check_layout((*key, EXTENSION, "layout"), settings.layout)
        takes, required, content_type, body = self._body((*key, "requestBody"), operation.get("requestBody"))
        return Request(
            name=" ".join(name.split()),
            method=method.upper(),
            path=path,
            parameters=tuple(parameters.values()),
            takes_body=takes,
            body_required=required,
            body=body,
            content_type=content_type,
            accept=_accepted(self._resolved(operation.get("responses"))),
            settings=settings,
            description=str(operation.get("description") or ""),
        )

    def _parameters(self, key: Key, given: Any, path: str) -> dict[tuple[str, str], Parameter]:
        if given is None:
            return {}
        if not isinstance(given, Sequence) or isinstance(given, str):
            self._fault(key, "Expected a list of parameters.")
            return {}
        found: dict[tuple[str, str], Parameter] = {}
        for number, each in enumerate(given):
            parameter = self._parameter((*key, number), each, path)
            if parameter is None:
                continue
            place = (parameter.location, parameter.name)
            if place in found:
                self._fault((*key, number), f"The {parameter.location} parameter {parameter.name!r} stands twice.")
            found[place] = parameter
        return found

    def _parameter(self, key: Key, given: Any, path: str) -> Parameter | None:
        given = self._resolved(given, key)
        if given is None:
            return None
        if not isinstance(given, Mapping):
            self._fault(key, "Expected a mapping with name and in.")
            return None
        self._known_keys(key, given, _PARAMETER_KEYS)
        name, location = given.get("name"), given.get("in")
        if not isinstance(name, str) or not name:
            self._fault(key, "A parameter needs a name.")
            return None
        if location not in LOCATIONS:
            listed = ", ".join(repr(one) for one in LOCATIONS)
            nearest = nearest_name(str(location), LOCATIONS) if location is not None else None
            self._fault((*key, "in"), f"Parameter {name!r} is in one of {listed}, not {location!r}.", nearest=nearest)
            return None
        if location == "path" and name not in path_parameters(path):
            nearest = nearest_name(name, path_parameters(path))
            self._fault((*key, "name"), f"The path {path} has no {{{name}}}.", nearest=nearest)
        if location in {"header", "cookie"} and _SECRET_HEADER.fullmatch(name):
            self._fault((*key, "name"), f"{name!r} would hold a secret; use the connection's auth for it.")
        schema = self._resolved(given.get("schema")) or {}
        schema = schema if isinstance(schema, Mapping) else {}
        kind = schema.get("type")
        default = schema.get("default")
        return Parameter(
            name=name,
            location=str(location),
            required=location == "path" or given.get("required") is True,
            default=None if default is None else _as_text(default),
            type=kind if isinstance(kind, str) else "string",
            values=tuple(_as_text(value) for value in schema.get("enum") or ()),
            description=str(given.get("description") or ""),
        )

    def _body(self, key: Key, given: Any) -> tuple[bool, bool, str, str | None]:
        given = self._resolved(given, key)
        if given is None:
            return False, False, "application/json", None
        content = given.get("content") if isinstance(given, Mapping) else None
        if not isinstance(content, Mapping) or not content:
            self._fault(key, "Expected content with a media type, such as application/json.")
            return False, False, "application/json", None
        kind, media = next(iter(content.items()))
        if "/" not in str(kind):
            self._fault((*key, "content", str(kind)), f"{kind!r} is no media type; expected one like application/json.")
        example = media.get("example") if isinstance(media, Mapping) else None
        body = None if example is None else example if isinstance(example, str) else json.dumps(example, indent=2)
        return True, given.get("required") is True, str(kind), body

    def _check_layout(self, key: Key, layout: Mapping[str, str]) -> None:
        for name, kind in layout.items():
            if re.fullmatch(r"[A-Za-z_][\w ]*(\(.*\))?(\[\d*\])*", kind, re.DOTALL) is None:
                self._fault((*key, name), f"{kind!r} is not a column type such as VARCHAR, DATE or DECIMAL(28,9).")

    def _settings(self, key: Key, given: Any, model: type[Any]) -> Any:
        if given is None:
            return None
        if not isinstance(given, Mapping):
            self._fault(key, "Expected a mapping.")
            return None
        try:
            return model.model_validate(given)
        except ValidationError as error:
            if self._document is None:
                raise
            self.faults.extend(self._document.faults_of(error, model, under=key))
            return None

    def _resolved(self, given: Any, key: Key | None = None) -> Any:
        """What a local `$ref` points to; other values as they are."""
        for _ in range(8):
            if not isinstance(given, Mapping) or "$ref" not in given:
                return given
            target = str(given["$ref"])
            found: Any = self._data
            for part in target.removeprefix("#/").split("/"):
                found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
            if not target.startswith("#/") or found is None:
                if key is not None:
                    why = "leads nowhere in this file" if target.startswith("#/") else "leads out of this file"
                    self._fault((*key, "$ref"), f"{target!r} {why}.")
                return None
            given = found
        return None

    def _known_keys(self, key: Key, given: Mapping[str, Any], known: Sequence[str]) -> None:
        for name in given:
            if str(name) not in known and not str(name).startswith("x-"):
                nearest = nearest_name(str(name), [*known, EXTENSION])
                self._fault((*key, str(name)), f"Unknown key {name!r}.", nearest=nearest)

    def _line(self, key: Key) -> int | None:
        return self._document.line_of(key) if self._document is not None else None

    def _fault(self, key: Key, message: str, *, nearest: str | None = None) -> None:
        if self._document is not None:
            self.faults.append(self._document.fault(key, message, nearest=nearest))


def _accepted(responses: Any) -> str:
    """The media type that a success is said to have."""
    for media in _media_of_successes(responses):
        return media
    return "application/json"


def _media_of_successes(responses: Any) -> Iterator[str]:
    if isinstance(responses, Mapping):
        for status, response in responses.items():
            if str(status).startswith("2") and isinstance(response, Mapping):
                content = response.get("content")
                yield from map(str, content if isinstance(content, Mapping) else ())


def _as_text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
