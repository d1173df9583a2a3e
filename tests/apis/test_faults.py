"""Every refusal of QuickBooks becomes the error of whoever acts next, in plain words."""

from __future__ import annotations

import json

import pytest

from ledgerflow.apis.quickbooks.faults import faults_in, refusal
from ledgerflow.core.calls import Answer
from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RecordRefused, RetryLater
from qbo_facts import faults

WHERE = "connection books, company 42, POST /v3/company/42/customer"
RECONNECT, LATER, INPUT, RECORD = ReconnectNeeded, RetryLater, InputRefused, RecordRefused
WHO_ACTS = {
    "100": RECONNECT,
    "120": RECONNECT,
    "500": INPUT,
    "610": INPUT,
    "1040": INPUT,
    "2010": RECORD,
    "2020": RECORD,
    "2030": INPUT,
    "2040": RECORD,
    "2050": RECORD,
    "2070": RECORD,
    "2090": RECORD,
    "2170": RECORD,
    "2500": RECORD,
    "3001": LATER,
    "3100": RECONNECT,
    "3200": RECONNECT,
    "4000": INPUT,
    "4001": INPUT,
    "5010": RECORD,
    "5020": INPUT,
    "6000": RECORD,
    "6070": RECORD,
    "6140": RECORD,
    "6190": INPUT,
    "6210": RECORD,
    "6240": RECORD,
    "6480": RECORD,
    "6540": RECORD,
    "10000": LATER,
    "10100": INPUT,
}


def answer(status: int, body: bytes | str | dict[str, object], **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return Answer(status=status, headers=headers, body=content, url="http://x/", elapsed_s=0.1)


def service_fault(code: str, message: str = "Message", detail: str = "Detail", element: str = "") -> dict[str, object]:
    error = {"Message": message, "Detail": detail, "code": code, "element": element}
    return {"Fault": {"Error": [error], "type": "ValidationFault"}, "time": "2026-11-23T00:00:00-08:00"}


def refused(found: Answer) -> LedgerflowError:
    error = refusal(found, where=WHERE)
    assert error is not None
    return error


def test_every_known_code_has_somebody_who_acts() -> None:
    assert set(WHO_ACTS) == set(faults())


@pytest.mark.parametrize("code", sorted(WHO_ACTS, key=int))
def test_each_code_names_who_acts_and_what_to_do(code: str) -> None:
    known = faults()[code]

    error = refused(answer(known.status, service_fault(code, known.message), intuit_tid="1-abc"))

    assert type(error) is WHO_ACTS[code]
    assert known.cause.rstrip(".") in error.what
    assert f"[code {code}]" in error.what
    assert known.remedy.rstrip(".") in error.next_step
    assert error.where == f"{WHERE}, intuit_tid 1-abc"


def test_a_fault_is_told_in_its_own_words_with_its_field() -> None:
    error = refused(answer(400, service_fault("6240", "Duplicate Name Exists Error", "Taken.", "DisplayName")))

    assert error.what == (
        "QuickBooks refused the call: Duplicate Name Exists Error: Taken (DisplayName) [code 6240]. Another record "
        "already has this name; customers, vendors and employees share one list of names."
    )


def test_every_fault_of_an_answer_is_told() -> None:
    body = service_fault("2020", "Required", "Line is missing")
    body["Fault"]["Error"].append({"Message": "Length", "Detail": "Too long", "code": "2050"})  # type: ignore[index]

    assert "Required: Line is missing [code 2020]; Length: Too long [code 2050]." in refused(answer(400, body)).what


@pytest.mark.parametrize(
    "body",
    [
        {
            "warnings": None,
            "fault": {
                "error": [
                    {
                        "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
                        "detail": "Token expired: eyJsecret",
                        "code": "3200",
                        "element": None,
                    }
                ],
                "type": "AUTHENTICATION",
            },
            "time": 1790000000000,
        },
        '<?xml version="1.0" encoding="UTF-8"?><IntuitResponse time="2026-11-23T00:00:00Z" '
        'xmlns="http://schema.intuit.com/finance/v3"><Fault type="AUTHENTICATION"><Error code="3200">'
        "<Message>message=AuthenticationFailed; errorCode=003200; statusCode=401</Message>"
        "<Detail>Token expired: eyJsecret</Detail></Error></Fault></IntuitResponse>",
    ],
)
def test_the_gateways_refusals_are_read_in_both_forms_and_tell_no_token(body: dict[str, object] | str) -> None:
    error = refused(answer(401, body))

    assert isinstance(error, ReconnectNeeded)
    assert error.what == "QuickBooks refused the call: The access token has expired or was withdrawn [code 3200]."
    assert "`ledgerflow connect books`" in error.next_step
    assert "eyJsecret" not in str(error.as_json())


@pytest.mark.parametrize("code", ["3001", "003001"])
@pytest.mark.parametrize("keys", [("Fault", "Error"), ("fault", "error")])
def test_throttling_waits_a_minute_in_either_spelling(code: str, keys: tuple[str, str]) -> None:
    body = {keys[0]: {keys[1]: [{"Message": "ThrottleExceeded", "code": code}], "type": "SERVICE"}}

    error = refused(answer(429, body))

    assert isinstance(error, RetryLater)
    assert error.after_s == 60


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InputRefused),
        (401, ReconnectNeeded),
        (403, ReconnectNeeded),
        (404, InputRefused),
        (413, InputRefused),
        (415, InputRefused),
        (429, RetryLater),
        (500, RetryLater),
        (502, RetryLater),
        (503, RetryLater),
        (504, RetryLater),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html><body>Bad gateway</body></html>", b"{}", b"{broken", b"\xff\xfe"])
def test_a_status_without_explanation_still_has_its_meaning(
    status: int, kind: type[LedgerflowError], body: bytes
) -> None:
    error = refused(answer(status, body))

    assert type(error) is kind
    assert error.next_step


@pytest.mark.parametrize(
    ("code", "kind"), [("350", ReconnectNeeded), ("555", InputRefused), ("7000", RecordRefused), ("", InputRefused)]
)
def test_a_code_nobody_has_written_about_goes_by_its_range(code: str, kind: type[LedgerflowError]) -> None:
    assert type(refused(answer(400, service_fault(code)))) is kind


def test_a_fault_inside_a_success_is_a_refusal() -> None:
    assert isinstance(refused(answer(200, service_fault("4000"))), InputRefused)


@pytest.mark.parametrize(
    "body",
    [
        {"Invoice": {"Id": "1"}, "time": "t"},
        {"QueryResponse": {}},
        {"BatchItemResponse": [{"bId": "1", **service_fault("6240")}]},
        {"Customer": {"Notes": 'say "Fault": {"Error"}'}},
        b"",
        b"%PDF-1.4",
    ],
)
def test_a_success_is_no_refusal(body: bytes | dict[str, object]) -> None:
    assert refusal(answer(200, body), where=WHERE) is None


def test_a_large_success_is_not_searched() -> None:
    assert faults_in(b'{"Fault":{"Error":[{"code":"1"}]},"pad":"' + b"x" * (1 << 20) + b'"}') == ()


def test_an_answer_that_tries_to_blow_up_the_xml_reader_is_left_alone() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Fault><Error code="1"><Message>&a;</Message></Error></Fault>'

    assert isinstance(refused(answer(400, bomb)), InputRefused)
