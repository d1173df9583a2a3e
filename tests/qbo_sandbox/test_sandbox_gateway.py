"""The gateway: who is let through to which company, in which words the others are refused, and what is counted."""

import asyncio
import gzip
import json
import zlib
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from intuit_app import Intuit
from small_companies import SmallCompanies

from qbo_sandbox.app import Sandbox
from qbo_sandbox.settings import LimitSettings, SandboxSettings

pytestmark = pytest.mark.anyio
NAMESPACE = "{http://schema.intuit.com/finance/v3}"


async def test_a_good_token_reaches_its_company_and_the_answer_has_intuits_headers(intuit: Intuit) -> None:
    answer = await intuit.call("query", token=intuit.sandbox.tokens()["access_token"])
    assert answer.status_code == 200
    assert answer.json()["company"] == "Harbor Lane Bakery"
    assert answer.headers["intuit_tid"].startswith("1-")
    assert answer.headers["qbo-version"]


async def test_a_malformed_token_is_refused_in_the_gateways_lower_case_shape(intuit: Intuit) -> None:
    answer = await intuit.call(token="short")
    body = answer.json()
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert body.pop("time") > 1_700_000_000_000
    assert body == {
        "warnings": None,
        "intuitObject": None,
        "fault": {
            "error": [
                {
                    "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
                    "detail": "Malformed bearer token: too short or too long",
                    "code": "3200",
                    "element": None,
                }
            ],
            "type": "AUTHENTICATION",
        },
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "status": None,
        "cdcresponse": [],
    }


async def test_an_expired_token_is_called_so_and_not_repeated_in_the_answer(intuit: Intuit) -> None:
    token = intuit.sandbox.tokens()["access_token"]
    intuit.sandbox.advance(timedelta(hours=1))
    answer = await intuit.call(token=token)
    assert answer.json()["fault"]["error"][0]["detail"].startswith("Token expired: ")
    assert token not in answer.text


async def test_refusals_are_xml_unless_json_was_asked_for(intuit: Intuit) -> None:
    answer = await intuit.call(token="short", accept="*/*")
    assert answer.headers["content-type"] == "application/xml;charset=UTF-8"
    fault = ElementTree.fromstring(answer.text).find(f"{NAMESPACE}Fault")
    assert fault is not None
    assert fault.get("type") == "AUTHENTICATION"
    error = fault.find(f"{NAMESPACE}Error")
    assert error is not None
    assert error.get("code") == "3200"


async def test_a_call_without_a_token_is_an_application_failure(intuit: Intuit) -> None:
    answer = await intuit.http.get(f"/v3/company/{intuit.realm_id}/customer/1", headers={"accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json()["fault"]["error"][0]["message"].startswith("message=ApplicationAuthenticationFailed;")


@pytest.mark.parametrize("realm", ["another company", "no company"])
async def test_a_token_opens_its_own_company_only(intuit: Intuit, realm: str) -> None:
    other = list(intuit.sandbox.companies)[1] if realm == "another company" else "123"
    answer = await intuit.call(token=intuit.sandbox.tokens()["access_token"], realm_id=other)
    assert answer.status_code == 403
    error = answer.json()["fault"]["error"][0]
    assert error["code"] == "3100"
    assert error["message"] == "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"


async def test_a_token_without_the_accounting_scope_opens_no_company(intuit: Intuit) -> None:
    tokens = intuit.sandbox.tokens(scopes=frozenset({"openid", "com.intuit.quickbooks.payment"}))
    assert (await intuit.call(token=tokens["access_token"])).status_code == 403


async def test_a_compressed_request_body_reaches_the_company_decoded(intuit: Intuit) -> None:
    bearer = {"authorization": f"Bearer {intuit.sandbox.tokens()['access_token']}"}
    body = json.dumps({"DisplayName": "Zoë"}).encode()
    for coding, packed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))):
        headers = bearer | {"content-encoding": coding, "content-type": "application/json"}
        answer = await intuit.http.post(f"/v3/company/{intuit.realm_id}/customer", content=packed, headers=headers)
        assert json.loads(answer.json()["body"]) == {"DisplayName": "Zoë"}


@pytest.mark.parametrize(("coding", "body"), [("br", b"x"), ("gzip", b"not gzip")])
async def test_a_body_that_cannot_be_decoded_is_refused(intuit: Intuit, coding: str, body: bytes) -> None:
    headers = {"authorization": f"Bearer {intuit.sandbox.tokens()['access_token']}", "content-encoding": coding}
    answer = await intuit.http.post(f"/v3/company/{intuit.realm_id}/customer", content=body, headers=headers)
    assert answer.status_code == 415


