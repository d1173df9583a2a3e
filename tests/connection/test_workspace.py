"""An opened project: its connections, and which company is called."""

from __future__ import annotations

import pytest
from connected_project import API, save_pair

from ledgerflow.core.errors import InputRefused, ReconnectNeeded
from ledgerflow.net import browser
from ledgerflow.runner.workspace import Workspace
from qbo_sandbox.served import ServedSandbox

pytestmark = pytest.mark.qbo_sandbox(invoices=0, companies=2)


def test_a_connection_without_its_api_names_the_command_that_adds_it(workspace: Workspace) -> None:
    workspace.files.write_text("apis/quickbooks.yaml", API)
    workspace.files.write_text("connections/books.yaml", "api: quickboks\nbase_url: https://quickbooks.test\n")
    with pytest.raises(InputRefused, match=r"There is no api 'quickboks'\. Did you mean 'quickbooks'") as refused:
        workspace.connection("books")
    assert refused.value.where.startswith("connections/books.yaml, line 1, key api")
    assert "ledgerflow api add quickboks" in refused.value.next_step


def test_an_api_with_an_unknown_provider_is_refused_with_the_nearest(workspace: Workspace) -> None:
    workspace.files.write_text("apis/books.yaml", API.replace("{provider: quickbooks}", "{provider: quikbooks}"))
    workspace.files.write_text("connections/books.yaml", "api: books\nbase_url: https://quickbooks.test\n")
    with pytest.raises(InputRefused, match="Did you mean 'quickbooks'") as refused:
        workspace.connection("books")
    assert "apis/books.yaml, line 3, key x-ledgerflow.provider" in refused.value.where


def test_files_are_no_connection(workspace: Workspace) -> None:
    with pytest.raises(InputRefused, match="stands for the project's files"):
        workspace.connection("files")


def test_the_company_is_the_only_one_or_the_one_named(workspace: Workspace, quickbooks: ServedSandbox) -> None:
    connection = workspace.connection("quickbooks")
    with pytest.raises(ReconnectNeeded, match="is not authorized yet") as none:
        workspace.company_for(connection)
    assert none.value.next_step == "Run `ledgerflow connect quickbooks`."
    save_pair(workspace, quickbooks)
    assert workspace.company_for(connection) == quickbooks.realm_id
    with pytest.raises(ReconnectNeeded, match="is not authorized for company '42'") as other:
        workspace.company_for(connection, "42")
    assert "ledgerflow connect quickbooks --company 42" in other.value.next_step


def test_two_companies_of_one_name_are_told_apart_by_id(workspace: Workspace, quickbooks: ServedSandbox) -> None:
    token = save_pair(workspace, quickbooks)
    workspace.companies.connect("quickbooks", "other", token, name="Shop")
    workspace.companies.rename("quickbooks", quickbooks.realm_id, "Shop")
    with pytest.raises(InputRefused, match="Several companies of connection 'quickbooks' are named 'shop'"):
        workspace.company_for(workspace.connection("quickbooks"), "shop")


def test_a_fixed_token_needs_its_company_named_where_the_api_has_companies(workspace: Workspace) -> None:
    workspace.files.write_text("apis/quickbooks.yaml", API)
    fixed = "api: quickbooks\nbase_url: https://quickbooks.test\nauth: {type: bearer, token: 'env:TOKEN'}\n"
    workspace.files.write_text("connections/fixed.yaml", fixed)
    with pytest.raises(InputRefused, match=r"does not say which company to call \(realmId\)") as refused:
        workspace.company_for(workspace.connection("fixed"))
    assert "parameters.realmId" in refused.value.next_step
    assert workspace.company_for(workspace.connection("fixed"), "42") == "42"
    workspace.files.write_text("connections/fixed.yaml", fixed + "parameters: {realmId: '77'}\n")
    assert workspace.company_for(workspace.connection("fixed")) == "77"


@pytest.mark.parametrize(
    ("platform", "terminal", "environment", "expected"),
    [
        ("linux", True, {"DISPLAY": ":0"}, True),
        ("linux", True, {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", True, {}, False),
        ("linux", False, {"DISPLAY": ":0"}, False),
        ("darwin", True, {}, True),
        ("darwin", True, {"SSH_CONNECTION": "a b"}, False),
    ],
)
def test_a_browser_is_opened_only_where_a_person_and_a_display_are(
    monkeypatch: pytest.MonkeyPatch, platform: str, terminal: bool, environment: dict[str, str], expected: bool
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal, raising=False)
    assert browser.can_open() is expected
