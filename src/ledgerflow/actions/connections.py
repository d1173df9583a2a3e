"""Look at connections, try them, and end authorizations."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ledgerflow.apis.contract import ChecksConnections, NamesCompanies
from ledgerflow.auth import requests
from ledgerflow.auth.answers import read_revocation
from ledgerflow.auth.session import missing_settings
from ledgerflow.core.connection import OAuth2
from ledgerflow.core.errors import InputRefused, LedgerflowError, RetryLater
from ledgerflow.core.names import NO_COMPANY
from ledgerflow.net.exchange import TokenExchange
from ledgerflow.runner.signing import SECRET_FLAGS, oauth_app
from ledgerflow.runner.workspace import GRANTS_WITHOUT_PERSON, Connection, Workspace
from ledgerflow.store.companies import Company

WARN_BEFORE_REFRESH_END = timedelta(days=14)
WARN_BEFORE_HARD_END = timedelta(days=60)


def list_connections(workspace: Workspace) -> list[dict[str, Any]]:
    """Every connection of the project in a line; one whose file has faults tells its first."""
    listed: list[dict[str, Any]] = []
    for name in workspace.files.names("connection"):
        try:
            connection = workspace.connection(name)
        except InputRefused as error:
            listed.append({"connection": name, "fault": error.what, "next": error.next_step})
            continue
        listed.append(
            {
                "connection": name,
                "api": connection.file.api,
                "base_url": connection.file.base_url,
                "auth": connection.file.auth.type,
                "companies": len(workspace.companies.of(name)),
            }
        )
    return listed


def show_connection(workspace: Workspace, name: str) -> dict[str, Any]:
    """What a connection is set to, which secrets are there, what is missing; never a secret itself."""
    connection = workspace.connection(name)
    settings = connection.file.model_dump(mode="json", exclude_none=True)
    auth = settings.get("auth", {})
    secrets = {
        key: {"reference": auth[key], "there": _is_there(workspace, name, auth[key])}
        for key in SECRET_FLAGS
        if isinstance(auth.get(key), str) and auth[key].startswith(("vault:", "env:"))
    }
    shown: dict[str, Any] = {
        "connection": name,
        "file": connection.path,
        "provider": connection.provider.name if connection.provider else None,
        "settings": settings,
        "secrets": secrets,
        "from_provider": _from_provider(connection),
        "missing": list(_missing(workspace, connection)),
        "warnings": list(_warnings(connection)),
        "companies": [_company(workspace, one) for one in workspace.companies.of(name)],
    }
    return shown


def connection_status(workspace: Workspace, name: str | None = None) -> list[dict[str, Any]]:
    """How long each company's authorization lasts, and what to do about those that end."""
    names = [name] if name is not None else workspace.files.names("connection")
    told: list[dict[str, Any]] = []
    for one in names:
        try:
            connection = workspace.connection(one)
        except InputRefused as error:
            if name is not None:
                raise
            told.append({"connection": one, "state": "file has faults", "what": error.what, "next": error.next_step})
            continue
        told.append(_status(workspace, connection))
    return told


async def try_connection(workspace: Workspace, name: str, *, company: str | None = None) -> dict[str, Any]:
    """Get a good token, and make one real call where the provider has one that asks for nothing else.

    Raises: whatever stands in the way, as the errors of `TokenSession.fresh_token` and `Caller.send`.
    """
    connection = workspace.connection(name)
    called = workspace.company_for(connection, company)
    told: dict[str, Any] = {"connection": name, "company": called, "warnings": list(_warnings(connection))}
    if isinstance(connection.file.auth, OAuth2):
        before = workspace.companies.get(name, called)
        token = await workspace.session(connection, called).fresh_token(even_if_refused=True)
        told["token"] = {
            "good_until": _iso(token.expires_at),
            "renewed": before is None or before.access_expires_at != token.expires_at,
        }
    else:
        await workspace.signer(connection, called).headers(called)  # follows the reference to the secret
        told["token"] = None
    provider = connection.provider
    if not isinstance(provider, NamesCompanies):
        told["call"] = None
        return told
    call = provider.company_name_call(called)
    async with workspace.caller(name, called) as caller:
        answer = await caller.send(call)
    company_name = provider.company_name(answer)
    if company_name and workspace.companies.get(name, called) is not None:
        workspace.companies.rename(name, called, company_name)
    told |= {
        "name": company_name,
        "call": {"method": call.method, "path": call.path, "status": answer.status, "elapsed_s": answer.elapsed_s},
    }
    return told


