"""Connecting a company: every way back from the consent page, and what is told when it is the wrong one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from connected_project import MovableClock, OpenWorkspace, save_pair

from ledgerflow.actions.awaiting import wait_for_redirect
from ledgerflow.actions.connecting import (
    Connected,
    adopt,
    begin,
    finish,
    finish_pasted,
)
from ledgerflow.actions.connections import disconnect, try_connection
from ledgerflow.auth.redirects import read_redirect
from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RetryLater
from ledgerflow.net.redirect_listener import RedirectListener, who_listens
from ledgerflow.runner.workspace import Workspace
from qbo_sandbox.served import ServedSandbox


def back_from(address: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(address).query)


def connect_company(
    workspace: Workspace, intuit: ServedSandbox, *, company: int = 0, wanted: str | None = None
) -> Connected:
    begun = begin(workspace, "quickbooks", company=wanted)
    back = intuit.consent(begun.address, realm_id=intuit.companies[company]["realm_id"])
    return asyncio.run(finish(workspace, read_redirect(back_from(back))))


def test_a_company_is_connected_with_its_name_and_ends(workspace: Workspace, intuit: ServedSandbox) -> None:
    connected = connect_company(workspace, intuit)
    assert (connected.company, connected.name) == (intuit.realm_id, intuit.companies[0]["name"])
    assert not connected.again
    assert connected.warnings == ()
    assert connected.access_until is not None
    assert connected.refresh_ends is not None
    assert connected.hard_end is not None
    (kept,) = workspace.companies.of("quickbooks")
    assert kept.connected_at - timedelta(minutes=1) < connected.refresh_ends - timedelta(days=101) < kept.connected_at
    assert connected.hard_end - kept.connected_at > timedelta(days=1820)
    assert connect_company(workspace, intuit).again


def test_a_second_company_stands_beside_the_first(workspace: Workspace, intuit: ServedSandbox) -> None:
    connect_company(workspace, intuit)
    connect_company(workspace, intuit, company=1)
    names = [one.name for one in workspace.companies.of("quickbooks")]
    assert names == [company["name"] for company in intuit.companies]
    connection = workspace.connection("quickbooks")
    with pytest.raises(InputRefused, match="has 2 companies; say which one") as refused:
        workspace.company_for(connection)
    assert f"--company {intuit.realm_id}" in refused.value.next_step
    assert workspace.company_for(connection, names[1]) == intuit.companies[1]["realm_id"]


def test_the_given_state_is_sent_with_a_random_part(workspace: Workspace, intuit: ServedSandbox) -> None:
    states = {dict(back_from(begin(workspace, "quickbooks").address))["state"] for _ in range(3)}
    assert len(states) == 3
    assert all(state.startswith("books.") for state in states)


@pytest.mark.parametrize("state", ["books.guessed", "other", "books."])
def test_a_state_that_was_not_sent_out_is_refused(workspace: Workspace, intuit: ServedSandbox, state: str) -> None:
    back = dict(back_from(intuit.consent(begin(workspace, "quickbooks").address)))
    with pytest.raises(InputRefused, match="not one that was sent out") as refused:
        asyncio.run(finish(workspace, read_redirect([*({**back, "state": state}).items()])))
    assert "ledgerflow connect" in refused.value.next_step
    assert workspace.companies.of("quickbooks") == []


def test_a_state_of_another_project_is_refused(
    workspace: Workspace, intuit: ServedSandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from connected_project import write_connection

    from ledgerflow.store.projects import ProjectFiles

    other = Workspace(
        ProjectFiles.make(tmp_path_factory.mktemp("other"), name="other"), clock=workspace.clock, sleep=asyncio.sleep
    )
    write_connection(other, intuit)
    back = intuit.consent(begin(workspace, "quickbooks").address)
    with pytest.raises(InputRefused, match="not one that was sent out"):
        asyncio.run(finish(other, read_redirect(back_from(back))))
    assert asyncio.run(finish(workspace, read_redirect(back_from(back)))).company == intuit.realm_id


def test_a_redirect_is_good_once(workspace: Workspace, intuit: ServedSandbox) -> None:
    back = read_redirect(back_from(intuit.consent(begin(workspace, "quickbooks").address)))
    asyncio.run(finish(workspace, back))
    with pytest.raises(InputRefused, match="used already") as refused:
        asyncio.run(finish(workspace, back))
    assert "ledgerflow connection status" in refused.value.next_step
    assert asyncio.run(try_connection(workspace, "quickbooks"))["call"]["status"] == 200  # the first one still works


def test_two_that_receive_a_redirect_at_once_use_its_code_once(
    workspace: Workspace, open_it: OpenWorkspace, intuit: ServedSandbox
) -> None:
    back = read_redirect(back_from(intuit.consent(begin(workspace, "quickbooks").address)))

    async def both() -> list[Connected | BaseException]:
        return await asyncio.gather(finish(workspace, back), finish(open_it(), back), return_exceptions=True)

    kinds = sorted(type(outcome).__name__ for outcome in asyncio.run(both()))
    assert kinds == ["Connected", "InputRefused"]


def test_a_redirect_that_comes_after_half_an_hour_is_too_old(
    workspace: Workspace, intuit: ServedSandbox, clock: MovableClock
) -> None:
    back = intuit.consent(begin(workspace, "quickbooks").address)
    clock.advance(timedelta(minutes=31))
    with pytest.raises(InputRefused, match="is too old now") as refused:
        asyncio.run(finish(workspace, read_redirect(back_from(back))))
    assert refused.value.next_step == "Run `ledgerflow connect quickbooks` again."


def test_a_refused_consent_changes_nothing_and_says_so(workspace: Workspace, intuit: ServedSandbox) -> None:
    back = intuit.consent(begin(workspace, "quickbooks").address, decision="cancel")
    with pytest.raises(ReconnectNeeded, match="consent was refused on QuickBooks Online's page; nothing was changed"):
        asyncio.run(finish(workspace, read_redirect(back_from(back))))
    assert workspace.companies.of("quickbooks") == []


def test_another_company_on_reconnecting_is_refused_before_its_code_is_spent(
    workspace: Workspace, intuit: ServedSandbox
) -> None:
    connect_company(workspace, intuit)
    before = len(intuit.connections())
    with pytest.raises(InputRefused, match=f"Company {intuit.companies[1]['realm_id']} was chosen") as refused:
        connect_company(workspace, intuit, company=1, wanted=intuit.realm_id)
    assert f"`ledgerflow connect quickbooks --company {intuit.realm_id}`" in refused.value.next_step
    assert len(intuit.connections()) == before
    assert [one.company for one in workspace.companies.of("quickbooks")] == [intuit.realm_id]


def test_a_company_to_reconnect_can_be_named_by_its_name(workspace: Workspace, intuit: ServedSandbox) -> None:
    connect_company(workspace, intuit)
    assert connect_company(workspace, intuit, wanted=intuit.companies[0]["name"].upper()).again


def test_a_wrong_client_secret_is_told_with_the_command_that_sets_it(
    workspace: Workspace, intuit: ServedSandbox
) -> None:
    workspace.vault.put("quickbooks", "client_secret", "no-such-secret")
    with pytest.raises(InputRefused, match="does not accept the client id and secret") as refused:
        connect_company(workspace, intuit)
    assert "ledgerflow connection set quickbooks --client-id ID --client-secret -" in refused.value.next_step
    assert "no-such-secret" not in str(refused.value.as_json())


def test_missing_settings_are_all_named_with_their_flags(workspace: Workspace, intuit: ServedSandbox) -> None:
    document = workspace.files.read("connection", "quickbooks")
    document.remove(("auth", "client_id"))
    document.remove(("auth", "client_secret"))
    workspace.files.save(document)
    with pytest.raises(InputRefused, match=r"lacks auth\.client_id, auth\.client_secret") as refused:
        begin(workspace, "quickbooks")
    assert "ledgerflow connection set quickbooks --client-id ID --client-secret -" in refused.value.next_step
    assert [fault.key for fault in refused.value.faults] == ["auth.client_id", "auth.client_secret"]


def test_an_unknown_connection_is_refused_with_the_nearest_name(workspace: Workspace, intuit: ServedSandbox) -> None:
    with pytest.raises(InputRefused, match="Did you mean 'quickbooks'"):
        begin(workspace, "quickbok")


def test_an_unregistered_redirect_url_is_shown_by_the_provider_and_explained_when_nobody_comes_back(
    workspace: Workspace, intuit: ServedSandbox, redirect_url: str
) -> None:
    document = workspace.files.read("connection", "quickbooks")
    document.set(("auth", "redirect_url"), f"{redirect_url}elsewhere")
    workspace.files.save(document)
    begun = begin(workspace, "quickbooks")
    page = httpx2.get(begun.address)
    assert page.status_code == 400
    assert "redirect_uri" in page.text
    with pytest.raises(ReconnectNeeded, match="Nobody came back") as told:
        asyncio.run(wait_for_redirect(workspace, begun, wait_s=0.3, say=lambda _: None))
    assert f"register exactly {redirect_url}elsewhere with the app" in told.value.next_step


def test_a_lost_answer_to_the_exchange_is_not_sent_twice(workspace: Workspace, intuit: ServedSandbox) -> None:
    intuit.misbehave("lose_answer", match={"kind": "exchange_code"})
    with pytest.raises(RetryLater, match="its answer did not arrive") as told:
        connect_company(workspace, intuit)
    assert "ledgerflow connect quickbooks" in told.value.next_step
    (grant,) = intuit.connections()
    assert grant["ended_because"] is None  # a second use would have ended it


def test_a_name_that_cannot_be_had_does_not_spoil_the_connection(workspace: Workspace, intuit: ServedSandbox) -> None:
    intuit.control("POST", "misbehaviours", {"kind": "expire_access_tokens", "times": 2, "match": {"kind": "read"}})
    connected = connect_company(workspace, intuit)
    assert connected.company == intuit.realm_id
    (warning,) = connected.warnings
    assert warning.startswith("The first call failed: ")


def test_settings_that_cannot_work_together_are_warned_of(workspace: Workspace, intuit: ServedSandbox) -> None:
    document = workspace.files.read("connection", "quickbooks")
    document.set(("auth", "userinfo_url"), "https://sandbox-accounts.platform.intuit.com/v1/openid_connect/userinfo")
    document.set(("base_url",), "https://quickbooks.api.intuit.com")
    document.remove(("auth", "auth_url"))
    workspace.files.save(document)
    from ledgerflow.actions.connections import show_connection

    warnings = show_connection(workspace, "quickbooks")["warnings"]
    assert any("production keys need an https address" in warning for warning in warnings)
    assert any("userinfo_url is the sandbox one" in warning for warning in warnings)


@contextlib.contextmanager
def gateway_of_another_side() -> Iterator[str]:
    """A gateway that answers every call as QuickBooks' production server answers development keys."""
    fault = {
        "fault": {
            "error": [
                {
                    "message": "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
                    "detail": "",
                    "code": "3100",
                    "element": None,
                }
            ],
            "type": "AUTHORIZATION",
        }
    }

    class Forbidding(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(fault).encode()
            self.send_response(403)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Forbidding) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_sandbox_keys_at_the_production_host_are_told_as_such(workspace: Workspace, intuit: ServedSandbox) -> None:
    with gateway_of_another_side() as other_side:
        document = workspace.files.read("connection", "quickbooks")
        document.set(("base_url",), other_side)
        workspace.files.save(document)
        connected = connect_company(workspace, intuit)
        (warning,) = connected.warnings
        assert "3100" in warning
        with pytest.raises(LedgerflowError) as told:
            asyncio.run(try_connection(workspace, "quickbooks"))
    assert "3100" in told.value.what + told.value.where
    assert "sandbox" in told.value.next_step
    assert "production keys" in told.value.next_step


