"""The token endpoint: codes, refreshes, rotation, lifetimes, revocation."""

import asyncio
from datetime import timedelta

import pytest
from intuit_app import Intuit

from qbo_sandbox.settings import OldValue, Rotate

pytestmark = pytest.mark.anyio
NEW_VALUE_LIFE_S = 8_726_400


async def test_a_code_is_exchanged_for_tokens_in_the_documented_shape(intuit: Intuit) -> None:
    answer = await intuit.exchange(await intuit.code())
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "x_refresh_token_expires_in"}
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 3600
    assert body["x_refresh_token_expires_in"] == NEW_VALUE_LIFE_S
    assert body["access_token"].startswith("eyJ")
    assert ".." in body["access_token"]
    assert 800 < len(body["access_token"]) < 1200
    assert body["refresh_token"].startswith("RT1-")
    assert answer.headers["intuit_tid"]
    assert answer.headers["cache-control"] == "no-cache, no-store"


async def test_the_secret_may_be_posted_instead_of_sent_as_basic(intuit: Intuit) -> None:
    client_id, secret = intuit.basic
    form = {
        "grant_type": "authorization_code",
        "code": await intuit.code(),
        "redirect_uri": "http://127.0.0.1:8050/",
        "client_id": client_id,
        "client_secret": secret,
    }
    answer = await intuit.http.post("/oauth2/v1/tokens/bearer", data=form)
    assert answer.status_code == 200


async def test_a_code_used_twice_ends_the_tokens_of_its_first_use(intuit: Intuit) -> None:
    code = await intuit.code()
    first = (await intuit.exchange(code)).json()
    second = await intuit.exchange(code)
    assert second.status_code == 400
    assert second.json() == {"error": "invalid_grant"}
    assert (await intuit.call(token=first["access_token"])).status_code == 401
    assert (await intuit.refresh(first["refresh_token"])).json() == {"error": "invalid_grant"}


async def test_a_code_dies_after_ten_minutes(intuit: Intuit) -> None:
    in_time, too_late = await intuit.code(), await intuit.code()
    intuit.sandbox.advance(timedelta(minutes=9, seconds=50))
    assert (await intuit.exchange(in_time)).status_code == 200
    intuit.sandbox.advance(timedelta(seconds=20))
    assert (await intuit.exchange(too_late)).json() == {"error": "invalid_grant"}


