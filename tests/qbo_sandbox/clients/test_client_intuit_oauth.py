"""Intuit's own OAuth client for Python works against the sandbox: sign-in, refresh, user information, revoke."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError
from small_companies import SmallCompanies

from qbo_sandbox.served import ServedSandbox, serve_in_thread
from qbo_sandbox.settings import SandboxSettings

SIGN_IN = [Scopes.OPENID, Scopes.EMAIL, Scopes.PROFILE, Scopes.ACCOUNTING]


@pytest.fixture
def intuit() -> Iterator[ServedSandbox]:
    with serve_in_thread(SandboxSettings(invoices=5), side=SmallCompanies()) as served:
        yield served


@pytest.fixture
def client(intuit: ServedSandbox) -> AuthClient:
    """The client takes a discovery URL in place of an environment name; nothing else has to be changed."""
    return AuthClient(
        client_id=intuit.client_id,
        client_secret=intuit.client_secret,
        redirect_uri=intuit.redirect_uri,
        environment=intuit.discovery_url,
    )


def agree(url: str, *, company: str | None = None, decision: str = "connect") -> dict[str, str]:
    """Be the person at the browser, by httpx2 and the page's own form; gives what came back to the app."""
    with httpx2.Client() as browser:
        page = browser.get(url)
        assert page.status_code == 200, page.text
        ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
        form = {"ticket": ticket, "decision": decision}
        if company is not None:
            assert f'value="{company}"' in page.text
            form["realm_id"] = company
        sent = browser.post(url, data=form)
        assert sent.status_code == 303, sent.text
    return {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["location"]).query).items()}


def signed_in(client: AuthClient, intuit: ServedSandbox) -> AuthClient:
    came_back = agree(client.get_authorization_url(SIGN_IN), company=intuit.realm_id)
    assert came_back["state"] == client.state_token
    client.get_bearer_token(came_back["code"], realm_id=came_back["realmId"])
    return client


def test_discovery_points_the_client_at_the_sandbox(client: AuthClient, intuit: ServedSandbox) -> None:
    assert client.auth_endpoint == intuit.authorize_url
    assert client.token_endpoint == intuit.token_url
    assert client.revoke_endpoint == intuit.revoke_url


def test_signing_in_over_the_consent_page_gives_tokens_and_a_verified_id_token(
    client: AuthClient, intuit: ServedSandbox
) -> None:
    signed_in(client, intuit)
    assert client.realm_id == intuit.realm_id
    assert client.refresh_token.startswith("RT1-")
    assert client.expires_in == 3600
    assert client.x_refresh_token_expires_in == 8_726_400
    assert client.id_token is not None  # the client keeps it only when signature, issuer, audience and time are right


def test_user_information_comes_with_the_token(client: AuthClient, intuit: ServedSandbox) -> None:
    told = signed_in(client, intuit).get_user_info().json()
    assert told["givenName"] == "Robin"
    assert told["emailVerified"] is True


def test_a_refresh_keeps_the_value_within_a_day_and_changes_it_after(client: AuthClient, intuit: ServedSandbox) -> None:
    signed_in(client, intuit)
    first, access = client.refresh_token, client.access_token
    client.refresh()
    assert client.refresh_token == first
    assert client.access_token != access
    intuit.advance(timedelta(hours=25))
    client.refresh()
    assert client.refresh_token != first


def test_a_revoked_connection_cannot_be_refreshed(client: AuthClient, intuit: ServedSandbox) -> None:
    signed_in(client, intuit)
    assert client.revoke() is True
    with pytest.raises(AuthClientError) as refused:
        client.refresh()
    assert refused.value.status_code == 400
    assert "invalid_grant" in str(refused.value.content)


def test_a_refused_consent_and_a_spent_code_are_the_clients_errors(client: AuthClient, intuit: ServedSandbox) -> None:
    refused = agree(client.get_authorization_url(SIGN_IN), decision="cancel")
    assert refused["error"] == "access_denied"
    code = agree(client.get_authorization_url(SIGN_IN), company=intuit.realm_id)["code"]
    client.get_bearer_token(code)
    with pytest.raises(AuthClientError) as spent:
        client.get_bearer_token(code)
    assert spent.value.status_code == 400
    assert spent.value.intuit_tid


def test_a_wrong_secret_is_refused(intuit: ServedSandbox) -> None:
    wrong = AuthClient(intuit.client_id, "wrong", intuit.redirect_uri, intuit.discovery_url)
    with pytest.raises(AuthClientError) as refused:
        wrong.refresh(refresh_token=intuit.tokens()["refresh_token"])
    assert refused.value.status_code == 401