def test_a_pasted_address_finishes_a_sign_in_begun_elsewhere(
    workspace: Workspace, open_it: OpenWorkspace, intuit: ServedSandbox
) -> None:
    back = intuit.consent(begin(workspace, "quickbooks").address)
    connected = asyncio.run(finish_pasted(open_it(), "quickbooks", f" '{back}'\n"))
    assert connected.company == intuit.realm_id


def test_the_address_of_the_consent_page_pasted_by_mistake_is_told(
    workspace: Workspace, intuit: ServedSandbox, redirect_url: str
) -> None:
    begun = begin(workspace, "quickbooks")
    with pytest.raises(InputRefused, match="address of the consent page") as refused:
        asyncio.run(finish_pasted(workspace, "quickbooks", begun.address))
    assert redirect_url in refused.value.next_step


async def _browse(address: str) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as browser:
        return await browser.get(address)


async def _while_waiting(
    workspace: Workspace, act: Callable[[str], Awaitable[Any]], **wait: Any
) -> tuple[Connected, Any]:
    """Wait for the redirect as `ledgerflow connect` does while `act` is the person; both outcomes."""
    begun = begin(workspace, "quickbooks")
    waiting = asyncio.create_task(wait_for_redirect(workspace, begun, wait_s=20, say=wait.get("say", lambda _: None)))
    acted = await act(begun.address)
    return await waiting, acted


