"""What to send to an authorization server: pure functions that build requests."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote_plus, urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from ledgerflow.auth.oauth_app import OAuthApp
from ledgerflow.auth.tokens import Token

Purpose = Literal["code", "renewal", "client_credentials", "password", "revocation"]
"""What a request is for; an answer means something else for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthRequest:
    """One request to a token or revocation endpoint. Printing one shows no secret.

    `repeatable`: sending it again after a lost answer can only help. A code may not be sent twice (RFC 6749, 4.1.2:
    the tokens of the first exchange may be revoked); a refresh token that was replaced unseen is lost either way.
    """

    purpose: Purpose
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    repeatable: bool
    secrets: tuple[str, ...] = field(repr=False)
    """What must not appear in anything people read about this request."""


def authorize_address(app: OAuthApp, *, state: str, verifier: str | None = None) -> str:
    """The address of the consent page. `verifier` is the proof key, for an app with `pkce`."""
    extra: dict[str, str] = dict(app.extra)
    if verifier is not None:
        extra |= {"code_challenge": create_s256_code_challenge(verifier), "code_challenge_method": "S256"}
    return str(
        prepare_grant_uri(
            app.auth_url, app.client_id, "code", redirect_uri=app.redirect_url, scope=app.scope, state=state, **extra
        )
    )


def ask_for_token(app: OAuthApp, *, code: str, redirect_url: str, verifier: str | None = None) -> AuthRequest:
    """Exchange the code of a redirect for the first token. `redirect_url` is the one the code was asked with."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_url}
    if verifier is not None:
        form["code_verifier"] = verifier
    return _token_request(app, "code", form, repeatable=False, secrets=(code, verifier or ""))


def ask_for_renewal(app: OAuthApp, token: Token) -> AuthRequest:
    """Renew a token that has a refresh token."""
    if not token.refresh_token:
        raise ValueError("a token without a refresh token cannot be renewed")
    form = {"grant_type": "refresh_token", "refresh_token": token.refresh_token}
    return _token_request(app, "renewal", form, repeatable=True, secrets=(token.refresh_token, token.access_token))


def ask_with_client_credentials(app: OAuthApp) -> AuthRequest:
    """A token for the app itself."""
    form = {"grant_type": "client_credentials", "scope": app.scope}
    return _token_request(app, "client_credentials", form, repeatable=True)


def ask_with_password(app: OAuthApp) -> AuthRequest:
    """A token for the user whose name and password the connection has."""
    form = {"grant_type": "password", "username": app.username, "password": app.password, "scope": app.scope}
    return _token_request(app, "password", form, repeatable=True)


def ask_to_revoke(app: OAuthApp, token: Token) -> AuthRequest:
    """End the whole authorization: the refresh token where there is one, since that ends both.

    As RFC 7009 has it, or as JSON (Intuit: `{"token": ...}`, Basic authentication, empty 200).
    """
    value = token.refresh_token or token.access_token
    kind = "refresh_token" if token.refresh_token else "access_token"
    secrets = tuple(part for part in (token.access_token, token.refresh_token) if part)
    if app.revoke_as == "form":
        form = {"token": value, "token_type_hint": kind}
        return _form_request(app, "revocation", app.revoke_url, form, repeatable=True, secrets=secrets)
    return AuthRequest(
        purpose="revocation",
        url=app.revoke_url,
        headers={"Accept": "application/json", "Content-Type": "application/json", **basic_header(*_client(app))},
        body=json.dumps({"token": value}).encode(),
        repeatable=True,
        secrets=(*app.secrets, *secrets),
    )


def basic_header(user: str, password: str) -> dict[str, str]:
    """The header of HTTP basic authentication (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def _token_request(
    app: OAuthApp, purpose: Purpose, form: Mapping[str, str], *, repeatable: bool, secrets: tuple[str, ...] = ()
) -> AuthRequest:
    return _form_request(
        app, purpose, app.token_url, form, repeatable=repeatable, secrets=secrets, headers=app.token_headers
    )


def _form_request(
    app: OAuthApp,
    purpose: Purpose,
    url: str,
    form: Mapping[str, str],
    *,
    repeatable: bool,
    secrets: tuple[str, ...],
    headers: Mapping[str, str] | None = None,
) -> AuthRequest:
    sent = {name: value for name, value in form.items() if value}
    proof: dict[str, str] = {}
    if app.client_authentication == "basic" and app.client_secret:
        proof = basic_header(*_client(app))
    else:
        sent["client_id"] = app.client_id
        if app.client_secret:
            sent["client_secret"] = app.client_secret
    return AuthRequest(
        purpose=purpose,
        url=url,
        headers={
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            **(headers or {}),
            **proof,
        },
        body=urlencode(sent).encode(),
        repeatable=repeatable,
        secrets=(*app.secrets, *(secret for secret in secrets if secret)),
    )


def _client(app: OAuthApp) -> tuple[str, str]:
    """Id and secret, form-encoded before they are joined, as RFC 6749 2.3.1 wants it."""
    return quote_plus(app.client_id), quote_plus(app.client_secret)
