"""Id tokens, their keys, and the userinfo endpoint."""

from datetime import timedelta

import pytest
from intuit_app import ACCOUNTING, Intuit
from joserfc import jwt
from joserfc.jwk import KeySet

pytestmark = pytest.mark.anyio


async def test_the_id_token_verifies_with_the_published_key_and_has_the_documented_claims(intuit: Intuit) -> None:
    tokens = (await intuit.exchange(await intuit.code(scope=f"openid {ACCOUNTING}"))).json()
    discovery = (await intuit.http.get("/.well-known/openid_sandbox_configuration")).json()
    keys = (await intuit.http.get(discovery["jwks_uri"])).json()
    assert all("d" not in key for key in keys["keys"])
    token = jwt.decode(tokens["id_token"], KeySet.import_key_set(keys), algorithms=["RS256"])
    assert token.header["alg"] == "RS256"
    assert set(token.claims) == {"sub", "aud", "realmid", "auth_time", "iss", "exp", "iat"}
    assert token.claims["aud"] == [intuit.sandbox.app.client_id]
    assert token.claims["realmid"] == intuit.realm_id
    assert token.claims["iss"] == discovery["issuer"]
    assert token.claims["exp"] - token.claims["iat"] == 3600


async def test_an_id_token_comes_with_the_first_exchange_and_scope_openid_only(intuit: Intuit) -> None:
    with_openid = (await intuit.exchange(await intuit.code(scope=f"openid {ACCOUNTING}"))).json()
    without = (await intuit.exchange(await intuit.code())).json()
    assert "id_token" in with_openid
    assert "id_token" not in (await intuit.refresh(with_openid["refresh_token"])).json()
    assert "id_token" not in without


async def test_userinfo_tells_what_the_scopes_allow(intuit: Intuit) -> None:
    async def told(scope: str) -> set[str]:
        tokens = (await intuit.exchange(await intuit.code(scope=scope))).json()
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        return set((await intuit.http.get("/v1/openid_connect/userinfo", headers=bearer)).json())

    assert await told("openid") == {"sub"}
    assert await told("openid email") == {"sub", "email", "emailVerified"}
    assert await told("openid profile email phone address") == {
        *("sub", "email", "emailVerified", "givenName", "familyName"),
        *("phoneNumber", "phoneNumberVerified", "address"),
    }


async def test_userinfo_refuses_no_token_a_dead_one_and_one_without_openid(intuit: Intuit) -> None:
    async def status(header: dict[str, str]) -> int:
        return (await intuit.http.get("/v1/openid_connect/userinfo", headers=header)).status_code

    accounting_only = {"authorization": f"Bearer {intuit.sandbox.tokens()['access_token']}"}
    assert await status({}) == 401
    assert await status({"authorization": "Bearer nonsense"}) == 401
    assert await status(accounting_only) == 403
    intuit.sandbox.advance(timedelta(hours=2))
    assert await status(accounting_only) == 401