async def _when_listening(redirect_url: str) -> None:
    while await who_listens(redirect_url) is None:  # noqa: ASYNC110 - it listens in a thread, there is no event to wait for
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("path", ["", "oauth/callback"])
def test_the_command_listens_at_the_root_path_and_at_the_callback(
    workspace: Workspace, intuit: ServedSandbox, redirect_url: str, path: str
) -> None:
    async def person(address: str) -> httpx2.Response:
        back = await asyncio.to_thread(intuit.consent, address)
        await _when_listening(redirect_url)
        return await _browse(back.replace(redirect_url, redirect_url + path))

    connected, page = asyncio.run(_while_waiting(workspace, person))
    assert connected.name == intuit.companies[0]["name"]
    assert page.status_code == 200
    assert f"{connected.name} is connected." in page.text
    for name in ("code", "state"):
        assert dict(back_from(str(page.url)))[name] not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["cache-control"] == "no-store"


def test_a_page_escapes_what_comes_from_outside(workspace: Workspace, intuit: ServedSandbox, redirect_url: str) -> None:
    async def person(address: str) -> httpx2.Response:
        state = dict(back_from(address))["state"]
        await _when_listening(redirect_url)
        said = "<script>alert(1)</script>"
        return await _browse(f"{redirect_url}?error=access_denied&error_description={said}&state={state}")

    async def refused() -> httpx2.Response:
        page: list[httpx2.Response] = []

        async def remember(address: str) -> None:
            page.append(await person(address))

        with pytest.raises(ReconnectNeeded, match="consent was refused"):
            await _while_waiting(workspace, remember)
        return page[0]

    page = asyncio.run(refused())
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "Run <code>ledgerflow connect quickbooks</code> again" in page.text


