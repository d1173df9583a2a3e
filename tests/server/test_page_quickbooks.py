"""The page's routes with a connected company: its standing, runs that call, runs that are stopped, and no secrets."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from local_books import OVERDUE, connect_company, write_connection
from page_calls import call, served

from ledgerflow.store.projects import ProjectFiles
from qbo_sandbox.served import ServedSandbox


@pytest.fixture
def project(tmp_path: Path, qbo_sandbox: ServedSandbox) -> Path:
    root = ProjectFiles.make(tmp_path / "books", name="books").root
    write_connection(root, qbo_sandbox)
    (root / "flows" / "overdue.yaml").write_text(OVERDUE)
    return root


def _connection(project: Path) -> dict[str, Any]:
    (connection,) = call(project, "GET", "/api/connections").json()["connections"]
    assert isinstance(connection, dict)
    return connection


def test_a_connection_without_a_company_tells_where_its_sign_in_starts(
    project: Path, qbo_sandbox: ServedSandbox
) -> None:
    connection = _connection(project)
    assert connection["base_url"] == qbo_sandbox.api_url
    assert connection["companies"] == []
    assert connection["connect_path"] == "/connect/quickbooks"


def test_a_connection_that_lacks_a_setting_says_which_and_starts_nothing(project: Path) -> None:
    file = project / "connections" / "quickbooks.yaml"
    file.write_text("\n".join(line for line in file.read_text().splitlines() if "client_id" not in line))
    connection = _connection(project)
    assert connection["connect_path"] is None
    assert any("auth.client_id" in warning for warning in connection["warnings"])


@pytest.mark.parametrize(
    ("lasts", "standing"), [(100, "connected"), (5, "ends soon"), (-1, "reconnect")], ids=["long", "soon", "over"]
)
def test_a_company_stands_as_its_authorization_does(
    project: Path, qbo_sandbox: ServedSandbox, lasts: int, standing: str
) -> None:
    token = connect_company(project, qbo_sandbox, lasts=timedelta(days=lasts))
    (company,) = _connection(project)["companies"]
    assert (company["id"], company["standing"]) == (qbo_sandbox.realm_id, standing)
    assert token.refresh_expires_at is not None
    assert company["until"].startswith(f"{token.refresh_expires_at:%Y-%m-%dT%H:%M:%S}")
    assert bool(company["explanation"]) is (standing != "connected")


def test_a_faulty_connection_file_hides_no_other_connection(project: Path) -> None:
    (project / "connections" / "another.yaml").write_text("api: quickbooks\nbase_ulr: http://x\n")
    another, quickbooks = call(project, "GET", "/api/connections").json()["connections"]
    assert another["name"] == "another"
    assert {fault["nearest"] for fault in another["problem"]["faults"]} >= {"base_url"}
    assert quickbooks["problem"] is None


def test_a_preview_without_authorization_says_how_to_connect(project: Path) -> None:
    answer = call(project, "POST", "/api/flows/overdue/preview", body='{"step": "invoices"}')
    assert answer.status_code == 409
    assert answer.json()["error"] == "ReconnectNeeded"
    assert "`ledgerflow connect quickbooks`" in answer.json()["next"]


def test_a_run_tells_the_calls_it_spent_and_a_preview_at_most_one_per_read(
    project: Path, qbo_sandbox: ServedSandbox
) -> None:
    connect_company(project, qbo_sandbox)

    async def run() -> None:
        async with served(project) as page:
            shown = (await page.post("/api/flows/overdue/preview", {"step": "joined"})).json()
            assert shown["calls"] == 2
            ended = await page.ended(await page.run("overdue"))
            assert ended["state"] == "done"
            assert ended["calls"]["metered"] == sum(ended["calls"]["by_kind"].values())
            assert ended["calls"]["metered"] == qbo_sandbox.meter()["metered"] - 2

    asyncio.run(run())


def test_the_same_run_twice_at_once_is_refused_while_the_first_goes_on(
    project: Path, qbo_sandbox: ServedSandbox
) -> None:
    connect_company(project, qbo_sandbox)
    qbo_sandbox.misbehave("slow", delay_s=1.0, times=None)

    async def run() -> None:
        async with served(project) as page:
            first = await page.run("overdue")
            second = await page.post("/api/flows/overdue/run")
            assert second.status_code == 503
            assert second.json()["error"] == "RetryLater"
            under_way = await page.get(f"/api/runs/{first}")
            assert under_way["state"] == "running"
            qbo_sandbox.behave()
            assert (await page.ended(first))["state"] == "done"

    asyncio.run(run())


def test_a_run_under_way_tells_what_it_is_at(project: Path, qbo_sandbox: ServedSandbox) -> None:
    connect_company(project, qbo_sandbox)
    qbo_sandbox.misbehave("slow", delay_s=0.3, times=None)

    async def run() -> None:
        async with served(project) as page:
            run_id = await page.run("overdue")
            seen: set[str] = set()
            async with asyncio.timeout(20):
                while (run := await page.get(f"/api/runs/{run_id}"))["state"] == "running":
                    seen |= {task["name"] for task in run["tasks"]}
                    await asyncio.sleep(0.02)
            assert any("Invoice" in name or "invoices" in name for name in seen), seen
            assert run["tasks"] == []

    asyncio.run(run())


def test_a_server_that_stops_leaves_its_run_stopped_and_the_next_one_carries_it_on(
    project: Path, qbo_sandbox: ServedSandbox
) -> None:
    connect_company(project, qbo_sandbox)
    qbo_sandbox.misbehave("slow", delay_s=30.0, times=None)

    async def stopped() -> str:
        async with served(project) as page:
            return await page.run("overdue")

    async def carried_on(run_id: str) -> dict[str, Any]:
        async with served(project) as page:
            assert (await page.get(f"/api/runs/{run_id}"))["state"] == "stopped"
            assert await page.run("overdue") == run_id
            return await page.ended(run_id)

    run_id = asyncio.run(stopped())
    qbo_sandbox.behave()
    ended = asyncio.run(carried_on(run_id))
    assert (ended["state"], ended["tries"]) == ("done", 2)


def test_no_answer_holds_a_secret(project: Path, qbo_sandbox: ServedSandbox) -> None:
    token = connect_company(project, qbo_sandbox)
    secrets = [qbo_sandbox.client_secret, token.access_token, token.refresh_token or ""]
    assert all(len(secret) > 10 for secret in secrets)

    async def run() -> None:
        async with served(project) as page:
            run_id = await page.run("overdue")
            await page.ended(run_id)
            texts = [
                (await page.http.get(path)).text
                for path in (
                    "/api/project",
                    "/api/connections",
                    "/api/flows",
                    "/api/flows/overdue",
                    "/api/runs",
                    f"/api/runs/{run_id}",
                )
            ]
            texts.append((await page.post("/api/flows/overdue/check")).text)
            texts.append((await page.post("/api/flows/overdue/preview", {"step": "totals"})).text)
            qbo_sandbox.control("POST", "misbehaviours", {"kind": "expire_access_tokens"})
            texts.append((await page.post("/api/flows/overdue/preview", {"step": "late"})).text)
            assert not [secret for secret in secrets for text in texts if secret in text]

    asyncio.run(run())
