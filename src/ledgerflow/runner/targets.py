"""What the reads and writes of a flow name: files of the project, resources of its connections."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from ledgerflow.apis.contract import ReadRequest, Source
from ledgerflow.core.documents import FileModel, Key
from ledgerflow.core.errors import InputRefused, nearest_name
from ledgerflow.core.flow import FlowDraft
from ledgerflow.core.names import FILES
from ledgerflow.core.parameters import fill_in, names_in
from ledgerflow.core.schema import Schema
from ledgerflow.destinations import all_destinations
from ledgerflow.destinations.contract import FileDestination
from ledgerflow.engine.files import all_formats
from ledgerflow.engine.files.contract import FileFormat
from ledgerflow.runner.sources import source_for
from ledgerflow.runner.workspace import Connection, Workspace
from ledgerflow.steps.read import Read
from ledgerflow.steps.write import Write
from ledgerflow.store.projects import STATE_FOLDER

_NEEDS_QUOTES = re.compile(r"['\"\\\x00-\x1f]")
_NOT_IN_NAMES = re.compile(r"[/\\\x00-\x1f]")
_API_READ_KEYS = ("where", "parameters", "company")
_API_WRITE_KEYS = ("fields", "company")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """A file to read, relative to the project, in one of the formats."""

    place: str
    path: Path
    format: FileFormat
    settings: FileModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRead:
    """A resource to read. `company` is the one that the step names, None for the run's."""

    connection: Connection
    request: ReadRequest
    source: Source
    company: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWrite:
    """A file to write, relative to the project."""

    place: str
    path: Path
    kind: type[FileDestination]
    settings: FileModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiWrite:
    """A resource to write into. `fields` are its target paths with their expressions; None: columns by their names."""

    connection: Connection
    resource: str
    settings: Mapping[str, Any]
    fields: Mapping[str, str] | None
    company: str | None


