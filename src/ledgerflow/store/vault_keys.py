"""Where the vault's keys come from: the environment, the system keyring, or a file outside the project."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol, TypeVar, get_args

from ledgerflow.core.errors import InputRefused, RetryLater, nearest_name

SourceKind = Literal["env", "keyring", "file"]
SOURCE_KINDS: tuple[SourceKind, ...] = get_args(SourceKind)
"""In the order in which they are asked."""

KEY_VARIABLE = "LEDGERFLOW_VAULT_KEY"
SOURCE_VARIABLE = "LEDGERFLOW_VAULT_KEY_SOURCE"
KEY_BYTES = 32
KEYRING_SERVICE = "ledgerflow"
KEYRING_WAIT_S = 10.0
KEYRING_WAIT_FOR_PERSON_S = 120.0
"""A person may have to type the keyring's password; nobody does on a headless machine."""
_WIDER_THAN_OWNER = 0o077

T = TypeVar("T")


class KeySource(Protocol):
    """A place that holds keys, the newest first, each by its id."""

    @property
    def kind(self) -> SourceKind: ...

    @property
    def place(self) -> str:
        """Where it is, in words for people."""
        ...

    def load(self) -> dict[str, bytes]:
        """The keys that are there now; empty when there are none. Raises InputRefused when they cannot be used."""
        ...

    def save(self, keys: Mapping[str, bytes]) -> None:
        """Put exactly these keys there. Raises InputRefused where only the person can."""
        ...


def new_key() -> bytes:
    """A new random key."""
    return secrets.token_bytes(KEY_BYTES)


def key_id(key: bytes) -> str:
    """The name of a key: 16 hexadecimal digits that tell nothing about it."""
    return hashlib.sha256(b"ledgerflow vault key\0" + key).hexdigest()[:16]


def key_text(key: bytes) -> str:
    """A key as it stands in the environment or a file: base64."""
    return base64.b64encode(key).decode()


