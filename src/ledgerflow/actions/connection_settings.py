"""Change a connection's settings: only what is given, comments kept, secrets into the vault."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledgerflow.core.connection import ConnectionFile
from ledgerflow.core.documents import Document, dotted
from ledgerflow.core.errors import InputRefused, nearest_name
from ledgerflow.core.names import FILES, NAME_RULE, is_name
from ledgerflow.runner.workspace import Workspace

AUTH_TYPES = ("oauth2", "api_key", "basic", "bearer", "none")
_REFERENCE = re.compile(r"^(vault:[A-Za-z0-9_./-]+|env:[A-Za-z_][A-Za-z0-9_]*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: the flag that gives it, its key in the file, and the security types that know it (all: empty)."""

    flag: str
    key: tuple[str, ...]
    types: tuple[str, ...] = ()
    secret: str = ""
    """The name that a secret is kept under in the vault; empty for what is no secret."""


def _oauth2(flag: str, key: str, *, secret: str = "") -> Setting:
    return Setting(flag=flag, key=("auth", key), types=("oauth2",), secret=secret)


SETTINGS: Mapping[str, Setting] = {
    "api": Setting(flag="--api", key=("api",)),
    "base_url": Setting(flag="--base-url", key=("base_url",)),
    "timeout_s": Setting(flag="--timeout", key=("timeout_s",)),
    "grant": _oauth2("--grant", "grant"),
    "auth_url": _oauth2("--auth-url", "auth_url"),
    "token_url": _oauth2("--token-url", "token_url"),
    "revoke_url": _oauth2("--revoke-url", "revoke_url"),
    "userinfo_url": _oauth2("--userinfo-url", "userinfo_url"),
    "client_id": _oauth2("--client-id", "client_id"),
    "client_secret": _oauth2("--client-secret", "client_secret", secret="client_secret"),
    "scope": _oauth2("--scope", "scope"),
    "state": _oauth2("--state", "state"),
    "redirect_url": _oauth2("--redirect-url", "redirect_url"),
    "client_authentication": _oauth2("--client-authentication", "client_authentication"),
    "pkce": _oauth2("--pkce", "pkce"),
    "company_from": _oauth2("--company-from", "company_from"),
    "username": Setting(flag="--username", key=("auth", "username"), types=("oauth2", "basic")),
    "password": Setting(flag="--password", key=("auth", "password"), types=("oauth2", "basic"), secret="password"),
    "key_name": Setting(flag="--key-name", key=("auth", "name"), types=("api_key",)),
    "key": Setting(flag="--key", key=("auth", "value"), types=("api_key",), secret="api_key"),
    "key_in": Setting(flag="--key-in", key=("auth", "location"), types=("api_key",)),
    "token": Setting(flag="--token", key=("auth", "token"), types=("bearer",), secret="token"),
    "per_second": Setting(flag="--per-second", key=("limits", "per_second")),
    "per_minute": Setting(flag="--per-minute", key=("limits", "per_minute")),
    "in_flight": Setting(flag="--in-flight", key=("limits", "in_flight")),
    "retry_within_s": Setting(flag="--retry-within", key=("limits", "retry_within_s")),
}
"""Every setting that a flag of `ledgerflow connection set` gives, by its name there."""

MAPPINGS: Mapping[str, Setting] = {
    "extra": _oauth2("--extra", "extra"),
    "parameter": Setting(flag="--parameter", key=("parameters",)),
    "header": Setting(flag="--header", key=("headers",)),
}
"""Settings of which each flag gives one entry, NAME=VALUE."""


def change_connection(
    workspace: Workspace,
    name: str,
    *,
    auth: str | None = None,
    given: Mapping[str, Any],
    entries: Mapping[str, Mapping[str, str]],
    unset: Sequence[str] = (),
) -> dict[str, Any]:
    """Change what is given and leave the rest; a connection that is not there is made.

    `given` is by the names of `SETTINGS`, `entries` by those of `MAPPINGS`; `unset` are dotted keys to take away.
    Secrets given as `env:VARIABLE` or `vault:NAME` stay references, others go to the vault. Nothing is changed when
    the file would not be valid. Answers the name, file, what was changed, and notes for the person.

    Raises:
        InputRefused: a setting that the security type does not know, a wrong value, an unknown key to unset.
    """
    document, made = _document(workspace, name, given)
    before = document.data
    auth_type = _auth_type(before, auth, given, entries, name)
    notes: list[str] = []
    if auth_type is not None and auth_type != _type_in(before):
        if _type_in(before) not in (None, "none"):
            notes.append(f"The settings of security type {_type_in(before)} were taken away.")
        document.set(("auth",), {"type": auth_type})
    secrets: dict[str, str] = {}
    flags: dict[str, str] = {}
    for setting_name, value in given.items():
        setting = SETTINGS[setting_name]
        flags[dotted(setting.key)] = setting.flag
        if setting.secret and not _REFERENCE.match(value):
            if not value:
                raise InputRefused("The secret is empty.", where=setting.flag, next_step="Give it, or leave it out.")
            secrets[setting.secret] = value
            value = f"vault:{setting.secret}"
        document.set(setting.key, value)
    for mapping_name, values in entries.items():
        setting = MAPPINGS[mapping_name]
        for entry, value in values.items():
            flags[dotted((*setting.key, entry))] = setting.flag
            document.set((*setting.key, entry), value)
    for key in unset:
        _take_away(document, key)
    file = _checked(document, flags)
    for secret, value in secrets.items():
        workspace.vault.put(name, secret, value)
    workspace.files.save(document)
    dropped = _drop_unused_secrets(workspace, name, file)
    notes += [f"The secret {secret!r} is no longer used and was dropped from the vault." for secret in dropped]
    notes += _about_companies(workspace, name, before, document.data)
    return {
        "connection": name,
        "file": document.file,
        "made": made,
        "changed": sorted({*flags, *unset, *(("auth.type",) if auth is not None else ())}),
        "secrets": sorted(secrets),
        "notes": notes,
    }


