"""Connect a company: send a person to the consent page, finish what comes back, keep the token."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ledgerflow.apis.contract import ChecksConnections, NamesCompanies
from ledgerflow.auth import redirects, requests
from ledgerflow.auth.answers import read_token
from ledgerflow.auth.oauth_app import OAuthApp
from ledgerflow.auth.redirects import Pending, Redirect
from ledgerflow.auth.requests import AuthRequest
from ledgerflow.auth.session import missing_settings, to_the_end
from ledgerflow.auth.tokens import Token
from ledgerflow.core.errors import InputRefused, LedgerflowError
from ledgerflow.core.names import NO_COMPANY
from ledgerflow.core.page import error_page, message_page
from ledgerflow.net.exchange import TokenExchange
from ledgerflow.runner.signing import oauth_app
from ledgerflow.runner.workspace import Connection, Workspace

NAME_WITHIN_S = 15.0
"""How long the company's name may take; connecting does not depend on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in that waits for the person. `address` is the consent page's; it holds the state."""

    address: str = field(repr=False)
    pending: Pending


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A company that was connected just now. `again`: it had been before. Times are UTC; None where not told."""

    connection: str
    company: str
    name: str
    title: str
    again: bool
    access_until: datetime | None
    refresh_ends: datetime | None
    hard_end: datetime | None
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {
            "connection": self.connection,
            "company": self.company,
            "name": self.name,
            "title": self.title,
            "again": self.again,
            "access_until": _iso(self.access_until),
            "refresh_ends": _iso(self.refresh_ends),
            "hard_end": _iso(self.hard_end),
            "warnings": list(self.warnings),
        }

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Connected:
        """What `as_json` wrote down."""
        return cls(
            connection=told["connection"],
            company=told["company"],
            name=told["name"],
            title=told["title"],
            again=told["again"],
            access_until=_moment(told["access_until"]),
            refresh_ends=_moment(told["refresh_ends"]),
            hard_end=_moment(told["hard_end"]),
            warnings=tuple(told["warnings"]),
        )


def begin(workspace: Workspace, name: str, *, company: str | None = None) -> Begun:
    """Begin a sign-in: the address to open, and what was saved to know the way back.

    `company` is one that is to be connected again, by id or by name; another one coming back is refused.

    Raises:
        InputRefused: settings are missing (all of them are named), or the connection needs no person.
    """
    connection = workspace.connection(name)
    app = oauth_app(workspace, connection)
    if app.grant != "authorization_code":
        raise InputRefused(
            f"Connection {name!r} uses the grant {app.grant}, which has no consent page.",
            where=f"{connection.path}, key auth.grant",
            next_step=f"Set `ledgerflow connection set {name} --grant authorization_code`, or use it as it is.",
        )
    if missing := app.missing("authorize"):
        raise missing_settings(app, missing)
    state = redirects.new_state(app.state_prefix)
    verifier = redirects.new_verifier() if app.pkce else None
    now = workspace.clock()
    pending = Pending(
        state_id=redirects.state_id(state),
        connection=name,
        redirect_url=app.redirect_url,
        wanted=_known_company(workspace, name, company),
        begun_at=now,
        expires_at=now + redirects.STATE_LIFE,
        verifier=verifier,
    )
    workspace.pending.add(pending)
    return Begun(address=requests.authorize_address(app, state=state, verifier=verifier), pending=pending)


async def finish(workspace: Workspace, redirect: Redirect) -> Connected:
    """Finish the sign-in that a redirect belongs to, whoever began it; how it ended is saved for them.

    Raises:
        InputRefused: the state is unknown, used or too old, or another company came back.
        ReconnectNeeded: the consent was refused, or the code was not taken.
        RetryLater: the provider could not be reached.
    """
    pending = workspace.pending.take(redirect.state)
    try:
        connected = await _finish(workspace, pending, redirect)
    except LedgerflowError as error:
        workspace.pending.end(pending, error=error)
        raise
    workspace.pending.end(pending, told=connected.as_json())
    return connected


async def finish_pasted(workspace: Workspace, name: str, text: str) -> Connected:
    """Finish a sign-in from the address that a person copied out of the browser."""
    app = oauth_app(workspace, workspace.connection(name))
    return await finish(workspace, redirects.read_pasted(text, redirect_url=app.redirect_url))


async def answer_redirect(workspace: Workspace, pairs: Sequence[tuple[str, str]]) -> tuple[int, str]:
    """Finish the sign-in that a browser brought back; the status and the page to show it."""
    try:
        connected = await finish(workspace, redirects.read_redirect(pairs))
    except LedgerflowError as error:
        return 400, error_page(error)
    return 200, connected_page(connected)


def connected_page(connected: Connected) -> str:
    """The page that tells a person that it worked."""
    shown = connected.name or (f"Company {connected.company}" if connected.company != NO_COMPANY else connected.title)
    details = {"Connection": connected.connection}
    if connected.company != NO_COMPANY:
        details["Company"] = connected.company
    if connected.refresh_ends is not None:
        details["Lasts until"] = f"{connected.refresh_ends:%d %B %Y}, and longer with every use"
    heading = f"{shown} is connected{' again' if connected.again else ''}."
    paragraphs = ["You can close this window and go back to Ledgerflow.", *connected.warnings]
    return message_page(heading, paragraphs, details=details, good=True)