class Targets:
    """Looks up what the steps of one flow name. Faults go into the draft, each at its key."""

    def __init__(self, workspace: Workspace, draft: FlowDraft, texts: Mapping[str, str | None]) -> None:
        """`texts` are the values of the parameters as text; None for one that is to be given when the flow runs."""
        self._workspace = workspace
        self._draft = draft
        self._texts = texts
        self._connections: dict[str, Connection | InputRefused] = {}

    def read(self, name: str, step: Read, *, limit_rows: int | None = None) -> FileRead | ApiRead | None:
        """What a read step reads; None when a fault, or a parameter without a value, keeps it from being known."""
        if step.resource.connection == FILES:
            return self._file_read(name, step)
        return self._api_read(name, step, limit_rows)

    def write(self, name: str, step: Write) -> FileWrite | ApiWrite | None:
        """What a write step writes into; None as in `read`."""
        if step.resource.connection == FILES:
            return self._file_write(name, step)
        return self._api_write(name, step)

    def check_together(self, writes: Mapping[str, FileWrite | ApiWrite]) -> None:
        """Faults of writes that get into each other's way."""
        taken: dict[tuple[Path, str], str] = {}
        for name, write in writes.items():
            if not isinstance(write, FileWrite):
                continue
            part = str(getattr(write.settings, "table", "")).casefold() if write.kind.shared else ""
            other = taken.setdefault((write.path, part), name)
            if other != name:
                what = f"table {getattr(write.settings, 'table', '')!r} of " if part else ""
                self._draft.add(name, ("to",), f"Step {other!r} writes {what}{write.place} too; name another.")

    def _file_read(self, name: str, step: Read) -> FileRead | None:
        for key in _API_READ_KEYS:
            if key in step.model_fields_set:
                self._draft.add(
                    name, (key,), f"{key!r} belongs to reads of an api; filter a file's rows in a step after it."
                )
        place = self._file_name(name, ("read",), step.resource.resource)
        if place is None:
            return None
        formats = all_formats()
        ending = PurePosixPath(place).suffix.lower()
        if ending not in formats:
            self._unknown_ending(name, ("read",), ending, list(formats), "read")
            return None
        settings = self._settings(name, formats[ending].settings, step.settings, others=("read",))
        if settings is None:
            return None
        path = self._workspace.files.root / place
        return FileRead(place=place, path=path, format=formats[ending], settings=settings)

    def _file_write(self, name: str, step: Write) -> FileWrite | None:
        for key in _API_WRITE_KEYS:
            if key in step.model_fields_set:
                self._draft.add(
                    name, (key,), f"{key!r} belongs to writes into an api; use derive and select before a file."
                )
        place = self._file_name(name, ("to",), step.resource.resource)
        if place is None:
            return None
        kinds = all_destinations()
        ending = PurePosixPath(place).suffix.lower()
        if ending not in kinds:
            self._unknown_ending(name, ("to",), ending, list(kinds), "written")
            return None
        settings = self._settings(name, kinds[ending].settings_class, step.settings, others=("write", "to", "after"))
        if settings is None:
            return None
        return FileWrite(place=place, path=self._workspace.files.root / place, kind=kinds[ending], settings=settings)

    def _api_read(self, name: str, step: Read, limit_rows: int | None) -> ApiRead | None:
        connection = self._connection(name, ("read",), step.resource.connection)
        for key in step.settings:
            known = ["read", *_API_READ_KEYS]
            self._draft.add(
                name, (key,), f"Unknown key {key!r} for a read of an api.", nearest=nearest_name(key, known)
            )
        where = self._condition(name, step)
        values = self._filled(step.parameters)
        if connection is None or values is None or (step.where is not None and where is None):
            return None
        request = ReadRequest(resource=step.resource.resource, where=where, parameters=values, limit_rows=limit_rows)
        place = f"{self._draft.document.file}, step {name}"
        try:
            source = source_for(connection, request, where=place)
        except InputRefused as error:
            self._draft.add(name, self._key_of(error, step), error.what)
            return None
        return ApiRead(connection=connection, request=request, source=source, company=step.company)

    def _api_write(self, name: str, step: Write) -> ApiWrite | None:
        connection = self._connection(name, ("to",), step.resource.connection)
        if connection is None:
            return None
        provider = connection.provider
        if provider is None or provider.write_settings is None:
            self._draft.add(
                name,
                ("to",),
                f"Nothing can be written into {connection.name!r} yet: no provider knows how its api takes records.",
            )
            return None
        others = ("write", "to", "after", *_API_WRITE_KEYS)
        settings = self._settings(name, provider.write_settings, step.settings, others=others)
        if settings is None:
            return None
        return ApiWrite(
            connection=connection,
            resource=step.resource.resource,
            settings=settings.model_dump(exclude_unset=True),
            fields=step.fields,
            company=step.company,
        )

    def check_api_write(self, name: str, write: ApiWrite, source: Schema | None) -> None:
        """Faults that the provider sees in a write step, given the columns of its input as far as they are known."""
        provider = write.connection.provider
        assert provider is not None
        columns = write_columns(write, source)
        if columns is None:
            return
        names = source.names if source is not None else None
        for fault in provider.check_write(write.resource, write.settings, columns=columns, source=names):
            self._draft.add(name, fault.key, fault.message, nearest=fault.nearest)

    def _connection(self, name: str, key: Key, wanted: str) -> Connection | None:
        if wanted not in self._connections:
            known = [*self._workspace.files.names("connection"), FILES]
            if wanted not in known:
                listed = ", ".join(repr(each) for each in known)
                self._draft.add(
                    name,
                    key,
                    f"There is no connection {wanted!r}; known: {listed}.",
                    nearest=nearest_name(wanted, known),
                )
                return None
            try:
                self._connections[wanted] = self._workspace.connection(wanted)
            except InputRefused as error:
                self._connections[wanted] = error
        found = self._connections[wanted]
        if isinstance(found, InputRefused):
            self._draft.add(name, key, f"The connection {wanted!r} cannot be used: {found.what} ({found.where})")
            return None
        return found

    def _settings(
        self, name: str, model: type[FileModel], given: Mapping[str, Any], *, others: Sequence[str]
    ) -> FileModel | None:
        try:
            return model.model_validate(dict(given))
        except ValidationError as error:
            faults = self._draft.document.faults_of(error, model, under=self._draft.key_of(name))
            self._draft.faults.extend(faults)
            return None

    def _file_name(self, name: str, key: Key, text: str) -> str | None:
        filled = self._filled({"": text}, in_file_names=(name, key))
        if filled is None:
            return None
        place = filled[""]
        path = PurePosixPath(place)
        if path.is_absolute() or ".." in path.parts or "\\" in place or re.match(r"[A-Za-z]:", place):
            self._draft.add(name, key, f"{place!r} lies outside the project; name a path inside its folder.")
            return None
        if path.parts[:1] == (STATE_FOLDER,):
            self._draft.add(name, key, f"{STATE_FOLDER}/ holds the project's saved state; choose another folder.")
            return None
        return path.as_posix()

    def _filled(
        self, texts: Mapping[str, Any], *, in_file_names: tuple[str, Key] | None = None
    ) -> dict[str, str] | None:
        """The texts with their parameters filled in; None when one has no value yet."""
        filled: dict[str, str] = {}
        for key, given in texts.items():
            text = ("true" if given else "false") if isinstance(given, bool) else str(given)
            values = {parameter: self._texts.get(parameter) for parameter in names_in(text)}
            if any(value is None for value in values.values()):
                return None
            known = {parameter: value for parameter, value in values.items() if value is not None}
            if in_file_names is not None:
                for parameter, value in known.items():
                    if _NOT_IN_NAMES.search(value) or value in ("", ".", ".."):
                        step, place = in_file_names
                        self._draft.add(step, place, f"${parameter} is {value!r}, which cannot stand in a file's name.")
                        return None
            filled[key] = fill_in(text, known)
        return filled

    def _condition(self, name: str, step: Read) -> str | None:
        """The `where` that is sent along, with each `$parameter` as a quoted text."""
        if step.where is None:
            return None
        values: dict[str, str] = {}
        for parameter in names_in(step.where):
            value = self._texts.get(parameter)
            if value is None:
                return None
            if _NEEDS_QUOTES.search(value):
                self._draft.add(
                    name,
                    ("where",),
                    f"${parameter} is {value!r}; a quote or backslash cannot be sent along in a where.",
                )
                return None
            values[parameter] = f"'{value}'"
        return fill_in(step.where, values)

    def _unknown_ending(self, name: str, key: Key, ending: str, known: list[str], done: str) -> None:
        listed = ", ".join(sorted(known))
        self._draft.add(
            name,
            key,
            f"Files ending in {ending!r} cannot be {done}; known: {listed}.",
            nearest=nearest_name(ending, known),
        )

    @staticmethod
    def _key_of(error: InputRefused, step: Read) -> Key:
        """Which key a refused read is about: its condition where it has one and the resource is known."""
        if "no resource" in error.what:
            return ("read",)
        if step.where is not None:
            return ("where",)
        return ("parameters",) if step.parameters else ("read",)


def write_columns(write: ApiWrite, source: Schema | None) -> tuple[str, ...] | None:
    """The target paths that a write into an api fills; None when only its input's columns can tell."""
    if write.fields is not None:
        return tuple(write.fields)
    if source is None:
        return None
    assert write.connection.provider is not None
    takes = {name.casefold(): name for name in write.connection.provider.writable(write.resource, write.settings)}
    return tuple(takes[name.casefold()] for name in source.names if name.casefold() in takes)


def write_fields(write: ApiWrite, source: Schema) -> dict[str, str]:
    """The target paths with the SQL expression that fills each."""
    if write.fields is not None:
        return dict(write.fields)
    by_name = {name.casefold(): name for name in source.names}
    columns = write_columns(write, source)
    assert columns is not None
    return {column: '"' + by_name[column.casefold()].replace('"', '""') + '"' for column in columns}
