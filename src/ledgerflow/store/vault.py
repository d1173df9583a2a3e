"""The vault: secrets and tokens of a project, encrypted in its state database."""

from __future__ import annotations

import json
import os
import secrets
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from filelock import FileLock, Timeout
from sqlalchemy import Boolean, Column, Engine, Integer, LargeBinary, Row, String, Table, delete, select, update
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy.dialects.sqlite import insert as upsert

from ledgerflow.core.errors import InputRefused, RetryLater
from ledgerflow.store.database import METADATA, UtcTime, ensure_tables, writing
from ledgerflow.store.vault_keys import (
    KEY_VARIABLE,
    KeySource,
    SourceKind,
    SystemKeyring,
    key_id,
    new_key,
    places_of,
    source,
    sources,
)

FORM = 1
"""Layout of a sealed secret: this byte, 8 bytes of key id, 12 bytes of nonce, the AES-256-GCM ciphertext."""
_NONCE_BYTES = 12
_HEAD_BYTES = 1 + 8 + _NONCE_BYTES
_ROTATION_WAIT_S = 30.0

VAULTS = Table("vault", METADATA, Column("one", Integer, primary_key=True), Column("vault_id", String, nullable=False))
KEYS = Table(
    "vault_key",
    METADATA,
    Column("key_id", String(16), primary_key=True),
    Column("source", String(8), nullable=False),
    Column("place", String, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("current", Boolean, nullable=False),
)
SECRETS = Table(
    "vault_secret",
    METADATA,
    Column("connection", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStatus:
    """A key of the vault: where it is kept, whether it is there now, and how many secrets it locks."""

    key_id: str
    source: SourceKind
    place: str
    made_at: datetime
    current: bool
    there: bool
    secrets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What a rotation did."""

    key_id: str
    place: str
    secrets: int
    source: SourceKind


class Vault:
    """Secrets by connection and name. Safe to share between threads; processes may use one vault at once.

    Each secret is sealed with AES-256-GCM; project, connection and name are associated data, so that a ciphertext
    moved to another place does not open. The database says which key is current, the key itself is elsewhere.
    """

    def __init__(
        self, database: Engine, *, project_id: str, project: Path, clock: Callable[[], datetime], state_folder: Path
    ) -> None:
        """`project` is the project's folder, where no key may lie; `state_folder` is where the rotation lock lies."""
        self._database = database
        self._project_id = project_id
        self._project = project
        self._clock = clock
        self._state_folder = state_folder
        self._keys: dict[str, bytes] = {}
        self._lock = threading.Lock()
        ensure_tables(database, VAULTS, KEYS, SECRETS)
        self._vault_id = _own_id(database)

    def put(self, connection: str, name: str, secret: str, *, within: DatabaseConnection | None = None) -> None:
        """Save a secret, in place of one of that name; it is on the disk when this returns.

        `within` is a writing transaction of the caller's, which then decides when it is saved.

        Raises:
            InputRefused: the vault's key is not there or cannot be used.
        """
        if within is None:
            with writing(self._database) as own:
                self.put(connection, name, secret, within=own)
            return
        sealed = self._seal(self._current_key(within), connection, name, secret.encode())
        row = {"connection": connection, "name": name, "sealed": sealed, "saved_at": self._clock()}
        kept = {"sealed": sealed, "saved_at": row["saved_at"]}
        within.execute(
            upsert(SECRETS).values(row).on_conflict_do_update(index_elements=("connection", "name"), set_=kept)
        )

    def get(self, connection: str, name: str) -> str | None:
        """A secret, or None when there is none of that name.

        Raises:
            InputRefused: the key it is locked with is not there, or the ciphertext was altered.
        """
        found = select(SECRETS.c.sealed).where(SECRETS.c.connection == connection, SECRETS.c.name == name)
        with self._database.connect() as db:
            sealed = db.execute(found).scalar_one_or_none()
        if sealed is not None and self._find_key(_key_of(sealed)) is None:
            with self._database.connect() as db:  # another process may have rotated the key since the first look
                sealed = db.execute(found).scalar_one_or_none()
        return None if sealed is None else self._open(sealed, connection, name).decode()

    def has(self, connection: str, name: str) -> bool:
        """Is there a secret of that name? Asks for no key."""
        return name in self.names(connection)

    def names(self, connection: str) -> list[str]:
        """The names of a connection's secrets, sorted. Asks for no key."""
        with self._database.connect() as db:
            rows = db.execute(select(SECRETS.c.name).where(SECRETS.c.connection == connection))
            return sorted(row.name for row in rows)

    def delete(self, connection: str, name: str, *, within: DatabaseConnection | None = None) -> None:
        """Forget a secret; none of that name is fine."""
        if within is None:
            with writing(self._database) as own:
                self.delete(connection, name, within=own)
            return
        within.execute(delete(SECRETS).where(SECRETS.c.connection == connection, SECRETS.c.name == name))

    def status(self) -> list[KeyStatus]:
        """Every key the vault knows of, the current one first."""
        with self._database.connect() as db:
            rows = db.execute(select(KEYS).order_by(KEYS.c.current.desc(), KEYS.c.made_at.desc())).all()
            locked = [_key_of(sealed) for sealed in db.execute(select(SECRETS.c.sealed)).scalars()]
        there: dict[str, bytes] = {}
        for place in self._sources() if rows else ():
            there |= place.load()
        return [
            KeyStatus(
                key_id=row.key_id,
                source=row.source,
                place=row.place,
                made_at=row.made_at,
                current=row.current,
                there=row.key_id in there,
                secrets=locked.count(row.key_id),
            )
            for row in rows
        ]

    def rotate(self, *, to: SourceKind | None = None, keep_old: bool = False) -> Rotated:
        """Lock every secret with a new key, in one transaction, and forget the old key unless it is to be kept.

        The new key is saved beside the old one before anything is sealed with it, and the old one is dropped only
        when nothing needs it any more: killed at any point, every secret still opens, and rotating again cleans up.
        `to` says where the new key is kept; by default where the present one is.

        Raises:
            InputRefused: the present key is not there, or the keys come from the environment and no new one is there.
            RetryLater: another process is rotating.
        """
        lock = FileLock(self._state_folder / "vault.lock", timeout=_ROTATION_WAIT_S)
        try:
            with lock:
                return self._rotate(to, keep_old=keep_old)
        except Timeout as error:
            raise RetryLater(
                "Another process is rotating the vault's key.",
                where=str(self._state_folder / "vault.lock"),
                next_step="Wait until it is done.",
                after_s=_ROTATION_WAIT_S,
            ) from error

    def reset(self) -> int:
        """Drop every secret and every key that the vault knows of: the way on when a key is lost. How many secrets."""
        with writing(self._database) as db:
            count = db.execute(delete(SECRETS)).rowcount
            db.execute(delete(KEYS))
        with self._lock:
            self._keys.clear()
        return count

    def _rotate(self, to: SourceKind | None, *, keep_old: bool) -> Rotated:
        with writing(self._database) as db:
            present = self._current_key(db)
            known = db.execute(select(KEYS.c.key_id, KEYS.c.source)).all()
        kept_in: dict[str, SourceKind] = {row.key_id: row.source for row in known}
        target = self._source(to or kept_in[present])
        there = target.load()
        if target.kind == "env":
            newest = next(iter(there), None)
            if newest is None or newest == present:
                raise InputRefused(
                    "There is no new key in the environment to change to.",
                    where=target.place,
                    next_step=f"Run `ledgerflow vault new-key`, then `{KEY_VARIABLE}=NEW,OLD ledgerflow vault rotate`; "
                    f"afterwards set {KEY_VARIABLE} to NEW alone.",
                )
            key = there[newest]
        else:
            key = new_key()
            target.save({key_id(key): key, **there})
        new_id = key_id(key)
        with self._lock:
            self._keys[new_id] = key
        with writing(self._database) as db:
            count = self._seal_all(db, new_id)
            db.execute(update(KEYS).values(current=False))
            self._note_key(db, new_id, target)
        if not keep_old:
            self._drop_other_keys(new_id, kinds={target.kind, *kept_in.values()})
        return Rotated(key_id=new_id, place=target.place, secrets=count, source=target.kind)

    def _seal_all(self, db: DatabaseConnection, new_id: str) -> int:
        rows = db.execute(select(SECRETS.c.connection, SECRETS.c.name, SECRETS.c.sealed)).all()
        for row in rows:
            plain = self._open(row.sealed, row.connection, row.name)
            db.execute(
                update(SECRETS)
                .where(SECRETS.c.connection == row.connection, SECRETS.c.name == row.name)
                .values(sealed=self._seal(new_id, row.connection, row.name, plain))
            )
        return len(rows)

    def _drop_other_keys(self, kept: str, *, kinds: set[SourceKind]) -> None:
        """Take the keys that lock nothing any more out of the places that are ours to change."""
        for kind in kinds - {"env"}:
            place = self._source(kind)
            there = place.load()
            if there.keys() - {kept}:
                place.save({known: key for known, key in there.items() if known == kept})
        with writing(self._database) as db:
            db.execute(delete(KEYS).where(KEYS.c.key_id != kept))

    def _seal(self, key: str, connection: str, name: str, plain: bytes) -> bytes:
        head = bytes([FORM]) + bytes.fromhex(key) + secrets.token_bytes(_NONCE_BYTES)
        with self._lock:
            cipher = AESGCM(self._keys[key])
        return head + cipher.encrypt(head[-_NONCE_BYTES:], plain, self._bound_to(connection, name))

    def _open(self, sealed: bytes, connection: str, name: str) -> bytes:
        place = f"secret {name!r} of connection {connection!r} in the vault"
        if len(sealed) <= _HEAD_BYTES or sealed[0] != FORM:
            raise InputRefused(
                "A saved secret has a form that this Ledgerflow does not know.",
                where=place,
                next_step="Use the Ledgerflow version that saved it, or set the secret again.",
            )
        key = self._key(_key_of(sealed))
        try:
            nonce = sealed[_HEAD_BYTES - _NONCE_BYTES : _HEAD_BYTES]
            return AESGCM(key).decrypt(nonce, sealed[_HEAD_BYTES:], self._bound_to(connection, name))
        except InvalidTag as error:
            raise InputRefused(
                "A saved secret does not open: it was altered, or belongs to another project or connection.",
                where=place,
                next_step="If the id in ledgerflow.yaml was changed, change it back; else set the secret again, or "
                f"connect again with `ledgerflow connect {connection}`.",
            ) from error

    def _bound_to(self, connection: str, name: str) -> bytes:
        return json.dumps(["ledgerflow", FORM, self._project_id, connection, name]).encode()

    def _current_key(self, db: DatabaseConnection) -> str:
        """The id of the key to seal with, made when the vault has none; its key is at hand afterwards."""
        current: str | None = db.execute(select(KEYS.c.key_id).where(KEYS.c.current)).scalar_one_or_none()
        if current is not None:
            self._key(current)
            return current
        places = self._sources()
        chosen = next((place for place in places if _can_hold(place)), places[0])
        there = chosen.load()
        if not there:
            key = new_key()
            chosen.save({key_id(key): key})  # from the environment: refused, with what to do
            there = {key_id(key): key}
        first = next(iter(there))
        with self._lock:
            self._keys |= there
        self._note_key(db, first, chosen)
        return first

    def _note_key(self, db: DatabaseConnection, key: str, place: KeySource) -> None:
        row = {"source": place.kind, "place": place.place, "made_at": self._clock(), "current": True}
        db.execute(upsert(KEYS).values(key_id=key, **row).on_conflict_do_update(index_elements=("key_id",), set_=row))

    def _key(self, wanted: str) -> bytes:
        key = self._find_key(wanted)
        if key is not None:
            return key
        row = self._known_key(wanted)
        made = f", made {row.made_at:%Y-%m-%d} and kept in {row.place}" if row is not None else ""
        raise InputRefused(
            "The vault's key is not here, so saved secrets and tokens cannot be read.",
            where=f"key {wanted}{made}; searched: {places_of(self._sources())}",
            next_step="Put the key back where it was. If it is lost for good: `ledgerflow vault reset`, then set the "
            "secrets and connect again.",
        )

    def _find_key(self, wanted: str) -> bytes | None:
        """A key by its id; the place it is known to be kept in is asked first, so that no other is asked in vain."""
        with self._lock:
            if wanted in self._keys:
                return self._keys[wanted]
        row = self._known_key(wanted)
        kept_in = row.source if row is not None else None
        for place in sorted(self._sources(), key=lambda place: place.kind != kept_in):
            there = place.load()
            with self._lock:
                self._keys |= there
            if wanted in there:
                return there[wanted]
        return None

    def _known_key(self, wanted: str) -> Row[Any] | None:
        with self._database.connect() as db:
            return db.execute(select(KEYS).where(KEYS.c.key_id == wanted)).one_or_none()

    def _sources(self) -> list[KeySource]:
        return sources(self._project_id, self._vault_id, project=self._project)

    def _source(self, kind: SourceKind) -> KeySource:
        return source(kind, self._project_id, self._vault_id, project=self._project)


def _own_id(database: Engine) -> str:
    """The id of the vault in this database, made once: tells its keys from those of another copy of the project."""
    with database.connect() as db:
        found = db.execute(select(VAULTS.c.vault_id)).scalar_one_or_none()
    if found is not None:
        return str(found)
    with writing(database) as db:
        db.execute(upsert(VAULTS).values(one=1, vault_id=str(uuid.uuid4())).on_conflict_do_nothing())
        return str(db.execute(select(VAULTS.c.vault_id)).scalar_one())


def _can_hold(place: KeySource) -> bool:
    """May a first key be kept there? The environment counts when it is set, or when it is the only place allowed."""
    if place.kind == "env":
        return bool(os.environ.get(KEY_VARIABLE, "").strip())
    return not isinstance(place, SystemKeyring) or place.is_there()


def _key_of(sealed: bytes) -> str:
    return sealed[1:9].hex()
