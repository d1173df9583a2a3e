"""Who may do what: codes, refresh tokens and access tokens as rules on the sandbox clock, without HTTP."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from qbo_sandbox.clock import Clock
from qbo_sandbox.intuit.lifetimes import (
    ACCESS_TOKEN_LIFE,
    CODE_LIFE,
    CONNECTION_LIFE,
    OLD_VALUE_GRACE,
    REFRESH_VALUE_AGE,
    REFRESH_VALUE_LIFE,
)
from qbo_sandbox.settings import OldValue, Rotate


class TokenRefused(Exception):
    """The token endpoint says no: an OAuth error name, and Intuit's wording when it gives one."""

    def __init__(self, error: str, description: str | None = None) -> None:
        super().__init__(description or error)
        self.error = error
        self.description = description


class AccessRefused(Exception):
    """An access token that opens nothing; the text is the fault's `detail`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a person agreed to on the consent page."""

    client_id: str
    realm_id: str | None  # None: signed in without a company
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorization code; it stays known after use, so that a second use can be noticed."""

    consent: Consent
    redirect_uri: str
    issued_at: datetime
    spent_on: str | None = None  # the grant that came of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One authorization of one app, with the refresh token value that is good now."""

    grant_id: str
    consent: Consent
    granted_at: datetime
    refresh_value: str
    value_issued_at: datetime
    refreshes: int = 0
    ended_because: str | None = None

    @property
    def ends_at(self) -> datetime:
        """The absolute end, which no refresh moves."""
        return self.granted_at + CONNECTION_LIFE

    @property
    def value_ends_at(self) -> datetime:
        """When the present refresh value dies unused."""
        return min(self.value_issued_at + REFRESH_VALUE_LIFE, self.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshValue:
    """A refresh token value that was given out; `replaced_at` is set once another took its place."""

    grant_id: str
    replaced_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    grant_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A token pair as the token endpoint hands it out."""

    grant: Grant
    access_token: str
    expires_in_s: int
    refresh_expires_in_s: int
    hard_expires_in_s: int


class GrantBook:
    """All codes and tokens of a sandbox. Every change is followed by one call of `on_change`."""

    def __init__(
        self,
        *,
        clock: Clock,
        rotate: Rotate = Rotate.DAILY,
        old_value: OldValue = OldValue.DEAD,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.rotate = rotate
        self.old_value = old_value
        self.on_change = on_change
        self.codes: dict[str, Code] = {}
        self.grants: dict[str, Grant] = {}
        self.refresh_values: dict[str, RefreshValue] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self._clock = clock

    def new_code(self, consent: Consent, *, redirect_uri: str) -> str:
        """An authorization code for `consent`, good once, for ten minutes, with this redirect URI."""
        code = "XAB" + secrets.token_urlsafe(32)
        self.codes[code] = Code(consent=consent, redirect_uri=redirect_uri, issued_at=self._clock.now())
        self.on_change()
        return code

    def spend_code(self, value: str, *, client_id: str, redirect_uri: str) -> Issued:
        """Exchange a code for the first token pair.

        A second use ends the connection that came of the first (RFC 6749, 4.1.2).

        Raises:
            TokenRefused: invalid_grant: unknown, spent, expired, another app's, or another redirect URI.
        """
        code = self.codes.get(value)
        if code is None:
            raise TokenRefused("invalid_grant", "Token invalid")
        if code.consent.client_id != client_id:
            raise TokenRefused("invalid_grant", "Incorrect Token type or clientID")
        if code.spent_on is not None:
            self._end([self.grants[code.spent_on]], because="its authorization code was used twice")
            raise TokenRefused("invalid_grant")
        if self._clock.now() > code.issued_at + CODE_LIFE or code.redirect_uri != redirect_uri:
            raise TokenRefused("invalid_grant")
        issued = self.start_grant(code.consent)
        self.codes[value] = replace(code, spent_on=issued.grant.grant_id)
        self.on_change()
        return issued

    def start_grant(self, consent: Consent) -> Issued:
        """A new authorization with its first token pair; earlier ones of the same app and company stay."""
        now = self._clock.now()
        grant = Grant(
            grant_id=secrets.token_hex(8),
            consent=consent,
            granted_at=now,
            refresh_value=_new_refresh_value(now),
            value_issued_at=now,
        )
        self.grants[grant.grant_id] = grant
        self.refresh_values[grant.refresh_value] = RefreshValue(grant_id=grant.grant_id)
        return self._issue(grant)

    def refresh(self, value: str, *, client_id: str) -> Issued:
        """A new access token, and the refresh value that is good from now on (the same one or a new one).

        Raises:
            TokenRefused: invalid_grant, in the wording Intuit uses for the case.
        """
        known = self.refresh_values.get(value)
        if known is None:
            if value in self.access_tokens:
                raise TokenRefused("invalid_grant", "Incorrect Token type or clientID")
            shaped = value.startswith(("RT1-", "AB11"))
            raise TokenRefused("invalid_grant", "Incorrect or invalid refresh token" if shaped else "Token invalid")
        grant = self.grants[known.grant_id]
        now = self._clock.now()
        if grant.consent.client_id != client_id:
            raise TokenRefused("invalid_grant", "Incorrect Token type or clientID")
        if grant.ended_because is not None or now > grant.value_ends_at:
            raise TokenRefused("invalid_grant")
        if known.replaced_at is not None:
            self._allow_replaced(known.replaced_at, grant, now)
        elif self.rotate is Rotate.EVERY or now - grant.value_issued_at >= REFRESH_VALUE_AGE:
            grant = self._replace_value(grant, now)
        return self._issue(replace(grant, refreshes=grant.refreshes + 1))

    def access(self, token: str) -> Grant:
        """The live grant behind an access token.

        Raises:
            AccessRefused: the token is malformed, unknown, expired, or its connection has ended.
        """
        if not 100 <= len(token) <= 4096:
            raise AccessRefused("Malformed bearer token: too short or too long")
        known = self.access_tokens.get(token)
        if known is None:
            raise AccessRefused("Token invalid")
        grant = self.grants[known.grant_id]
        if grant.ended_because is not None:
            raise AccessRefused("Token revoked")
        if self._clock.now() >= known.expires_at:
            raise AccessRefused(f"Token expired: {token[:12]}...")
        return grant

    def revoke(self, token: str, *, client_id: str) -> bool:
        """End the connection that `token`, of either kind, belongs to; False when it is dead or another app's."""
        known = self.refresh_values.get(token) or self.access_tokens.get(token)
        if known is None or self.grants[known.grant_id].consent.client_id != client_id:
            return False
        grant = self.grants[known.grant_id]
        if grant.ended_because is not None:
            return False
        now = self._clock.now()
        if isinstance(known, AccessToken):
            dead = now >= known.expires_at
        else:
            dead = known.replaced_at is not None or now > grant.value_ends_at
        if dead:
            return False
        same = [
            g for g in self.live() if g.consent.client_id == client_id and g.consent.realm_id == grant.consent.realm_id
        ]
        self._end(same, because="revoked by the app")
        return True

    def disconnect(self, realm_id: str) -> int:
        """What the user does inside QuickBooks: remove the app from a company. Gives the number of grants ended."""
        ended = self.live(realm_id)
        self._end(ended, because="disconnected by the user")
        return len(ended)

    def expire_access_tokens(self, realm_id: str | None = None) -> int:
        """Make the access tokens of a company (of all, when None) expire now; gives how many were still good."""
        now = self._clock.now()
        live = {grant.grant_id for grant in self.live(realm_id)}
        good = [t for t, known in self.access_tokens.items() if known.grant_id in live and known.expires_at > now]
        for token in good:
            self.access_tokens[token] = replace(self.access_tokens[token], expires_at=now)
        self.on_change()
        return len(good)

    def rotate_now(self, realm_id: str | None = None) -> int:
        """Replace the refresh values of a company (of all, when None) unseen, as if an answer had been lost."""
        now = self._clock.now()
        grants = self.live(realm_id)
        for grant in grants:
            self.grants[grant.grant_id] = self._replace_value(grant, now)
        self.on_change()
        return len(grants)

    def live(self, realm_id: str | None = None) -> list[Grant]:
        """Grants that have not been ended, of one company or of all."""
        return [
            grant
            for grant in self.grants.values()
            if grant.ended_because is None and (realm_id is None or grant.consent.realm_id == realm_id)
        ]

    def _allow_replaced(self, replaced_at: datetime, grant: Grant, now: datetime) -> None:
        if self.old_value is OldValue.GRACE and now <= replaced_at + OLD_VALUE_GRACE:
            return
        if self.old_value is OldValue.ENDS_CONNECTION:
            self._end([grant], because="a replaced refresh token was used")
        raise TokenRefused("invalid_grant")

    def _replace_value(self, grant: Grant, now: datetime) -> Grant:
        self.refresh_values[grant.refresh_value] = RefreshValue(grant_id=grant.grant_id, replaced_at=now)
        value = _new_refresh_value(now)
        self.refresh_values[value] = RefreshValue(grant_id=grant.grant_id)
        return replace(grant, refresh_value=value, value_issued_at=now)

    def _issue(self, grant: Grant) -> Issued:
        now = self._clock.now()
        self.grants[grant.grant_id] = grant
        self._forget_long_expired(now)
        token = _new_access_token()
        self.access_tokens[token] = AccessToken(grant_id=grant.grant_id, expires_at=now + ACCESS_TOKEN_LIFE)
        self.on_change()
        return Issued(
            grant=grant,
            access_token=token,
            expires_in_s=int(ACCESS_TOKEN_LIFE.total_seconds()),
            refresh_expires_in_s=round((grant.value_ends_at - now).total_seconds()),
            hard_expires_in_s=round((grant.ends_at - now).total_seconds()),
        )

    def _end(self, grants: Iterable[Grant], *, because: str) -> None:
        for grant in grants:
            if grant.ended_because is None:
                self.grants[grant.grant_id] = replace(grant, ended_because=because)
        self.on_change()

    def _forget_long_expired(self, now: datetime) -> None:
        horizon = now - timedelta(days=1)
        for token in [t for t, known in self.access_tokens.items() if known.expires_at < horizon]:
            del self.access_tokens[token]
        for code in [c for c, known in self.codes.items() if known.issued_at < horizon]:
            del self.codes[code]


def _new_access_token() -> str:
    """Shaped as Intuit's: a compact JWE of about 1,000 characters whose key part is empty. It holds nothing."""
    header = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwieC5vcmciOiJIMCJ9"
    return f"{header}..{secrets.token_urlsafe(16)}.{secrets.token_urlsafe(640)}.{secrets.token_urlsafe(16)}"


def _new_refresh_value(now: datetime) -> str:
    end = int((now + REFRESH_VALUE_LIFE).timestamp())
    return f"RT1-{secrets.randbelow(256)}-H0-{end}{secrets.token_hex(12)}"
