"""An api and its requests, as they are once their document has been read and found sound."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from ledgerflow.core.documents import FileModel
from ledgerflow.core.errors import InputRefused, nearest_name
from ledgerflow.core.paging import DottedPath, NoPaging, Paging
from ledgerflow.core.schema import Column, Schema

EXTENSION = "x-ledgerflow"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_PLACEHOLDER = re.compile(r"\{([^{}/]*)\}")
_COLON_PARAMETER = re.compile(r"(?<=/):([A-Za-z_][A-Za-z0-9_]*)")


class ApiSettings(FileModel):
    """`x-ledgerflow` at the root of an api document."""

    provider: str | None = Field(default=None, description="The provider that knows this api by heart.")
    definition: Literal["shipped"] | None = Field(
        default=None, description="`shipped`: the provider's own requests belong to the api; the file adds to them."
    )


class RequestSettings(FileModel):
    """`x-ledgerflow` of an operation."""

    records: DottedPath | None = Field(
        default=None, description="Where an answer holds its records, such as QueryResponse.Invoice."
    )
    paging: Paging = Field(default_factory=NoPaging, description="How answers follow one another.")
    layout: dict[str, str] = Field(default_factory=dict, description="The records' columns and their types.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value that a request takes. `default` is sent when nobody gives another; `values` are all it may be."""

    name: str
    location: str
    required: bool
    default: str | None = None
    type: str = "string"
    values: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One operation. `body` is what is sent when nobody gives another, as text; None when it takes none."""

    name: str
    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    takes_body: bool = False
    body_required: bool = False
    body: str | None = None
    content_type: str = "application/json"
    accept: str = "application/json"
    settings: RequestSettings = field(default_factory=RequestSettings)
    description: str = ""
    shipped: bool = False

    @property
    def layout(self) -> Schema | None:
        """The declared columns of its records; None when only an answer can tell."""
        columns = self.settings.layout
        return Schema(tuple(Column(name=name, type=kind) for name, kind in columns.items())) if columns else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A checked api document. `requests` stand in the order of the file, those of a shipped definition first."""

    title: str
    settings: ApiSettings
    requests: tuple[Request, ...]

    def find(self, name: str) -> Request | None:
        """The request of that name, in any letter case."""
        exact = [one for one in self.requests if one.name == name]
        folded = exact or [one for one in self.requests if one.name.casefold() == name.casefold()]
        return folded[0] if folded else None

    def request(self, name: str, *, where: str) -> Request:
        """The request of that name. Raises InputRefused with the nearest name."""
        found = self.find(name)
        if found is not None:
            return found
        known = [one.name for one in self.requests]
        nearest = nearest_name(name, known)
        listed = f"{len(known)} requests" if len(known) > 12 else ", ".join(known) or "no requests yet"
        raise InputRefused(
            f"There is no request {name!r}." + (f" Did you mean {nearest!r}?" if nearest else ""),
            where=f"{where} ({listed})",
            next_step="Use a known name, or add it with `ledgerflow api request add`.",
        )


def path_parameters(path: str) -> list[str]:
    """The names in braces, in their order."""
    return _PLACEHOLDER.findall(path)


def with_braces(path: str) -> str:
    """A path with each `:id` written as `{id}`."""
    return _COLON_PARAMETER.sub(r"{\1}", path)


def path_problem(path: str) -> str | None:
    """What is wrong with a path, as a sentence; None when nothing is."""
    if not path.startswith("/"):
        return f"A path starts with '/', not {path[:1]!r}."
    if "?" in path:
        return "A path has no '?': declare query parameters instead."
    if "://" in path:
        return "A path has no scheme and host: they stand in the connection's base_url."
    if (found := _COLON_PARAMETER.search(path)) is not None:
        return f"Write {{{found[1]}}}, not :{found[1]}."
    names = path_parameters(path)
    if "{" in _PLACEHOLDER.sub("", path) or "}" in _PLACEHOLDER.sub("", path):
        return f"A brace is not closed or not opened in {path!r}."
    if any(not name.strip() for name in names):
        return "A parameter in the path has no name: {}."
    twice = next((name for name in names if names.count(name) > 1), None)
    return f"{{{twice}}} stands twice in the path." if twice else None
