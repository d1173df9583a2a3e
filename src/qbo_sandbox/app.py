"""A whole sandbox in one object: Intuit's side, the gateway, the companies, and the ASGI app that serves them."""

import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from qbo_sandbox.clock import Clock
from qbo_sandbox.company_side import QuickBooksCompanies
from qbo_sandbox.control import control_routes
from qbo_sandbox.gateway import PREFIX, CompanySide, Gateway
from qbo_sandbox.intuit import discovery
from qbo_sandbox.intuit.apps import App, new_client_id, new_client_secret
from qbo_sandbox.intuit.consent import ConsentPage
from qbo_sandbox.intuit.grants import Consent, GrantBook
from qbo_sandbox.intuit.identity import Identity
from qbo_sandbox.intuit.kinds import kind_of_intuit_call
from qbo_sandbox.intuit.scopes import ACCOUNTING
from qbo_sandbox.intuit.tokens import TokenEndpoints, token_body
from qbo_sandbox.limits import Limits
from qbo_sandbox.meter import Meter
from qbo_sandbox.misbehaving import Misbehaving
from qbo_sandbox.misbehaviour import MISBEHAVIOUR, Misbehaviours
from qbo_sandbox.names import NoSuchCompany, company_name, realm_id_of
from qbo_sandbox.settings import LimitSettings, SandboxSettings
from qbo_sandbox.storage import SavedCompany, SavedState, read_state, write_state

if TYPE_CHECKING:
    import httpx2


class Companies(CompanySide, Protocol):
    """What a sandbox needs of the company half; tests put a small one in its place."""

    def make(self, *, realm_id: str, name: str, clock: Clock, data_dir: Path | None) -> Any: ...
    def fill(self, company: Any, *, seed: int, invoices: int, now: datetime) -> None: ...


