"""The companies of each connection: who was connected when, their tokens, and how each renewal went."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import AsyncFileLock, Timeout
from sqlalchemy import Column, ColumnElement, Engine, Row, String, Table, Text, and_, delete, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from ledgerflow.auth.answers import Unfinished
from ledgerflow.auth.tokens import Token
from ledgerflow.core.errors import ReconnectNeeded, RetryLater
from ledgerflow.store.database import METADATA, UtcTime, ensure_tables, writing
from ledgerflow.store.vault import Vault

RENEWAL_WAIT_S = 120.0
"""How long one process waits for another's renewal; sending one gives up much earlier."""

COMPANIES = Table(
    "company",
    METADATA,
    Column("connection", String, primary_key=True),
    Column("company", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("connected_at", UtcTime, nullable=False),
    Column("token_saved_at", UtcTime, nullable=False),
    Column("access_expires_at", UtcTime),
    Column("refresh_expires_at", UtcTime),
    Column("refresh_hard_expires_at", UtcTime),
    Column("scope", Text, nullable=False),
)
RENEWALS = Table(
    "company_renewal",
    METADATA,
    Column("connection", String, primary_key=True),
    Column("company", String, primary_key=True),
    Column("asked_at", UtcTime),
    Column("asked_by", Text),
    Column("refused_at", UtcTime),
    Column("refused_app", String(16)),
    Column("refused_what", Text),
    Column("refused_where", Text),
    Column("refused_next", Text),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """One authorization of a connection. Times are UTC; an end is None where the provider did not tell it.

    `refresh_expires_at` is moved by every renewal, `refresh_hard_expires_at` by none. `unfinished` is a renewal that
    was asked for and never finished; `refused` is why the authorization is over.
    """

    connection: str
    company: str
    name: str
    connected_at: datetime
    token_saved_at: datetime
    access_expires_at: datetime | None
    refresh_expires_at: datetime | None
    refresh_hard_expires_at: datetime | None
    scope: str
    unfinished: Unfinished | None = None
    refused: str | None = None
    refused_at: datetime | None = None

    @property
    def shown(self) -> str:
        """Its name with its id, or the id alone."""
        return f"{self.name} ({self.company})" if self.name else self.company


class CompanyStore:
    """Companies and their tokens in the state database, the tokens sealed by the vault."""

    def __init__(self, database: Engine, vault: Vault, *, clock: Callable[[], datetime], locks: Path) -> None:
        """`locks` is the folder of the lock files."""
        self._database = database
        self._vault = vault
        self._clock = clock
        self._locks = locks
        ensure_tables(database, COMPANIES, RENEWALS)

    def of(self, connection: str) -> list[Company]:
        """The companies of a connection, in the order in which they were connected."""
        return self._select(COMPANIES.c.connection == connection)

    def all(self) -> list[Company]:
        """Every company, by connection."""
        return self._select()

    def get(self, connection: str, company: str) -> Company | None:
        found = self._select(COMPANIES.c.connection == connection, COMPANIES.c.company == company)
        return found[0] if found else None

    def connect(self, connection: str, company: str, token: Token, *, name: str = "") -> None:
        """Save a new authorization, in place of an earlier one of that company; an empty `name` keeps the known one."""
        self._save(connection, company, token, connected_at=self._clock(), name=name)

    def rename(self, connection: str, company: str, name: str) -> None:
        """Keep what the company calls itself."""
        with writing(self._database) as db:
            db.execute(update(COMPANIES).where(_is(COMPANIES, connection, company)).values(name=name))

    def remove(self, connection: str, company: str) -> None:
        """Forget a company and its token."""
        with writing(self._database) as db:
            self._vault.delete(connection, _token_name(company), within=db)
            for table in (COMPANIES, RENEWALS):
                db.execute(delete(table).where(_is(table, connection, company)))

    def token(self, connection: str, company: str) -> Token | None:
        """The saved token. Raises InputRefused when the vault cannot open it."""
        text = self._vault.get(connection, _token_name(company))
        return Token.read(text) if text is not None else None

    def save_token(self, connection: str, company: str, token: Token) -> None:
        """Save a renewed token in one transaction with its times; it is on the disk when this returns."""
        self._save(connection, company, token)

    def note_renewal(self, connection: str, company: str) -> None:
        """Write down that this process is about to ask for a new token."""
        asked = {"asked_at": self._clock(), "asked_by": f"process {os.getpid()} on {socket.gethostname()}"}
        self._note(connection, company, asked)

    def drop_renewal(self, connection: str, company: str) -> None:
        """No renewal is under way any more."""
        self._note(connection, company, {"asked_at": None, "asked_by": None})

    def unfinished_renewal(self, connection: str, company: str) -> Unfinished | None:
        """The renewal that was asked for and not finished. Under the renewal lock: one that never will be."""
        row = self._renewal(connection, company)
        if row is None or row.asked_at is None:
            return None
        return Unfinished(asked_at=row.asked_at, asked_by=row.asked_by)

    def note_refusal(self, connection: str, company: str, refusal: ReconnectNeeded, *, app: str) -> None:
        """Write down why the authorization is over; `app` is the fingerprint of the settings it was asked with."""
        told = {"what": refusal.what, "where": refusal.where, "next": refusal.next_step}
        refused = {f"refused_{part}": text for part, text in told.items()}
        self._note(connection, company, {"refused_at": self._clock(), "refused_app": app, **refused})

    def refusal(self, connection: str, company: str, *, app: str) -> ReconnectNeeded | None:
        """Why the authorization is over, as far as these settings are concerned."""
        row = self._renewal(connection, company)
        if row is None or row.refused_at is None or row.refused_app != app:
            return None
        return ReconnectNeeded(row.refused_what, where=row.refused_where, next_step=row.refused_next)

    @asynccontextmanager
    async def renewal_lock(self, connection: str, company: str) -> AsyncIterator[None]:
        """Held by one task of one process at a time; the kernel releases it when that process dies.

        Raises:
            RetryLater: somebody has held it for two minutes.
        """
        self._locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = hashlib.sha256(f"{connection}\0{company}".encode()).hexdigest()[:32]
        lock = AsyncFileLock(self._locks / f"{name}.lock", timeout=RENEWAL_WAIT_S)
        try:
            await lock.acquire()
        except Timeout as error:
            raise RetryLater(
                f"Another process has been renewing this token for {RENEWAL_WAIT_S:g} s.",
                where=f"connection {connection}, company {company}, lock {lock.lock_file}",
                next_step="Run the command again; if it stays so, look for a Ledgerflow process that hangs and end it.",
                after_s=10.0,
            ) from error
        try:
            yield
        finally:
            await lock.release()

    def _save(
        self,
        connection: str,
        company: str,
        token: Token,
        *,
        connected_at: datetime | None = None,
        name: str = "",
    ) -> None:
        now = self._clock()
        kept: dict[str, Any] = {
            "token_saved_at": now,
            "access_expires_at": token.expires_at,
            "refresh_expires_at": token.refresh_expires_at,
            "refresh_hard_expires_at": token.refresh_hard_expires_at,
            "scope": token.scope,
        }
        changed = dict(kept)
        if connected_at is not None:
            changed["connected_at"] = connected_at
        if name:
            changed["name"] = name
        row = {"connection": connection, "company": company, "name": name, "connected_at": connected_at or now, **kept}
        with writing(self._database) as db:
            self._vault.put(connection, _token_name(company), token.written(), within=db)
            statement = upsert(COMPANIES).values(row)
            db.execute(statement.on_conflict_do_update(index_elements=("connection", "company"), set_=changed))
            db.execute(delete(RENEWALS).where(_is(RENEWALS, connection, company)))

    def _note(self, connection: str, company: str, noted: dict[str, Any]) -> None:
        statement = upsert(RENEWALS).values(connection=connection, company=company, **noted)
        with writing(self._database) as db:
            db.execute(statement.on_conflict_do_update(index_elements=("connection", "company"), set_=noted))

    def _renewal(self, connection: str, company: str) -> Row[Any] | None:
        with self._database.connect() as db:
            return db.execute(select(RENEWALS).where(_is(RENEWALS, connection, company))).one_or_none()

    def _select(self, *where: ColumnElement[bool]) -> list[Company]:
        joined = COMPANIES.outerjoin(
            RENEWALS,
            and_(COMPANIES.c.connection == RENEWALS.c.connection, COMPANIES.c.company == RENEWALS.c.company),
        )
        noted = (RENEWALS.c.asked_at, RENEWALS.c.asked_by, RENEWALS.c.refused_at, RENEWALS.c.refused_what)
        wanted = select(COMPANIES, *noted).select_from(joined).where(*where)
        with self._database.connect() as db:
            rows = db.execute(wanted.order_by(COMPANIES.c.connection, COMPANIES.c.connected_at)).all()
        return [_company(row) for row in rows]


def _company(row: Row[Any]) -> Company:
    return Company(
        connection=row.connection,
        company=row.company,
        name=row.name,
        connected_at=row.connected_at,
        token_saved_at=row.token_saved_at,
        access_expires_at=row.access_expires_at,
        refresh_expires_at=row.refresh_expires_at,
        refresh_hard_expires_at=row.refresh_hard_expires_at,
        scope=row.scope,
        unfinished=Unfinished(asked_at=row.asked_at, asked_by=row.asked_by) if row.asked_at is not None else None,
        refused=row.refused_what if row.refused_at is not None else None,
        refused_at=row.refused_at,
    )


def _is(table: Table, connection: str, company: str) -> ColumnElement[bool]:
    return and_(table.c.connection == connection, table.c.company == company)


def _token_name(company: str) -> str:
    """The token's name in the vault; the colon keeps it apart from names that a connection file can give."""
    return f"token:{company}"
