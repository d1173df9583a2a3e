"""Authorizations that were begun: whoever receives the redirect finishes one, whoever began it sees how it ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Engine, Row, String, Table, Text, delete, insert, select, update

from ledgerflow.auth.redirects import Pending, expired_state, state_id, unknown_state, used_state
from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RecordRefused, RetryLater
from ledgerflow.store.database import METADATA, UtcTime, ensure_tables, writing
from ledgerflow.store.vault import Vault

KEPT_FOR = timedelta(days=7)
"""How long one that ended is remembered, so that a second use is told as such."""
_KINDS: dict[str, type[LedgerflowError]] = {
    kind.__name__: kind for kind in (InputRefused, ReconnectNeeded, RecordRefused, RetryLater)
}

PENDING = Table(
    "pending_authorization",
    METADATA,
    Column("state_id", String(64), primary_key=True),
    Column("connection", String, nullable=False),
    Column("redirect_url", Text, nullable=False),
    Column("wanted", String),
    Column("begun_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("taken_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("told", Text),
    Column("error", Text),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an authorization ended: what its finisher told (JSON), or the error."""

    told: Mapping[str, Any]
    error: LedgerflowError | None


class PendingStore:
    """Authorizations under way, by the hash of their state. The proof key, where there is one, lies in the vault."""

    def __init__(self, database: Engine, vault: Vault, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        ensure_tables(database, PENDING)

    def add(self, pending: Pending) -> None:
        """Write down that a person is sent to the consent page; what ended long ago is forgotten."""
        row = {
            "state_id": pending.state_id,
            "connection": pending.connection,
            "redirect_url": pending.redirect_url,
            "wanted": pending.wanted,
            "begun_at": pending.begun_at,
            "expires_at": pending.expires_at,
        }
        with writing(self._database) as db:
            old = select(PENDING.c.connection, PENDING.c.state_id).where(
                PENDING.c.expires_at < self._clock() - KEPT_FOR
            )
            for gone in db.execute(old).all():
                self._vault.delete(gone.connection, _verifier_name(gone.state_id), within=db)
                db.execute(delete(PENDING).where(PENDING.c.state_id == gone.state_id))
            db.execute(insert(PENDING).values(row))
            if pending.verifier is not None:
                self._vault.put(pending.connection, _verifier_name(pending.state_id), pending.verifier, within=db)

    def take(self, state: str) -> Pending:
        """The authorization that a state belongs to; nobody else can take it after this.

        Raises:
            InputRefused: nobody began it here, it was taken before, or it is too old.
        """
        wanted = state_id(state)
        with writing(self._database) as db:
            row = db.execute(select(PENDING).where(PENDING.c.state_id == wanted)).one_or_none()
            if row is None:
                raise unknown_state()
            if row.taken_at is not None:
                raise used_state(row.connection)
            db.execute(update(PENDING).where(PENDING.c.state_id == wanted).values(taken_at=self._clock()))
        name = _verifier_name(wanted)
        pending = _pending(row, verifier=self._vault.get(row.connection, name))
        self._vault.delete(row.connection, name)
        if self._clock() > pending.expires_at:
            error = expired_state(pending)
            self.end(pending, error=error)
            raise error
        return pending

    def end(
        self, pending: Pending, *, told: Mapping[str, Any] | None = None, error: LedgerflowError | None = None
    ) -> None:
        """Write down how it ended."""
        ended = {
            "ended_at": self._clock(),
            "told": json.dumps(told) if told is not None else None,
            "error": json.dumps(error.as_json()) if error is not None else None,
        }
        with writing(self._database) as db:
            db.execute(update(PENDING).where(PENDING.c.state_id == pending.state_id).values(ended))

    def ended(self, pending: Pending) -> Ended | None:
        """How it ended; None while it has not."""
        row = self._row(pending)
        if row is None or row.ended_at is None:
            return None
        return Ended(told=json.loads(row.told) if row.told else {}, error=_error(row.error))

    def taken_at(self, pending: Pending) -> datetime | None:
        """When somebody received the redirect."""
        row = self._row(pending)
        return row.taken_at if row is not None else None

    def _row(self, pending: Pending) -> Row[Any] | None:
        with self._database.connect() as db:
            return db.execute(select(PENDING).where(PENDING.c.state_id == pending.state_id)).one_or_none()


def _pending(row: Row[Any], *, verifier: str | None) -> Pending:
    return Pending(
        state_id=row.state_id,
        connection=row.connection,
        redirect_url=row.redirect_url,
        wanted=row.wanted,
        begun_at=row.begun_at,
        expires_at=row.expires_at,
        verifier=verifier,
    )


def _error(text: str | None) -> LedgerflowError | None:
    """The error that `end` wrote down; its class tells who acts next, so it is kept."""
    if text is None:
        return None
    told = json.loads(text)
    kind = _KINDS.get(told["error"], InputRefused)
    return kind(told["what"], where=told["where"], next_step=told["next"])


def _verifier_name(wanted: str) -> str:
    return f"proof:{wanted}"
