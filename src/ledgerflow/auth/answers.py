"""What the answers of an authorization server mean: a token, or an error that says who acts next."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from ledgerflow.auth.oauth_app import OAuthApp
from ledgerflow.auth.requests import AuthRequest
from ledgerflow.auth.tokens import Token
from ledgerflow.core.calls import Answer
from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RetryLater

LONGEST_LIFE = timedelta(days=36_500)
_TRACES = ("intuit_tid", "x-request-id", "request-id", "x-correlation-id")
_REFRESH_LIVES = ("x_refresh_token_expires_in", "refresh_token_expires_in", "refresh_expires_in")
"""Intuit's name first, then those of other providers; RFC 6749 has none."""
_HARD_LIFE = "x_refresh_token_hard_expires_in"
_LONGEST_QUOTE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A renewal that was asked for, and whose answer was never saved: its process was killed, or the answer lost."""

    asked_at: datetime
    asked_by: str


def read_token(
    answer: Answer,
    request: AuthRequest,
    *,
    app: OAuthApp,
    now: datetime,
    company: str = "",
    old: Token | None = None,
    unfinished: Unfinished | None = None,
) -> Token:
    """The token in an answer of the token endpoint.

    `now` is when it was asked for, so that it ends rather too early than too late. What a renewal leaves out is taken
    over from `old`. Lifetimes may be numbers or texts; one that is neither counts as not told. `unfinished` is an
    earlier renewal that was never finished; it explains a refusal.

    Raises:
        ReconnectNeeded, RetryLater, InputRefused: as `refusal` says, or the answer holds no bearer token.
    """
    fields = _fields(answer)
    if answer.status != 200 or (fields is not None and "error" in fields and "access_token" not in fields):
        raise refusal(answer, request, app=app, company=company, unfinished=unfinished)
    access = _text(fields, "access_token")
    if fields is None or access is None:
        kind = answer.headers.get("content-type", "no content type").partition(";")[0]
        raise InputRefused(
            f"The token address answered with something that holds no token ({kind}, {len(answer.body):,} bytes).",
            where=_where(answer, app),
            next_step=f"Correct token_url in {app.file}: `ledgerflow connection set {app.connection} --token-url URL`. "
            "A proxy or sign-in page of the network may have answered instead.",
        )
    kind = _text(fields, "token_type") or "bearer"
    if kind.casefold() != "bearer":
        raise InputRefused(
            f"{app.title} gave a token of type {_quoted(kind, request)}; only bearer tokens can be used.",
            where=_where(answer, app),
            next_step="Ask the provider for OAuth 2 bearer tokens, or sign in by another security type.",
        )
    refresh = _text(fields, "refresh_token")
    refresh_life = next((life for name in _REFRESH_LIVES if (life := _life(fields, name)) is not None), None)
    hard_life = _life(fields, _HARD_LIFE)
    life = _life(fields, "expires_in")
    return Token(
        access_token=access,
        refresh_token=refresh or (old.refresh_token if old else None),
        obtained_at=now,
        expires_at=now + life if life is not None else None,
        refresh_expires_at=now + refresh_life
        if refresh_life is not None
        else (old.refresh_expires_at if old and refresh in (None, old.refresh_token) else None),
        refresh_hard_expires_at=now + hard_life
        if hard_life is not None
        else (old.refresh_hard_expires_at if old else None),
        scope=_scope(fields) or (old.scope if old else app.scope),
    )


def read_revocation(answer: Answer, request: AuthRequest, *, app: OAuthApp) -> bool:
    """Was the authorization ended just now (True), or was it over already (False)?

    RFC 7009 answers 200 for both; Intuit answers 400 without a body for a dead token.

    Raises: as `refusal` says, for any other answer.
    """
    if answer.status in (200, 204):
        return True
    error = _text(_fields(answer), "error") or ""
    if answer.status == 400 and error in {"", "invalid_grant", "invalid_token"}:
        return False
    raise refusal(answer, request, app=app)


def refusal(
    answer: Answer, request: AuthRequest, *, app: OAuthApp, company: str = "", unfinished: Unfinished | None = None
) -> LedgerflowError:
    """The error that a refusing answer of the token or revocation endpoint means.

    Source: RFC 6749, 5.2; Intuit's wording of `invalid_grant` in reference pages and SDK issues.
    """
    where = _where(answer, app)
    fields = _fields(answer) or {}
    error = _text(fields, "error") or ""
    said = _said(fields, request)
    set_it = f"ledgerflow connection set {app.connection}"
    if answer.status == 429 or answer.status >= 500:
        asked = answer.headers.get("retry-after", "")
        return RetryLater(
            f"{app.title} could not answer just now (HTTP {answer.status}).",
            where=where,
            next_step="Nothing was changed; run the command again in a minute.",
            after_s=float(asked) if asked.isdigit() else 60.0,
        )
    if error == "invalid_client" or (answer.status == 401 and not error):
        return InputRefused(
            f"{app.title} does not accept the client id and secret{said}.",
            where=where,
            next_step=f"Copy both again from the app's keys (development and production keys differ), then "
            f"`{set_it} --client-id ID --client-secret -`.",
        )
    if error == "invalid_grant":
        return _invalid_grant(request, app=app, company=company, unfinished=unfinished, where=where, said=said)
    if error == "unauthorized_client":
        return InputRefused(
            f"This app may not use the grant {app.grant}{said}.",
            where=where,
            next_step=f"Allow it in the app's settings at the provider, or `{set_it} --grant GRANT`.",
        )
    if error == "unsupported_grant_type":
        return InputRefused(
            f"{app.title} does not know the grant {app.grant}{said}.",
            where=where,
            next_step=f"`{set_it} --grant GRANT`, or correct token_url in {app.file}.",
        )
    if error == "invalid_scope":
        return InputRefused(
            f"{app.title} does not give the scope {app.scope!r}{said}.",
            where=where,
            next_step=f"`{set_it} --scope SCOPE` with scopes that the app may ask for.",
        )
    if 300 <= answer.status < 400:
        return InputRefused(
            f"The address answered with a redirect (HTTP {answer.status}); secrets are not sent on.",
            where=where,
            next_step=f"Set the final address in {app.file}: `{set_it} --token-url URL`.",
        )
    told = f" ({_quoted(error, request)})" if error else ""
    return InputRefused(
        f"{app.title} refused the request with HTTP {answer.status}{told}{said}.",
        where=where,
        next_step=f"Compare the sign-in settings in {app.file} with the provider's documentation.",
    )


def _invalid_grant(
    request: AuthRequest, *, app: OAuthApp, company: str, unfinished: Unfinished | None, where: str, said: str
) -> LedgerflowError:
    again = f"ledgerflow connect {app.connection}" + (f" --company {company}" if company else "")
    if request.purpose == "password":
        return InputRefused(
            f"{app.title} does not accept the user name and password{said}.",
            where=where,
            next_step=f"`ledgerflow connection set {app.connection} --username NAME --password -`.",
        )
    if request.purpose == "code":
        return ReconnectNeeded(
            f"{app.title} did not take the code of this sign-in: it is good once, for a few minutes, and only for the "
            f"redirect URL and app it was given for{said}.",
            where=where,
            next_step=f"Run `{again}` again and finish it without delay; redirect_url in {app.file} must equal the "
            "registered one byte for byte.",
        )
    if "clientid" in said.casefold():
        return ReconnectNeeded(
            f"The saved refresh token was given to another app than the present client id{said}.",
            where=where,
            next_step=f"If client_id in {app.file} was changed by mistake, change it back; else run `{again}`.",
        )
    if unfinished is not None:
        return ReconnectNeeded(
            f"The authorization is lost: {app.title} was asked for a new token at {_moment(unfinished.asked_at)} by "
            f"{unfinished.asked_by}, the answer never arrived here, and the old refresh token is no longer "
            f"taken{said}.",
            where=where,
            next_step=f"Run `{again}`; nothing else is needed.",
        )
    return ReconnectNeeded(
        f"{app.title} has ended this authorization: it was revoked or disconnected, or not used for too long{said}.",
        where=where,
        next_step=f"Run `{again}`.",
    )


def without_secrets(text: str, secrets: tuple[str, ...]) -> str:
    """`text` as one printable line of bounded length with every secret taken out."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "***")
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _LONGEST_QUOTE else line[:_LONGEST_QUOTE] + "..."


