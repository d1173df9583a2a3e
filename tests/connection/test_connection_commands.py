"""The commands of the connection, as a person or a script uses them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from connected_project import MovableClock, save_pair

from ledgerflow.cli import front, main
from ledgerflow.runner.workspace import Workspace
from qbo_sandbox.served import ServedSandbox

SECRET = "a-very-secret-client-secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Done]


@pytest.fixture
def ledgerflow(
    project: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs a command in the project, in this process."""
    monkeypatch.setenv("LEDGERFLOW_PROJECT", str(project))
    monkeypatch.setattr("ledgerflow.wiring.utc_now", workspace.clock)

    def run(*words: str, stdin: str = "") -> Done:
        front.forget()
        monkeypatch.setattr(sys, "argv", ["ledgerflow", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        try:
            main.run()
            code = 0
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
        told = capsys.readouterr()
        return Done(code=code, out=told.out, err=told.err)

    return run


def connection_text(project: Path) -> str:
    return (project / "connections" / "quickbooks.yaml").read_text()


@pytest.fixture
def bare(workspace: Workspace, project: Path) -> Path:
    """A project with an api and a connection that says nothing about signing in; comments are the person's."""
    from connected_project import API

    workspace.files.write_text("apis/quickbooks.yaml", API)
    workspace.files.write_text(
        "connections/quickbooks.yaml",
        "# our books\napi: quickbooks  # the api\nbase_url: https://quickbooks.test\n\n# not too fast\n"
        "limits:\n  per_second: 5  # half of it\n",
    )
    return project


def test_settings_are_changed_one_by_one_and_comments_stay(ledgerflow: Command, bare: Path) -> None:
    done = ledgerflow("connection", "set", "quickbooks", "--auth", "oauth2", "--client-id", "AB1", "--state", "books")
    assert done.code == 0
    assert ledgerflow("connection", "set", "quickbooks", "--timeout", "30", "--per-minute", "100").code == 0
    assert connection_text(bare) == (
        "# our books\napi: quickbooks  # the api\nbase_url: https://quickbooks.test\n\n# not too fast\n"
        "limits:\n  per_second: 5  # half of it\n  per_minute: 100.0\n"
        "auth:\n  type: oauth2\n  client_id: AB1\n  state: books\ntimeout_s: 30.0\n"
    )


@pytest.mark.parametrize("given", ["argument", "stdin"])
def test_a_secret_goes_to_the_vault_and_a_reference_to_the_file(
    ledgerflow: Command, bare: Path, workspace: Workspace, given: str
) -> None:
    words = ("connection", "set", "quickbooks", "--client-secret")
    done = ledgerflow(*words, SECRET) if given == "argument" else ledgerflow(*words, "-", stdin=f"{SECRET}\n")
    assert done.code == 0
    assert "client_secret: vault:client_secret\n" in connection_text(bare)
    assert workspace.vault.get("quickbooks", "client_secret") == SECRET
    assert SECRET not in done.out + done.err + connection_text(bare)


def test_two_secrets_are_read_from_two_lines(ledgerflow: Command, bare: Path, workspace: Workspace) -> None:
    done = ledgerflow(
        *("connection", "set", "quickbooks", "--auth", "oauth2", "--grant", "password", "--username", "robin"),
        *("--client-secret", "-", "--password", "-"),
        stdin="first\nsecond\n",
    )
    assert done.code == 0
    assert workspace.vault.get("quickbooks", "client_secret") == "first"
    assert workspace.vault.get("quickbooks", "password") == "second"


@pytest.mark.parametrize("reference", ["env:QBO_CLIENT_SECRET", "vault:shared/secret"])
def test_a_reference_stays_a_reference(ledgerflow: Command, bare: Path, workspace: Workspace, reference: str) -> None:
    assert ledgerflow("connection", "set", "quickbooks", "--client-secret", reference).code == 0
    assert f"client_secret: {reference}\n" in connection_text(bare)
    assert workspace.vault.names("quickbooks") == []


def test_an_empty_secret_is_refused(ledgerflow: Command, bare: Path) -> None:
    before = connection_text(bare)
    done = ledgerflow("connection", "set", "quickbooks", "--client-secret", "-", stdin="\n")
    assert done.code == 2
    assert "The secret is empty" in done.err
    assert connection_text(bare) == before


@pytest.mark.parametrize(
    ("words", "what", "where"),
    [
        (("--auth", "oauth"), "Did you mean 'oauth2'?", "--auth"),
        (("--grant", "code"), "Expected one of 'authorization_code'", "--grant (key auth.grant of"),
        (("--token-url", "token.test"), "Expected an address such as", "--token-url"),
        (("--timeout", "0"), "Expected a number of more than 0", "--timeout"),
        (("--in-flight", "500"), "Expected a number of at most 100", "--in-flight"),
        (("--redirect-url", "localhost:8050"), "Expected an address such as", "--redirect-url"),
        (("--header", "Authorization=Bearer x"), "would hold a secret", "connections/quickbooks.yaml"),
        (("--header", "Accept"), "'Accept' is not NAME=VALUE", "--header"),
        (("--auth", "bearer", "--client-id", "a"), "--client-id belongs to security type oauth2", "--client-id"),
        (("--unset", "auth.nothing"), "There is no key 'auth.nothing'", "--unset"),
        (("--api", "my books"), "is not a name", "--api"),
        (("--key-in", "body"), "Expected one of 'header', 'query'", "--key-in"),
    ],
)
def test_a_wrong_setting_is_placed_at_its_flag_and_changes_nothing(
    ledgerflow: Command, bare: Path, workspace: Workspace, words: tuple[str, ...], what: str, where: str
) -> None:
    before = connection_text(bare)
    done = ledgerflow("connection", "set", "quickbooks", *words)
    assert done.code == 2
    assert what in done.err
    assert where in done.err
    assert connection_text(bare) == before
    assert workspace.vault.names("quickbooks") == []


def test_a_wrong_setting_beside_a_secret_leaves_the_vault_alone(
    ledgerflow: Command, bare: Path, workspace: Workspace
) -> None:
    done = ledgerflow("connection", "set", "quickbooks", "--client-secret", SECRET, "--token-url", "nowhere")
    assert done.code == 2
    assert workspace.vault.names("quickbooks") == []


def test_changing_the_security_type_drops_the_old_settings_and_their_secrets(
    ledgerflow: Command, bare: Path, workspace: Workspace
) -> None:
    ledgerflow("connection", "set", "quickbooks", "--client-id", "AB1", "--client-secret", SECRET)
    done = ledgerflow("connection", "set", "quickbooks", "--auth", "api_key", "--key-name", "X-Key", "--key", "k1")
    assert done.code == 0
    assert "The settings of security type oauth2 were taken away" in done.err
    assert "'client_secret' is no longer used" in done.err
    assert "auth:\n  type: api_key\n  name: X-Key\n  value: vault:api_key\n" in connection_text(bare)
    assert workspace.vault.names("quickbooks") == ["api_key"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--token", SECRET), "auth:\n  type: bearer\n  token: vault:token\n"),
        (
            ("--auth", "basic", "--username", "me", "--password", SECRET),
            "auth:\n  type: basic\n  username: me\n  password: vault:password\n",
        ),
        (
            ("--key-name", "key", "--key", SECRET, "--key-in", "query"),
            "auth:\n  type: api_key\n  name: key\n  value: vault:api_key\n  location: query\n",
        ),
        (("--auth", "none"), "auth:\n  type: none\n"),
        (("--pkce", "--extra", "prompt=login"), "auth:\n  type: oauth2\n  pkce: true\n  extra:\n    prompt: login\n"),
    ],
)
def test_every_security_type_is_set_by_its_flags(
    ledgerflow: Command, bare: Path, words: tuple[str, ...], expected: str
) -> None:
    assert ledgerflow("connection", "set", "quickbooks", *words).code == 0
    assert expected in connection_text(bare)


def test_a_key_is_taken_out(ledgerflow: Command, bare: Path) -> None:
    ledgerflow("connection", "set", "quickbooks", "--state", "books", "-p", "minorversion=75", "--header", "Accept=a/b")
    assert "parameters:\n  minorversion: '75'\n" in connection_text(bare)
    assert ledgerflow("connection", "set", "quickbooks", "--unset", "auth.state", "--unset", "headers.Accept").code == 0
    assert "state" not in connection_text(bare)
    assert "Accept" not in connection_text(bare)


def test_a_connection_is_made_with_an_api_and_a_base_url(ledgerflow: Command, bare: Path, project: Path) -> None:
    done = ledgerflow(
        "connection", "set", "second", "--api", "quickbooks", "--base-url", "https://second.test", "--json"
    )
    assert done.code == 0
    assert done.json["made"] is True
    assert (project / "connections" / "second.yaml").read_text() == (
        "# Which server is called, and how to sign in. Secrets are references; they live in the vault.\n"
        "api: quickbooks\nbase_url: https://second.test\n"
    )
    refused = ledgerflow("connection", "set", "third", "--client-id", "a")
    assert refused.code == 2
    assert "--api API and --base-url URL" in refused.err


@pytest.mark.qbo_sandbox(invoices=0)
def test_addresses_come_from_a_discovery_document(ledgerflow: Command, bare: Path, qbo_sandbox: ServedSandbox) -> None:
    done = ledgerflow("connection", "set", "quickbooks", "--discovery-url", qbo_sandbox.discovery_url)
    assert done.code == 0
    text = connection_text(bare)
    for address in (qbo_sandbox.authorize_url, qbo_sandbox.token_url, qbo_sandbox.revoke_url):
        assert address in text
    wrong = ledgerflow("connection", "set", "quickbooks", "--discovery-url", qbo_sandbox.api_url + "/nowhere")
    assert wrong.code == 2
    assert "Expected a JSON object" in wrong.err


def test_showing_a_connection_tells_what_is_there_and_what_is_missing_but_no_secret(
    ledgerflow: Command, bare: Path
) -> None:
    ledgerflow("connection", "set", "quickbooks", "--client-secret", SECRET)
    shown = ledgerflow("connection", "show", "quickbooks", "--json")
    assert shown.json["missing"] == ["auth.client_id"]
    assert shown.json["secrets"] == {"client_secret": {"reference": "vault:client_secret", "there": True}}
    assert shown.json["from_provider"]["token_url"] == "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"
    told = ledgerflow("connection", "show", "quickbooks")
    assert "vault:client_secret  (there)" in told.out
    assert "missing: auth.client_id" in told.err
    assert SECRET not in shown.out + told.out + told.err


def test_a_broken_connection_does_not_hide_the_others(ledgerflow: Command, bare: Path) -> None:
    (bare / "connections" / "broken.yaml").write_text("api: quickbooks\n")
    listed = ledgerflow("connection", "list", "--json").json
    assert [one["connection"] for one in listed] == ["broken", "quickbooks"]
    assert listed[0]["fault"] == "Missing key 'base_url'."
    status = ledgerflow("connection", "status", "--json").json
    assert status[0]["state"] == "file has faults"
    assert ledgerflow("connection", "status", "broken").code == 2


def state_of(done: Done) -> dict[str, Any]:
    (connection,) = done.json
    (company,) = connection["companies"]
    assert connection["state"] == company["state"]
    return dict(company)


def test_status_shows_each_end_and_warns_ahead(
    ledgerflow: Command, workspace: Workspace, intuit: ServedSandbox, clock: MovableClock
) -> None:
    assert ledgerflow("connection", "status", "--json").json[0]["state"] == "not connected"
    save_pair(workspace, intuit)
    good = state_of(ledgerflow("connection", "status", "--json"))
    assert (good["state"], good["warnings"], good["next"]) == ("good", [], None)
    clock.advance(timedelta(days=90))
    soon = state_of(ledgerflow("connection", "status", "--json"))
    assert soon["state"] == "ends soon"
    assert "any call prolongs it" in soon["warnings"][0]
    clock.advance(timedelta(days=12))
    done = ledgerflow("connection", "status", "--json")
    assert done.code == 0
    assert state_of(done)["state"] == "reconnect needed"
    assert state_of(done)["next"] == f"ledgerflow connect quickbooks --company {intuit.realm_id}"
    told = ledgerflow("connection", "status")
    assert "The refresh token ended on" in told.err


def test_a_sign_in_by_pasting_in_two_steps(ledgerflow: Command, intuit: ServedSandbox, project: Path) -> None:
    begun = ledgerflow("connect", "quickbooks", "--print-address", "--json")
    assert begun.code == 0
    back = intuit.consent(begun.json["address"])
    done = ledgerflow("connect", "quickbooks", "--paste", back, "--json")
    assert done.code == 0
    assert (done.json["company"], done.json["name"]) == (intuit.realm_id, intuit.companies[0]["name"])
    again = ledgerflow("connect", "quickbooks", "--paste", back, "--json")
    assert again.code == 2
    assert again.json["error"] == "InputRefused"
    tried = ledgerflow("connection", "test", "quickbooks")
    assert tried.code == 0
    assert f"answered 200 for {intuit.companies[0]['name']}" in tried.out
    ended = ledgerflow("disconnect", "quickbooks")
    assert ended.code == 0
    assert "is disconnected from quickbooks" in ended.out
    assert ledgerflow("connection", "test", "quickbooks").code == 3


def test_a_sign_in_by_pasting_at_the_prompt(ledgerflow: Command, intuit: ServedSandbox, project: Path) -> None:
    command = [sys.executable, "-m", "ledgerflow", "connect", "quickbooks", "--paste", "-C", str(project)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stderr is not None
        address = next(line for line in process.stderr if line.startswith("http")).strip()
        out, _ = process.communicate(intuit.consent(address) + "\n", timeout=30)
    assert process.returncode == 0
    assert out == f"{intuit.companies[0]['name']} ({intuit.realm_id}) is connected to quickbooks.\n"


def test_nothing_pasted_is_refused(ledgerflow: Command, intuit: ServedSandbox) -> None:
    done = ledgerflow("connect", "quickbooks", "--paste", stdin="")
    assert done.code == 2
    assert "holds no code and no state" in done.err


def test_an_authorization_is_taken_over_by_command(ledgerflow: Command, intuit: ServedSandbox) -> None:
    given = intuit.tokens()["refresh_token"]
    done = ledgerflow(
        "connect", "quickbooks", "--refresh-token", "-", "--company", intuit.realm_id, "--json", stdin=f"{given}\n"
    )
    assert done.code == 0
    assert done.json["name"] == intuit.companies[0]["name"]
    assert given not in done.out + done.err


def test_a_connection_that_needs_no_person_is_told_so(ledgerflow: Command, bare: Path) -> None:
    ledgerflow("connection", "set", "quickbooks", "--token", SECRET)
    done = ledgerflow("connect", "quickbooks")
    assert done.code == 2
    assert "signs in by 'bearer', which needs no connecting" in done.err


def test_errors_of_connecting_have_their_exit_codes(ledgerflow: Command, bare: Path) -> None:
    assert ledgerflow("connect", "nothing").code == 2
    assert ledgerflow("connect", "quickbooks").code == 2
    assert ledgerflow("disconnect", "quickbooks").code == 2
    ledgerflow("connection", "set", "quickbooks", "--client-id", "AB1", "--client-secret", SECRET)
    done = ledgerflow("connection", "test", "quickbooks", "--json")
    assert done.code == 3
    assert done.json["next"] == "Run `ledgerflow connect quickbooks`."


def test_the_vaults_key_is_shown_rotated_and_made(
    ledgerflow: Command, bare: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ledgerflow("vault", "status", "--json").json == []
    ledgerflow("connection", "set", "quickbooks", "--client-secret", SECRET)
    (before,) = ledgerflow("vault", "status", "--json").json
    rotated = ledgerflow("vault", "rotate", "--json").json
    (after,) = ledgerflow("vault", "status", "--json").json
    assert (after["key"], after["secrets"], after["there"]) == (rotated["key"], 1, True)
    assert before["key"] != after["key"]
    assert workspace.vault.get("quickbooks", "client_secret") == SECRET
    key = ledgerflow("vault", "new-key", "--json").json["key"]
    monkeypatch.delenv("LEDGERFLOW_VAULT_KEY_SOURCE")
    monkeypatch.setenv("LEDGERFLOW_VAULT_KEY", key)
    assert ledgerflow("vault", "rotate", "--to", "env", "--json").json["kept_in"] == "env"
    assert ledgerflow("vault", "rotate", "--to", "pocket").code == 2
    assert ledgerflow("vault", "reset").code == 2
    assert ledgerflow("vault", "reset", "--yes", "--json").json == {"dropped": 1}


def test_a_reset_vault_leaves_no_company_that_has_no_token(
    ledgerflow: Command, workspace: Workspace, intuit: ServedSandbox
) -> None:
    save_pair(workspace, intuit)
    assert ledgerflow("vault", "reset", "--yes").code == 0
    assert ledgerflow("connection", "status", "--json").json[0]["state"] == "settings missing"
    assert workspace.companies.all() == []
