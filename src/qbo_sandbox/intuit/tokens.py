"""The token and revocation endpoints: read the request, ask the grant book, answer in Intuit's words."""

import base64
import binascii
import json
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import qbo_facts
from qbo_sandbox.headers import new_tid
from qbo_sandbox.intuit.answers import json_answer, oauth_error, own_address
from qbo_sandbox.intuit.apps import App
from qbo_sandbox.intuit.discovery import ISSUER_PATH, REVOKE_PATH, TOKEN_PATH
from qbo_sandbox.intuit.grants import GrantBook, Issued, TokenRefused
from qbo_sandbox.intuit.identity import Identity

_HARD_EXPIRY = qbo_facts.oauth().hard_limit_header


class _BadForm(ValueError):
    """The body is not a form, or names a field twice."""


class TokenEndpoints:
    """POST of codes and refresh tokens for access tokens, and of tokens to revoke."""

    def __init__(self, *, app: App, book: GrantBook, identity: Identity) -> None:
        self._app = app
        self._book = book
        self._identity = identity

    def routes(self) -> list[Route]:
        return [
            Route(TOKEN_PATH, self._token, methods=["POST"]),
            Route(REVOKE_PATH, self._revoke, methods=["POST"]),
        ]

    async def _token(self, request: Request) -> Response:
        try:
            form = _form(request.headers.get("content-type", ""), await request.body())
        except _BadForm as error:
            return oauth_error("invalid_request", str(error))
        if not self._is_our_app(request, form):
            return oauth_error("invalid_client", status=401, challenge="Basic")
        grant_type = form.get("grant_type", "")
        if grant_type not in ("authorization_code", "refresh_token"):
            return oauth_error("unsupported_grant_type" if grant_type else "invalid_request")
        wanted = ("code", "redirect_uri") if grant_type == "authorization_code" else ("refresh_token",)
        missing = [name for name in wanted if not form.get(name)]
        if missing:
            return oauth_error("invalid_request", f"Missing parameter: {', '.join(missing)}")
        try:
            if grant_type == "authorization_code":
                issued = self._book.spend_code(
                    form["code"], client_id=self._app.client_id, redirect_uri=form["redirect_uri"]
                )
            else:
                issued = self._book.refresh(form["refresh_token"], client_id=self._app.client_id)
        except TokenRefused as refused:
            return oauth_error(refused.error, refused.description)
        body = token_body(issued)
        if grant_type == "authorization_code" and "openid" in issued.grant.consent.scopes:
            body["id_token"] = self._identity.id_token(issued.grant, issuer=own_address(request) + ISSUER_PATH)
        if request.headers.get(_HARD_EXPIRY["name"], "").lower() == _HARD_EXPIRY["value"]:
            body[_HARD_EXPIRY["answer_key"]] = issued.hard_expires_in_s
        return json_answer(body)

    async def _revoke(self, request: Request) -> Response:
        if not self._is_our_app(request, {}):
            return oauth_error("invalid_client", status=401, challenge="Basic")
        try:
            token = json.loads(await request.body())["token"]
        except (ValueError, KeyError, TypeError):
            return oauth_error("invalid_request")
        if not isinstance(token, str) or not self._book.revoke(token, client_id=self._app.client_id):
            return Response(status_code=400, headers={"intuit_tid": new_tid()})
        return Response(status_code=200, headers={"intuit_tid": new_tid(), "cache-control": "no-cache, no-store"})

    def _is_our_app(self, request: Request, form: dict[str, str]) -> bool:
        """Whether the caller proved itself by a Basic header or by id and secret in the form; not by both at once."""
        basic = _basic(request.headers.get("authorization", ""))
        posted = (form.get("client_id", ""), form["client_secret"]) if "client_secret" in form else None
        if basic is not None and posted is not None:
            return False
        client_id, secret = basic or posted or ("", "")
        return client_id == self._app.client_id and self._app.has_secret(secret)


def token_body(issued: Issued) -> dict[str, Any]:
    """The fields that every token answer has."""
    return {
        "token_type": "bearer",
        "access_token": issued.access_token,
        "expires_in": issued.expires_in_s,
        "refresh_token": issued.grant.refresh_value,
        "x_refresh_token_expires_in": issued.refresh_expires_in_s,
    }


def _form(content_type: str, body: bytes) -> dict[str, str]:
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise _BadForm("Content-Type must be application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=50)
    except ValueError as error:
        raise _BadForm("The body is not a form") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise _BadForm("A parameter is given twice")
    return form


def _basic(header: str) -> tuple[str, str] | None:
    """User and password of a Basic header, or None; RFC 6749 2.3.1 has both form-encoded before joining."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(coded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote_plus(user), unquote_plus(password)) if colon else None
