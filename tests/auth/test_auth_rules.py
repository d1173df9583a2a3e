"""OAuth 2 as rules: what is sent, and what every answer of a token endpoint means."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from hypothesis import given
from hypothesis import strategies as st

from ledgerflow.auth import requests
from ledgerflow.auth.answers import Unfinished, read_revocation, read_token, refusal, without_secrets
from ledgerflow.auth.keys import bearer_of, signature
from ledgerflow.auth.oauth_app import OAuthApp, flags_for
from ledgerflow.auth.requests import AuthRequest
from ledgerflow.auth.tokens import Token
from ledgerflow.core.calls import Answer
from ledgerflow.core.connection import ApiKey, Basic, Bearer, NoAuth
from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RetryLater

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SECRET = "the-client-secret"
CODE = "XAB-the-code"
REFRESH = "RT1-the-refresh-token"
ACCESS = "eyJ-the-access-token"


def app_with(**changed: Any) -> OAuthApp:
    settings: dict[str, Any] = {
        "connection": "quickbooks",
        "file": "connections/quickbooks.yaml",
        "title": "QuickBooks Online",
        "grant": "authorization_code",
        "auth_url": "https://consent.test/connect",
        "token_url": "https://token.test/bearer",
        "revoke_url": "https://token.test/revoke",
        "client_id": "AB1",
        "client_secret": SECRET,
        "scope": "accounting openid",
        "redirect_url": "http://127.0.0.1:8050/",
    }
    return OAuthApp(**{**settings, **changed})


APP = app_with()
OLD = Token(
    access_token=ACCESS,
    refresh_token=REFRESH,
    obtained_at=NOW,
    expires_at=NOW + timedelta(hours=1),
    refresh_expires_at=NOW + timedelta(days=100),
    refresh_hard_expires_at=NOW + timedelta(days=1800),
    scope="accounting",
)
RENEWAL = requests.ask_for_renewal(APP, OLD)


def form_of(request: AuthRequest) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def answer(body: Any, *, status: int = 200, content_type: str = "application/json", **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(
        status=status,
        headers={"content-type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}},
        body=raw,
        url="https://token.test/bearer",
        elapsed_s=0.1,
    )


def test_the_consent_address_carries_what_was_set_and_keeps_its_own_query() -> None:
    address = requests.authorize_address(
        app_with(auth_url="https://consent.test/connect?tenant=7", extra={"prompt": "login"}), state="books.x+/&="
    )
    parts = urlsplit(address)
    assert parts.netloc + parts.path == "consent.test/connect"
    assert parse_qs(parts.query) == {
        "tenant": ["7"],
        "response_type": ["code"],
        "client_id": ["AB1"],
        "redirect_uri": ["http://127.0.0.1:8050/"],
        "scope": ["accounting openid"],
        "state": ["books.x+/&="],
        "prompt": ["login"],
    }


def test_a_proof_key_is_sent_as_its_hash_first_and_as_itself_with_the_code() -> None:
    app = app_with(pkce=True, client_secret="")
    query = parse_qs(urlsplit(requests.authorize_address(app, state="s", verifier="v" * 64)).query)
    assert query["code_challenge"] == [create_s256_code_challenge("v" * 64)]
    assert query["code_challenge_method"] == ["S256"]
    request = requests.ask_for_token(app, code=CODE, redirect_url=app.redirect_url, verifier="v" * 64)
    assert form_of(request)["code_verifier"] == "v" * 64
    assert form_of(request)["client_id"] == "AB1"
    assert "Authorization" not in request.headers


def test_a_code_is_exchanged_with_the_redirect_url_it_was_asked_with() -> None:
    request = requests.ask_for_token(APP, code=CODE, redirect_url="http://127.0.0.1:9000/")
    assert request.url == "https://token.test/bearer"
    assert form_of(request) == {
        "grant_type": "authorization_code",
        "code": CODE,
        "redirect_uri": "http://127.0.0.1:9000/",
    }
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(f"AB1:{SECRET}".encode()).decode()
    assert request.headers["Accept"] == "application/json"
    assert not request.repeatable


def test_id_and_secret_go_into_the_body_where_that_is_set() -> None:
    request = requests.ask_for_renewal(app_with(client_authentication="body"), OLD)
    assert form_of(request) == {
        "grant_type": "refresh_token",
        "refresh_token": REFRESH,
        "client_id": "AB1",
        "client_secret": SECRET,
    }
    assert "Authorization" not in request.headers


def test_special_characters_in_id_and_secret_are_encoded_before_they_are_joined() -> None:
    request = requests.ask_for_renewal(app_with(client_id="a:b", client_secret="c d%"), OLD)
    assert base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"a%3Ab:c+d%25"


def test_the_grants_without_a_person_send_what_they_have() -> None:
    app = app_with(username="robin", password="pass word")
    assert form_of(requests.ask_with_client_credentials(app)) == {
        "grant_type": "client_credentials",
        "scope": "accounting openid",
    }
    assert form_of(requests.ask_with_password(app)) == {
        "grant_type": "password",
        "username": "robin",
        "password": "pass word",
        "scope": "accounting openid",
    }


def test_a_token_is_revoked_as_a_form_or_as_json() -> None:
    assert form_of(requests.ask_to_revoke(APP, OLD)) == {"token": REFRESH, "token_type_hint": "refresh_token"}
    as_json = requests.ask_to_revoke(app_with(revoke_as="json"), OLD)
    assert json.loads(as_json.body) == {"token": REFRESH}
    assert as_json.headers["Content-Type"] == "application/json"
    assert as_json.headers["Authorization"].startswith("Basic ")


def test_nothing_that_is_printed_shows_a_secret() -> None:
    everything = [APP, app_with(password=SECRET), OLD, RENEWAL]
    everything += [requests.ask_for_token(APP, code=CODE, redirect_url=APP.redirect_url)]
    everything += [signature(Bearer(type="bearer", token="vault:t"), lambda _: SECRET)]
    shown = repr(everything)
    assert [secret for secret in (SECRET, CODE, REFRESH, ACCESS) if secret in shown] == []


INTUIT = {
    "token_type": "bearer",
    "access_token": "new",
    "expires_in": 3600,
    "refresh_token": "RT2",
    "x_refresh_token_expires_in": 8_726_400,
    "x_refresh_token_hard_expires_in": 157_680_000,
}


def test_an_answer_of_intuit_is_read_with_all_its_ends() -> None:
    token = read_token(answer(INTUIT), RENEWAL, app=APP, now=NOW, old=OLD)
    assert token == Token(
        access_token="new",
        refresh_token="RT2",
        obtained_at=NOW,
        expires_at=NOW + timedelta(hours=1),
        refresh_expires_at=NOW + timedelta(days=101),
        refresh_hard_expires_at=NOW + timedelta(seconds=157_680_000),
        scope="accounting",
    )


def test_what_a_renewal_leaves_out_is_taken_over() -> None:
    token = read_token(answer({"access_token": "new"}), RENEWAL, app=APP, now=NOW + timedelta(days=1), old=OLD)
    assert token.refresh_token == REFRESH
    assert token.expires_at is None
    assert token.refresh_expires_at == OLD.refresh_expires_at
    assert token.refresh_hard_expires_at == OLD.refresh_hard_expires_at
    assert token.scope == "accounting"


def test_a_new_refresh_token_does_not_inherit_the_end_of_the_old_one() -> None:
    given = {"access_token": "new", "refresh_token": "RT2"}
    assert read_token(answer(given), RENEWAL, app=APP, now=NOW, old=OLD).refresh_expires_at is None


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        (3600, timedelta(hours=1)),
        ("3600", timedelta(hours=1)),
        (3600.5, timedelta(hours=1, milliseconds=500)),
        (0, timedelta(0)),
        (10**30, timedelta(days=36_500)),
        (None, None),
        (-5, None),
        (True, None),
        ("soon", None),
        ([3600], None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_an_odd_lifetime_counts_as_not_told(life: Any, expected: timedelta | None) -> None:
    token = read_token(answer({"access_token": "new", "expires_in": life}), RENEWAL, app=APP, now=NOW)
    assert token.expires_at == (None if expected is None else NOW + expected)


@given(body=st.binary(max_size=300), status=st.sampled_from([200, 302, 400, 401, 403, 404, 429, 500, 503]))
def test_no_answer_is_a_surprise(body: bytes, status: int) -> None:
    try:
        told = read_token(answer(body, status=status), RENEWAL, app=APP, now=NOW, old=OLD).access_token
    except LedgerflowError as error:
        told = error.what if error.next_step else ""
    assert told


def test_an_answer_nested_without_end_is_no_token() -> None:
    with pytest.raises(InputRefused, match="holds no token"):
        read_token(answer(b"[" * 200_000), RENEWAL, app=APP, now=NOW)


@given(
    body=st.dictionaries(
        st.sampled_from(["access_token", "refresh_token", "expires_in", "token_type", "scope", "error", "other"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.text(max_size=5)),
    )
)
def test_fields_of_any_kind_give_a_token_or_an_error(body: dict[str, Any]) -> None:
    try:
        token = read_token(answer(body), RENEWAL, app=APP, now=NOW, old=OLD)
    except LedgerflowError:
        return
    assert token.access_token == body["access_token"]
    assert Token.read(token.written()) == token


def test_a_form_encoded_answer_is_read_too() -> None:
    told = answer(b"access_token=new&expires_in=60&token_type=Bearer", content_type="application/x-www-form-urlencoded")
    assert read_token(told, RENEWAL, app=APP, now=NOW).expires_at == NOW + timedelta(seconds=60)


REFUSALS: list[tuple[Answer, type[LedgerflowError], str, str]] = [
    (
        answer({"error": "invalid_grant"}, status=400),
        ReconnectNeeded,
        "has ended this authorization",
        "connect quickbo",
    ),
    (
        answer({"error": "invalid_grant", "error_description": "Token invalid"}, status=400),
        ReconnectNeeded,
        r"it said: Token invalid",
        "ledgerflow connect quickbooks",
    ),
    (
        answer({"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"}, status=400),
        ReconnectNeeded,
        "has ended this authorization",
        "ledgerflow connect quickbooks",
    ),
    (
        answer({"error": "invalid_grant", "error_description": "Incorrect Token type or clientID"}, status=400),
        ReconnectNeeded,
        "given to another app than the present client id",
        "change it back; else run `ledgerflow connect quickbooks",
    ),
    (
        answer({"error": "invalid_client"}, status=401),
        InputRefused,
        "does not accept the client id and secret",
        "--client-id ID --client-secret -",
    ),
    (answer(b"", status=401), InputRefused, "does not accept the client id and secret", "--client-secret -"),
    (answer({"error": "unauthorized_client"}, status=400), InputRefused, "may not use the grant", "--grant"),
    (answer({"error": "unsupported_grant_type"}, status=400), InputRefused, "does not know the grant", "token_url"),
    (answer({"error": "invalid_scope"}, status=400), InputRefused, "does not give the scope", "--scope"),
    (answer({"error": "invalid_request"}, status=400), InputRefused, r"HTTP 400 \(invalid_request\)", "Compare"),
    (answer({"error": "temporarily_unavailable"}, status=503), RetryLater, "HTTP 503", "in a minute"),
    (answer(b"<html>", status=500), RetryLater, "HTTP 500", "in a minute"),
    (answer({}, status=429, retry_after="17"), RetryLater, "HTTP 429", "in a minute"),
    (answer(b"", status=302), InputRefused, "answered with a redirect", "token-url"),
    (answer(b"not here", status=404), InputRefused, "HTTP 404", "Compare"),
    (answer({"error": "invalid_grant"}, status=200), ReconnectNeeded, "has ended this authorization", "connect"),
    (answer(b"<html>Sign in", content_type="text/html"), InputRefused, "holds no token", "token-url"),
    (answer({"access_token": ""}), InputRefused, "holds no token", "token-url"),
    (answer({"access_token": "a", "token_type": "mac"}), InputRefused, "of type mac", "bearer"),
]


@pytest.mark.parametrize(("told", "kind", "what", "next_step"), REFUSALS)
def test_every_refusal_says_who_acts_next_and_how(
    told: Answer, kind: type[LedgerflowError], what: str, next_step: str
) -> None:
    with pytest.raises(kind, match=what) as refused:
        read_token(told, RENEWAL, app=APP, now=NOW, company="123", old=OLD)
    assert type(refused.value) is kind
    assert next_step in refused.value.next_step
    assert "connection quickbooks, https://token.test/bearer" in refused.value.where


def test_a_throttled_answer_keeps_the_time_that_was_asked_for() -> None:
    error = refusal(answer({}, status=429, retry_after="17"), RENEWAL, app=APP)
    assert isinstance(error, RetryLater)
    assert error.after_s == 17


def test_a_refused_code_says_that_it_is_good_once_and_only_for_its_redirect_url() -> None:
    request = requests.ask_for_token(APP, code=CODE, redirect_url=APP.redirect_url)
    error = refusal(answer({"error": "invalid_grant"}, status=400), request, app=APP)
    assert isinstance(error, ReconnectNeeded)
    assert "good once" in error.what
    assert "redirect_url in connections/quickbooks.yaml" in error.next_step


def test_a_refused_password_is_a_setting_to_correct() -> None:
    request = requests.ask_with_password(app_with(username="robin", password="wrong"))
    error = refusal(answer({"error": "invalid_grant"}, status=400), request, app=APP)
    assert isinstance(error, InputRefused)
    assert "--username NAME --password -" in error.next_step


def test_an_unfinished_renewal_explains_a_refusal() -> None:
    earlier = Unfinished(asked_at=NOW, asked_by="process 4711 on laptop")
    told = answer({"error": "invalid_grant"}, status=400, intuit_tid="1-5f-abc")
    error = refusal(told, RENEWAL, app=APP, company="123", unfinished=earlier)
    assert "at 2026-11-23 09:30:00 UTC by process 4711 on laptop" in error.what
    assert error.next_step.startswith("Run `ledgerflow connect quickbooks --company 123`")
    assert "intuit_tid" not in error.where or "1-5f-abc" in error.where


def test_what_the_provider_says_is_quoted_without_secrets_and_on_one_line() -> None:
    said = f"Bad secret {SECRET} for\n\x1b[31m{REFRESH}" + "x" * 500
    error = refusal(answer({"error": "invalid_client", "error_description": said}, status=401), RENEWAL, app=APP)
    assert SECRET not in str(error.as_json())
    assert REFRESH not in str(error.as_json())
    assert "\x1b" not in error.what
    assert len(error.what) < 400


@given(st.text(), st.text(min_size=4, max_size=20))
def test_a_secret_never_survives_quoting(text: str, secret: str) -> None:
    assert secret not in without_secrets(text + secret + text, (secret,)) or secret in "***..." or set(secret) <= {"*"}


@pytest.mark.parametrize(
    ("told", "ended"),
    [
        (answer(b"", status=200), True),
        (answer(b"", status=204), True),
        (answer(b"", status=400), False),
        (answer({"error": "invalid_token"}, status=400), False),
    ],
)
def test_a_dead_token_counts_as_ended_before(told: Answer, ended: bool) -> None:
    assert read_revocation(told, requests.ask_to_revoke(APP, OLD), app=APP) is ended


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (answer({"error": "invalid_client"}, status=401), InputRefused),
        (answer({"error": "unsupported_token_type"}, status=400), InputRefused),
        (answer(b"", status=503), RetryLater),
    ],
)
def test_a_revocation_that_failed_is_an_error(told: Answer, kind: type[LedgerflowError]) -> None:
    with pytest.raises(kind):
        read_revocation(told, requests.ask_to_revoke(APP, OLD), app=APP)


@pytest.mark.parametrize(
    ("changed", "act", "missing"),
    [
        ({}, "authorize", ()),
        ({"client_id": "", "client_secret": ""}, "authorize", ("client_id", "client_secret")),
        ({"auth_url": "", "token_url": ""}, "authorize", ("auth_url", "token_url")),
        ({"client_secret": "", "pkce": True}, "authorize", ()),
        ({"grant": "password"}, "token", ("username", "password")),
        ({"grant": "client_credentials", "client_secret": "", "pkce": True}, "token", ("client_secret",)),
        ({"revoke_url": ""}, "revoke", ("revoke_url",)),
    ],
)
def test_missing_settings_are_named_all_at_once(changed: dict[str, Any], act: Any, missing: tuple[str, ...]) -> None:
    assert app_with(**changed).missing(act) == missing


def test_flags_for_missing_settings_read_as_typed() -> None:
    assert flags_for(["client_id", "client_secret"]) == "--client-id ID --client-secret -"


@pytest.mark.parametrize(
    ("life", "left", "stale"),
    [
        (timedelta(hours=1), timedelta(minutes=2, seconds=1), False),
        (timedelta(hours=1), timedelta(minutes=1, seconds=59), True),
        (timedelta(hours=1), timedelta(seconds=-1), True),
        (timedelta(seconds=60), timedelta(seconds=31), False),
        (timedelta(seconds=60), timedelta(seconds=29), True),
    ],
)
def test_a_token_is_stale_two_minutes_before_its_end_or_in_the_second_half_of_a_short_life(
    life: timedelta, left: timedelta, stale: bool
) -> None:
    token = Token(access_token="a", obtained_at=NOW, expires_at=NOW + life)
    assert token.is_stale(NOW + life - left) is stale


def test_a_token_without_an_end_is_never_stale() -> None:
    assert not Token(access_token="a", obtained_at=NOW).is_stale(NOW + timedelta(days=9999))


def test_keys_sign_where_they_are_set_to() -> None:
    def follow(reference: str) -> str:
        return {"vault:key": "k", "vault:password": "p", "vault:token": "t"}[reference]

    in_header = signature(ApiKey(type="api_key", name="X-Key", value="vault:key"), follow)
    in_query = signature(ApiKey(type="api_key", name="key", value="vault:key", location="query"), follow)
    basic = signature(Basic(type="basic", username="me", password="vault:password"), follow)
    bearer = signature(Bearer(type="bearer", token="vault:token"), follow)
    nothing = signature(NoAuth(), follow)
    assert (in_header.headers, in_header.query) == ({"X-Key": "k"}, {})
    assert (in_query.headers, in_query.query) == ({}, {"key": "k"})
    assert basic.headers == {"Authorization": "Basic " + base64.b64encode(b"me:p").decode()}
    assert bearer.headers == {"Authorization": "Bearer t"}
    assert bearer_of(bearer.headers) == "t"
    assert (nothing.headers, nothing.query) == ({}, {})
