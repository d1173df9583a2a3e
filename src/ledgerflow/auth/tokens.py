"""A token as we keep it, and how it is written down for the vault."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

GOOD_FOR = timedelta(minutes=2)
"""How long a token handed out is good at least: longer than any call may take at QuickBooks."""
_TIMES = ("obtained_at", "expires_at", "refresh_expires_at", "refresh_hard_expires_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token with what renews it. Times are UTC; None means that the provider did not say.

    `refresh_expires_at` moves with each use of the refresh token (100 days at Intuit), `refresh_hard_expires_at`
    never does (five years). `obtained_at` is when it was asked for. Printing one shows no secret.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    obtained_at: datetime
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    refresh_hard_expires_at: datetime | None = None
    scope: str = ""

    def is_stale(self, now: datetime, *, good_for: timedelta = GOOD_FOR) -> bool:
        """Does it end within `good_for`, or, where it lives shorter than twice that, in the second half of its life?

        One without an end is never stale; only a refusal tells.
        """
        if self.expires_at is None:
            return False
        return self.expires_at - now < min(good_for, (self.expires_at - self.obtained_at) / 2)

    def written(self) -> str:
        """The token as text for the vault."""
        kept: dict[str, str | None] = {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "scope": self.scope,
        }
        for name in _TIMES:
            moment: datetime | None = getattr(self, name)
            kept[name] = moment.isoformat() if moment is not None else None
        return json.dumps(kept)

    @classmethod
    def read(cls, text: str) -> Token:
        """The token that `written` wrote."""
        kept = json.loads(text)
        times = {name: datetime.fromisoformat(kept[name]) if kept[name] is not None else None for name in _TIMES}
        obtained_at = times.pop("obtained_at")
        assert obtained_at is not None
        return cls(
            access_token=kept["access_token"],
            refresh_token=kept["refresh_token"],
            scope=kept["scope"],
            obtained_at=obtained_at,
            **times,
        )
