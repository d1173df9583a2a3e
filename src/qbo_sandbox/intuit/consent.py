"""The authorize endpoint: check what an app asks, let the person decide, send the browser back with the outcome."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qbo_sandbox.clock import Clock
from qbo_sandbox.intuit.apps import App
from qbo_sandbox.intuit.discovery import AUTHORIZE_PATH
from qbo_sandbox.intuit.grants import Consent, GrantBook
from qbo_sandbox.intuit.pages import consent_page, error_page
from qbo_sandbox.intuit.scopes import KNOWN_SCOPES, OPENID, SIGN_IN_DETAILS, needs_company, said_to_people

TICKET_LIFE = timedelta(minutes=30)
MOST_TICKETS = 10_000
PERSON = "Robin Quill"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A checked authorize request that waits for the person's answer."""

    redirect_uri: str
    state: str
    scopes: frozenset[str]
    asked_at: datetime


class _ShownAsPage(Exception):
    """A request so wrong that the browser must not be sent anywhere with it."""

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class _SentBack(Exception):
    """A request that is refused by way of the app's own redirect URI."""

    def __init__(self, error: str, description: str, *, redirect_uri: str, state: str) -> None:
        super().__init__(description)
        self.location = _with_query(redirect_uri, {"error": error, "error_description": description, "state": state})


class ConsentPage:
    """GET shows the page, POST takes the decision. Each page shown can be answered once."""

    def __init__(
        self, *, app: App, book: GrantBook, clock: Clock, companies: Callable[[], list[tuple[str, str]]]
    ) -> None:
        self._app = app
        self._book = book
        self._clock = clock
        self._companies = companies  # (realm id, name) of every company there is now
        self._asked: dict[str, _Asked] = {}

    def routes(self) -> list[Route]:
        return [
            Route(AUTHORIZE_PATH, self._show, methods=["GET"]),
            Route(AUTHORIZE_PATH, self._decide, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        try:
            asked = self._read(request.query_params)
        except _ShownAsPage as wrong:
            return error_page(message=wrong.message, next_step=wrong.next_step)
        except _SentBack as refused:
            return _go(refused.location)
        self._forget_old_tickets()
        ticket = secrets.token_urlsafe(24)
        self._asked[ticket] = asked
        return self._page(asked, ticket)

    async def _decide(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
        ticket = form.get("ticket", "")
        asked = self._asked.get(ticket)
        if asked is None or self._clock.now() > asked.asked_at + TICKET_LIFE:
            return error_page(
                message="This page was answered already, or it is too old.",
                next_step="Go back to the app and start connecting again.",
            )
        decision = form.get("decision")
        if decision == "cancel":
            del self._asked[ticket]
            refused = {"error": "access_denied", "error_description": "The person refused the connection"}
            return _go(_with_query(asked.redirect_uri, refused | {"state": asked.state}))
        if decision != "connect":
            return self._page(asked, ticket, fault="Choose Connect or Cancel.")
        realm_id: str | None = None
        if needs_company(asked.scopes):
            realm_id = form.get("realm_id", "")
            if realm_id not in dict(self._companies()):
                return self._page(asked, ticket, fault="Choose the company to connect.")
        del self._asked[ticket]
        consent = Consent(client_id=self._app.client_id, realm_id=realm_id, scopes=asked.scopes)
        outcome = {"code": self._book.new_code(consent, redirect_uri=asked.redirect_uri), "state": asked.state}
        if realm_id is not None:
            outcome["realmId"] = realm_id
        return _go(_with_query(asked.redirect_uri, outcome))

    def _read(self, query: QueryParams) -> _Asked:
        """Check an authorize request: what makes the redirect doubtful is shown as a page, the rest is sent back."""
        if query.get("client_id") != self._app.client_id:
            raise _ShownAsPage(
                "The client_id query parameter value is invalid.",
                "Use the client id that the sandbox printed when it started.",
            )
        redirect_uri = query.get("redirect_uri", "")
        if redirect_uri not in self._app.redirect_uris:
            raise _ShownAsPage(
                f"The redirect_uri query parameter value is invalid: {redirect_uri or '(none was sent)'}",
                "It has to equal a registered one byte for byte. Registered: "
                f"{', '.join(self._app.redirect_uris)}. Register another with --redirect-uri.",
            )
        repeated = [name for name in query if len(query.getlist(name)) > 1]
        if repeated:
            raise _ShownAsPage(
                f"A query parameter is given more than once: {', '.join(sorted(set(repeated)))}.",
                "Send each parameter once.",
            )
        state = query.get("state", "")
        if not state:
            raise _ShownAsPage(
                "The state query parameter is missing.",
                "Send a state that cannot be guessed, and compare it when the browser comes back.",
            )
        response_type = query.get("response_type", "")
        if response_type != "code":
            error = "unsupported_response_type" if response_type else "invalid_request"
            raise _SentBack(error, "response_type has to be code", redirect_uri=redirect_uri, state=state)
        scopes = frozenset(query.get("scope", "").split())
        unknown = sorted(scopes - KNOWN_SCOPES)
        if unknown or not scopes:
            text = f"Unknown scope: {' '.join(unknown)}" if unknown else "No scope was asked for"
            raise _SentBack("invalid_scope", text, redirect_uri=redirect_uri, state=state)
        if scopes & SIGN_IN_DETAILS and OPENID not in scopes:
            raise _ShownAsPage(
                "The scope query parameter value is invalid.",
                "profile, email, phone and address are only given together with openid.",
            )
        return _Asked(redirect_uri=redirect_uri, state=state, scopes=scopes, asked_at=self._clock.now())

    def _page(self, asked: _Asked, ticket: str, *, fault: str | None = None) -> Response:
        return consent_page(
            app_name=self._app.name,
            person=PERSON,
            opens=[said_to_people(scope) for scope in sorted(asked.scopes)],
            companies=self._companies() if needs_company(asked.scopes) else (),
            ticket=ticket,
            redirect_uri=asked.redirect_uri,
            fault=fault,
        )

    def _forget_old_tickets(self) -> None:
        oldest = self._clock.now() - TICKET_LIFE
        for ticket in [t for t, asked in self._asked.items() if asked.asked_at < oldest]:
            del self._asked[ticket]
        while len(self._asked) >= MOST_TICKETS:
            del self._asked[next(iter(self._asked))]


def _go(location: str) -> Response:
    """303, so that the browser comes to the app with GET; nothing of it may be kept, for it may hold a code."""
    return RedirectResponse(location, status_code=303, headers={"cache-control": "no-store"})


def _with_query(uri: str, added: dict[str, str]) -> str:
    parts = urlsplit(uri)
    query = "&".join(text for text in (parts.query, urlencode(added)) if text)
    return urlunsplit(parts._replace(query=query))
