"""An opened project with its parts: what actions, runs and Python programs work with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ledgerflow.core.calls import Caller
from ledgerflow.core.connection import ConnectionFile, OAuth2
from ledgerflow.core.documents import Document
from ledgerflow.core.errors import InputRefused, ReconnectNeeded, nearest_name
from ledgerflow.core.names import FILES, NO_COMPANY
from ledgerflow.store.projects import ProjectFiles

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledgerflow.apis.contract import Provider
    from ledgerflow.auth.session import TokenSession
    from ledgerflow.net.client import Signer
    from ledgerflow.net.limits import Pace
    from ledgerflow.store.companies import CompanyStore
    from ledgerflow.store.journal import Journal
    from ledgerflow.store.landing import Landing
    from ledgerflow.store.meter import MeterStore
    from ledgerflow.store.pending import PendingStore
    from ledgerflow.store.runs import RunStore
    from ledgerflow.store.vault import Vault

GRANTS_WITHOUT_PERSON = {"client_credentials", "password"}
"""Grants that get their first token by themselves; for the others somebody runs `ledgerflow connect`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection of the project, read and checked."""

    name: str
    file: ConnectionFile
    provider: Provider | None
    """The provider that knows this api by heart; None for a custom api."""
    api: Document
    """The api document `apis/<api>.yaml`."""

    @property
    def path(self) -> str:
        """Its file, relative to the project."""
        return f"connections/{self.name}.yaml"

    @property
    def company_parameter(self) -> str | None:
        """The path parameter that the company fills, such as `realmId`; None where an api has no companies."""
        if self.provider is not None:
            return self.provider.company_parameter
        return self.file.auth.company_from if isinstance(self.file.auth, OAuth2) else None


class Workspace:
    """An opened project. Parts are made on first use and kept; one workspace may serve several threads."""

    def __init__(
        self,
        files: ProjectFiles,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """`clock` gives the time in UTC."""
        self.files = files
        self.clock = clock
        self.sleep = sleep
        self._paces: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], Pace]] = WeakKeyDictionary()
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], TokenSession]] = (
            WeakKeyDictionary()
        )

    @cached_property
    def project_id(self) -> str:
        """The project's id, which tells its saved state and secrets from another's."""
        return self.files.settings().id

    @cached_property
    def database(self) -> Engine:
        """The state database of the project."""
        from ledgerflow.store.database import open_database

        return open_database(self.files.state_folder())

    @cached_property
    def vault(self) -> Vault:
        """Where secrets and tokens live."""
        from ledgerflow.store.vault import Vault

        return Vault(
            self.database,
            project_id=self.project_id,
            project=self.files.root,
            state_folder=self.files.state_folder(),
            clock=self.clock,
        )

    @cached_property
    def companies(self) -> CompanyStore:
        """The companies of every connection, with their tokens."""
        from ledgerflow.store.companies import CompanyStore

        locks = self.files.state_folder() / "locks"
        return CompanyStore(self.database, self.vault, clock=self.clock, locks=locks)

    @cached_property
    def pending(self) -> PendingStore:
        """Authorizations that were begun and have not ended."""
        from ledgerflow.store.pending import PendingStore

        return PendingStore(self.database, self.vault, clock=self.clock)

    @cached_property
    def meter(self) -> MeterStore:
        """How many calls were spent."""
        from ledgerflow.store.meter import MeterStore

        return MeterStore(self.database, clock=self.clock)

    @cached_property
    def runs(self) -> RunStore:
        """The runs of every flow."""
        from ledgerflow.store.runs import RunStore

        return RunStore(self.database, clock=self.clock, folder=self.files.state_folder())

    def landings(self, run_id: str, step: str) -> Landing:
        """The landed pages of one read step of one run."""
        from ledgerflow.store.landing import Landing

        return Landing(self.files.state_folder() / "landing" / run_id / step)

    def journal(self, run_id: str, step: str) -> Journal:
        """The journal of one write step of one run."""
        from ledgerflow.store.journal import Journal
        from ledgerflow.store.run_folder import RunFolder

        return Journal(
            self.database, run_id=run_id, step=step, folder=RunFolder(self.files.root, run_id), clock=self.clock
        )

    def connection(self, name: str) -> Connection:
        """A connection by name, with its api.

        Raises:
            InputRefused: there is none of that name (the nearest one is suggested), or its file has faults.
        """
        from ledgerflow.apis import all_providers

        if name == FILES:
            raise InputRefused(
                f"{FILES!r} stands for the project's files; it has no connection to call.",
                where="the connection's name",
                next_step="Name a connection: `ledgerflow connection list` shows them.",
            )
        document = self.files.read("connection", name)
        file = document.check(ConnectionFile)
        if not self.files.has("api", file.api):
            known = self.files.names("api")
            fault = document.fault(("api",), f"There is no api {file.api!r}.", nearest=nearest_name(file.api, known))
            raise InputRefused(
                fault.text,
                where=f"{document.file}, line {fault.line}, key api (known: {', '.join(known) or 'none yet in apis/'})",
                next_step=f"Run `ledgerflow api add {file.api}`, or correct the key api in {document.file}.",
                faults=[fault],
            )
        api = self.files.read("api", file.api)
        own = api.data.get("x-ledgerflow")
        wanted = own.get("provider") if isinstance(own, dict) else None
        providers = all_providers()
        if wanted is not None and wanted not in providers:
            fault = api.fault(
                ("x-ledgerflow", "provider"),
                f"Unknown provider {wanted!r}; known: {', '.join(providers) or 'none'}.",
                nearest=nearest_name(str(wanted), list(providers)),
            )
            raise InputRefused(
                fault.text,
                where=f"{api.file}, line {fault.line}, key {fault.key}",
                next_step=f"Edit {api.file} and run the command again.",
                faults=[fault],
            )
        provider = providers[wanted] if wanted is not None else None
        return Connection(name=name, file=file, provider=provider, api=api)

    def company_for(self, connection: Connection, wanted: str | None = None) -> str:
        """The company to call: `wanted`, or the only one there is.

        Raises:
            ReconnectNeeded: the connection has no authorization, or none for `wanted`.
            InputRefused: there are several and none was named.
        """
        if not isinstance(connection.file.auth, OAuth2):
            return self._named_company(connection, wanted)
        companies = self.companies.of(connection.name)
        if wanted is not None:
            matching = [c.company for c in companies if c.company == wanted]
            if not matching:
                folded = wanted.casefold()
                matching = [c.company for c in companies if c.name.casefold() == folded]
            if len(matching) == 1:
                return matching[0]
            known = ", ".join(c.shown for c in companies)
            if matching:
                raise InputRefused(
                    f"Several companies of connection {connection.name!r} are named {wanted!r}.",
                    where=f"companies of {connection.name}: {known}",
                    next_step=f"Name it by its id, such as --company {matching[0]}.",
                )
            raise ReconnectNeeded(
                f"Connection {connection.name!r} is not authorized for company {wanted!r}.",
                where=f"companies of {connection.name}: {known or 'none'}",
                next_step=f"Run `ledgerflow connect {connection.name} --company {wanted}`.",
            )
        if len(companies) == 1:
            return companies[0].company
        if companies:
            known = ", ".join(c.shown for c in companies)
            raise InputRefused(
                f"Connection {connection.name!r} has {len(companies)} companies; say which one.",
                where=f"companies of {connection.name}: {known}",
                next_step=f"Add --company {companies[0].company}, or the one you mean.",
            )
        if connection.file.auth.grant in GRANTS_WITHOUT_PERSON and connection.company_parameter is None:
            return NO_COMPANY
        raise ReconnectNeeded(
            f"Connection {connection.name!r} is not authorized yet.",
            where=f"{connection.path}: no company has been connected",
            next_step=f"Run `ledgerflow connect {connection.name}`.",
        )

    @asynccontextmanager
    async def caller(
        self,
        connection_name: str,
        company: str | None = None,
        *,
        run_id: str | None = None,
        say: Callable[[str], None] | None = None,
    ) -> AsyncIterator[Caller]:
        """A caller for one company of a connection: signed, within the limits, counted. `say` is told of long waits.

        Raises:
            InputRefused, ReconnectNeeded: as `connection` and `company_for` do.
        """
        from ledgerflow.net.client import ApiClient, make_http
        from ledgerflow.net.retry import RetryRule
        from ledgerflow.runner.calling import refusal_of

        connection = self.connection(connection_name)
        called = self.company_for(connection, company)
        file = connection.file
        tally = self.meter.tally(connection=connection.name, company=called, run_id=run_id)
        try:
            async with make_http(file.base_url, in_flight=file.limits.in_flight, timeout_s=file.timeout_s) as http:
                yield ApiClient(
                    http,
                    base_url=file.base_url,
                    connection=connection.name,
                    company=called,
                    signer=self.signer(connection, called),
                    pace=self._pace(connection, called),
                    retry=RetryRule(within_s=file.limits.retry_within_s),
                    refusal=refusal_of(connection),
                    meter=tally,
                    timeout_s=file.timeout_s,
                    headers=file.headers,
                    say=say,
                    sleep=self.sleep,
                )
        finally:
            tally.flush()

    def signer(self, connection: Connection, company: str) -> Signer:
        """What signs the calls for one company."""
        from ledgerflow.runner.signing import signer_for

        return signer_for(self, connection, company)

    def session(self, connection: Connection, company: str) -> TokenSession:
        """The token of one company, kept good; one session for all callers of one event loop."""
        from ledgerflow.auth.session import TokenSession
        from ledgerflow.net.exchange import TokenExchange
        from ledgerflow.runner.signing import oauth_app

        sessions = self._sessions.setdefault(asyncio.get_running_loop(), {})
        key = (connection.name, company)
        if key not in sessions:
            sessions[key] = TokenSession(
                connection=connection.name,
                company=company,
                app=lambda: oauth_app(self, connection),
                store=self.companies,
                send=TokenExchange(connection.name, sleep=self.sleep).send,
                lock=lambda: self.companies.renewal_lock(connection.name, company),
                clock=self.clock,
            )
        return sessions[key]

    def drop_session(self, connection: str, company: str) -> None:
        """Forget what is known in memory of a token, after it was connected anew or disconnected."""
        for sessions in self._sessions.values():
            sessions.pop((connection, company), None)

    def _named_company(self, connection: Connection, wanted: str | None) -> str:
        parameter = connection.company_parameter
        company = wanted or (str(connection.file.parameters.get(parameter, "")) if parameter else NO_COMPANY)
        if not company:
            raise InputRefused(
                f"Connection {connection.name!r} does not say which company to call ({parameter}).",
                where=f"{connection.path}, key parameters.{parameter}",
                next_step=f"Add --company ID, or set parameters.{parameter} in {connection.path}.",
            )
        return company

    def _pace(self, connection: Connection, company: str) -> Pace:
        """The limits of one company, shared by all callers of one event loop."""
        from ledgerflow.net.limits import Pace

        paces = self._paces.setdefault(asyncio.get_running_loop(), {})
        key = (connection.name, company)
        if key not in paces:
            paces[key] = Pace(connection.file.limits, sleep=self.sleep)
        return paces[key]
