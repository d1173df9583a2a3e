"""The token of a company stays good: one renewal however many ask, saved before use, told plainly when lost."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from connected_project import MovableClock, OpenWorkspace, save_pair

from ledgerflow.auth.session import AnswerLost
from ledgerflow.core.errors import InputRefused, ReconnectNeeded, RetryLater
from ledgerflow.runner.workspace import Workspace
from qbo_sandbox.served import ServedSandbox

pytestmark = pytest.mark.qbo_sandbox(invoices=0, rotate="every")

PROCESSES = Path(__file__).parent / "processes"
ENDED = timedelta(0)


def refreshes(sandbox: ServedSandbox) -> int:
    return sum(connection["refreshes"] for connection in sandbox.connections())


def token_of(workspace: Workspace, sandbox: ServedSandbox) -> str:
    """The access token that a caller of the first company is given now."""

    async def ask() -> str:
        return (
            await workspace.session(workspace.connection("quickbooks"), sandbox.realm_id).fresh_token()
        ).access_token

    return asyncio.run(ask())


def works(sandbox: ServedSandbox, token: str) -> bool:
    """Does the sandbox's gateway take this token?"""
    url = f"{sandbox.api_url}/v3/company/{sandbox.realm_id}/companyinfo/{sandbox.realm_id}"
    return httpx2.get(url, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"}).is_success


def test_a_good_token_is_used_as_it_is(workspace: Workspace, connected: ServedSandbox) -> None:
    saved = workspace.companies.token("quickbooks", connected.realm_id)
    assert saved is not None
    assert token_of(workspace, connected) == saved.access_token
    assert refreshes(connected) == 0


def test_a_token_that_ends_within_two_minutes_is_renewed(
    workspace: Workspace, connected: ServedSandbox, clock: MovableClock
) -> None:
    before = token_of(workspace, connected)
    clock.advance(timedelta(minutes=57, seconds=55))
    assert token_of(workspace, connected) == before
    clock.advance(timedelta(seconds=10))
    after = token_of(workspace, connected)
    assert after != before
    assert works(connected, after)
    assert refreshes(connected) == 1


def test_a_renewed_token_is_on_disk_before_it_is_used(
    workspace: Workspace, open_it: OpenWorkspace, quickbooks: ServedSandbox
) -> None:
    save_pair(workspace, quickbooks, life=ENDED)
    given = token_of(workspace, quickbooks)
    saved = open_it().companies.token("quickbooks", quickbooks.realm_id)
    assert saved is not None
    assert saved.access_token == given


@pytest.mark.qbo_sandbox(invoices=0, rotate="every", process=True)
def test_fifty_processes_that_need_a_token_at_once_cause_one_refresh_and_fifty_successes(
    workspace: Workspace, quickbooks: ServedSandbox, project: Path
) -> None:
    save_pair(workspace, quickbooks, life=ENDED)
    quickbooks.misbehave("slow", delay_s=0.5, times=None, match={"kind": "refresh_token"})
    done = subprocess.run(
        [sys.executable, str(PROCESSES / "fifty.py"), str(project), quickbooks.realm_id, "50"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line for line in told if "error" in line] == []
    assert len({line["pid"] for line in told}) == 50
    assert len({line["token"] for line in told}) == 1
    assert refreshes(quickbooks) == 1
    quickbooks.behave()
    assert works(quickbooks, token_of(workspace, quickbooks))


def test_ten_tasks_at_once_renew_the_token_once(workspace: Workspace, quickbooks: ServedSandbox) -> None:
    save_pair(workspace, quickbooks, life=ENDED)

    async def ask_ten_times() -> set[str]:
        connection = workspace.connection("quickbooks")
        sessions = [workspace.session(connection, quickbooks.realm_id) for _ in range(10)]
        return {token.access_token for token in await asyncio.gather(*(s.fresh_token() for s in sessions))}

    assert len(asyncio.run(ask_ten_times())) == 1
    assert refreshes(quickbooks) == 1


def test_a_refused_token_is_renewed_once_for_all_that_were_refused(
    workspace: Workspace, connected: ServedSandbox
) -> None:
    async def be_refused() -> set[str]:
        session = workspace.session(workspace.connection("quickbooks"), connected.realm_id)
        rejected = (await session.fresh_token()).access_token
        renewed = await asyncio.gather(*(session.renew_after_refusal(rejected) for _ in range(10)))
        return {token.access_token for token in renewed} - {rejected}

    assert len(asyncio.run(be_refused())) == 1
    assert refreshes(connected) == 1


def test_a_refused_token_that_another_process_has_renewed_is_not_renewed_again(
    workspace: Workspace, open_it: OpenWorkspace, connected: ServedSandbox
) -> None:
    rejected = token_of(workspace, connected)

    async def refused(opened: Workspace) -> str:
        session = opened.session(opened.connection("quickbooks"), connected.realm_id)
        return (await session.renew_after_refusal(rejected)).access_token

    elsewhere = asyncio.run(refused(open_it()))
    assert asyncio.run(refused(workspace)) == elsewhere
    assert refreshes(connected) == 1


def test_an_api_that_refuses_every_new_token_is_not_asked_for_one_with_each_call(
    workspace: Workspace, connected: ServedSandbox, clock: MovableClock
) -> None:
    async def be_refused(times: int) -> None:
        session = workspace.session(workspace.connection("quickbooks"), connected.realm_id)
        for _ in range(times):
            await session.renew_after_refusal((await session.fresh_token()).access_token)

    async def twice() -> None:
        await be_refused(12)
        assert refreshes(connected) == 5
        clock.advance(timedelta(seconds=61))
        await be_refused(1)

    asyncio.run(twice())
    assert refreshes(connected) == 6


KILLED_AND_WORKING = ["before the intent is written", "after the intent is written", "after the token is saved"]
KILLED_AND_LOST = ["after the answer came", "while the token is being saved", "before the save is committed"]


def kill_at(point: str, project: Path, sandbox: ServedSandbox) -> None:
    command = [sys.executable, str(PROCESSES / "killed.py"), str(project), sandbox.realm_id, point]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL


@pytest.mark.parametrize("point", KILLED_AND_WORKING)
def test_a_renewal_killed_where_nothing_can_be_lost_leaves_a_connection_that_works(
    workspace: Workspace, quickbooks: ServedSandbox, project: Path, point: str
) -> None:
    save_pair(workspace, quickbooks, life=ENDED)
    kill_at(point, project, quickbooks)
    assert works(quickbooks, token_of(workspace, quickbooks))
    assert refreshes(quickbooks) == 1


@pytest.mark.parametrize("point", KILLED_AND_LOST)
@pytest.mark.qbo_sandbox(invoices=0, rotate="daily")
def test_a_renewal_killed_before_its_save_works_on_where_the_provider_keeps_the_refresh_token(
    workspace: Workspace, quickbooks: ServedSandbox, project: Path, point: str
) -> None:
    save_pair(workspace, quickbooks, life=ENDED)
    kill_at(point, project, quickbooks)
    assert works(quickbooks, token_of(workspace, quickbooks))


@pytest.mark.parametrize("point", KILLED_AND_LOST)
def test_a_renewal_killed_before_its_save_says_how_to_reconnect_where_the_refresh_token_changed(
    workspace: Workspace, quickbooks: ServedSandbox, project: Path, point: str
) -> None:
    save_pair(workspace, quickbooks, life=ENDED)
    kill_at(point, project, quickbooks)
    with pytest.raises(ReconnectNeeded, match="the answer never arrived here") as told:
        token_of(workspace, quickbooks)
    assert "process " in told.value.what
    assert told.value.next_step.startswith(f"Run `ledgerflow connect quickbooks --company {quickbooks.realm_id}`")
    assert workspace.companies.of("quickbooks")[0].refused == told.value.what
    save_pair(workspace, quickbooks)  # the person connects again
    assert works(quickbooks, token_of(workspace, quickbooks))
    assert workspace.companies.of("quickbooks")[0].refused is None


def test_a_process_killed_while_it_waits_for_the_answer_frees_the_lock_and_is_told(
    workspace: Workspace, quickbooks: ServedSandbox, project: Path
) -> None:
    save_pair(workspace, quickbooks, life=ENDED)
    quickbooks.misbehave("slow", delay_s=60, match={"kind": "refresh_token"})
    command = [sys.executable, str(PROCESSES / "killed.py"), str(project), quickbooks.realm_id]
    with subprocess.Popen([*command, "after the token is saved"]) as process:
        while workspace.companies.unfinished_renewal("quickbooks", quickbooks.realm_id) is None:
            time.sleep(0.02)
        while refreshes(quickbooks) == 0:  # the sandbox has renewed; its answer is on its way for a minute
            time.sleep(0.02)
        process.kill()
    with pytest.raises(ReconnectNeeded, match=f"by process {process.pid} on .* the answer never arrived here"):
        token_of(workspace, quickbooks)


def test_a_lost_answer_is_asked_for_again_and_costs_nothing_where_the_refresh_token_stays(
    workspace: Workspace, quickbooks: ServedSandbox
) -> None:
    quickbooks.control("PUT", "rotation", {"rotate": "daily"})
    save_pair(workspace, quickbooks, life=ENDED)
    quickbooks.misbehave("lose_answer", match={"kind": "refresh_token"})
    assert works(quickbooks, token_of(workspace, quickbooks))


def test_a_lost_answer_is_told_plainly_where_the_refresh_token_changed(
    workspace: Workspace, quickbooks: ServedSandbox
) -> None:
    save_pair(workspace, quickbooks, life=ENDED)
    quickbooks.misbehave("lose_answer", match={"kind": "refresh_token"})
    with pytest.raises(ReconnectNeeded, match="the answer never arrived here"):
        token_of(workspace, quickbooks)


def test_a_server_error_is_waited_out(workspace: Workspace, quickbooks: ServedSandbox) -> None:
    save_pair(workspace, quickbooks, life=ENDED)
    quickbooks.misbehave("server_error", status=503, times=2, match={"kind": "refresh_token"})
    assert works(quickbooks, token_of(workspace, quickbooks))
    assert refreshes(quickbooks) == 1


def test_a_provider_that_is_down_means_try_later_and_loses_nothing(
    workspace: Workspace, quickbooks: ServedSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledgerflow.net.exchange.RETRY_WITHIN_S", 0.2)
    save_pair(workspace, quickbooks, life=ENDED)
    quickbooks.misbehave("server_error", status=503, times=None, match={"kind": "refresh_token"})
    with pytest.raises(RetryLater, match="HTTP 503"):
        token_of(workspace, quickbooks)
    assert workspace.companies.of("quickbooks")[0].unfinished is None
    quickbooks.behave()
    assert works(quickbooks, token_of(workspace, quickbooks))


def test_a_provider_that_cannot_be_reached_means_try_later(
    workspace: Workspace, quickbooks: ServedSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledgerflow.net.exchange.RETRY_WITHIN_S", 0.2)
    save_pair(workspace, quickbooks, life=ENDED)
    document = workspace.files.read("connection", "quickbooks")
    document.set(("auth", "token_url"), "http://127.0.0.1:9/token")
    workspace.files.save(document)
    with pytest.raises(RetryLater, match=r"No connection to 127\.0\.0\.1:9"):
        token_of(workspace, quickbooks)
    assert workspace.companies.of("quickbooks")[0].unfinished is None


def test_cut_connections_all_the_way_are_told_as_a_lost_answer(
    workspace: Workspace, quickbooks: ServedSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledgerflow.net.exchange.RETRY_WITHIN_S", 0.2)
    save_pair(workspace, quickbooks, life=ENDED)
    quickbooks.misbehave("cut", times=None, match={"kind": "refresh_token"})
    with pytest.raises(AnswerLost, match="its answer did not arrive"):
        token_of(workspace, quickbooks)
    assert workspace.companies.of("quickbooks")[0].unfinished is not None
    quickbooks.behave()
    assert works(quickbooks, token_of(workspace, quickbooks))
    assert workspace.companies.of("quickbooks")[0].unfinished is None


def test_an_ended_authorization_asks_for_connecting_again_and_is_not_tried_twice(
    workspace: Workspace, quickbooks: ServedSandbox, open_it: OpenWorkspace
) -> None:
    save_pair(workspace, quickbooks, life=ENDED)
    quickbooks.control("POST", "disconnect", {"realm_id": quickbooks.realm_id})
    with pytest.raises(ReconnectNeeded, match="has ended this authorization") as first:
        token_of(workspace, quickbooks)
    quickbooks.reset_meter()
    quickbooks.misbehave("server_error", times=None, match={"kind": "refresh_token"})  # would show as RetryLater
    with pytest.raises(ReconnectNeeded) as second:
        token_of(open_it(), quickbooks)
    assert second.value.what == first.value.what


def test_a_wrong_client_secret_names_what_to_set(workspace: Workspace, quickbooks: ServedSandbox) -> None:
    save_pair(workspace, quickbooks, life=ENDED)
    workspace.vault.put("quickbooks", "client_secret", "not-the-secret-at-all")
    with pytest.raises(InputRefused, match="does not accept the client id and secret") as told:
        token_of(workspace, quickbooks)
    assert "ledgerflow connection set quickbooks --client-id ID --client-secret -" in told.value.next_step
    assert "not-the-secret-at-all" not in str(told.value.as_json())
    workspace.vault.put("quickbooks", "client_secret", quickbooks.client_secret)
    assert works(quickbooks, token_of(workspace, quickbooks))


def test_a_secret_that_is_not_in_the_vault_names_what_to_set(workspace: Workspace, quickbooks: ServedSandbox) -> None:
    save_pair(workspace, quickbooks, life=ENDED)
    workspace.vault.delete("quickbooks", "client_secret")
    with pytest.raises(InputRefused, match="vault holds no secret 'client_secret'") as told:
        token_of(workspace, quickbooks)
    assert "connections/quickbooks.yaml" in told.value.where
    assert "--client-secret -" in told.value.next_step


def test_a_cancelled_caller_does_not_lose_a_renewal_that_is_under_way(
    workspace: Workspace, quickbooks: ServedSandbox, open_it: OpenWorkspace
) -> None:
    save_pair(workspace, quickbooks, life=ENDED)
    quickbooks.misbehave("slow", delay_s=0.5, match={"kind": "refresh_token"})

    async def give_up() -> None:
        session = workspace.session(workspace.connection("quickbooks"), quickbooks.realm_id)
        asking = asyncio.create_task(session.fresh_token())
        while workspace.companies.unfinished_renewal("quickbooks", quickbooks.realm_id) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    asyncio.run(give_up())
    assert refreshes(quickbooks) == 1
    assert works(quickbooks, token_of(open_it(), quickbooks))
    assert refreshes(quickbooks) == 1


def test_tokens_and_secrets_are_in_no_file_of_the_project(
    workspace: Workspace, quickbooks: ServedSandbox, project: Path
) -> None:
    token = save_pair(workspace, quickbooks, life=ENDED)
    renewed = token_of(workspace, quickbooks)
    after = workspace.companies.token("quickbooks", quickbooks.realm_id)
    assert after is not None
    assert token.refresh_token is not None
    assert after.refresh_token is not None
    secrets = [quickbooks.client_secret, token.access_token, token.refresh_token, renewed, after.refresh_token]
    for path in project.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert [secret for secret in secrets if secret.encode() in content] == [], path
    assert [secret for secret in secrets if secret in repr((token, after))] == []