def test_a_strange_redirect_shows_its_error_and_does_not_end_the_wait(
    workspace: Workspace, intuit: ServedSandbox, redirect_url: str
) -> None:
    async def person(address: str) -> list[int]:
        await _when_listening(redirect_url)
        strange = [await _browse(redirect_url + "?code=x&state=guessed"), await _browse(redirect_url + "?code=x")]
        strange += [await _browse(redirect_url), await _browse(redirect_url + "favicon.ico")]
        back = await asyncio.to_thread(intuit.consent, address)
        await _browse(back)
        return [page.status_code for page in strange]

    connected, statuses = asyncio.run(_while_waiting(workspace, person))
    assert connected.company == intuit.realm_id
    assert statuses == [400, 400, 200, 404]


def test_a_host_name_that_was_made_to_point_here_is_not_served(
    workspace: Workspace, intuit: ServedSandbox, redirect_url: str
) -> None:
    async def person(address: str) -> int:
        await _when_listening(redirect_url)
        async with httpx2.AsyncClient(trust_env=False) as browser:
            answer = await browser.get(redirect_url, headers={"Host": "evil.test"})
        await _browse(await asyncio.to_thread(intuit.consent, address))
        return answer.status_code

    assert asyncio.run(_while_waiting(workspace, person))[1] == 421