def read_keys(text: str, *, place: str) -> dict[str, bytes]:
    """The keys in `text`: base64, separated by commas or white space; lines that begin with `#` are comments.

    Raises:
        InputRefused: a part is not base64 of 32 bytes. The part itself is not shown.
    """
    found: dict[str, bytes] = {}
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for number, part in enumerate(" ".join(lines).replace(",", " ").split(), start=1):
        try:
            key = base64.b64decode(part.replace("-", "+").replace("_", "/"), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise InputRefused(
                f"Key {number} of the vault is not base64 of {KEY_BYTES} bytes.",
                where=place,
                next_step="Put the key there as `ledgerflow vault new-key` prints one: 44 characters ending in '='.",
            )
        found[key_id(key)] = key
    return found


def sources(project_id: str, vault_id: str, *, project: Path) -> list[KeySource]:
    """The places to look for keys, in order; only the one that $LEDGERFLOW_VAULT_KEY_SOURCE names, when it is set.

    Keys belong to one vault of one project, so that two copies of a project on a machine do not share theirs.

    Raises:
        InputRefused: the variable names no source.
    """
    forced = os.environ.get(SOURCE_VARIABLE, "").strip().lower()
    if forced and forced not in SOURCE_KINDS:
        nearest = nearest_name(forced, SOURCE_KINDS)
        raise InputRefused(
            f"Expected one of {', '.join(SOURCE_KINDS)}, not {forced!r}."
            + (f" Did you mean {nearest!r}?" if nearest else ""),
            where=f"environment variable {SOURCE_VARIABLE}",
            next_step=f"Set {SOURCE_VARIABLE} to one of them, or unset it to have them asked in this order.",
        )
    wanted = [kind for kind in SOURCE_KINDS if not forced or kind == forced]
    return [source(kind, project_id, vault_id, project=project) for kind in wanted]


def source(kind: SourceKind, project_id: str, vault_id: str, *, project: Path) -> KeySource:
    """One place by its kind."""
    name = hashlib.sha256(f"{project_id}\0{vault_id}".encode()).hexdigest()[:32]
    if kind == "env":
        return EnvironmentKeys()
    if kind == "keyring":
        return SystemKeyring(name)
    return KeyFile(name, project=project)


class EnvironmentKeys:
    """Keys in $LEDGERFLOW_VAULT_KEY; several are separated by commas, the first one encrypts."""

    kind: SourceKind = "env"
    place = f"environment variable {KEY_VARIABLE}"

    def load(self) -> dict[str, bytes]:
        return read_keys(os.environ.get(KEY_VARIABLE, ""), place=self.place)

    def save(self, keys: Mapping[str, bytes]) -> None:
        raise InputRefused(
            "The vault's key comes from the environment, which only you can set.",
            where=self.place,
            next_step=f"Set {KEY_VARIABLE} to what `ledgerflow vault new-key` prints, wherever Ledgerflow runs.",
        )


class KeyFile:
    """Keys in a file for its owner alone, in the person's data folder, outside the project."""

    kind: SourceKind = "file"

    def __init__(self, name: str, *, project: Path) -> None:
        from platformdirs import user_data_path

        self.path = user_data_path("ledgerflow", appauthor=False) / "vault" / f"{name}.key"
        self._project = project

    @property
    def place(self) -> str:
        return f"file {self.path}"

    def load(self) -> dict[str, bytes]:
        self._stay_outside()
        try:
            handle = os.open(self.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise InputRefused(
                f"The vault's key file cannot be read: {error.strerror}.",
                where=str(self.path),
                next_step="Make it a plain file that you own, with mode 0600.",
            ) from error
        with os.fdopen(handle, encoding="utf-8", errors="replace") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & _WIDER_THAN_OWNER:
                raise InputRefused(
                    f"The vault's key file can be read by others (mode {mode:04o}).",
                    where=str(self.path),
                    next_step=f"Run `chmod 600 {self.path}`, and `ledgerflow vault rotate` if others may have read it.",
                )
            return read_keys(file.read(), place=self.place)

    def save(self, keys: Mapping[str, bytes]) -> None:
        self._stay_outside()
        if not keys:
            self.path.unlink(missing_ok=True)
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = ["# Key of a Ledgerflow vault. Without it the secrets and tokens of its project cannot be read."]
        lines += [key_text(key) for key in keys.values()]
        handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write("\n".join(lines) + "\n")
                out.flush()
                os.fsync(out.fileno())
            os.replace(temporary, self.path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(self.path.parent)

    def _stay_outside(self) -> None:
        if self.path.resolve().is_relative_to(self._project.resolve()):
            raise InputRefused(
                "The vault's key file would lie inside the project, where git and backups take it along.",
                where=str(self.path),
                next_step="Point XDG_DATA_HOME outside the project, or use another key source "
                f"({SOURCE_VARIABLE}=env or keyring).",
            )


class SystemKeyring:
    """Keys in the keyring of the system, where a real one is running."""

    kind: SourceKind = "keyring"
    place = f"the system keyring, service {KEYRING_SERVICE}"

    def __init__(self, name: str) -> None:
        self._name = name

    def is_there(self) -> bool:
        """Is a keyring running that keeps secrets? Never waits for one that does not answer."""
        if sys.platform.startswith("linux") and not _has_session_bus():
            return False
        try:
            return bool(_within(KEYRING_WAIT_S, _is_real_keyring))
        except RetryLater:
            return False

    def load(self) -> dict[str, bytes]:
        if not self.is_there():
            return {}
        import keyring

        text = self._ask(lambda: keyring.get_password(KEYRING_SERVICE, self._name))
        return read_keys(text or "", place=self.place)

    def save(self, keys: Mapping[str, bytes]) -> None:
        if not self.is_there():
            raise InputRefused(
                "No system keyring is running here.",
                where=self.place,
                next_step=f"Start one, or use another key source ({SOURCE_VARIABLE}=file or env).",
            )
        import keyring

        text = ",".join(key_text(key) for key in keys.values())
        self._ask(lambda: keyring.set_password(KEYRING_SERVICE, self._name, text))
        if self._ask(lambda: keyring.get_password(KEYRING_SERVICE, self._name)) != text:
            raise InputRefused(
                "The system keyring did not keep the vault's key.",
                where=self.place,
                next_step=f"Use another key source ({SOURCE_VARIABLE}=file or env).",
            )

    def _ask(self, question: Callable[[], T]) -> T:
        from keyring.errors import KeyringError

        wait_s = KEYRING_WAIT_FOR_PERSON_S if sys.stdin is not None and sys.stdin.isatty() else KEYRING_WAIT_S
        try:
            return _within(wait_s, question)
        except KeyringError as error:
            raise InputRefused(
                f"The system keyring refused: {type(error).__name__}.",
                where=self.place,
                next_step=f"Unlock it, or use another key source ({SOURCE_VARIABLE}=file or env).",
            ) from error


def places_of(places: Sequence[KeySource]) -> str:
    """What was searched, in words."""
    return "; ".join(place.place for place in places)


def _is_real_keyring() -> bool:
    import keyring
    from keyring.backends import chainer, fail, null

    backend = keyring.get_keyring()
    if isinstance(backend, chainer.ChainerBackend):
        return bool(backend.backends)
    return not isinstance(backend, fail.Keyring | null.Keyring) and backend.priority > 0


def _has_session_bus() -> bool:
    """Could a Secret Service be reached at all? Without a session bus the question itself may hang."""
    if os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return True
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return bool(runtime) and (Path(str(runtime)) / "bus").exists()


def _within(seconds: float, question: Callable[[], T]) -> T:
    """The answer to a question that may never come back; the thread that asks does not keep the program alive.

    Raises:
        RetryLater: no answer in time.
    """
    answers: list[T] = []
    failures: list[Exception] = []

    def ask() -> None:
        try:
            answers.append(question())
        except Exception as error:  # noqa: BLE001 - carried over to the thread that asked, and raised there
            failures.append(error)

    thread = threading.Thread(target=ask, name="ledgerflow-keyring", daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not answers:
        raise RetryLater(
            f"The system keyring did not answer within {seconds:g} s.",
            where=SystemKeyring.place,
            next_step=f"Unlock it, or use another key source ({SOURCE_VARIABLE}=file or env).",
        )
    return answers[0]


def _sync_folder(folder: Path) -> None:
    """Force a rename to the disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
