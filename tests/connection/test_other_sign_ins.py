"""Sign-ins other than QuickBooks': every grant and key at an api that no provider is known for."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from connected_project import MovableClock, OpenWorkspace
from plain_provider import CLIENT_ID, CLIENT_SECRET, PASSWORD, USER, PlainProvider, Seen, serve_plain_provider

from ledgerflow.actions.connecting import Connected, begin, connect_without_person, finish
from ledgerflow.actions.connections import disconnect, try_connection
from ledgerflow.auth.redirects import read_redirect
from ledgerflow.core.calls import ApiCall
from ledgerflow.core.errors import InputRefused, ReconnectNeeded
from ledgerflow.runner.workspace import Workspace
from qbo_sandbox.served import ServedSandbox

CALL = ApiCall(method="GET", path="/things", kind="read", metered=False, repeatable=True, query={"page": "1"})


@pytest.fixture
def plain() -> Iterator[PlainProvider]:
    with serve_plain_provider() as provider:
        yield provider


def write_plain(workspace: Workspace, plain: PlainProvider, auth: str) -> None:
    workspace.files.write_text("apis/plain.yaml", "openapi: 3.1.0\ninfo: {title: Plain, version: '1'}\npaths: {}\n")
    workspace.files.write_text("connections/plain.yaml", f"api: plain\nbase_url: {plain.url}\nauth:\n{auth}")


def oauth2(plain: PlainProvider, **settings: str) -> str:
    given = {
        "type": "oauth2",
        "auth_url": f"{plain.url}/authorize",
        "token_url": f"{plain.url}/token",
        "revoke_url": f"{plain.url}/revoke",
        "client_id": CLIENT_ID,
        "client_secret": "env:PLAIN_SECRET",
        "scope": "read",
        **settings,
    }
    return "".join(f"  {name}: {value}\n" for name, value in given.items() if value)


@pytest.fixture(autouse=True)
def secret_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAIN_SECRET", CLIENT_SECRET)


def call_it(workspace: Workspace, company: str | None = None) -> Seen | None:
    async def send() -> None:
        async with workspace.caller("plain", company) as caller:
            await caller.send(CALL)

    asyncio.run(send())
    return None


def last_call(plain: PlainProvider) -> Seen:
    return next(one for one in reversed(plain.seen) if one.path == "/things")


def consent(workspace: Workspace) -> Connected:
    """What a browser does at a provider that asks nothing."""
    sent = httpx2.get(begin(workspace, "plain").address)
    return asyncio.run(finish(workspace, read_redirect(parse_qsl(urlsplit(sent.headers["location"]).query))))


def test_client_credentials_get_their_token_at_the_first_call(workspace: Workspace, plain: PlainProvider) -> None:
    write_plain(workspace, plain, oauth2(plain, grant="client_credentials"))
    call_it(workspace)
    call_it(workspace)
    assert plain.forms() == [{"grant_type": "client_credentials", "scope": "read"}]
    assert last_call(plain).headers["authorization"].removeprefix("Bearer ") in plain.access


def test_client_credentials_ask_anew_when_the_token_ends(
    workspace: Workspace, plain: PlainProvider, clock: MovableClock
) -> None:
    write_plain(workspace, plain, oauth2(plain, grant="client_credentials"))
    call_it(workspace)
    clock.advance(timedelta(hours=2))
    call_it(workspace)
    assert [form["grant_type"] for form in plain.forms()] == ["client_credentials"] * 2


def test_a_password_is_sent_once_and_renewed_by_refresh_token(
    workspace: Workspace, plain: PlainProvider, clock: MovableClock
) -> None:
    write_plain(workspace, plain, oauth2(plain, grant="password", username=USER, password="vault:password"))
    workspace.vault.put("plain", "password", PASSWORD)
    assert asyncio.run(connect_without_person(workspace, "plain")).company == "default"
    clock.advance(timedelta(hours=2))
    call_it(workspace)
    assert [form["grant_type"] for form in plain.forms()] == ["password", "refresh_token"]


def test_a_wrong_password_names_what_to_set(workspace: Workspace, plain: PlainProvider) -> None:
    write_plain(workspace, plain, oauth2(plain, grant="password", username=USER, password="vault:password"))
    workspace.vault.put("plain", "password", "not-his")
    with pytest.raises(InputRefused, match="does not accept the user name and password") as refused:
        call_it(workspace)
    assert "ledgerflow connection set plain --username NAME --password -" in refused.value.next_step


def test_an_unset_environment_variable_is_named(
    workspace: Workspace, plain: PlainProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLAIN_SECRET")
    write_plain(workspace, plain, oauth2(plain, grant="client_credentials"))
    with pytest.raises(InputRefused, match="environment variable PLAIN_SECRET is not set") as refused:
        call_it(workspace)
    assert "connections/plain.yaml, key auth.client_secret" in refused.value.where


def test_a_public_app_signs_in_with_a_proof_key_and_no_secret(workspace: Workspace, plain: PlainProvider) -> None:
    write_plain(workspace, plain, oauth2(plain, pkce="true", client_secret=""))
    connected = consent(workspace)
    assert (connected.company, connected.title) == ("default", "plain")
    call_it(workspace)
    assert last_call(plain).headers["authorization"].removeprefix("Bearer ") in plain.access
    assert [name for name in workspace.vault.names("plain") if name.startswith("proof:")] == []


def test_the_company_comes_from_the_parameter_that_the_connection_names(
    workspace: Workspace, plain: PlainProvider
) -> None:
    write_plain(workspace, plain, oauth2(plain, company_from="tenant"))
    assert consent(workspace).company == "t-1"
    assert workspace.connection("plain").company_parameter == "tenant"


def test_a_token_without_a_refresh_token_ends_in_connecting_again(
    workspace: Workspace, plain: PlainProvider, clock: MovableClock
) -> None:
    plain.gives_refresh_tokens = False
    write_plain(workspace, plain, oauth2(plain))
    consent(workspace)
    call_it(workspace)
    clock.advance(timedelta(hours=2))
    with pytest.raises(ReconnectNeeded, match="gave no refresh token") as told:
        call_it(workspace)
    assert "ledgerflow connect plain" in told.value.next_step


def test_a_connection_is_revoked_as_the_standard_says(workspace: Workspace, plain: PlainProvider) -> None:
    write_plain(workspace, plain, oauth2(plain))
    consent(workspace)
    assert len(plain.refresh) == 1
    assert asyncio.run(disconnect(workspace, "plain"))["revoked"]
    assert plain.refresh == set()


def test_without_a_revoke_url_a_connection_is_only_forgotten_when_asked_to(
    workspace: Workspace, plain: PlainProvider
) -> None:
    write_plain(workspace, plain, oauth2(plain, revoke_url=""))
    consent(workspace)
    with pytest.raises(InputRefused, match=r"lacks auth\.revoke_url") as refused:
        asyncio.run(disconnect(workspace, "plain"))
    assert "--revoke-url URL" in refused.value.next_step
    assert "ledgerflow disconnect plain --forget" in refused.value.next_step
    asyncio.run(disconnect(workspace, "plain", forget=True))
    assert workspace.companies.of("plain") == []


@pytest.mark.parametrize(
    ("auth", "headers", "query"),
    [
        ("  type: api_key\n  name: X-Key\n  value: env:PLAIN_SECRET\n", {"x-key": CLIENT_SECRET}, {}),
        (
            "  type: api_key\n  name: key\n  value: env:PLAIN_SECRET\n  location: query\n",
            {},
            {"key": CLIENT_SECRET},
        ),
        (
            "  type: basic\n  username: me\n  password: env:PLAIN_SECRET\n",
            {"authorization": "Basic " + base64.b64encode(f"me:{CLIENT_SECRET}".encode()).decode()},
            {},
        ),
        ("  type: bearer\n  token: env:PLAIN_SECRET\n", {"authorization": f"Bearer {CLIENT_SECRET}"}, {}),
        ("  type: none\n", {}, {}),
    ],
)
def test_a_call_is_signed_as_the_connection_says(
    workspace: Workspace, plain: PlainProvider, auth: str, headers: dict[str, str], query: dict[str, str]
) -> None:
    write_plain(workspace, plain, auth)
    call_it(workspace)
    seen = last_call(plain)
    assert seen.query == {"page": "1", **query}
    assert {name: seen.headers.get(name) for name in headers} == headers
    assert asyncio.run(try_connection(workspace, "plain"))["token"] is None


@pytest.mark.qbo_sandbox(invoices=0, rotate="every")
def test_a_token_that_the_gateway_refuses_is_renewed_once_in_the_middle_of_calls(
    workspace: Workspace, connected: ServedSandbox
) -> None:
    connected.misbehave("expire_access_tokens", after=3, match={"kind": "read"})
    path = f"/v3/company/{connected.realm_id}/companyinfo/{connected.realm_id}"
    call = ApiCall(method="GET", path=path, kind="read", metered=True, repeatable=True)

    async def send_ten() -> list[int]:
        async with workspace.caller("quickbooks") as caller:
            return [answer.status for answer in await asyncio.gather(*(caller.send(call) for _ in range(10)))]

    assert asyncio.run(send_ten()) == [200] * 10
    assert sum(connection["refreshes"] for connection in connected.connections()) == 1


def test_no_secret_reaches_a_log_however_much_is_logged(
    workspace: Workspace,
    open_it: OpenWorkspace,
    plain: PlainProvider,
    clock: MovableClock,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    write_plain(workspace, plain, oauth2(plain, company_from="tenant"))
    consent(workspace)
    codes = [form["code"] for form in plain.forms()]
    call_it(workspace)
    clock.advance(timedelta(hours=2))
    call_it(open_it())
    write_plain(workspace, plain, "  type: api_key\n  name: key\n  value: env:PLAIN_SECRET\n  location: query\n")
    call_it(open_it())
    told = capfd.readouterr()
    logged = "\n".join(record.getMessage() for record in caplog.records if not _of_the_browser(record))
    secrets = {CLIENT_SECRET, *codes, *plain.access, *plain.refresh}
    assert caplog.records
    assert [secret for secret in secrets if secret in logged + told.out + told.err] == []


def _of_the_browser(record: logging.LogRecord) -> bool:
    """The test's own requests stand for a browser; what it logs is not ours."""
    text: Any = record.getMessage()
    return "/authorize" in text or "location" in text.lower()