class Sandbox:
    """A local Intuit. `asgi` is the app to be served or called in process; the methods are what a test wants to do.

    Everything changes in the event loop that serves `asgi`; call the methods from there, or over HTTP with the control
    endpoint.

    Raises:
        StateUnreadable: the state kept in `settings.data` cannot be used.
    """

    def __init__(self, settings: SandboxSettings | None = None, *, side: Companies | None = None) -> None:
        self.settings = settings or SandboxSettings()
        self._side: Companies = side or QuickBooksCompanies()
        saved = self._saved_state()
        self.clock = Clock(offset=saved.clock_offset if saved else timedelta(0))
        self.app = App(
            client_id=self.settings.client_id or (saved.client_id if saved else new_client_id()),
            client_secret=self.settings.client_secret or (saved.client_secret if saved else new_client_secret()),
            redirect_uris=self.settings.redirect_uris,
        )
        self.book = GrantBook(clock=self.clock, rotate=self.settings.rotate, old_value=self.settings.old_value)
        if saved is not None:
            self.book.codes = dict(saved.codes)
            self.book.grants = dict(saved.grants)
            self.book.refresh_values = dict(saved.refresh_values)
            self.book.access_tokens = dict(saved.access_tokens)
        self.identity = Identity(
            clock=self.clock, book=self.book, private_key_pem=saved.signing_key_pem if saved else None
        )
        self.limits = Limits(LimitSettings(enabled=self.settings.limits))
        self.meter = Meter()
        self.misbehaviours = Misbehaviours()
        self.companies: dict[str, Any] = {}
        self._open_companies(saved)
        self.book.on_change = self.save
        self.save()
        self.asgi = self._build()

    def company(self, realm_id: str) -> Any:
        """The company of this realm id.

        Raises:
            NoSuchCompany: there is none.
        """
        try:
            return self.companies[realm_id]
        except KeyError:
            raise NoSuchCompany(realm_id, self.companies) from None

    def close(self) -> None:
        """Keep the state and close the companies' files; the sandbox is not to be called afterwards."""
        self.save()
        for company in self.companies.values():
            company.close()

    def add_company(
        self,
        *,
        name: str | None = None,
        realm_id: str | None = None,
        invoices: int | None = None,
        seed: int | None = None,
    ) -> Any:
        """Make a company with a business of its own and open it to calls; every argument has a default.

        Raises:
            ValueError: a company of this realm id is there already.
        """
        company = self.make_company(name=name, realm_id=realm_id, invoices=invoices, seed=seed)
        self.open_company(company)
        return company

    def make_company(self, *, name: str | None, realm_id: str | None, invoices: int | None, seed: int | None) -> Any:
        """The slow half of adding a company, which may run in a thread, one at a time; nobody can call it yet.

        Raises:
            ValueError: a company of this realm id is there already.
        """
        number = len(self.companies) + 1
        realm = realm_id or realm_id_of(number)
        if realm in self.companies:
            raise ValueError(f"company {realm} exists already")
        folder = self._company_folder(realm)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)  # of a start that was stopped before the company was whole
            folder.mkdir(parents=True)
        company = self._side.make(realm_id=realm, name=name or company_name(number), clock=self.clock, data_dir=folder)
        self._side.fill(
            company,
            seed=self.settings.seed + number - 1 if seed is None else seed,
            invoices=self.settings.invoices if invoices is None else invoices,
            now=self.clock.now(),
        )
        return company

    def open_company(self, company: Any) -> None:
        """Let calls reach a company that was made, and keep it."""
        self.companies[company.realm_id] = company
        self.save()

    def tokens(
        self, realm_id: str | None = None, *, scopes: frozenset[str] = frozenset({ACCOUNTING})
    ) -> dict[str, Any]:
        """A token pair for a company (the first one, when None) without the consent page.

        The keys are those of a token answer, and `realm_id`.

        Raises:
            NoSuchCompany: no company has this realm id.
        """
        realm = realm_id or next(iter(self.companies))
        self.company(realm)
        issued = self.book.start_grant(Consent(client_id=self.app.client_id, realm_id=realm, scopes=scopes))
        return token_body(issued) | {"realm_id": realm}

    def advance(self, step: timedelta) -> datetime:
        """Move the sandbox clock and give the new time."""
        self.clock.advance(step)
        self.save()
        return self.clock.now()

    def misbehave(self, kind: str, **rule: Any) -> int:
        """Queue a misbehaviour, for instance `misbehave("throttle", times=3, match={"kind": "query"})`.

        Raises:
            pydantic.ValidationError: no such kind, or a field it does not have.
        """
        return self.misbehaviours.add(MISBEHAVIOUR.validate_python({"kind": kind, **rule}))

    def client(self, **options: Any) -> "httpx2.AsyncClient":
        """An httpx2 client that calls this sandbox in process; `options` are its own. Close it as any other.

        A connection cut on demand is `httpx2.RemoteProtocolError` here, as it is over a network.
        """
        from qbo_sandbox.in_process import client_of

        return client_of(self.asgi, **options)

    def described(self, address: str) -> dict[str, Any]:
        """Everything a client needs to know of a sandbox that is served at `address`."""
        return {
            "api_url": address,
            "discovery_url": address + discovery.SANDBOX_PATH,
            "authorize_url": address + discovery.AUTHORIZE_PATH,
            "token_url": address + discovery.TOKEN_PATH,
            "revoke_url": address + discovery.REVOKE_PATH,
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            "redirect_uri": self.app.redirect_uris[0],
            "companies": [{"realm_id": company.realm_id, "name": company.name} for company in self.companies.values()],
            "control_url": address + "/control",
        }

    def kind_of_call(self, request: Request, body: bytes) -> str:
        """What a call is, in one word: of a company (`query`), of Intuit (`refresh_token`), or `other`."""
        path = request.scope["path"]
        if path.startswith(PREFIX):
            rest = path.removeprefix(PREFIX).partition("/")[2]
            return self._side.kind_of_call(request.method, rest, request.query_params, body)
        return kind_of_intuit_call(path, body)

    def save(self) -> None:
        """Write the state, when the sandbox was given a folder for it."""
        if self.settings.data is None:
            return
        write_state(
            self.settings.data,
            SavedState(
                client_id=self.app.client_id,
                client_secret=self.app.client_secret,
                clock_offset_s=self.clock.offset.total_seconds(),
                signing_key_pem=self.identity.private_key_pem,
                companies=tuple(SavedCompany(realm_id=c.realm_id, name=c.name) for c in self.companies.values()),
                codes=self.book.codes,
                grants=self.book.grants,
                refresh_values=self.book.refresh_values,
                access_tokens=self.book.access_tokens,
            ),
        )

    def _saved_state(self) -> SavedState | None:
        if self.settings.data is None:
            return None
        self.settings.data.mkdir(parents=True, exist_ok=True)
        return read_state(self.settings.data)

    def _open_companies(self, saved: SavedState | None) -> None:
        for known in saved.companies if saved else ():
            folder = self._company_folder(known.realm_id)
            self.companies[known.realm_id] = self._side.make(
                realm_id=known.realm_id, name=known.name, clock=self.clock, data_dir=folder
            )
        while len(self.companies) < self.settings.companies:
            self.add_company()

    def _company_folder(self, realm_id: str) -> Path | None:
        return None if self.settings.data is None else self.settings.data / "companies" / realm_id

    def _build(self) -> ASGIApp:
        consent = ConsentPage(
            app=self.app,
            book=self.book,
            clock=self.clock,
            companies=lambda: [(company.realm_id, company.name) for company in self.companies.values()],
        )
        tokens = TokenEndpoints(app=self.app, book=self.book, identity=self.identity)
        pages = Starlette(
            routes=[
                *discovery.discovery_routes(),
                *consent.routes(),
                *tokens.routes(),
                *self.identity.routes(),
                *control_routes(self),
                Route("/", _front_door, methods=["GET"]),
            ]
        )
        gateway = Gateway(
            companies=self.companies,
            side=self._side,
            book=self.book,
            clock=self.clock,
            limits=self.limits,
            meter=self.meter,
            compress=self.settings.gzip,
        )

        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            """Company calls go the short way: they are many, and some carry megabytes."""
            to_company = scope["type"] == "http" and scope["path"].startswith(PREFIX)
            await (gateway if to_company else pages)(scope, receive, send)

        return Misbehaving(
            dispatch, rules=self.misbehaviours, kind_of_call=self.kind_of_call, book=self.book, clock=self.clock
        )


def sandbox_app(settings: SandboxSettings | Mapping[str, Any] | None = None) -> ASGIApp:
    """The ASGI app of a new sandbox, for any server or in-process transport."""
    if settings is not None and not isinstance(settings, SandboxSettings):
        settings = SandboxSettings.model_validate(dict(settings))
    return Sandbox(settings).asgi


async def _front_door(_: Request) -> Response:
    return PlainTextResponse(
        "A local QuickBooks Online with made-up companies.\n"
        f"Discovery document: {discovery.SANDBOX_PATH}\n"
        "What a test can do with it: /control\n"
    )