async def disconnect(
    workspace: Workspace, name: str, *, company: str | None = None, forget: bool = False
) -> dict[str, Any]:
    """End an authorization at the provider, then forget it here.

    One that the provider says is dead already is forgotten too. When the provider cannot be told, nothing is
    forgotten, unless `forget` is set.

    Raises:
        ReconnectNeeded: there is no such authorization. RetryLater: the provider could not be told.
        InputRefused: there are several and none was named, or settings are missing or not accepted.
    """
    connection = workspace.connection(name)
    called = workspace.company_for(connection, company)
    known = workspace.companies.get(name, called)
    if known is None:
        raise InputRefused(
            f"Connection {name!r} has no authorization to end.",
            where=connection.path,
            next_step=f"`ledgerflow connection show {name}` shows how it signs in.",
        )
    async with workspace.companies.renewal_lock(name, called):
        try:
            note = await _revoke(workspace, connection, called)
            revoked = note is None
        except LedgerflowError as error:
            if not forget:
                raise _kept(error, name, called) from error
            revoked, note = False, f"It was not ended at the provider: {error.what}"
        await asyncio.to_thread(workspace.companies.remove, name, called)
    workspace.drop_session(name, called)
    return {"connection": name, "company": called, "name": known.name, "revoked": revoked, "note": note}


async def _revoke(workspace: Workspace, connection: Connection, company: str) -> str | None:
    """Revoke; None when it was done, else why it was not needed. Raises when the provider could not be told."""
    token = await asyncio.to_thread(workspace.companies.token, connection.name, company)
    if token is None:
        return "No token was saved any more."
    app = oauth_app(workspace, connection)
    if missing := app.missing("revoke"):
        raise missing_settings(app, missing)
    request = requests.ask_to_revoke(app, token)
    answer = await TokenExchange(connection.name, sleep=workspace.sleep).send(request)
    ended = read_revocation(answer, request, app=app)
    return None if ended else f"{app.title} says that it was over already."


def _kept(error: LedgerflowError, name: str, company: str) -> LedgerflowError:
    """The error of a revocation that failed, with the way to forget the authorization all the same."""
    forget = f"ledgerflow disconnect {name}{'' if company == NO_COMPANY else f' --company {company}'} --forget"
    next_step = f"{error.next_step} Nothing was forgotten; `{forget}` forgets it here without telling the provider."
    kind = RetryLater if isinstance(error, RetryLater) else InputRefused
    return kind(error.what, where=error.where, next_step=next_step)


def _status(workspace: Workspace, connection: Connection) -> dict[str, Any]:
    auth = connection.file.auth
    told: dict[str, Any] = {
        "connection": connection.name,
        "auth": auth.type,
        "base_url": connection.file.base_url,
        "warnings": list(_warnings(connection)),
    }
    missing = _missing(workspace, connection)
    if not isinstance(auth, OAuth2):
        told |= {"state": "secret missing" if missing else "ready", "companies": []}
        return told
    companies = [_company(workspace, one) for one in workspace.companies.of(connection.name)]
    told["companies"] = companies
    if missing:
        told |= {"state": "settings missing", "missing": list(missing)}
        told["next"] = f"ledgerflow connection show {connection.name}"
    elif not companies:
        alone = auth.grant in GRANTS_WITHOUT_PERSON
        told["state"] = "ready" if alone else "not connected"
        told["next"] = None if alone else f"ledgerflow connect {connection.name}"
    else:
        worst = [one for one in companies if one["state"] != "good"]
        told["state"] = worst[0]["state"] if worst else "good"
    return told