async def test_answers_are_compressed_only_when_switched_on_and_accepted() -> None:
    plain, packing = (Intuit.of(Sandbox(SandboxSettings(gzip=on), side=SmallCompanies())) for on in (False, True))
    seen = []
    for intuit, accepted in ((plain, "gzip"), (packing, "gzip"), (packing, "identity")):
        answer = await intuit.call(token=intuit.sandbox.tokens()["access_token"], **{"accept-encoding": accepted})
        assert len(answer.json()["padding"]) == 4000
        seen.append(answer.headers.get("content-encoding"))
    assert seen == [None, "gzip", None]


async def statuses(intuit: Intuit, calls: int, *, path: str = "customer/1", token: str) -> list[int]:
    answers = await asyncio.gather(*(intuit.call(path, token=token) for _ in range(calls)))
    return [answer.status_code for answer in answers]


async def test_limits_are_off_until_switched_on(intuit: Intuit) -> None:
    token = intuit.sandbox.tokens()["access_token"]
    assert set(await statuses(intuit, 30, token=token)) == {200}


async def test_the_eleventh_call_of_a_second_is_throttled_and_the_next_second_is_free(intuit: Intuit) -> None:
    intuit.sandbox.limits.change(LimitSettings(enabled=True))
    token = intuit.sandbox.tokens()["access_token"]
    assert (await statuses(intuit, 11, token=token)).count(429) == 1
    intuit.sandbox.advance(timedelta(seconds=1))
    assert set(await statuses(intuit, 10, token=token)) == {200}


async def test_a_throttled_call_is_answered_in_the_service_layers_spelling(intuit: Intuit) -> None:
    intuit.sandbox.limits.change(LimitSettings(enabled=True, per_second=1))
    token = intuit.sandbox.tokens()["access_token"]
    await intuit.call(token=token)
    answer = await intuit.call(token=token)
    assert answer.status_code == 429
    assert answer.json()["Fault"] == {
        "Error": [
            {
                "Message": "message=ThrottleExceeded; errorCode=003001; statusCode=429",
                "Detail": "The request limit was reached.",
                "code": "3001",
                "element": "",
            }
        ],
        "type": "SERVICE",
    }
    assert "retry-after" not in answer.headers


async def test_one_company_has_500_calls_a_minute_whatever_another_uses(intuit: Intuit) -> None:
    intuit.sandbox.limits.change(LimitSettings(enabled=True))
    token = intuit.sandbox.tokens()["access_token"]
    for _ in range(50):
        await statuses(intuit, 10, token=token)
        intuit.sandbox.advance(timedelta(seconds=1))
    assert (await statuses(intuit, 1, token=token)) == [429]
    other = list(intuit.sandbox.companies)[1]
    elsewhere = await intuit.call(token=intuit.sandbox.tokens(other)["access_token"], realm_id=other)
    assert elsewhere.status_code == 200
    intuit.sandbox.advance(timedelta(seconds=15))
    assert (await statuses(intuit, 1, token=token)) == [200]


async def test_the_41st_batch_of_a_minute_is_throttled_while_other_calls_pass(intuit: Intuit) -> None:
    intuit.sandbox.limits.change(LimitSettings(enabled=True, per_second=1000))
    token = intuit.sandbox.tokens()["access_token"]
    assert (await statuses(intuit, 41, path="batch", token=token)).count(429) == 1
    assert (await statuses(intuit, 1, token=token)) == [200]


async def test_the_meter_counts_by_company_and_kind_and_keeps_refusals_apart(intuit: Intuit) -> None:
    token = intuit.sandbox.tokens()["access_token"]
    await statuses(intuit, 3, path="query", token=token)
    await statuses(intuit, 2, path="customer/7", token=token)
    bearer = {"authorization": f"Bearer {token}"}
    await intuit.http.post(f"/v3/company/{intuit.realm_id}/customer", json={"DisplayName": "x"}, headers=bearer)
    await intuit.call(token="short")
    reading = intuit.sandbox.meter.reading()
    company = {
        "calls": 6,
        "metered": 5,
        "unmetered": 1,
        "by_kind": {"create": 1, "query": 3, "read": 2},
        "refused": {"401": 1},
    }
    assert reading == company | {"companies": {intuit.realm_id: company}}
    intuit.sandbox.meter.reset()
    assert intuit.sandbox.meter.reading()["calls"] == 0


async def test_paths_that_nobody_serves_are_not_found(intuit: Intuit) -> None:
    assert (await intuit.http.get("/v3/companies")).status_code == 404
    assert (await intuit.http.get("/nowhere")).status_code == 404