def _fields(answer: Answer) -> Mapping[str, Any] | None:
    """The fields of an answer: a JSON object, or a form (some providers answer so); None for anything else."""
    text = answer.body.decode("utf-8", errors="replace")
    if "x-www-form-urlencoded" in answer.headers.get("content-type", ""):
        return dict(parse_qsl(text))
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(fields: Mapping[str, Any] | None, name: str) -> str | None:
    value = fields.get(name) if fields is not None else None
    return value if isinstance(value, str) and value else None


def _life(fields: Mapping[str, Any], name: str) -> timedelta | None:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return timedelta(seconds=min(seconds, LONGEST_LIFE.total_seconds()))


def _scope(fields: Mapping[str, Any]) -> str:
    scope = fields.get("scope")
    if isinstance(scope, list):
        return " ".join(str(part) for part in scope)
    return scope if isinstance(scope, str) else ""


def _said(fields: Mapping[str, Any], request: AuthRequest) -> str:
    description = _text(fields, "error_description")
    return f" (it said: {_quoted(description, request)})" if description else ""


def _quoted(text: str, request: AuthRequest) -> str:
    return without_secrets(text, request.secrets)


def _where(answer: Answer, app: OAuthApp) -> str:
    trace = next((f", {name} {answer.headers[name]}" for name in _TRACES if name in answer.headers), "")
    return f"connection {app.connection}, {answer.url}{trace}"


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"
