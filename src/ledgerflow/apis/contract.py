"""What a provider's folder promises: how to sign in, what can be read and written, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from ledgerflow.core.calls import Answer, ApiCall, Caller
from ledgerflow.core.connection import ConnectionFile
from ledgerflow.core.destination import Destination
from ledgerflow.core.documents import FileModel
from ledgerflow.core.errors import LedgerflowError
from ledgerflow.core.filling import CallKind
from ledgerflow.core.progress import Progress
from ledgerflow.core.schema import Schema

if TYPE_CHECKING:
    from ledgerflow.engine.typed_pages import TypedPage
    from ledgerflow.store.journal import Journal
    from ledgerflow.store.landing import Landing


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A provider's OAuth 2, as far as it is the same for everybody; the fields are those of the connection file."""

    auth_url: str
    token_url: str
    revoke_url: str | None
    scope: str
    keep_from_redirect: tuple[str, ...] = ()
    """Parameters of the redirect that belong to the authorization; the first one identifies the company."""
    token_headers: Mapping[str, str] = field(default_factory=dict)
    """Headers to send with every request for a token."""
    revoke_as: Literal["form", "json"] = "form"
    """How a token to be revoked is sent: as a form (RFC 7009), or as a JSON object with the key `token`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """What a read step asks for."""

    resource: str
    where: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    limit_rows: int | None = None


class PageSink(Protocol):
    """Takes pages while they land, for a read whose rows go straight on. Places count from 0 in the order of the rows;
    a place may get several pages, and gets `done` once."""

    async def take(self, place: int, page: TypedPage | None) -> None:
        """A page of that place; None for one that landed but cannot be handed on, or had landed before."""
        ...

    async def done(self, place: int) -> None:
        """Nothing more comes for that place."""
        ...


class Source(Protocol):
    """One resource of an api, ready to be read."""

    @property
    def schema(self) -> Schema | None:
        """The declared columns; None when only a call can tell."""
        ...

    async def land(self, caller: Caller, landing: Landing, progress: Progress, *, sink: PageSink | None = None) -> None:
        """Read every page that has not landed yet and land it; `sink` is handed each page on its way.

        Raises the errors of `Caller.send`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRequest:
    """What a write step asks for; `settings` are its keys beyond `write` and `to`, already checked."""

    resource: str
    settings: Mapping[str, Any]
    run_id: str
    step: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteFault:
    """What is wrong with a write step. `key` stands below the step, such as `("fields", "Line.Amount")`."""

    key: tuple[str, ...]
    message: str
    nearest: str | None = None


class Provider(Protocol):
    """An api known by heart. One object per folder, named PROVIDER in its `api.py`."""

    name: str
    title: str
    servers: Mapping[str, str]
    """Name of the environment, and its base URL."""
    sign_in: SignIn | None
    company_parameter: str | None
    """The path parameter that the company fills, such as `realmId`."""
    write_settings: type[FileModel] | None
    """The keys of a write step beyond those of every write; None when nothing can be written."""

    def resources(self) -> tuple[str, ...]:
        """The names that can be read."""
        ...

    def has_resource(self, name: str) -> bool:
        """Is `name`, in any letter case, one of `resources`? Asked before every read, so it has to be quick."""
        ...

    def source(self, request: ReadRequest, *, where: str) -> Source:
        """The resource to read. Raises InputRefused, placed at `where`, for unknown names or a wrong `where`."""
        ...

    def check_write(
        self, resource: str, settings: Mapping[str, Any], *, columns: Sequence[str], source: Sequence[str] | None
    ) -> Sequence[WriteFault]:
        """Everything wrong with a write step that shows without a call; `settings` passed `write_settings` already.

        `columns` are the target paths to be filled, `source` the input's columns where they are known.
        """
        ...

    def writable(self, resource: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of columns that a write takes as they are, when its step has no `fields`."""
        ...

    def destination(
        self, request: WriteRequest, *, caller: Caller, journal: Journal, progress: Progress, where: str
    ) -> Destination:
        """Where to write. Raises InputRefused for what this resource cannot take."""
        ...

    def refusal(self, answer: Answer, *, where: str) -> LedgerflowError | None:
        """The error an answer means, or None when it is a success. The one place where statuses get their meaning."""
        ...

    def definition(self) -> dict[str, Any]:
        """The provider's OpenAPI 3.1 document."""
        ...


@runtime_checkable
class NamesCompanies(Protocol):
    """A provider that can tell what a company is called. Told after connecting, and never needed for it."""

    def company_name_call(self, company: str) -> ApiCall:
        """The call whose answer holds the name."""
        ...

    def company_name(self, answer: Answer) -> str:
        """The name in that answer; empty when it holds none."""
        ...


@runtime_checkable
class ChecksConnections(Protocol):
    """A provider that sees from a connection's settings alone what cannot work together."""

    def connection_warnings(self, file: ConnectionFile) -> Sequence[str]:
        """A sentence for each, with what to do; none when all is well."""
        ...


@runtime_checkable
class KnowsRequests(Protocol):
    """A provider that knows, for a request somebody added by hand, what its calls and its answers are."""

    def call_kind(self, method: str, path: str, query: Mapping[str, str]) -> CallKind:
        """What the meter counts the call as, whether it is charged for, whether it may be repeated."""
        ...

    def records_path(self, path: str, query: Mapping[str, str]) -> str | None:
        """Where an answer holds its records; None when the provider cannot tell."""
        ...

    def columns(self, path: str, query: Mapping[str, str]) -> Schema | None:
        """The declared columns of those records."""
        ...
