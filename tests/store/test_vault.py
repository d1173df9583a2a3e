"""The vault: what is put in comes out, for its own place alone, through every change of key."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import keyring
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from sqlalchemy import Engine, select

from ledgerflow.core.errors import InputRefused
from ledgerflow.store.database import open_database, writing
from ledgerflow.store.vault import SECRETS, Vault
from ledgerflow.store.vault_keys import key_text, new_key

PROJECT_ID = "7b0c2f0e-8f3e-4f43-9a51-54a9f1d6a001"


def now() -> datetime:
    return datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "books" / ".ledgerflow").mkdir(parents=True)
    return tmp_path / "books"


@pytest.fixture
def database(project: Path) -> Engine:
    return open_database(project / ".ledgerflow")


def open_vault(database: Engine, project: Path, *, project_id: str = PROJECT_ID) -> Vault:
    return Vault(database, project_id=project_id, project=project, clock=now, state_folder=project / ".ledgerflow")


@pytest.fixture
def vault(database: Engine, project: Path) -> Vault:
    return open_vault(database, project)


def key_file(own_vault_key: Path) -> Path:
    (found,) = (own_vault_key / "ledgerflow" / "vault").glob("*.key")
    return found


@given(
    secret=st.text(max_size=5000), connection=st.text(min_size=1, max_size=64), name=st.text(min_size=1, max_size=64)
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_put_in_comes_out_through_rotation_and_reopening(
    database: Engine, project: Path, secret: str, connection: str, name: str
) -> None:
    vault = open_vault(database, project)
    vault.put(connection, name, secret)
    assert vault.get(connection, name) == secret
    vault.rotate()
    assert vault.get(connection, name) == secret
    assert open_vault(database, project).get(connection, name) == secret


def test_a_secret_is_not_in_the_database_file(vault: Vault, project: Path) -> None:
    vault.put("quickbooks", "client_secret", "shh-very-secret-value")
    for path in project.rglob("*"):
        assert not path.is_file() or b"shh-very-secret-value" not in path.read_bytes()


def test_a_new_secret_replaces_the_old_one_and_a_deleted_one_is_gone(vault: Vault) -> None:
    vault.put("quickbooks", "client_secret", "first")
    vault.put("quickbooks", "client_secret", "second")
    assert vault.get("quickbooks", "client_secret") == "second"
    assert vault.names("quickbooks") == ["client_secret"]
    vault.delete("quickbooks", "client_secret")
    assert vault.get("quickbooks", "client_secret") is None


def test_the_same_secret_never_looks_the_same_twice(vault: Vault, database: Engine) -> None:
    vault.put("quickbooks", "a", "value")
    vault.put("quickbooks", "b", "value")
    with database.connect() as db:
        first, second = db.execute(select(SECRETS.c.sealed)).scalars()
    assert first != second


@pytest.mark.parametrize("moved", [{"connection": "other"}, {"name": "other"}])
def test_a_ciphertext_moved_to_another_place_does_not_open(
    vault: Vault, database: Engine, moved: dict[str, str]
) -> None:
    vault.put("quickbooks", "client_secret", "shh")
    with writing(database) as db:
        db.execute(SECRETS.update().values(**moved))
    place = {"connection": "quickbooks", "name": "client_secret"} | moved
    with pytest.raises(InputRefused, match="altered, or belongs to another project or connection") as refused:
        vault.get(place["connection"], place["name"])
    assert "shh" not in str(refused.value.as_json())


def test_a_ciphertext_does_not_open_for_another_project(
    vault: Vault, database: Engine, project: Path, own_vault_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.put("quickbooks", "client_secret", "shh")
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY", key_file(own_vault_key).read_text().splitlines()[-1])
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY_SOURCE", "env")
    with pytest.raises(InputRefused, match="another project"):
        open_vault(database, project, project_id="another-project").get("quickbooks", "client_secret")


def test_one_altered_bit_is_noticed(vault: Vault, database: Engine) -> None:
    vault.put("quickbooks", "client_secret", "shh")
    with writing(database) as db:
        sealed = bytearray(db.execute(select(SECRETS.c.sealed)).scalar_one())
        sealed[-1] ^= 1
        db.execute(SECRETS.update().values(sealed=bytes(sealed)))
    with pytest.raises(InputRefused, match="does not open"):
        vault.get("quickbooks", "client_secret")


def test_the_key_file_is_for_its_owner_alone_and_lies_outside_the_project(
    vault: Vault, own_vault_key: Path, project: Path
) -> None:
    vault.put("quickbooks", "client_secret", "shh")
    path = key_file(own_vault_key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not path.is_relative_to(project)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_file_that_others_can_read_is_refused_with_the_command_that_mends_it(
    vault: Vault, database: Engine, project: Path, own_vault_key: Path, mode: int
) -> None:
    vault.put("quickbooks", "client_secret", "shh")
    path = key_file(own_vault_key)
    path.chmod(mode)
    with pytest.raises(InputRefused, match=f"mode {mode:04o}") as refused:
        open_vault(database, project).get("quickbooks", "client_secret")
    assert f"chmod 600 {path}" in refused.value.next_step


def test_a_key_file_inside_the_project_is_refused(
    database: Engine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(project / "data"))
    with pytest.raises(InputRefused, match="inside the project"):
        open_vault(database, project).put("quickbooks", "client_secret", "shh")
    assert not (project / "data").exists()


def test_a_missing_key_is_told_with_its_place_and_what_to_do(
    vault: Vault, database: Engine, project: Path, own_vault_key: Path
) -> None:
    vault.put("quickbooks", "client_secret", "shh")
    path = key_file(own_vault_key)
    path.unlink()
    with pytest.raises(InputRefused, match="key is not here") as refused:
        open_vault(database, project).get("quickbooks", "client_secret")
    assert str(path) in refused.value.where
    assert "made 2026-11-23" in refused.value.where
    assert "ledgerflow vault reset" in refused.value.next_step


def test_another_key_in_the_place_of_the_right_one_is_told_as_missing(
    vault: Vault, database: Engine, project: Path, own_vault_key: Path
) -> None:
    vault.put("quickbooks", "client_secret", "shh")
    key_file(own_vault_key).write_text(key_text(new_key()))
    with pytest.raises(InputRefused, match="key is not here"):
        open_vault(database, project).get("quickbooks", "client_secret")
    with pytest.raises(InputRefused, match="key is not here"):
        open_vault(database, project).put("quickbooks", "other", "shh")


@pytest.mark.parametrize("text", ["short", "A" * 43, "%" * 44, "A" * 88])
def test_a_key_that_is_no_key_is_refused_without_being_shown(
    database: Engine, project: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY_SOURCE", "env")
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY", text)
    with pytest.raises(InputRefused, match="not base64 of 32 bytes") as refused:
        open_vault(database, project).put("quickbooks", "client_secret", "shh")
    assert text not in str(refused.value.as_json())
    assert "LEDGERFLOW_VAULT_KEY" in refused.value.where


def test_without_a_key_in_the_environment_it_is_told_how_to_make_one(
    database: Engine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY_SOURCE", "env")
    monkeypatch.delenv("LEDGERFLOW_VAULT_KEY", raising=False)
    with pytest.raises(InputRefused, match="comes from the environment") as refused:
        open_vault(database, project).put("quickbooks", "client_secret", "shh")
    assert "ledgerflow vault new-key" in refused.value.next_step


def test_an_unknown_key_source_is_refused_with_the_nearest_one(
    database: Engine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY_SOURCE", "keyrings")
    with pytest.raises(InputRefused, match="Did you mean 'keyring'"):
        open_vault(database, project).put("quickbooks", "client_secret", "shh")


def test_the_environment_comes_first_when_no_source_is_forced(
    database: Engine, project: Path, monkeypatch: pytest.MonkeyPatch, own_vault_key: Path
) -> None:
    monkeypatch.delenv("LEDGERFLOW_VAULT_KEY_SOURCE")
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY", key_text(new_key()))
    vault = open_vault(database, project)
    vault.put("quickbooks", "client_secret", "shh")
    (key,) = vault.status()
    assert (key.source, key.current, key.there, key.secrets) == ("env", True, True, 1)
    assert not (own_vault_key / "ledgerflow").exists()


def test_rotating_a_file_key_leaves_one_key_and_every_secret_opens(
    vault: Vault, database: Engine, project: Path, own_vault_key: Path
) -> None:
    for number in range(5):
        vault.put("quickbooks", f"secret{number}", f"value{number}")
    before = key_file(own_vault_key).read_text()
    rotated = vault.rotate()
    assert rotated.secrets == 5
    after = key_file(own_vault_key).read_text()
    assert before.splitlines()[-1] not in after
    (key,) = vault.status()
    assert (key.key_id, key.secrets) == (rotated.key_id, 5)
    other = open_vault(database, project)
    assert [other.get("quickbooks", f"secret{number}") for number in range(5)] == [f"value{n}" for n in range(5)]


def test_a_vault_opened_before_a_rotation_reads_and_writes_after_it(
    vault: Vault, database: Engine, project: Path
) -> None:
    vault.put("quickbooks", "client_secret", "shh")
    other = open_vault(database, project)
    assert other.get("quickbooks", "client_secret") == "shh"
    vault.rotate()
    assert other.get("quickbooks", "client_secret") == "shh"
    other.put("quickbooks", "later", "written")
    assert open_vault(database, project).get("quickbooks", "later") == "written"
    assert {key.secrets for key in vault.status()} == {2}


def test_rotating_keys_of_the_environment_asks_for_the_new_one_first(
    database: Engine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = key_text(new_key()), key_text(new_key())
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY_SOURCE", "env")
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY", old)
    vault = open_vault(database, project)
    vault.put("quickbooks", "client_secret", "shh")
    with pytest.raises(InputRefused, match="no new key in the environment"):
        vault.rotate()
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY", f"{new},{old}")
    vault.rotate()
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY", new)
    assert open_vault(database, project).get("quickbooks", "client_secret") == "shh"


def test_a_key_moves_from_the_file_to_the_environment(
    vault: Vault, database: Engine, project: Path, monkeypatch: pytest.MonkeyPatch, own_vault_key: Path
) -> None:
    vault.put("quickbooks", "client_secret", "shh")
    monkeypatch.delenv("LEDGERFLOW_VAULT_KEY_SOURCE")
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY", key_text(new_key()))
    assert vault.rotate(to="env").source == "env"
    assert not list((own_vault_key / "ledgerflow" / "vault").iterdir())
    assert open_vault(database, project).get("quickbooks", "client_secret") == "shh"


def test_two_copies_of_a_project_do_not_share_a_key(vault: Vault, project: Path, own_vault_key: Path) -> None:
    vault.put("quickbooks", "client_secret", "shh")
    copy = project.parent / "copy"
    (copy / ".ledgerflow").mkdir(parents=True)
    open_vault(open_database(copy / ".ledgerflow"), copy).put("quickbooks", "client_secret", "other")
    assert len(list((own_vault_key / "ledgerflow" / "vault").glob("*.key"))) == 2


def test_a_reset_drops_every_secret_and_starts_with_a_new_key(
    vault: Vault, database: Engine, project: Path, own_vault_key: Path
) -> None:
    vault.put("quickbooks", "client_secret", "shh")
    key_file(own_vault_key).unlink()
    lost = open_vault(database, project)
    assert lost.reset() == 1
    assert lost.get("quickbooks", "client_secret") is None
    lost.put("quickbooks", "client_secret", "again")
    assert open_vault(database, project).get("quickbooks", "client_secret") == "again"


KILLED_ROTATION = """
import os, signal, sys
from pathlib import Path
from datetime import UTC, datetime
from sqlalchemy import event
from ledgerflow.store import vault_keys
from ledgerflow.store.database import open_database
from ledgerflow.store.vault import Vault

