"""The JSON Schemas of the project's files, made from the classes that check them, for editors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from ledgerflow.core.errors import InputRefused, nearest_name

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `flow`, `connection` or `project` files.

    Raises:
        InputRefused: no such kind of file.
    """
    if kind not in _KINDS:
        nearest = nearest_name(kind, list(_KINDS))
        raise InputRefused(
            f"There is no schema of {kind!r} files." + (f" Did you mean {nearest!r}?" if nearest else ""),
            where="ledgerflow flow schema",
            next_step=f"Name one of {', '.join(_KINDS)}.",
        )
    return _KINDS[kind]()


def all_schemas() -> dict[str, dict[str, Any]]:
    """Every schema by kind of file."""
    return {kind: make() for kind, make in _KINDS.items()}


def _flow() -> dict[str, Any]:
    """A flow: its outer form, and for each step one of the kinds; reads and writes once per kind of file or api."""
    from ledgerflow.core.flow import FlowFile
    from ledgerflow.core.names import NAME_PATTERN
    from ledgerflow.steps import all_steps

    schema = _root(FlowFile, "A Ledgerflow flow: flows/<name>.yaml")
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    variants = []
    for kind, step in all_steps().items():
        for name, variant in _variants(kind, _of(step, definitions)).items():
            definitions[name] = variant
            variants.append({"$ref": f"#/$defs/{name}"})
    schema["properties"]["steps"] = {
        "type": "object",
        "description": "Its steps by name. One key of each says what it does and names its input.",
        "minProperties": 1,
        "propertyNames": {"pattern": NAME_PATTERN},
        "additionalProperties": {"anyOf": variants},
    }
    return schema


def _variants(kind: str, step: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if kind == "read":
        return {"read_api": _read_of_api(step), **_reads_of_files(step)}
    if kind == "write":
        return {**_writes_of_files(step), **_writes_into_apis(step)}
    return {kind: step}


def _read_of_api(step: dict[str, Any]) -> dict[str, Any]:
    made = _with(step, {}, "Read a resource of an api.", keep=None)
    made["properties"]["read"] = {**made["properties"]["read"], "pattern": r"^(?!files\.)[^.]+\..+$"}
    return made


def _reads_of_files(step: dict[str, Any]) -> dict[str, dict[str, Any]]:
    from ledgerflow.engine.files import all_formats

    made: dict[str, dict[str, Any]] = {}
    formats = all_formats()
    for file_format in dict.fromkeys(formats.values()):
        endings = [ending for ending, other in formats.items() if other is file_format]
        variant = _with(step, _plain(file_format.settings), _first_line(type(file_format)), keep=("read",))
        variant["properties"]["read"] = _file_name(variant["properties"]["read"], endings)
        made[f"read_{endings[0][1:]}"] = variant
    return made


def _writes_of_files(step: dict[str, Any]) -> dict[str, dict[str, Any]]:
    from ledgerflow.destinations import all_destinations

    made: dict[str, dict[str, Any]] = {}
    kinds = all_destinations()
    for destination in dict.fromkeys(kinds.values()):
        endings = [ending for ending, other in kinds.items() if other is destination]
        settings = _plain(destination.settings_class)
        variant = _with(step, settings, _first_line(destination), keep=("write", "to", "after"))
        variant["properties"]["to"] = _file_name(variant["properties"]["to"], endings)
        made[f"write_{endings[0][1:]}"] = variant
    return made


def _writes_into_apis(step: dict[str, Any]) -> dict[str, dict[str, Any]]:
    from ledgerflow.apis import all_providers

    made: dict[str, dict[str, Any]] = {}
    for provider in all_providers().values():
        if provider.write_settings is not None:
            variant = _with(step, _plain(provider.write_settings), f"Write into {provider.title}.", keep=None)
            variant["properties"]["to"] = {**variant["properties"]["to"], "pattern": r"^(?!files\.)[^.]+\..+$"}
            made[f"write_{provider.name}"] = variant
    return made


def _with(
    step: dict[str, Any], settings: dict[str, Any], description: str, *, keep: tuple[str, ...] | None
) -> dict[str, Any]:
    """A step's schema with the keys of one kind of file or api, and no others; `keep` narrows the step's own."""
    own = {name: each for name, each in step["properties"].items() if keep is None or name in keep}
    required = [name for name in step.get("required", ()) if name in own]
    return {
        "type": "object",
        "description": description,
        "properties": {**own, **settings.get("properties", {})},
        "required": [*required, *settings.get("required", ())],
        "additionalProperties": False,
    }


def _file_name(resource: dict[str, Any], endings: list[str]) -> dict[str, Any]:
    listed = "|".join(ending[1:] for ending in endings)
    return {**resource, "pattern": rf"^files\..+\.({listed})$"}


def _connection() -> dict[str, Any]:
    from ledgerflow.core.connection import ConnectionFile

    return _root(ConnectionFile, "A Ledgerflow connection: connections/<name>.yaml")


def _project() -> dict[str, Any]:
    from ledgerflow.core.project import ProjectFile

    return _root(ProjectFile, "A Ledgerflow project: ledgerflow.yaml")


def _root(model: type[BaseModel], title: str) -> dict[str, Any]:
    made = _without_titles(model.model_json_schema(by_alias=True))
    assert isinstance(made, dict)
    return {"$schema": DIALECT, "title": title, **made}


def _of(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """A model's schema; what it refers to goes to the document's own definitions."""
    made = _plain(model)
    definitions.update(made.pop("$defs", {}))
    made["additionalProperties"] = False
    return made


def _plain(model: type[BaseModel]) -> dict[str, Any]:
    made = _without_titles(model.model_json_schema(by_alias=True))
    assert isinstance(made, dict)
    return made


def _first_line(described: type) -> str:
    return (described.__doc__ or "").strip().split("\n", 1)[0]


def _without_titles(node: Any) -> Any:
    """Titles that pydantic makes of names say nothing more than the names."""
    if isinstance(node, dict):
        return {
            key: _without_titles(value)
            for key, value in node.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_without_titles(each) for each in node] if isinstance(node, list) else node


_KINDS: dict[str, Callable[[], dict[str, Any]]] = {"flow": _flow, "connection": _connection, "project": _project}
