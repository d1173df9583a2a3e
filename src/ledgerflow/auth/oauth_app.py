"""The app that signs in: the OAuth 2 settings of a connection with its secrets at hand, and what each grant needs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Grant = Literal["authorization_code", "client_credentials", "password", "refresh_token"]
Act = Literal["authorize", "token", "revoke"]
"""What is about to be done: send the person to the consent page, ask for a token, end an authorization."""

FLAGS: Mapping[str, str] = {
    "auth_url": "--auth-url URL",
    "token_url": "--token-url URL",
    "revoke_url": "--revoke-url URL",
    "client_id": "--client-id ID",
    "client_secret": "--client-secret -",
    "username": "--username NAME",
    "password": "--password -",
    "scope": "--scope SCOPE",
    "redirect_url": "--redirect-url URL",
}
"""The settings of security type OAuth 2, and the flag of `ledgerflow connection set` that sets each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthApp:
    """The settings, filled up with what the provider says for everybody, references to secrets followed.

    `title` is what people call the provider; `file` is the connection's file. Empty text means not set. Printing one
    shows no secret.
    """

    connection: str
    file: str
    title: str
    grant: Grant
    auth_url: str = ""
    token_url: str = ""
    revoke_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    client_authentication: Literal["basic", "body"] = "basic"
    scope: str = ""
    state_prefix: str = ""
    redirect_url: str = ""
    pkce: bool = False
    username: str = ""
    password: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict)
    token_headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that the provider wants with every request for a token."""
    revoke_as: Literal["form", "json"] = "form"
    """How a token to be revoked is sent: as RFC 7009 says, or as Intuit does."""
    keep_from_redirect: tuple[str, ...] = ()
    """Parameters of the redirect that belong to the authorization; the first one names the company."""

    @property
    def fingerprint(self) -> str:
        """Tells whether a refusal was for these settings: it changes with the client id and the token URL."""
        return hashlib.sha256(f"{self.client_id}\0{self.token_url}".encode()).hexdigest()[:16]

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown, wherever it comes back from."""
        return tuple(secret for secret in (self.client_secret, self.password) if secret)

    def missing(self, act: Act) -> tuple[str, ...]:
        """The settings that `act` needs and that are not set, in the order of the file."""
        return tuple(name for name in _needed(self.grant, act, pkce=self.pkce) if not getattr(self, name))


def flags_for(names: Sequence[str]) -> str:
    """The flags that set these settings, as one would type them."""
    return " ".join(FLAGS[name] for name in names)


def _needed(grant: Grant, act: Act, *, pkce: bool) -> tuple[str, ...]:
    """With a proof key an app may be without a secret (a public client)."""
    proof = ("client_id",) if pkce else ("client_id", "client_secret")
    if act == "authorize":
        return ("auth_url", "token_url", *proof, "redirect_url")
    if act == "revoke":
        return ("revoke_url", *proof)
    if grant == "password":
        return ("token_url", "client_id", "username", "password")
    if grant == "client_credentials":
        return ("token_url", "client_id", "client_secret")
    return ("token_url", *proof)