project, point = Path(sys.argv[1]), sys.argv[2]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
database = open_database(project / ".ledgerflow")
vault = Vault(database, project_id=sys.argv[3], project=project, clock=lambda: datetime.now(UTC),
              state_folder=project / ".ledgerflow")
vault.get("quickbooks", "secret0")
save = vault_keys.KeyFile.save
saves = []
def counted(self, keys):
    saves.append(1)
    if point == f"before save {len(saves)}": die()
    save(self, keys)
    if point == f"after save {len(saves)}": die()
vault_keys.KeyFile.save = counted
sealed = []
seal = Vault._seal
def sealing(self, *given):
    sealed.append(1)
    if point == f"before seal {len(sealed)}": die()
    return seal(self, *given)
Vault._seal = sealing
if point == "before commit":
    event.listen(database, "commit", lambda connection: die() if sealed else None)
vault.rotate()
"""


@pytest.mark.parametrize(
    "point", ["before save 1", "after save 1", "before seal 1", "before seal 3", "before commit", "before save 2"]
)
def test_a_rotation_killed_at_any_point_leaves_every_secret_readable(
    vault: Vault, database: Engine, project: Path, own_vault_key: Path, point: str
) -> None:
    for number in range(4):
        vault.put("quickbooks", f"secret{number}", f"value{number}")
    done = subprocess.run([sys.executable, "-c", KILLED_ROTATION, str(project), point, PROJECT_ID], check=False)
    assert done.returncode == -signal.SIGKILL
    after = open_vault(database, project)
    assert [after.get("quickbooks", f"secret{number}") for number in range(4)] == [f"value{n}" for n in range(4)]
    after.put("quickbooks", "secret4", "value4")
    rotated = open_vault(database, project).rotate()
    (key,) = after.status()
    assert (key.key_id, key.secrets) == (rotated.key_id, 5)
    assert key_file(own_vault_key).read_text().count("=") == 1
    assert [after.get("quickbooks", f"secret{number}") for number in range(5)] == [f"value{n}" for n in range(5)]


class RememberingKeyring(KeyringBackend):
    """A keyring in memory."""

    priority = 5.0  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def running_keyring(monkeypatch: pytest.MonkeyPatch) -> RememberingKeyring:
    backend = RememberingKeyring()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    monkeypatch.setattr(keyring, "get_password", backend.get_password)
    monkeypatch.setattr(keyring, "set_password", backend.set_password)
    monkeypatch.delenv("LEDGERFLOW_VAULT_KEY_SOURCE")
    return backend


def test_a_running_keyring_keeps_the_key_and_no_file_is_made(
    database: Engine, project: Path, running_keyring: RememberingKeyring, own_vault_key: Path
) -> None:
    open_vault(database, project).put("quickbooks", "client_secret", "shh")
    assert open_vault(database, project).get("quickbooks", "client_secret") == "shh"
    assert [service for service, _ in running_keyring.kept] == ["ledgerflow"]
    assert not (own_vault_key / "ledgerflow").exists()


def test_a_key_moves_from_the_file_to_the_keyring(
    vault: Vault,
    database: Engine,
    project: Path,
    running_keyring: RememberingKeyring,
    own_vault_key: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY_SOURCE", "file")
    vault.put("quickbooks", "client_secret", "shh")
    monkeypatch.delenv("LEDGERFLOW_VAULT_KEY_SOURCE")
    vault.rotate(to="keyring")
    assert not list((own_vault_key / "ledgerflow" / "vault").iterdir())
    assert open_vault(database, project).get("quickbooks", "client_secret") == "shh"


def test_no_keyring_is_asked_where_no_session_bus_runs(
    database: Engine, project: Path, running_keyring: RememberingKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    open_vault(database, project).put("quickbooks", "client_secret", "shh")
    assert running_keyring.kept == {}


def test_a_keyring_that_fails_every_question_is_not_used(
    database: Engine, project: Path, running_keyring: RememberingKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", NoKeyring)
    open_vault(database, project).put("quickbooks", "client_secret", "shh")
    assert running_keyring.kept == {}
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY_SOURCE", "keyring")
    with pytest.raises(InputRefused, match="key is not here"):
        open_vault(database, project).get("quickbooks", "client_secret")


def test_a_keyring_that_never_answers_does_not_hang(
    database: Engine, project: Path, running_keyring: RememberingKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    never = threading.Event()
    monkeypatch.setattr("ledgerflow.store.vault_keys.KEYRING_WAIT_S", 0.05)
    monkeypatch.setattr(keyring, "get_keyring", never.wait)
    try:
        open_vault(database, project).put("quickbooks", "client_secret", "shh")
        assert running_keyring.kept == {}
    finally:
        never.set()