def test_two_commands_that_wait_at_once_both_see_their_company(
    workspace: Workspace, open_it: OpenWorkspace, intuit: ServedSandbox, redirect_url: str
) -> None:
    async def both() -> list[Connected]:
        other = open_it()
        begun = [begin(workspace, "quickbooks"), begin(other, "quickbooks")]
        said: list[str] = []
        waiting = [
            asyncio.create_task(wait_for_redirect(one, its, wait_s=20, say=said.append))
            for one, its in zip((workspace, other), begun, strict=True)
        ]
        await _when_listening(redirect_url)
        while not said:  # noqa: ASYNC110 - the second has noticed the first
            await asyncio.sleep(0.02)
        for its, company in zip(reversed(begun), intuit.companies, strict=True):
            back = await asyncio.to_thread(intuit.consent, its.address, realm_id=company["realm_id"])
            await _when_listening(redirect_url)  # the second listens when the first has left
            assert (await _browse(back)).status_code == 200
        return list(await asyncio.gather(*waiting))

    names = [connected.name for connected in asyncio.run(both())]
    assert names == [company["name"] for company in reversed(intuit.companies)]


def test_a_port_that_another_program_has_taken_is_told_with_the_ways_round_it(
    workspace: Workspace, intuit: ServedSandbox, redirect_url: str
) -> None:
    port = urlsplit(redirect_url).port
    with socket.create_server(("127.0.0.1", port or 0)), pytest.raises(InputRefused, match="taken by another") as told:
        asyncio.run(wait_for_redirect(workspace, begin(workspace, "quickbooks"), wait_s=5, say=lambda _: None))
    assert f"Port {port}" in told.value.what
    assert "--paste" in told.value.next_step
    assert "--redirect-url" in told.value.next_step


def test_a_port_where_ledgerflow_listens_for_another_project_is_told(
    workspace: Workspace, intuit: ServedSandbox, redirect_url: str
) -> None:
    async def nothing(_: Any) -> tuple[int, str]:
        return 200, ""

    async def wait() -> None:
        health = {"service": "ledgerflow", "project": "another"}
        async with RedirectListener(redirect_url, answered=nothing, health=health):
            await wait_for_redirect(workspace, begin(workspace, "quickbooks"), wait_s=5, say=lambda _: None)

    with pytest.raises(InputRefused, match="listening for another project"):
        asyncio.run(wait())


