"""The way back from the consent page: a state that is ours alone, and what the redirect's parameters mean."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from authlib.common.security import generate_token

from ledgerflow.auth.answers import without_secrets
from ledgerflow.auth.oauth_app import OAuthApp
from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RetryLater

STATE_LIFE = timedelta(minutes=30)
"""How long a person may take on the consent page."""
CALLBACK_PATH = "/oauth/callback"
_RANDOM_CHARACTERS = 40
_STANDARD = ("code", "state", "error", "error_description", "error_uri", "iss", "scope", "session_state")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """What came back. `kept` are the parameters that are not OAuth's own, such as `realmId`."""

    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    description: str = ""
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An authorization that was begun: the person is on the consent page. `wanted` is the company asked for."""

    state_id: str
    connection: str
    redirect_url: str
    wanted: str | None
    begun_at: datetime
    expires_at: datetime
    verifier: str | None = field(default=None, repr=False)


def new_state(prefix: str) -> str:
    """A state nobody can guess: `prefix` as given, then a random part."""
    random = str(generate_token(_RANDOM_CHARACTERS))
    return f"{prefix}.{random}" if prefix else random


def new_verifier() -> str:
    """A proof key (RFC 7636)."""
    return str(generate_token(64))


def state_id(state: str) -> str:
    """What is saved of a state: enough to know it again, not enough to make it."""
    return hashlib.sha256(state.encode()).hexdigest()


def is_answer(names: Iterable[str]) -> bool:
    """Do these query parameters look like an answer of a consent page?"""
    return not {"code", "error", "state"}.isdisjoint(names)


def read_redirect(pairs: Iterable[tuple[str, str]]) -> Redirect:
    """The parameters of a redirect.

    Raises:
        InputRefused: one that counts is given twice, or there is no state, or neither code nor error.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found and name in _STANDARD:
            raise _odd(f"The redirect gives {name!r} twice.")
        found[name] = value
    if not found.get("state"):
        raise _odd("The redirect carries no state, so it cannot be told who began it.")
    if not found.get("code") and not found.get("error"):
        raise _odd("The redirect carries neither a code nor an error.")
    return Redirect(
        state=found["state"],
        code=found.get("code", ""),
        error=without_secrets(found.get("error", ""), ()),
        description=without_secrets(found.get("error_description", ""), ()),
        kept={name: value for name, value in found.items() if name not in _STANDARD},
    )


def read_pasted(text: str, *, redirect_url: str) -> Redirect:
    """The redirect in what a person copied from the browser's address bar: the whole address, or what follows `?`.

    Raises:
        InputRefused: it is the address of the consent page itself, or of something else.
    """
    cleaned = text.strip().strip("<>\"'").strip()
    query = cleaned.partition("#")[0].rpartition("?")[2]
    pairs = parse_qsl(query, keep_blank_values=True)
    names = {name for name, _ in pairs}
    if "redirect_uri" in names or "response_type" in names:
        raise InputRefused(
            "This is the address of the consent page, not the one it leads to.",
            where="the pasted address",
            next_step=f"Open it, press Connect, and copy the address that then begins with {redirect_url} (the browser "
            "may show an error page there; its address is what counts).",
        )
    if not is_answer(names):
        raise InputRefused(
            "The pasted text holds no code and no state.",
            where="the pasted address",
            next_step=f"Copy the whole address from the browser, from {redirect_url} to its end.",
        )
    return read_redirect(pairs)


def refused_consent(redirect: Redirect, *, connection: str, title: str, scope: str) -> LedgerflowError:
    """The error that a redirect with `error` means. Source: RFC 6749, 4.1.2.1."""
    said = f" (it said: {redirect.description})" if redirect.description else ""
    where = f"connection {connection}, the redirect from the consent page: {redirect.error}"
    if redirect.error == "access_denied":
        return ReconnectNeeded(
            f"The consent was refused on {title}'s page; nothing was changed{said}.",
            where=where,
            next_step=f"Run `ledgerflow connect {connection}` again and press Connect, as somebody who may connect "
            "apps to the company.",
        )
    if redirect.error == "invalid_scope":
        return InputRefused(
            f"{title} does not give the scope {scope!r}{said}.",
            where=where,
            next_step=f"`ledgerflow connection set {connection} --scope SCOPE` with scopes that the app may ask for.",
        )
    if redirect.error in {"server_error", "temporarily_unavailable"}:
        return RetryLater(
            f"{title} could not show its consent page just now{said}.",
            where=where,
            next_step=f"Run `ledgerflow connect {connection}` again in a few minutes.",
        )
    return InputRefused(
        f"{title} did not accept the request to sign in{said}.",
        where=where,
        next_step=f"Compare connections/{connection}.yaml with the app's settings at the provider: client_id, scope, "
        "redirect_url.",
    )


def company_of(redirect: Redirect, app: OAuthApp) -> str | None:
    """The company that the person chose, from the first parameter that the provider keeps; None where it names none.

    Raises:
        InputRefused: the provider always names one, and did not.
    """
    if not app.keep_from_redirect:
        return None
    name = app.keep_from_redirect[0]
    company = redirect.kept.get(name, "")
    if not company:
        raise InputRefused(
            f"The redirect names no company ({name} is missing).",
            where=f"connection {app.connection}, the redirect from the consent page",
            next_step=f"Ask for a scope that opens a company: `ledgerflow connection set {app.connection} --scope "
            f"SCOPE` (now {app.scope!r}), then connect again.",
        )
    return company


def other_company(company: str, pending: Pending) -> LedgerflowError | None:
    """The error when another company came back than was asked for; None when it is the one, or any would do."""
    if pending.wanted is None or pending.wanted == company:
        return None
    return InputRefused(
        f"Company {company} was chosen on the consent page, but {pending.wanted} was to be connected again; "
        "nothing was changed.",
        where=f"connection {pending.connection}, the redirect from the consent page",
        next_step=f"Run `ledgerflow connect {pending.connection} --company {pending.wanted}` and choose that company; "
        f"or `ledgerflow connect {pending.connection}` to add {company}.",
    )


def unknown_state() -> InputRefused:
    """The error for a state that nobody here sent out."""
    return _odd("The state that came back is not one that was sent out: this sign-in was not begun here.")


def used_state(connection: str) -> InputRefused:
    """The error for a state that came back a second time."""
    return InputRefused(
        "This sign-in was used already; each can be finished once.",
        where=f"connection {connection}, the redirect from the consent page",
        next_step=f"`ledgerflow connection status` shows whether it is connected; else run `ledgerflow connect "
        f"{connection}` again.",
    )


def expired_state(pending: Pending) -> InputRefused:
    """The error for a state that came back too late."""
    return InputRefused(
        f"This sign-in was begun at {pending.begun_at:%H:%M} UTC and is too old now.",
        where=f"connection {pending.connection}, the redirect from the consent page",
        next_step=f"Run `ledgerflow connect {pending.connection}` again.",
    )


def _odd(what: str) -> InputRefused:
    return InputRefused(
        what,
        where="the redirect from the consent page",
        next_step="Run `ledgerflow connect NAME` and use the page it opens; close older ones.",
    )
