"""The control endpoint: what it does, what it refuses, and that it documents itself."""

import json
from typing import Any

import httpx2
import pytest
from intuit_app import Intuit

from qbo_sandbox.app import Sandbox
from qbo_sandbox.settings import SandboxSettings

pytestmark = pytest.mark.anyio


async def test_every_control_call_is_documented_and_its_example_is_accepted() -> None:
    intuit = Intuit.of(Sandbox(SandboxSettings(invoices=0)))
    index = (await intuit.http.get("/control")).json()
    assert index["sandbox"]["control_url"] == "http://localhost/control"
    assert len(index["calls"]) >= 21
    for call in index["calls"]:
        path = call["path"].format(realm_id=intuit.realm_id, entity="Customer", record_id=1)
        answer = await intuit.http.request(call["method"], path, json=call.get("body"))
        assert answer.status_code == 200, (call, answer.text)


async def test_a_record_put_unchecked_is_read_as_it_is_by_control_and_by_the_api() -> None:
    intuit = Intuit.of(Sandbox(SandboxSettings(invoices=0)))
    record = {"Id": "900", "SyncToken": "0", "DisplayName": "Anna's Café", "NoSchemaKnows": 99999999999999.99}
    path = f"/control/companies/{intuit.realm_id}/records/Customer"
    body = json.dumps(record).replace("99999999999999.98", "99999999999999.99")
    assert (await intuit.http.put(f"{path}/900", content=body)).status_code == 200
    assert (await intuit.http.get(f"{path}/900")).text == body
    listed = (await intuit.http.get(path, params={"after": "899"})).json()
    assert [record["Id"] for record in listed["records"]] == ["900"]
    read = await intuit.call("customer/900", token=intuit.sandbox.tokens()["access_token"])
    assert '"NoSchemaKnows": 99999999999999.99' in read.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "1/records/Customer", 404),
        ("GET", "{realm}/records/Custommer", 404),
        ("GET", "{realm}/records/Customer/77", 404),
        ("GET", "{realm}/records/Customer/-1", 400),
        ("GET", "{realm}/records/Customer?after=x", 400),
        ("PUT", "{realm}/records/Customer/7", 400),
    ],
)
async def test_a_record_that_is_not_there_or_is_none_is_refused(method: str, path: str, status: int) -> None:
    intuit = Intuit.of(Sandbox(SandboxSettings(invoices=0)))
    url = "/control/companies/" + path.format(realm=intuit.realm_id)
    answer = await intuit.http.request(method, url, content="[]" if method == "PUT" else None)
    assert answer.status_code == status
    assert answer.json()["error"]


async def test_a_token_pair_needs_no_consent_page_and_opens_the_company_asked_for(intuit: Intuit) -> None:
    second = list(intuit.sandbox.companies)[1]
    tokens = (await intuit.http.post("/control/tokens", json={"realm_id": second})).json()
    assert tokens["realm_id"] == second
    answer = await intuit.call(token=tokens["access_token"], realm_id=second)
    assert answer.json()["company"] == "Juniper Cycle Works"
    first = (await intuit.http.post("/control/tokens")).json()
    assert first["realm_id"] == intuit.realm_id


async def test_the_clock_moves_by_seconds_and_to_a_moment(intuit: Intuit) -> None:
    token = intuit.sandbox.tokens()["access_token"]
    moved = (await intuit.http.post("/control/clock", json={"advance_s": 3601})).json()
    assert moved["offset_s"] == pytest.approx(3601)
    assert (await intuit.call(token=token)).status_code == 401
    at = (await intuit.http.post("/control/clock", json={"set": "2030-01-01T00:00:00Z"})).json()
    assert at["now"].startswith("2030-01-01T00:00:0")


async def test_limits_are_switched_on_with_intuits_figures(intuit: Intuit) -> None:
    limits = (await intuit.http.put("/control/limits", json={"enabled": True})).json()
    assert limits == {
        "enabled": True,
        "per_second": 10,
        "per_minute": 500,
        "batch_per_minute": 40,
        "batch_per_minute_all_apps": 120,
    }


async def test_rotation_is_changed_while_it_runs(intuit: Intuit) -> None:
    token = intuit.sandbox.tokens()["refresh_token"]
    changed = (await intuit.http.put("/control/rotation", json={"rotate": "every"})).json()
    assert changed == {"rotate": "every", "old_value": "dead"}
    assert (await intuit.refresh(token)).json()["refresh_token"] != token


