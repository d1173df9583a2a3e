"""A request takes each value from the right giver, and everything missing is told at once."""

from __future__ import annotations

import json

import pytest

from ledgerflow.core.api import Parameter, Request
from ledgerflow.core.calls import ApiCall
from ledgerflow.core.errors import InputRefused
from ledgerflow.core.filling import body_values, fill

READ = Request(
    name="Read invoice",
    method="GET",
    path="/v3/company/{realmId}/invoice/{id}",
    parameters=(
        Parameter(name="realmId", location="path", required=True),
        Parameter(name="id", location="path", required=True),
        Parameter(name="minorversion", location="query", required=False, default="75", type="integer"),
        Parameter(name="view", location="query", required=False, values=("full", "brief")),
        Parameter(name="X-Region", location="header", required=False),
        Parameter(name="lang", location="cookie", required=False),
    ),
)
CREATE = Request(
    name="Create customer",
    method="POST",
    path="/customer",
    takes_body=True,
    body_required=True,
    body='{"DisplayName": "{name}", "Notes": "say {hello}", "Lines": [{"Ref": "{ref}"}], "Amount": 1}',
)


def filled(request: Request, shared: dict[str, str] | None = None, body: str | None = None, **given: str) -> ApiCall:
    return fill(request, given, shared=shared or {}, company={"realmId": "42"}, body=body, where="a test")


def test_values_go_to_path_query_header_and_cookie() -> None:
    call = filled(READ, id="a/b c", view="full", **{"X-Region": "eu", "lang": "de"})

    assert call.path == "/v3/company/42/invoice/a%2Fb%20c"
    assert call.query == {"minorversion": "75", "view": "full"}
    assert call.headers == {"Accept": "application/json", "X-Region": "eu", "Cookie": "lang=de"}
    assert call.body is None


def test_a_given_value_goes_before_the_company_the_shared_and_the_default() -> None:
    assert filled(READ, id="1", shared={"minorversion": "70"}).query["minorversion"] == "70"
    assert filled(READ, id="1", minorversion="65", shared={"minorversion": "70"}).query["minorversion"] == "65"
    assert filled(READ, id="1", shared={"realmId": "7"}).path == "/v3/company/42/invoice/1"
    assert filled(READ, id="1", realmId="9").path == "/v3/company/9/invoice/1"


def test_shared_parameters_are_inherited_by_every_request() -> None:
    assert filled(READ, id="1", shared={"tenant": "x"}).query == {"minorversion": "75", "tenant": "x"}


def test_the_company_goes_only_where_it_is_asked_for() -> None:
    assert filled(CREATE, name="a", ref="b").query == {}


def test_values_stand_in_the_body_where_a_text_is_wholly_a_name() -> None:
    call = filled(CREATE, name='Tom "T" Tree', ref="7")

    assert body_values(CREATE) == ["name", "ref"]
    assert json.loads(call.body or b"") == {
        "DisplayName": 'Tom "T" Tree',
        "Notes": "say {hello}",
        "Lines": [{"Ref": "7"}],
        "Amount": 1,
    }
    assert call.content_type == "application/json"


def test_a_given_body_is_sent_as_it_stands() -> None:
    assert filled(CREATE, body='{"x": "{name}"}').body == b'{"x": "{name}"}'


def test_only_methods_that_change_nothing_when_repeated_are_repeatable() -> None:
    assert filled(READ, id="1").repeatable
    assert not filled(CREATE, name="a", ref="b").repeatable


def test_everything_missing_or_wrong_is_told_at_once() -> None:
    with pytest.raises(InputRefused) as refused:
        fill(
            READ,
            {"view": "ful", "minorversion": "x", "idd": "1"},
            shared={},
            company={},
            where="apis/quickbooks.yaml, request 'Read invoice'",
        )

    assert refused.value.what == "5 values are missing or wrong"
    assert {fault.text for fault in refused.value.faults} == {
        "Unknown parameter 'idd'; known: realmId, id, minorversion, view, X-Region, lang. Did you mean 'id'?",
        "Read invoice needs realmId (path).",
        "Read invoice needs id (path).",
        "minorversion is a whole number, not 'x'.",
        "view is one of full, brief, not 'ful'. Did you mean 'full'?",
    }
    assert "-p realmId=VALUE" in refused.value.next_step


@pytest.mark.parametrize(
    ("request_", "given", "message"),
    [
        (READ, {"id": ""}, "id stands in the path; it cannot be empty."),
        (CREATE, {"name": "x"}, "Create customer needs ref (body)."),
        (
            Request(name="Save", method="POST", path="/x", takes_body=True, body_required=True),
            {},
            "Save needs a body.",
        ),
    ],
)
def test_one_missing_value_is_told_by_itself(request_: Request, given: dict[str, str], message: str) -> None:
    with pytest.raises(InputRefused) as refused:
        fill(request_, given, shared={}, company={"realmId": "1"}, where="a test")

    assert refused.value.what == message
