"""The server process: its ready line, its stop, its refusals."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from qbo_sandbox.served import ServedSandbox
from qbo_sandbox.server import settings_from
from qbo_sandbox.settings import DEFAULT_REDIRECT_URIS, OldValue, Rotate


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "qbo_sandbox", "--invoices", "5", "--companies", "1", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def ready_text(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def ready_line(process: subprocess.Popen[str]) -> dict[str, object]:
    told: dict[str, object] = json.loads(ready_text(process))
    return told


def call(
    served: ServedSandbox, tokens: dict[str, Any], path: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A call to the company that `tokens` are for: a POST when there is a body."""
    request = urllib.request.Request(
        f"{served.api_url}/v3/company/{tokens['realm_id']}/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"authorization": f"Bearer {tokens['access_token']}", "accept": "application/json"}
        | ({} if body is None else {"content-type": "application/json"}),
    )
    with urllib.request.urlopen(request) as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def test_the_json_line_says_how_to_connect() -> None:
    with running("--json", "--redirect-uri", "http://localhost:9/cb", "--client-id", "me") as process:
        told = ready_line(process)
        assert set(told) == {
            *("api_url", "discovery_url", "authorize_url", "token_url", "revoke_url", "client_id", "client_secret"),
            *("redirect_uri", "companies", "control_url"),
        }
        assert told["client_id"] == "me"
        assert told["redirect_uri"] == "http://localhost:9/cb"
        assert told["companies"] == [{"realm_id": "9341450007919011", "name": "Harbor Lane Bakery"}]
        with urllib.request.urlopen(str(told["discovery_url"])) as answer:
            assert json.load(answer)["token_endpoint"] == told["token_url"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_on_a_signal_even_with_a_client_connected(number: signal.Signals) -> None:
    with running("--json") as process:
        address = str(ready_line(process)["api_url"]).removeprefix("http://")
        host, port = address.split(":")
        with socket.create_connection((host, int(port))):
            process.send_signal(number)
            assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_stops_cleanly_while_it_still_makes_its_companies() -> None:
    with running("--json", "--invoices", "2000000") as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=2)
        process.terminate()
        assert process.wait(timeout=10) == 0


def test_without_json_it_says_in_words_where_it_is() -> None:
    with running() as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(10)]
    assert lines[0].startswith("A local QuickBooks is ready at http://127.0.0.1:")
    assert "Ctrl-C stops it." in lines[-1]


def test_with_data_the_next_start_has_the_same_keys_and_only_the_owner_can_read_them(tmp_path: Path) -> None:
    told = []
    for _ in range(2):
        with running("--json", "--data", str(tmp_path / "kept")) as process:
            told.append(ready_line(process))
            process.terminate()
            assert process.wait(timeout=10) == 0
    assert told[0]["client_secret"] == told[1]["client_secret"]
    assert os.stat(tmp_path / "kept" / "sandbox.json").st_mode & 0o077 == 0


def test_a_killed_sandbox_with_data_has_every_answered_write_and_good_tokens_at_its_next_start(tmp_path: Path) -> None:
    with running("--json", "--data", str(tmp_path)) as process:
        served = ServedSandbox(json.loads(ready_text(process)))
        tokens = served.tokens()
        made = call(served, tokens, "customer", {"DisplayName": "Kept Through A Kill"})["Customer"]
        process.kill()
    with running("--json", "--data", str(tmp_path)) as process:
        served = ServedSandbox(json.loads(ready_text(process)))
        assert call(served, tokens, f"customer/{made['Id']}")["Customer"]["DisplayName"] == "Kept Through A Kill"
        invoices = call(served, tokens, "query?query=select%20count(*)%20from%20Invoice")
        assert invoices["QueryResponse"]["totalCount"] == 5


def test_a_port_in_use_is_refused_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, running("--port", str(taken.getsockname()[1])) as process:
        assert process.wait(timeout=20) == 2
        assert process.stderr is not None
        assert "--port" in process.stderr.read()


def test_every_flag_reaches_the_settings() -> None:
    line = (
        "--port 8099 --invoices 7 --seed 3 --companies 4 --limits --rotate every --old-value grace --gzip --json "
        "--redirect-uri http://a/ --redirect-uri http://b/ --data kept --client-id id --client-secret secret"
    )
    settings, as_json = settings_from(line.split())
    assert as_json is True
    assert settings.model_dump() == {
        "port": 8099,
        "invoices": 7,
        "seed": 3,
        "companies": 4,
        "redirect_uris": ("http://a/", "http://b/"),
        "data": Path("kept"),
        "limits": True,
        "rotate": Rotate.EVERY,
        "old_value": OldValue.GRACE,
        "client_id": "id",
        "client_secret": "secret",
        "gzip": True,
    }


def test_without_flags_the_four_usual_redirect_uris_are_registered() -> None:
    settings, as_json = settings_from([])
    assert as_json is False
    assert settings.redirect_uris == DEFAULT_REDIRECT_URIS
    assert "http://127.0.0.1:8050/" in settings.redirect_uris


@pytest.mark.parametrize("arguments", [["--companies", "0"], ["--rotate", "weekly"], ["--port", "70000"]])
def test_a_wrong_flag_ends_with_exit_code_2_and_names_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        settings_from(arguments)
    assert stopped.value.code == 2
    assert arguments[0] in capsys.readouterr().err
