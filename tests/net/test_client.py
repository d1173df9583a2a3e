"""The client signs, repeats what may be repeated, gives up in time, and never tells a secret."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx2
import pytest

from ledgerflow.core.calls import Answer, ApiCall
from ledgerflow.core.connection import Limits
from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RetryLater
from ledgerflow.net.client import ApiClient, RefusedAnswer, Unsigned, is_loopback, make_http
from ledgerflow.net.limits import Pace
from ledgerflow.net.retry import RetryRule

BASE = "http://127.0.0.1:9"
GET = ApiCall(method="GET", path="/v3/invoice/12", kind="read", metered=True, repeatable=True)
POST = ApiCall(
    method="POST",
    path="/v3/invoice",
    kind="write",
    metered=False,
    repeatable=False,
    body=b"{}",
    content_type="application/json",
)


class Tokens:
    """Signs with token 1, then 2, ... as each is refused."""

    def __init__(self) -> None:
        self.number = 1
        self.renewals = 0

    async def headers(self, company: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer secret-{self.number}"}

    async def query(self, company: str) -> Mapping[str, str]:
        return {"key": "secret-key"}

    async def renew_after_refusal(self, used: Mapping[str, str]) -> None:
        if used["Authorization"] == f"Bearer secret-{self.number}":
            self.number += 1
            self.renewals += 1


class Tally:
    def __init__(self) -> None:
        self.counted: list[tuple[str, bool]] = []

    def count(self, kind: str, *, metered: bool) -> None:
        self.counted.append((kind, metered))


class World:
    """A server that answers from a list (the last answer repeats), and a clock that moves only by sleeping."""

    def __init__(self, *answers: Any, within_s: float = 300, signer: Any = None, base: str = BASE, **more: Any) -> None:
        self.requests: list[httpx2.Request] = []
        self.slept: list[float] = []
        self.said: list[str] = []
        self.meter = Tally()
        self.now = 0.0
        self.signer = signer or Tokens()
        self._answers = list(answers)
        self._base = base
        self._within_s = within_s
        self._more = more

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return httpx2.Response(answer, json={"status": answer})
        return answer if isinstance(answer, httpx2.Response) else answer(request)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def send(self, call: ApiCall = GET) -> Answer:
        return asyncio.run(self._send(call))

    async def _send(self, call: ApiCall) -> Answer:
        transport = httpx2.MockTransport(self.answer)
        async with make_http(self._base, in_flight=2, timeout_s=5, transport=transport) as http:
            client = ApiClient(
                http,
                base_url=self._base,
                connection="books",
                company="42",
                signer=self.signer,
                pace=Pace(Limits(), clock=lambda: self.now, sleep=self.sleep),
                retry=RetryRule(within_s=self._within_s),
                refusal=meaning,
                meter=self.meter,
                timeout_s=5,
                say=self.said.append,
                clock=lambda: self.now,
                sleep=self.sleep,
                share=lambda: 0.0,
                **self._more,
            )
            return await client.send(call)


def meaning(answer: Answer, where: str) -> LedgerflowError | None:
    """A plain provider: 401 reconnect, 429 later with a minute, 5xx later, other 4xx refused."""
    if answer.status < 400:
        return None
    words = {"where": where, "next_step": "."}
    if answer.status == 401:
        return ReconnectNeeded("Refused.", **words)
    if answer.status == 429:
        return RetryLater("Too fast.", after_s=60, **words)
    if answer.status >= 500:
        return RetryLater("Down.", after_s=5, **words)
    return InputRefused("Wrong.", **words)


def test_a_call_is_signed_counted_and_answered() -> None:
    world = World(200)

    answer = world.send()

    sent = world.requests[0]
    assert sent.headers["authorization"] == "Bearer secret-1"
    assert sent.url.raw_path == b"/v3/invoice/12?key=secret-key"
    assert str(sent.url) == f"{BASE}/v3/invoice/12"  # as it is logged
    assert answer.status == 200
    assert answer.url == f"{BASE}/v3/invoice/12"
    assert answer.tries == 1
    assert world.meter.counted == [("read", True)]


def test_a_refused_token_is_renewed_once_and_the_call_repeated() -> None:
    world = World(401, 200)

    assert world.send().status == 200
    assert [request.headers["authorization"] for request in world.requests] == ["Bearer secret-1", "Bearer secret-2"]
    assert world.slept == []


def test_a_token_refused_twice_needs_the_person() -> None:
    world = World(401)

    with pytest.raises(ReconnectNeeded):
        world.send()
    assert len(world.requests) == 2
    assert world.signer.renewals == 1


def test_a_write_is_repeated_after_a_renewal_too() -> None:
    world = World(401, 200)

    assert world.send(POST).status == 200
    assert [request.content for request in world.requests] == [b"{}", b"{}"]


@pytest.mark.parametrize(("header", "waited"), [({}, 60.0), ({"Retry-After": "7"}, 7.0)])
def test_throttling_waits_as_asked_or_a_minute(header: dict[str, str], waited: float) -> None:
    world = World(httpx2.Response(429, headers=header), 200)

    assert world.send().tries == 2
    assert sum(world.slept) == waited
    assert world.said == [
        f"Too fast. Trying again in {waited:.0f} s (connection books, company 42, GET /v3/invoice/12)."
    ]


def test_throttled_writes_wait_too_since_nothing_was_done() -> None:
    assert World(429, 200).send(POST).status == 200


def test_server_errors_are_waited_out_for_repeatable_calls() -> None:
    world = World(503, 500, 200)

    assert world.send().tries == 3
    assert world.slept == [0.25, 0.5]


def test_a_write_without_a_request_id_is_not_repeated_after_a_server_error() -> None:
    world = World(500, 200)

    with pytest.raises(RetryLater, match="Down"):
        world.send(POST)
    assert len(world.requests) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_a_refusal_is_never_repeated(status: int) -> None:
    world = World(status)

    with pytest.raises(InputRefused) as refused:
        world.send()
    assert len(world.requests) == 1
    cause = refused.value.__cause__
    assert isinstance(cause, RefusedAnswer)
    assert cause.answer.status == status


def test_waiting_ends_with_the_budget_and_the_error_says_later() -> None:
    world = World(503, within_s=10)

    with pytest.raises(RetryLater):
        world.send()
    assert sum(world.slept) <= 10
    assert world.slept[-1] > 1


def test_a_throttle_longer_than_the_budget_is_not_waited_for() -> None:
    world = World(429, within_s=30)

    with pytest.raises(RetryLater) as later:
        world.send()
    assert world.slept == []
    assert later.value.after_s == 60


def test_a_cut_connection_is_tried_again_for_repeatable_calls() -> None:
    world = World(httpx2.ReadError("cut"), httpx2.RemoteProtocolError("closed early"), 200)

    assert world.send().tries == 3


def test_a_write_whose_answer_was_lost_is_not_sent_again_and_says_so() -> None:
    world = World(httpx2.ReadError("cut"))

    with pytest.raises(RetryLater, match="Whether the api acted on the call is not known"):
        world.send(POST)
    assert len(world.requests) == 1


def test_a_write_that_never_left_is_sent_again() -> None:
    assert World(httpx2.ConnectError("refused"), 200).send(POST).tries == 2


def test_an_unreachable_server_is_named_with_the_reason() -> None:
    with pytest.raises(RetryLater, match=r"No connection to 127\.0\.0\.1:9: name not known\."):
        World(httpx2.ConnectError("name not known"), within_s=1).send()


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    world = World(httpx2.ReadTimeout("slow"), within_s=0)

    with pytest.raises(RetryLater, match=r"No whole answer from 127\.0\.0\.1:9 within 5 s\."):
        world.send()


def test_an_untrusted_certificate_is_not_retried() -> None:
    error = httpx2.ConnectError("handshake")
    untrusted = ssl.SSLCertVerificationError("verify failed")
    untrusted.verify_message = "self-signed certificate"
    error.__cause__ = untrusted
    world = World(error)

    with pytest.raises(InputRefused, match=r"certificate of 127\.0\.0\.1 is not trusted: self-signed certificate"):
        world.send()
    assert len(world.requests) == 1


def test_a_redirect_on_the_same_host_is_followed() -> None:
    world = World(httpx2.Response(302, headers={"Location": "/v4/invoice/12?a=b"}), 200)

    assert world.send().url == f"{BASE}/v4/invoice/12?a=b"
    assert world.requests[1].headers["authorization"] == "Bearer secret-1"


@pytest.mark.parametrize(
    "target", ["http://elsewhere.example/v3/invoice/12", "https://127.0.0.1:9/v3/invoice/12", "//elsewhere.example/"]
)
def test_a_redirect_to_another_host_is_refused_before_the_token_leaves(target: str) -> None:
    world = World(httpx2.Response(302, headers={"Location": target}))

    with pytest.raises(InputRefused, match="redirect to another host"):
        world.send()
    assert len(world.requests) == 1


def test_a_write_is_not_redirected() -> None:
    with pytest.raises(InputRefused, match="answered a POST with a redirect"):
        World(httpx2.Response(307, headers={"Location": "/elsewhere"})).send(POST)


def test_redirects_that_never_end_are_given_up() -> None:
    with pytest.raises(InputRefused, match="more than 5 redirects"):
        World(httpx2.Response(302, headers={"Location": "/again"})).send()


def test_an_answer_beyond_all_measure_is_refused() -> None:
    with pytest.raises(InputRefused, match="longer than 10 bytes"):
        World(httpx2.Response(200, content=b"x" * 11), largest_answer_bytes=10).send()


FAILURES: Sequence[Callable[[], World]] = [
    lambda: World(400),
    lambda: World(401),
    lambda: World(429, within_s=0),
    lambda: World(500, within_s=0),
    lambda: World(httpx2.ConnectError("no route"), within_s=0),
    lambda: World(httpx2.ReadError("cut"), within_s=0),
    lambda: World(httpx2.Response(302, headers={"Location": "http://elsewhere.example/?key=secret-key"})),
]


@pytest.mark.parametrize("world", FAILURES)
def test_an_error_names_the_call_and_tells_no_secret(world: Callable[[], World]) -> None:
    call = ApiCall(
        method="GET", path="/v3/query", kind="query", metered=True, repeatable=True, query={"query": "secret-query"}
    )

    with pytest.raises(LedgerflowError) as error:
        world().send(call)

    told = f"{error.value.as_json()} {error.value}"
    assert "connection books, company 42, GET /v3/query" in told
    assert "secret" not in told


def test_values_in_the_query_are_encoded_for_every_server() -> None:
    world = World(200, signer=Unsigned())
    call = ApiCall(
        method="GET",
        path="/q",
        kind="query",
        metered=True,
        repeatable=True,
        query={"query": "SELECT * FROM A WHERE t >= '2026-01-01T00:00:00+01:00' AND n = 'a&b\\'s'"},
    )

    world.send(call)

    assert world.requests[0].url.query == (
        b"query=SELECT%20%2A%20FROM%20A%20WHERE%20t%20%3E%3D%20%272026-01-01T00%3A00%3A00%2B01%3A00%27"
        b"%20AND%20n%20%3D%20%27a%26b%5C%27s%27"
    )


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://localhost", True),
        ("http://[::1]:80", True),
        ("http://api.localhost", True),
        ("https://quickbooks.api.intuit.com", False),
        ("http://10.0.0.1", False),
        ("https://localhost.example", False),
    ],
)
def test_only_this_machine_is_asked_for_uncompressed_answers(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback
    asked = make_http(url, in_flight=1, timeout_s=1).headers["accept-encoding"]
    assert ("identity" in asked) is loopback
    assert ("gzip" in asked) is not loopback