def _company(workspace: Workspace, one: Company) -> dict[str, Any]:
    """One company: its times, its state, and what is ahead."""
    now = workspace.clock()
    again = f"ledgerflow connect {one.connection}" + ("" if one.company == NO_COMPANY else f" --company {one.company}")
    state, warnings, next_step = "good", list[str](), None
    ends = {"refresh token": one.refresh_expires_at, "authorization": one.refresh_hard_expires_at}
    for what, end in ends.items():
        if end is not None and end <= now:
            state, next_step = "reconnect needed", again
            warnings.append(f"The {what} ended on {end:%Y-%m-%d}.")
    if one.refused is not None:
        state, next_step = "reconnect needed", again
        warnings.append(one.refused)
    elif state == "good":
        warnings = _ahead(one, now)
        if warnings:
            state, next_step = "ends soon", again
        if one.unfinished is not None:
            warnings.append(
                f"A renewal asked for at {one.unfinished.asked_at:%Y-%m-%d %H:%M:%S} UTC by {one.unfinished.asked_by} "
                "is under way or was lost; the next use will tell."
            )
    return {
        "company": one.company,
        "name": one.name,
        "state": state,
        "connected_at": _iso(one.connected_at),
        "access_until": _iso(one.access_expires_at),
        "refresh_ends": _iso(one.refresh_expires_at),
        "hard_end": _iso(one.refresh_hard_expires_at),
        "scope": one.scope,
        "warnings": warnings,
        "next": next_step,
    }


def _ahead(one: Company, now: datetime) -> list[str]:
    warnings: list[str] = []
    rolling, hard = one.refresh_expires_at, one.refresh_hard_expires_at
    if hard is not None and hard - now <= WARN_BEFORE_HARD_END:
        warnings.append(f"The authorization ends for good on {hard:%Y-%m-%d}, whatever is done; connect again before.")
    elif rolling is not None and rolling - now <= WARN_BEFORE_REFRESH_END:
        warnings.append(f"The authorization ends on {rolling:%Y-%m-%d} unless it is used before; any call prolongs it.")
    return warnings


def _missing(workspace: Workspace, connection: Connection) -> tuple[str, ...]:
    """Settings that are not set and secrets that are not there."""
    auth = connection.file.auth
    if isinstance(auth, OAuth2):
        try:
            app = oauth_app(workspace, connection)
        except InputRefused as error:
            return (error.what,)
        needed = app.missing("authorize" if app.grant == "authorization_code" else "token")
        return tuple(f"auth.{name}" for name in needed)
    reference = {"api_key": "value", "basic": "password", "bearer": "token"}.get(auth.type)
    if reference is None or _is_there(workspace, connection.name, getattr(auth, reference)):
        return ()
    return (f"auth.{reference}",)


def _warnings(connection: Connection) -> list[str]:
    provider = connection.provider
    return list(provider.connection_warnings(connection.file)) if isinstance(provider, ChecksConnections) else []


def _from_provider(connection: Connection) -> Mapping[str, str]:
    """What the provider says where the file says nothing."""
    auth = connection.file.auth
    known = connection.provider.sign_in if connection.provider is not None else None
    if known is None or not isinstance(auth, OAuth2):
        return {}
    said = {"auth_url": known.auth_url, "token_url": known.token_url, "revoke_url": known.revoke_url}
    return {name: value for name, value in {**said, "scope": known.scope}.items() if value and not getattr(auth, name)}


def _is_there(workspace: Workspace, connection: str, reference: str) -> bool:
    place, _, name = reference.partition(":")
    return bool(os.environ.get(name)) if place == "env" else workspace.vault.has(connection, name)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None
