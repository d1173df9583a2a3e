"""Faults on demand, over real connections where the fault is one of the connection."""

from __future__ import annotations

import sys
import time
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from intuit_app import Intuit
from small_companies import SmallCompanies

from qbo_sandbox.misbehaviour import MISBEHAVIOUR, Call, Misbehaviours
from qbo_sandbox.served import ServedSandbox, serve_in_thread
from qbo_sandbox.settings import SandboxSettings

QUERY = Call(method="GET", path="/v3/company/1/query", kind="query")
REFRESH = Call(method="POST", path="/oauth2/v1/tokens/bearer", kind="refresh_token")


class Client:
    """An app's view of a served sandbox."""

    def __init__(self, served: ServedSandbox) -> None:
        self.served = served
        self.tokens = served.tokens()
        self.http = httpx2.Client(
            base_url=f"{served.api_url}/v3/company/{served.realm_id}/",
            headers={"authorization": f"Bearer {self.tokens['access_token']}", "accept": "application/json"},
        )

    def refresh(self, token: str | None = None) -> httpx2.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token or self.tokens["refresh_token"]}
        return httpx2.post(self.served.token_url, data=form, auth=(self.served.client_id, self.served.client_secret))


@pytest.fixture
def client(served: ServedSandbox) -> Any:
    client = Client(served)
    yield client
    client.http.close()


def test_a_throttle_strikes_the_calls_it_was_told_to_and_no_more(client: Client) -> None:
    client.served.misbehave("throttle", after=2, times=2, match={"kind": "query"}, retry_after_s=3)
    client.http.get("customer/1")
    answers = [client.http.get("query") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429, 200, 200]
    assert answers[2].headers["retry-after"] == "3"
    assert answers[2].json()["Fault"]["Error"][0]["code"] == "3001"


def test_a_server_error_has_quickbooks_fault_or_the_proxys_page(client: Client) -> None:
    client.served.misbehave("server_error", status=500)
    client.served.misbehave("server_error", status=502)
    own, proxys = client.http.get("customer/1"), client.http.get("customer/1")
    assert own.status_code == 500
    assert own.json()["Fault"]["type"] == "SystemFault"
    assert own.json()["Fault"]["Error"][0]["code"] == "10000"
    assert proxys.status_code == 502
    assert proxys.headers["content-type"].startswith("text/html")
    assert client.http.get("customer/1").status_code == 200


def test_a_cut_before_the_answer_breaks_the_connection_and_applies_nothing(client: Client) -> None:
    client.served.misbehave("cut", match={"method": "POST"})
    with pytest.raises(httpx2.TransportError):
        client.http.post("customer", json={"DisplayName": "x"})
    assert client.served.meter()["calls"] == 0
    assert client.http.post("customer", json={"DisplayName": "x"}).status_code == 200


def test_a_cut_in_the_body_promises_more_than_it_sends(client: Client) -> None:
    client.served.misbehave("cut", when="mid_body")
    with client.http.stream("GET", "customer/1") as answer:
        assert answer.status_code == 200
        chunks = answer.iter_raw()
        received = next(chunks)
        with pytest.raises(httpx2.RemoteProtocolError):
            received += b"".join(chunks)
    assert 0 < len(received) < int(answer.headers["content-length"])


def test_a_lost_answer_was_applied(client: Client) -> None:
    client.served.misbehave("lose_answer", match={"method": "POST"})
    with pytest.raises(httpx2.TransportError):
        client.http.post("customer", json={"DisplayName": "x"})
    assert client.served.meter()["by_kind"] == {"create": 1}


def test_a_lost_answer_to_a_refresh_rotated_the_token_all_the_same() -> None:
    settings = SandboxSettings(rotate="every")
    with serve_in_thread(settings, side=SmallCompanies()) as served:
        client = Client(served)
        with client.http:
            served.misbehave("lose_answer", match={"kind": "refresh_token"})
            with pytest.raises(httpx2.TransportError):
                client.refresh()
            assert client.refresh().json() == {"error": "invalid_grant"}
        assert served.connections()[0]["refreshes"] == 1


def test_a_slow_answer_waits_and_then_comes_whole(client: Client) -> None:
    client.served.misbehave("slow", delay_s=0.3)
    began = time.monotonic()
    answer = client.http.get("customer/1")
    assert time.monotonic() - began >= 0.3
    assert answer.status_code == 200
    assert len(answer.json()["padding"]) == 4000