def _document(workspace: Workspace, name: str, given: Mapping[str, Any]) -> tuple[Document, bool]:
    """The connection's document, or a new one; whether it is new."""
    if not is_name(name) or name == FILES:
        raise InputRefused(
            f"{name!r} cannot name a connection.",
            where="the connection's name",
            next_step=f"Use {NAME_RULE}; {FILES!r} stands for the project's files.",
        )
    if workspace.files.has("connection", name):
        return workspace.files.read("connection", name), False
    api = given.get("api") or (name if workspace.files.has("api", name) else None)
    known = workspace.files.names("connection")
    if api is None or "base_url" not in given:
        nearest = nearest_name(name, known)
        raise InputRefused(
            f"There is no connection {name!r} yet." + (f" Did you mean {nearest!r}?" if nearest else ""),
            where=f"connections/ of {workspace.files.root} (known: {', '.join(known) or 'none'})",
            next_step="To make it, add --api API and --base-url URL; or run `ledgerflow api add`, which makes both.",
        )
    text = "# Which server is called, and how to sign in. Secrets are references; they live in the vault.\n"
    text += f"api: {api}\nbase_url: to be set\n"
    return Document(text, file=workspace.files.path("connection", name)), True


def _auth_type(
    before: Mapping[str, Any],
    auth: str | None,
    given: Mapping[str, Any],
    entries: Mapping[str, Mapping[str, str]],
    name: str,
) -> str | None:
    """The security type after the change; taken from the settings given when it is said nowhere."""
    if auth is not None and auth not in AUTH_TYPES:
        nearest = nearest_name(auth, AUTH_TYPES)
        raise InputRefused(
            f"Expected one of {', '.join(AUTH_TYPES)}, not {auth!r}."
            + (f" Did you mean {nearest!r}?" if nearest else ""),
            where="--auth",
            next_step="Give one of them.",
        )
    wanting = [SETTINGS[key] for key in given] + [MAPPINGS[key] for key, values in entries.items() if values]
    present = auth or _type_in(before)
    for setting in wanting:
        if not setting.types:
            continue
        if present in (None, "none") and auth is None:
            present = setting.types[0]
        elif present not in setting.types:
            raise InputRefused(
                f"{setting.flag} belongs to security type {' or '.join(setting.types)}; this connection signs in by "
                f"{present}.",
                where=f"connection {name}, {setting.flag}",
                next_step=f"Add --auth {setting.types[0]} to change how it signs in.",
            )
    return present


def _type_in(data: Mapping[str, Any]) -> str | None:
    auth = data.get("auth")
    kind = auth.get("type") if isinstance(auth, dict) else None
    return str(kind) if kind is not None else None


def _take_away(document: Document, key: str) -> None:
    parts = tuple(key.split("."))
    try:
        document.remove(parts)
    except (KeyError, TypeError, IndexError) as error:
        raise InputRefused(
            f"There is no key {key!r} to take away.",
            where=f"{document.file}, --unset",
            next_step="Give a key as it stands in the file, such as auth.state or headers.Accept.",
        ) from error


def _checked(document: Document, flags: Mapping[str, str]) -> ConnectionFile:
    """The changed file, valid. A fault of a value that a flag gave is placed at the flag: nothing is saved yet."""
    try:
        return document.check(ConnectionFile)
    except InputRefused as refused:
        blamed = [(fault, flags[fault.key]) for fault in refused.faults if fault.key in flags]
        if not blamed:
            raise
        fault, flag = blamed[0]
        raise InputRefused(
            fault.text,
            where=f"{flag} (key {fault.key} of {document.file}; nothing was changed)",
            next_step="Give another value.",
            faults=refused.faults,
        ) from refused


def _drop_unused_secrets(workspace: Workspace, name: str, file: ConnectionFile) -> list[str]:
    """Forget secrets of this connection that its file no longer refers to."""
    text = file.model_dump_json()
    unused = [secret for secret in workspace.vault.names(name) if ":" not in secret and f'"vault:{secret}"' not in text]
    for secret in unused:
        workspace.vault.delete(name, secret)
    return unused


def _about_companies(workspace: Workspace, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """A connected company stays with the app that it was connected with."""
    had, has = before.get("auth") or {}, after.get("auth") or {}
    moved = [key for key in ("client_id", "token_url") if had.get(key) and had.get(key) != has.get(key)]
    companies = workspace.companies.of(name)
    if not moved or not companies:
        return []
    return [
        f"{' and '.join(moved)} changed: {len(companies)} connected "
        f"{'company needs' if len(companies) == 1 else 'companies need'} connecting again "
        f"(`ledgerflow connect {name}`)."
    ]
