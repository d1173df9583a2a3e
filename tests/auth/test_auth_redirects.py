"""The way back from the consent page: states, redirects, what a person pastes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerflow.auth.oauth_app import OAuthApp
from ledgerflow.auth.redirects import (
    Pending,
    company_of,
    is_answer,
    new_state,
    other_company,
    read_pasted,
    read_redirect,
    refused_consent,
    state_id,
)
from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RetryLater

HOME = "http://127.0.0.1:8050/"
APP = OAuthApp(
    connection="quickbooks",
    file="connections/quickbooks.yaml",
    title="QuickBooks Online",
    grant="authorization_code",
    scope="openid",
    keep_from_redirect=("realmId",),
)
PENDING = Pending(
    state_id=state_id("s"),
    connection="quickbooks",
    redirect_url=HOME,
    wanted="111",
    begun_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
    expires_at=datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(minutes=30),
)


@given(prefix=st.text(max_size=30))
def test_a_state_begins_as_given_and_ends_in_what_nobody_can_guess(prefix: str) -> None:
    states = {new_state(prefix) for _ in range(20)}
    assert len(states) == 20
    assert all(state.startswith(prefix) and len(state) >= len(prefix) + 40 for state in states)


def test_a_redirect_gives_code_state_and_the_parameters_of_the_provider() -> None:
    redirect = read_redirect([("code", "c"), ("state", "s"), ("realmId", "111"), ("iss", "https://x")])
    assert (redirect.code, redirect.state, redirect.kept) == ("c", "s", {"realmId": "111"})
    assert "'c'" not in repr(redirect)


@pytest.mark.parametrize(
    ("pairs", "what"),
    [
        ([("code", "c")], "carries no state"),
        ([("code", "c"), ("state", "")], "carries no state"),
        ([("state", "s")], "neither a code nor an error"),
        ([("code", "a"), ("code", "b"), ("state", "s")], "gives 'code' twice"),
        ([("code", "a"), ("state", "s"), ("state", "t")], "gives 'state' twice"),
    ],
)
def test_an_odd_redirect_is_refused(pairs: list[tuple[str, str]], what: str) -> None:
    with pytest.raises(InputRefused, match=what) as refused:
        read_redirect(pairs)
    assert "ledgerflow connect" in refused.value.next_step


@pytest.mark.parametrize(
    "pasted",
    [
        f"{HOME}?code=c&state=s&realmId=111",
        f"  <{HOME}?code=c&state=s&realmId=111>\n",
        f'"{HOME}?code=c&state=s&realmId=111#"',
        "?code=c&state=s&realmId=111",
        "code=c&state=s&realmId=111",
    ],
)
def test_what_a_person_pastes_is_understood(pasted: str) -> None:
    redirect = read_pasted(pasted, redirect_url=HOME)
    assert (redirect.code, redirect.state, redirect.kept) == ("c", "s", {"realmId": "111"})


@pytest.mark.parametrize(
    ("pasted", "what"),
    [
        ("https://consent.test/connect?client_id=a&redirect_uri=x&state=s", "address of the consent page"),
        (HOME, "holds no code and no state"),
        ("http://[half-an-address", "holds no code and no state"),
        ("", "holds no code and no state"),
        ("hello there", "holds no code and no state"),
        (f"{HOME}?code=c", "carries no state"),
    ],
)
def test_what_a_person_pastes_wrongly_is_told(pasted: str, what: str) -> None:
    with pytest.raises(InputRefused, match=what):
        read_pasted(pasted, redirect_url=HOME)


@given(st.text(max_size=200))
def test_any_pasted_text_is_read_or_refused(text: str) -> None:
    try:
        told = read_pasted(text, redirect_url=HOME).state
    except InputRefused as refused:
        told = refused.next_step
    assert told


@pytest.mark.parametrize(
    ("error", "kind", "what"),
    [
        ("access_denied", ReconnectNeeded, "consent was refused on QuickBooks Online's page; nothing was changed"),
        ("invalid_scope", InputRefused, "does not give the scope 'accounting'"),
        ("server_error", RetryLater, "could not show its consent page"),
        ("temporarily_unavailable", RetryLater, "could not show its consent page"),
        ("unauthorized_client", InputRefused, "did not accept the request to sign in"),
        ("something_else", InputRefused, "did not accept the request to sign in"),
    ],
)
def test_a_refusal_on_the_consent_page_says_who_acts_next(error: str, kind: type[LedgerflowError], what: str) -> None:
    redirect = read_redirect([("error", error), ("error_description", "because\nof this"), ("state", "s")])
    told = refused_consent(redirect, connection="quickbooks", title="QuickBooks Online", scope="accounting")
    assert type(told) is kind
    assert what in told.what
    assert "(it said: because of this)" in told.what
    assert told.where.endswith(error)


def test_a_redirect_without_its_company_points_at_the_scope() -> None:
    with pytest.raises(InputRefused, match="names no company") as refused:
        company_of(read_redirect([("code", "c"), ("state", "s")]), APP)
    assert "--scope" in refused.value.next_step


def test_another_company_than_the_one_asked_for_is_refused_with_both_ways_on() -> None:
    error = other_company("222", PENDING)
    assert error is not None
    assert "Company 222 was chosen" in error.what
    assert "`ledgerflow connect quickbooks --company 111`" in error.next_step
    assert "`ledgerflow connect quickbooks` to add 222" in error.next_step
    assert other_company("111", PENDING) is None


def test_only_the_parameters_of_a_consent_page_look_like_an_answer() -> None:
    assert is_answer(["code"])
    assert is_answer(["error", "x"])
    assert not is_answer(["realmId", "page"])
