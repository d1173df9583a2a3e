"""What a sandbox with `data` keeps between starts: one JSON file, written whole and only readable by its owner."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from qbo_sandbox.intuit.grants import AccessToken, Code, Grant, RefreshValue

STATE_FILE = "sandbox.json"


class StateUnreadable(Exception):
    """The state file is there but cannot be used; the text says which file and why."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SavedCompany(_Model):
    realm_id: str
    name: str


class SavedState(_Model):
    """Version 1 of the file. Secrets of a made-up world, but secrets: the file gets mode 0600."""

    version: int = 1
    client_id: str
    client_secret: str
    clock_offset_s: float
    signing_key_pem: str | None
    companies: tuple[SavedCompany, ...]
    codes: dict[str, Code]
    grants: dict[str, Grant]
    refresh_values: dict[str, RefreshValue]
    access_tokens: dict[str, AccessToken]

    @property
    def clock_offset(self) -> timedelta:
        return timedelta(seconds=self.clock_offset_s)


def read_state(folder: Path) -> SavedState | None:
    """The state kept in `folder`, or None when there is none yet.

    Raises:
        StateUnreadable: the file is damaged or of another version.
    """
    path = folder / STATE_FILE
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        state = SavedState.model_validate_json(text)
    except ValidationError as error:
        places = sorted({".".join(map(str, fault["loc"])) or "the file" for fault in error.errors()})
        raise StateUnreadable(
            f"{path} cannot be read ({', '.join(places[:3])}); delete its folder to start anew"
        ) from error
    if state.version != 1:
        raise StateUnreadable(f"{path} is of version {state.version}, this sandbox reads version 1")
    return state


def write_state(folder: Path, state: SavedState) -> None:
    """Replace the file in one step, so that a stop in the middle leaves the old one."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".sandbox-", suffix=".json")  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(state.model_dump_json())
        os.replace(name, folder / STATE_FILE)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