@pytest.mark.parametrize(
    ("redirect_url_set", "reason"),
    [
        ("https://127.0.0.1:{port}/", "an https address needs a server with a certificate"),
        ("http://no-such-host.invalid:{port}/", "is not known here"),
        ("http://192.0.2.1:{port}/", "cannot be received here"),
    ],
)
def test_a_redirect_url_that_leads_elsewhere_asks_for_a_server_or_for_pasting(
    workspace: Workspace,
    intuit: ServedSandbox,
    redirect_url: str,
    redirect_url_set: str,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def nobody(_: str) -> None:
        """A test must not ask other machines who they are."""

    monkeypatch.setattr("ledgerflow.actions.awaiting.who_listens", nobody)
    document = workspace.files.read("connection", "quickbooks")
    document.set(("auth", "redirect_url"), redirect_url_set.format(port=urlsplit(redirect_url).port))
    workspace.files.save(document)
    with pytest.raises(InputRefused, match=reason) as told:
        asyncio.run(wait_for_redirect(workspace, begin(workspace, "quickbooks"), wait_s=5, say=lambda _: None))
    assert "ledgerflow serve" in told.value.next_step
    assert "--paste" in told.value.next_step


def test_a_sign_in_whose_finisher_died_is_told_and_not_waited_for_without_end(
    workspace: Workspace, intuit: ServedSandbox, clock: MovableClock
) -> None:
    begun = begin(workspace, "quickbooks")
    workspace.pending.take(dict(back_from(begun.address))["state"])  # received by a process that was then killed
    clock.advance(timedelta(seconds=151))
    with pytest.raises(ReconnectNeeded, match="what received it has stopped"):
        asyncio.run(wait_for_redirect(workspace, begun, wait_s=60, say=lambda _: None))


def test_an_authorization_is_taken_over_by_its_refresh_token(workspace: Workspace, intuit: ServedSandbox) -> None:
    given = intuit.tokens()
    connected = asyncio.run(adopt(workspace, "quickbooks", given["refresh_token"], company=intuit.realm_id))
    assert connected.name == intuit.companies[0]["name"]
    with pytest.raises(InputRefused, match="does not tell its company"):
        asyncio.run(adopt(workspace, "quickbooks", given["refresh_token"]))
    with pytest.raises(ReconnectNeeded):
        asyncio.run(adopt(workspace, "quickbooks", "RT1-none-of-theirs", company=intuit.realm_id))


def test_disconnecting_ends_the_authorization_at_the_provider(workspace: Workspace, intuit: ServedSandbox) -> None:
    connect_company(workspace, intuit)
    told = asyncio.run(disconnect(workspace, "quickbooks"))
    assert (told["company"], told["revoked"], told["note"]) == (intuit.realm_id, True, None)
    assert [grant["ended_because"] for grant in intuit.connections()] == ["revoked by the app"]
    assert workspace.companies.of("quickbooks") == []
    assert workspace.vault.names("quickbooks") == ["client_secret"]
    with pytest.raises(ReconnectNeeded, match="not authorized yet"):
        asyncio.run(disconnect(workspace, "quickbooks"))


def test_disconnecting_what_is_over_already_forgets_it_and_says_so(workspace: Workspace, intuit: ServedSandbox) -> None:
    connect_company(workspace, intuit)
    intuit.control("POST", "disconnect", {"realm_id": intuit.realm_id})
    told = asyncio.run(disconnect(workspace, "quickbooks"))
    assert not told["revoked"]
    assert told["note"] == "QuickBooks Online says that it was over already."
    assert workspace.companies.of("quickbooks") == []


def test_disconnecting_keeps_everything_when_the_provider_cannot_be_told_unless_forgetting_is_asked_for(
    workspace: Workspace, intuit: ServedSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledgerflow.net.exchange.RETRY_WITHIN_S", 0.1)
    save_pair(workspace, intuit)
    intuit.misbehave("server_error", times=None, match={"path": "revoke"})
    with pytest.raises(RetryLater) as told:
        asyncio.run(disconnect(workspace, "quickbooks"))
    assert f"`ledgerflow disconnect quickbooks --company {intuit.realm_id} --forget`" in told.value.next_step
    assert len(workspace.companies.of("quickbooks")) == 1
    forgotten = asyncio.run(disconnect(workspace, "quickbooks", forget=True))
    assert not forgotten["revoked"]
    assert "HTTP 503" in forgotten["note"]
    assert workspace.companies.of("quickbooks") == []