async def test_connections_tell_how_often_they_were_refreshed_and_why_they_ended(intuit: Intuit) -> None:
    tokens = intuit.sandbox.tokens()
    for _ in range(3):
        await intuit.refresh(tokens["refresh_token"])
    await intuit.http.post("/control/disconnect", json={"realm_id": intuit.realm_id})
    (connection,) = (await intuit.http.get("/control/connections")).json()["connections"]
    assert connection["refreshes"] == 3
    assert connection["realm_id"] == intuit.realm_id
    assert connection["ended_because"] == "disconnected by the user"
    assert tokens["refresh_token"] not in (await intuit.http.get("/control/connections")).text


async def test_tokens_expire_and_rotate_on_command_for_one_company(intuit: Intuit) -> None:
    second = list(intuit.sandbox.companies)[1]
    first_tokens, second_tokens = intuit.sandbox.tokens(), intuit.sandbox.tokens(second)
    wish = {"realm_id": intuit.realm_id}
    assert (await intuit.http.post("/control/tokens/expire", json=wish)).json() == {"expired": 1}
    assert (await intuit.http.post("/control/tokens/rotate", json=wish)).json() == {"rotated": 1}
    assert (await intuit.call(token=first_tokens["access_token"])).status_code == 401
    assert (await intuit.refresh(first_tokens["refresh_token"])).status_code == 400
    assert (await intuit.call(token=second_tokens["access_token"], realm_id=second)).status_code == 200
    assert (await intuit.refresh(second_tokens["refresh_token"])).status_code == 200


async def test_a_company_can_be_added_and_is_offered_on_the_consent_page(intuit: Intuit) -> None:
    added = (await intuit.http.post("/control/companies", json={"name": "Third & Co", "invoices": 7})).json()
    assert intuit.sandbox.companies[added["realm_id"]].filled_with == 7
    page = await intuit.http.get("/connect/oauth2", params=intuit.authorize_query())
    assert "Third &amp; Co" in page.text
    again = await intuit.http.post("/control/companies", json={"realm_id": added["realm_id"]})
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "body", "key"),
    [
        ("POST", "clock", {"advance": 5}, "advance"),
        ("POST", "clock", {}, ""),
        ("POST", "clock", {"advance_s": 5, "set": "2030-01-01T00:00:00Z"}, ""),
        ("POST", "clock", {"set": "2030-01-01T00:00:00"}, "set"),
        ("PUT", "limits", {"per_second": 0}, "per_second"),
        ("PUT", "rotation", {"rotate": "weekly"}, "rotate"),
        ("POST", "misbehaviours", {"kind": "explode"}, ""),
        ("POST", "misbehaviours", {"kind": "throttle", "status": 500}, "throttle.status"),
        ("POST", "misbehaviours", {"kind": "server_error", "status": 404}, "server_error.status"),
        ("POST", "misbehaviours", {"kind": "cut", "match": {"verb": "GET"}}, "cut.match.verb"),
        ("POST", "tokens", {"realmId": "1"}, "realmId"),
        ("POST", "companies", {"realm_id": "../../etc"}, "realm_id"),
    ],
)
async def test_a_wrong_body_is_refused_with_the_key_that_is_wrong(
    intuit: Intuit, method: str, path: str, body: dict[str, Any], key: str
) -> None:
    answer = await intuit.http.request(method, f"/control/{path}", json=body)
    assert answer.status_code == 400
    assert key in [fault["key"] for fault in answer.json()["faults"]]


async def test_an_unknown_company_is_not_found_and_the_known_ones_are_named(intuit: Intuit) -> None:
    for path in ("tokens", "tokens/expire", "disconnect"):
        answer = await intuit.http.post(f"/control/{path}", json={"realm_id": "1"})
        assert answer.status_code == 404
        assert answer.json()["companies"] == list(intuit.sandbox.companies)


async def test_a_clock_cannot_be_moved_out_of_the_calendar(intuit: Intuit) -> None:
    answer = await intuit.http.post("/control/clock", json={"advance_s": 1e15})
    assert answer.status_code == 400
    assert (await intuit.http.get("/control/clock")).status_code == 200


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ({"host": "attacker.example"}, ("127.0.0.1", 1)),
        ({"host": "localhost", "origin": "https://attacker.example"}, ("127.0.0.1", 1)),
        ({"host": "localhost", "origin": "null"}, ("127.0.0.1", 1)),
        ({"host": "localhost"}, ("192.0.2.7", 1)),
    ],
)
async def test_strangers_and_foreign_pages_are_refused(
    intuit: Intuit, headers: dict[str, str], client: tuple[str, int]
) -> None:
    transport = httpx2.ASGITransport(app=intuit.sandbox.asgi, client=client)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        answer = await http.post("/control/tokens", headers=headers)
    assert answer.status_code == 403
    assert "access_token" not in answer.text