async def test_the_redirect_uri_of_the_exchange_has_to_be_the_one_asked_with(intuit: Intuit) -> None:
    answer = await intuit.exchange(await intuit.code(), redirect_uri="http://localhost:8050/")
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password", "username": "x", "password": "y"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_request"),
    ],
)
async def test_a_form_that_lacks_something_says_what_kind_of_fault_it_is(
    intuit: Intuit, form: dict[str, str], error: str
) -> None:
    answer = await intuit.http.post(
        "/oauth2/v1/tokens/bearer",
        data=form,
        auth=intuit.basic,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 400
    assert answer.json()["error"] == error


async def test_a_body_that_is_no_form_or_repeats_a_field_is_an_invalid_request(intuit: Intuit) -> None:
    url = "/oauth2/v1/tokens/bearer"
    as_json = await intuit.http.post(url, json={"grant_type": "refresh_token"}, auth=intuit.basic)
    twice = await intuit.http.post(
        url,
        content="grant_type=refresh_token&refresh_token=a&refresh_token=b",
        auth=intuit.basic,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert [as_json.json()["error"], twice.json()["error"]] == ["invalid_request", "invalid_request"]


@pytest.mark.parametrize("auth", [None, ("wrong", "secret"), "wrong secret"])
async def test_a_wrong_or_missing_key_pair_is_an_invalid_client(intuit: Intuit, auth: object) -> None:
    given = (intuit.basic[0], "wrong") if auth == "wrong secret" else auth
    form = {"grant_type": "refresh_token", "refresh_token": intuit.sandbox.tokens()["refresh_token"]}
    answer = await intuit.http.post("/oauth2/v1/tokens/bearer", data=form, auth=given)
    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_client"}


@pytest.mark.parametrize(
    ("token", "description"),
    [
        ("RT1-1-H0-1765432100unknownunknown", "Incorrect or invalid refresh token"),
        ("AB11765432100unknownunknown", "Incorrect or invalid refresh token"),
        ("nonsense", "Token invalid"),
    ],
)
async def test_an_unknown_refresh_token_is_refused_in_intuits_words(
    intuit: Intuit, token: str, description: str
) -> None:
    answer = await intuit.refresh(token)
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_grant", "error_description": description}


async def test_an_access_token_sent_as_refresh_token_is_the_wrong_type(intuit: Intuit) -> None:
    answer = await intuit.refresh(intuit.sandbox.tokens()["access_token"])
    assert answer.json() == {
        "error": "invalid_grant",
        "error_description": "Incorrect Token type or clientID",
    }


async def test_refreshes_within_a_day_give_the_same_value_with_less_time_left(intuit: Intuit) -> None:
    first = intuit.sandbox.tokens()
    intuit.sandbox.advance(timedelta(hours=5))
    second = (await intuit.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] == first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert second["x_refresh_token_expires_in"] == pytest.approx(NEW_VALUE_LIFE_S - 5 * 3600, abs=5)


async def test_the_first_refresh_after_a_day_gives_a_new_value_and_kills_the_old_one(intuit: Intuit) -> None:
    first = intuit.sandbox.tokens()
    intuit.sandbox.advance(timedelta(hours=24, seconds=1))
    second = (await intuit.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["x_refresh_token_expires_in"] == NEW_VALUE_LIFE_S
    stale = await intuit.refresh(first["refresh_token"])
    assert stale.status_code == 400
    assert stale.json() == {"error": "invalid_grant"}
    assert (await intuit.refresh(second["refresh_token"])).status_code == 200


async def test_with_rotation_at_every_refresh_each_value_works_once(intuit: Intuit) -> None:
    intuit.sandbox.book.rotate = Rotate.EVERY
    value = intuit.sandbox.tokens()["refresh_token"]
    seen = {value}
    for _ in range(5):
        answer = (await intuit.refresh(value)).json()
        assert (await intuit.refresh(value)).json() == {"error": "invalid_grant"}
        value = answer["refresh_token"]
        seen.add(value)
    assert len(seen) == 6


async def test_of_ten_refreshes_at_once_with_the_same_value_one_succeeds_when_each_rotates(intuit: Intuit) -> None:
    intuit.sandbox.book.rotate = Rotate.EVERY
    value = intuit.sandbox.tokens()["refresh_token"]
    answers = await asyncio.gather(*(intuit.refresh(value) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9


async def test_with_grace_the_old_value_works_for_a_day_more_and_gives_the_new_one(intuit: Intuit) -> None:
    intuit.sandbox.book.rotate = Rotate.EVERY
    intuit.sandbox.book.old_value = OldValue.GRACE
    old = intuit.sandbox.tokens()["refresh_token"]
    new = (await intuit.refresh(old)).json()["refresh_token"]
    intuit.sandbox.advance(timedelta(hours=23))
    assert (await intuit.refresh(old)).json()["refresh_token"] == new
    intuit.sandbox.advance(timedelta(hours=2))
    assert (await intuit.refresh(old)).json() == {"error": "invalid_grant"}
    assert (await intuit.refresh(new)).status_code == 200


async def test_in_the_strictest_reading_a_stale_value_ends_the_connection(intuit: Intuit) -> None:
    intuit.sandbox.book.rotate = Rotate.EVERY
    intuit.sandbox.book.old_value = OldValue.ENDS_CONNECTION
    old = intuit.sandbox.tokens()["refresh_token"]
    new = (await intuit.refresh(old)).json()
    assert (await intuit.refresh(old)).status_code == 400
    assert (await intuit.refresh(new["refresh_token"])).json() == {"error": "invalid_grant"}
    assert (await intuit.call(token=new["access_token"])).status_code == 401


async def test_a_connection_lives_on_for_years_when_it_is_used_and_ends_after_five(intuit: Intuit) -> None:
    value = intuit.sandbox.tokens()["refresh_token"]
    for _ in range(18):  # 18 times 100 days
        intuit.sandbox.advance(timedelta(days=100))
        answer = await intuit.refresh(value, **{"x-include-refresh-token-hard-expires-in": "true"})
        value = answer.json()["refresh_token"]
    left = timedelta(days=25)
    assert answer.json()["x_refresh_token_hard_expires_in"] == pytest.approx(left.total_seconds(), abs=5)
    assert answer.json()["x_refresh_token_expires_in"] == pytest.approx(left.total_seconds(), abs=5)
    intuit.sandbox.advance(timedelta(days=26))
    assert (await intuit.refresh(value)).json() == {"error": "invalid_grant"}


async def test_a_connection_left_alone_for_101_days_is_dead(intuit: Intuit) -> None:
    value = intuit.sandbox.tokens()["refresh_token"]
    intuit.sandbox.advance(timedelta(days=101, seconds=1))
    assert (await intuit.refresh(value)).json() == {"error": "invalid_grant"}


async def test_the_absolute_end_is_told_only_to_who_asks_in_the_header(intuit: Intuit) -> None:
    value = intuit.sandbox.tokens()["refresh_token"]
    asked = await intuit.refresh(value, **{"x-include-refresh-token-hard-expires-in": "true"})
    assert asked.json()["x_refresh_token_hard_expires_in"] == pytest.approx(157_680_000, abs=5)
    assert "x_refresh_token_hard_expires_in" not in (await intuit.refresh(value)).json()


async def test_an_access_token_dies_after_an_hour_and_an_earlier_one_outlives_a_refresh(intuit: Intuit) -> None:
    first = intuit.sandbox.tokens()
    intuit.sandbox.advance(timedelta(minutes=30))
    second = (await intuit.refresh(first["refresh_token"])).json()
    assert (await intuit.call(token=first["access_token"])).status_code == 200
    intuit.sandbox.advance(timedelta(minutes=31))
    assert (await intuit.call(token=first["access_token"])).status_code == 401
    assert (await intuit.call(token=second["access_token"])).status_code == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_either_token_revokes_the_whole_connection_of_its_company_alone(intuit: Intuit, kind: str) -> None:
    other = intuit.sandbox.tokens(list(intuit.sandbox.companies)[1])
    earlier, tokens = intuit.sandbox.tokens(), intuit.sandbox.tokens()
    answer = await intuit.revoke(tokens[kind])
    assert answer.status_code == 200
    assert answer.content == b""
    assert (await intuit.call(token=tokens["access_token"])).status_code == 401
    assert (await intuit.call(token=earlier["access_token"])).status_code == 401
    assert (await intuit.refresh(tokens["refresh_token"])).json() == {"error": "invalid_grant"}
    assert (await intuit.revoke(tokens[kind])).status_code == 400
    assert (await intuit.refresh(other["refresh_token"])).status_code == 200


async def test_a_dead_or_unknown_token_cannot_be_revoked(intuit: Intuit) -> None:
    tokens = intuit.sandbox.tokens()
    intuit.sandbox.advance(timedelta(hours=2))
    assert (await intuit.revoke(tokens["access_token"])).status_code == 400
    assert (await intuit.revoke("unknown")).status_code == 400
    assert (await intuit.refresh(tokens["refresh_token"])).status_code == 200


async def test_revoking_needs_the_apps_key_pair_and_a_json_body(intuit: Intuit) -> None:
    token = intuit.sandbox.tokens()["refresh_token"]
    stranger = await intuit.http.post("/v2/oauth2/tokens/revoke", json={"token": token})
    assert stranger.status_code == 401
    for body in (b"", b"[]", b'{"tokens": 1}'):
        wrong = await intuit.http.post("/v2/oauth2/tokens/revoke", content=body, auth=intuit.basic)
        assert wrong.json() == {"error": "invalid_request"}


async def test_a_company_disconnected_by_its_user_refuses_calls_and_refreshes(intuit: Intuit) -> None:
    tokens = intuit.sandbox.tokens()
    intuit.sandbox.book.disconnect(intuit.realm_id)
    assert (await intuit.refresh(tokens["refresh_token"])).json() == {"error": "invalid_grant"}
    assert (await intuit.call(token=tokens["access_token"])).status_code == 401
