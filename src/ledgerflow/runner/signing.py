"""How the calls of a connection are signed: its settings with their secrets, and a token session per company."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ledgerflow.auth.keys import bearer_header, bearer_of, signature
from ledgerflow.auth.oauth_app import OAuthApp
from ledgerflow.auth.session import TokenSession
from ledgerflow.core.connection import ApiKey, Basic, Bearer, NoAuth, OAuth2
from ledgerflow.core.errors import InputRefused

if TYPE_CHECKING:
    from ledgerflow.net.client import Signer
    from ledgerflow.runner.workspace import Connection, Workspace

SECRET_FLAGS = {"client_secret": "--client-secret", "password": "--password", "value": "--key", "token": "--token"}
"""Keys under `auth` that hold a reference to a secret, and the flag of `ledgerflow connection set` for each."""


def signer_for(workspace: Workspace, connection: Connection, company: str) -> Signer:
    """What signs the calls for one company of a connection."""
    if isinstance(connection.file.auth, OAuth2):
        return _TokenSigner(workspace.session(connection, company))
    return _FixedSigner(workspace, connection, connection.file.auth)


def oauth_app(workspace: Workspace, connection: Connection) -> OAuthApp:
    """The OAuth 2 settings of a connection: what its file says, else what its provider says, with the secrets.

    Raises:
        InputRefused: it signs in otherwise, or a secret it refers to is not there.
    """
    auth = connection.file.auth
    if not isinstance(auth, OAuth2):
        raise InputRefused(
            f"Connection {connection.name!r} signs in by {auth.type!r}, which needs no connecting.",
            where=f"{connection.path}, key auth.type",
            next_step=f"Use it as it is, or set OAuth 2: `ledgerflow connection set {connection.name} --auth oauth2`.",
        )
    known = connection.provider.sign_in if connection.provider is not None else None
    token_url = auth.token_url or (known.token_url if known else "")

    def secret(reference: str | None, key: str) -> str:
        return follow(workspace, connection, reference, key=key) if reference else ""

    client_id = auth.client_id or ""
    return OAuthApp(
        connection=connection.name,
        file=connection.path,
        title=connection.provider.title if connection.provider else urlsplit(token_url).netloc or "the provider",
        grant=auth.grant,
        auth_url=auth.auth_url or (known.auth_url if known else ""),
        token_url=token_url,
        revoke_url=auth.revoke_url or (known.revoke_url if known else None) or "",
        client_id=secret(client_id, "client_id") if client_id.startswith("env:") else client_id,
        client_secret=secret(auth.client_secret, "client_secret"),
        client_authentication=auth.client_authentication,
        scope=auth.scope or (known.scope if known else ""),
        state_prefix=auth.state,
        redirect_url=auth.redirect_url,
        pkce=auth.pkce,
        username=auth.username or "",
        password=secret(auth.password, "password"),
        extra=auth.extra,
        token_headers=known.token_headers if known else {},
        revoke_as=known.revoke_as if known else "form",
        keep_from_redirect=known.keep_from_redirect if known else (auth.company_from,) if auth.company_from else (),
    )


def follow(workspace: Workspace, connection: Connection, reference: str, *, key: str) -> str:
    """The secret that `auth.<key>` refers to: `vault:NAME` or `env:VARIABLE`.

    Raises:
        InputRefused: there is none, or the vault cannot be opened.
    """
    place, _, name = reference.partition(":")
    flag = SECRET_FLAGS.get(key, "--" + key.replace("_", "-"))
    if place == "env":
        value = os.environ.get(name, "")
        if not value:
            raise InputRefused(
                f"The environment variable {name} is not set.",
                where=f"{connection.path}, key auth.{key}: {reference}",
                next_step=f"Set {name}, or keep the secret in the vault: `ledgerflow connection set {connection.name} "
                f"{flag} -`.",
            )
        return value
    kept = workspace.vault.get(connection.name, name)
    if kept is None:
        raise InputRefused(
            f"The vault holds no secret {name!r} for connection {connection.name!r}.",
            where=f"{connection.path}, key auth.{key}: {reference}",
            next_step=f"Run `ledgerflow connection set {connection.name} {flag} -` and type it, or pipe it in.",
        )
    return kept


class _TokenSigner:
    """Signs with the token of one company."""

    def __init__(self, session: TokenSession) -> None:
        self._session = session

    async def headers(self, company: str) -> Mapping[str, str]:
        return bearer_header((await self._session.fresh_token()).access_token)

    async def query(self, company: str) -> Mapping[str, str]:
        return {}

    async def renew_after_refusal(self, used: Mapping[str, str]) -> None:
        await self._session.renew_after_refusal(bearer_of(used))


class _FixedSigner:
    """Signs with what does not change; the secret is read from the vault once."""

    def __init__(self, workspace: Workspace, connection: Connection, auth: ApiKey | Basic | Bearer | NoAuth) -> None:
        key = {"api_key": "value", "basic": "password", "bearer": "token"}.get(auth.type, "")
        self._signature = signature(auth, lambda reference: follow(workspace, connection, reference, key=key))

    async def headers(self, company: str) -> Mapping[str, str]:
        return self._signature.headers

    async def query(self, company: str) -> Mapping[str, str]:
        return self._signature.query

    async def renew_after_refusal(self, used: Mapping[str, str]) -> None:
        """There is nothing to renew; the refusal stands."""
