"""Signing with what does not change: API keys, user and password, fixed tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ledgerflow.auth.requests import basic_header
from ledgerflow.core.connection import ApiKey, Basic, Bearer, NoAuth

FollowReference = Callable[[str], str]
"""The secret behind `vault:NAME` or `env:VARIABLE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What is added to every call. Printing one shows no secret."""

    headers: dict[str, str] = field(default_factory=dict, repr=False)
    query: dict[str, str] = field(default_factory=dict, repr=False)


def signature(auth: ApiKey | Basic | Bearer | NoAuth, follow: FollowReference) -> Signature:
    """The signature of a security type that needs no token to be asked for."""
    match auth:
        case ApiKey(location="query"):
            return Signature(query={auth.name: follow(auth.value)})
        case ApiKey():
            return Signature(headers={auth.name: follow(auth.value)})
        case Basic():
            return Signature(headers=basic_header(auth.username, follow(auth.password)))
        case Bearer():
            return Signature(headers=bearer_header(follow(auth.token)))
        case NoAuth():
            return Signature()


def bearer_header(token: str) -> dict[str, str]:
    """The header that carries a token (RFC 6750)."""
    return {"Authorization": f"Bearer {token}"}


def bearer_of(headers: Mapping[str, str]) -> str:
    """The token in such a header; empty when there is none."""
    return headers.get("Authorization", "").removeprefix("Bearer ")