async def connect_without_person(workspace: Workspace, name: str, *, company: str | None = None) -> Connected:
    """Get the first token of a connection whose grant needs nobody (client credentials, password)."""
    connection = workspace.connection(name)
    called = company or NO_COMPANY
    before = workspace.companies.get(name, called)
    await workspace.session(connection, called).fresh_token(even_if_refused=True)
    return await _connected(workspace, connection, called, again=before is not None)


async def adopt(workspace: Workspace, name: str, refresh_token: str, *, company: str | None = None) -> Connected:
    """Take over an authorization by its refresh token, as another program gave it up.

    It is renewed at once, which shows that it works.

    Raises:
        InputRefused: the connection needs the company named. ReconnectNeeded: the token is not taken.
    """
    connection = workspace.connection(name)
    app = oauth_app(workspace, connection)
    if missing := app.missing("token"):
        raise missing_settings(app, missing)
    if company is None and app.keep_from_redirect:
        raise InputRefused(
            f"A refresh token does not tell its company ({app.keep_from_redirect[0]}).",
            where="--company",
            next_step="Add --company with the company's id.",
        )
    called = company or NO_COMPANY
    before = workspace.companies.get(name, called)
    old = Token(access_token="", refresh_token=refresh_token, obtained_at=workspace.clock())
    request = requests.ask_for_renewal(app, old)
    await _exchange(workspace, app, called, request, old=old)
    return await _connected(workspace, connection, called, again=before is not None)


async def _finish(workspace: Workspace, pending: Pending, redirect: Redirect) -> Connected:
    connection = workspace.connection(pending.connection)
    app = oauth_app(workspace, connection)
    if redirect.error:
        raise redirects.refused_consent(redirect, connection=connection.name, title=app.title, scope=app.scope)
    company = redirects.company_of(redirect, app) or NO_COMPANY
    if (other := redirects.other_company(company, pending)) is not None:
        raise other
    if missing := app.missing("token"):
        raise missing_settings(app, missing)
    before = workspace.companies.get(connection.name, company)
    request = requests.ask_for_token(
        app, code=redirect.code, redirect_url=pending.redirect_url, verifier=pending.verifier
    )
    await _exchange(workspace, app, company, request, named=pending.wanted or "")
    return await _connected(workspace, connection, company, again=before is not None)


async def _exchange(
    workspace: Workspace,
    app: OAuthApp,
    company: str,
    request: AuthRequest,
    *,
    named: str = "",
    old: Token | None = None,
) -> None:
    """Ask for a first token and save it. No renewal of an earlier one may be saved after it, hence the lock."""

    async def exchange() -> None:
        now = workspace.clock()
        answer = await TokenExchange(app.connection, sleep=workspace.sleep).send(request)
        token = read_token(answer, request, app=app, now=now, company=named, old=old)
        await asyncio.to_thread(workspace.companies.connect, app.connection, company, token)

    async with workspace.companies.renewal_lock(app.connection, company):
        await to_the_end(exchange())
    workspace.drop_session(app.connection, company)


async def _connected(workspace: Workspace, connection: Connection, company: str, *, again: bool) -> Connected:
    """What was connected, with the company's name if it can be had, and what looks wrong already."""
    provider = connection.provider
    warnings: list[str] = []
    if isinstance(provider, ChecksConnections):
        warnings += provider.connection_warnings(connection.file)
    if isinstance(provider, NamesCompanies):
        try:
            async with asyncio.timeout(NAME_WITHIN_S), workspace.caller(connection.name, company) as caller:
                name = provider.company_name(await caller.send(provider.company_name_call(company)))
            if name:
                workspace.companies.rename(connection.name, company, name)
        except LedgerflowError as error:
            warnings.append(f"The first call failed: {error.what} {error.next_step}")
        except TimeoutError:
            warnings.append(f"The first call was not answered within {NAME_WITHIN_S:g} s.")
    kept = workspace.companies.get(connection.name, company)
    assert kept is not None
    return Connected(
        connection=connection.name,
        company=company,
        name=kept.name,
        title=provider.title if provider is not None else connection.name,
        again=again,
        access_until=kept.access_expires_at,
        refresh_ends=kept.refresh_expires_at,
        hard_end=kept.refresh_hard_expires_at,
        warnings=tuple(warnings),
    )


def _known_company(workspace: Workspace, name: str, company: str | None) -> str | None:
    """The id of a company given by id or by name; one that is not known is taken for an id."""
    if company is None:
        return None
    known = workspace.companies.of(name)
    by_id = [one.company for one in known if one.company == company]
    by_name = [one.company for one in known if one.name.casefold() == company.casefold()]
    return (by_id or by_name or [company])[0]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