def test_tokens_that_expire_between_two_pages_are_refused_from_the_struck_call_on(client: Client) -> None:
    client.served.misbehave("expire_access_tokens", after=2, match={"kind": "query"})
    assert [client.http.get("query").status_code for _ in range(4)] == [200, 200, 401, 401]
    fresh = client.refresh().json()["access_token"]
    assert client.http.get("query", headers={"authorization": f"Bearer {fresh}"}).status_code == 200


def test_a_refresh_value_rotated_unseen_is_refused(client: Client) -> None:
    client.served.misbehave("rotate_refresh_token", match={"kind": "refresh_token"})
    assert client.refresh().json() == {"error": "invalid_grant"}


def test_a_rule_without_a_match_leaves_the_token_endpoint_and_control_alone(client: Client) -> None:
    client.served.misbehave("server_error", times=None)
    assert client.refresh().status_code == 200
    assert client.served.meter()["calls"] == 0
    assert client.http.get("customer/1").status_code == 503
    client.served.behave()
    assert client.http.get("customer/1").status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize("rule", [{"kind": "cut"}, {"kind": "cut", "when": "mid_body"}, {"kind": "lose_answer"}])
async def test_in_process_a_cut_is_a_connection_error(intuit: Intuit, rule: dict[str, str]) -> None:
    intuit.sandbox.misbehave(**rule)
    with pytest.raises(ConnectionResetError):
        await intuit.call(token=intuit.sandbox.tokens()["access_token"])


@pytest.mark.anyio
@pytest.mark.parametrize("rule", [{"kind": "cut"}, {"kind": "cut", "when": "mid_body"}, {"kind": "lose_answer"}])
async def test_the_sandboxs_own_client_turns_a_cut_into_a_transport_error(intuit: Intuit, rule: dict[str, str]) -> None:
    tokens = intuit.sandbox.tokens()
    intuit.sandbox.misbehave(**rule)
    async with intuit.sandbox.client() as client:
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.get(
                f"/v3/company/{tokens['realm_id']}/customer/1",
                headers={"authorization": f"Bearer {tokens['access_token']}"},
            )


@given(after=st.integers(0, 5), times=st.none() | st.integers(1, 5), calls=st.integers(0, 15))
def test_a_rule_lets_by_what_it_was_told_and_then_strikes_in_a_row(after: int, times: int | None, calls: int) -> None:
    rules = Misbehaviours()
    rules.add(MISBEHAVIOUR.validate_python({"kind": "throttle", "after": after, "times": times}))
    struck = [bool(rules.strike(QUERY)) for _ in range(calls)]
    last = calls if times is None else after + times
    assert struck == [after <= number < last for number in range(calls)]


@pytest.mark.parametrize(
    ("match", "call", "fits"),
    [
        ({}, QUERY, True),
        ({}, REFRESH, False),
        ({"kind": "refresh_token"}, REFRESH, True),
        ({"kind": "query", "method": "post"}, QUERY, False),
        ({"path": "/query", "method": "get"}, QUERY, True),
        ({"path": "/company/2/"}, QUERY, False),
    ],
)
def test_every_given_part_of_a_match_has_to_fit(match: dict[str, str], call: Call, fits: bool) -> None:
    rules = Misbehaviours()
    rules.add(MISBEHAVIOUR.validate_python({"kind": "cut", "match": match}))
    assert bool(rules.strike(call)) is fits


def test_two_rules_that_answer_take_turns_and_one_that_does_not_goes_along() -> None:
    rules = Misbehaviours()
    for rule in ({"kind": "throttle"}, {"kind": "cut"}, {"kind": "slow", "times": 2}):
        rules.add(MISBEHAVIOUR.validate_python(rule))
    assert [[rule.kind for rule in rules.strike(QUERY)] for _ in range(3)] == [
        ["throttle", "slow"],
        ["cut", "slow"],
        [],
    ]
    assert not rules


@pytest.mark.parametrize("rule", [{"kind": "cut"}, {"kind": "cut", "when": "mid_body"}, {"kind": "lose_answer"}])
def test_connections_are_cut_without_httptools_too(rule: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn.protocols.http.httptools_impl", None)
    with serve_in_thread(side=SmallCompanies()) as served:
        client = Client(served)
        with client.http as http:
            served.misbehave(**rule)
            with pytest.raises(httpx2.TransportError):
                http.get("customer/1")
            assert http.get("customer/1").status_code == 200
