"""What an app does with Intuit, for tests that call a sandbox in process."""

from urllib.parse import parse_qs, urlsplit

import httpx2

from qbo_sandbox.app import Sandbox

REDIRECT = "http://127.0.0.1:8050/"
ACCOUNTING = "com.intuit.quickbooks.accounting"


class Intuit:
    """An app and the person who connects it."""

    def __init__(self, sandbox: Sandbox, http: httpx2.AsyncClient) -> None:
        self.sandbox = sandbox
        self.http = http
        self.basic = (sandbox.app.client_id, sandbox.app.client_secret)
        self.realm_id = next(iter(sandbox.companies))

    @classmethod
    def of(cls, sandbox: Sandbox) -> "Intuit":
        transport = httpx2.ASGITransport(app=sandbox.asgi)
        return cls(sandbox, httpx2.AsyncClient(transport=transport, base_url="http://localhost"))

    def authorize_query(self, **changed: str | None) -> dict[str, str]:
        query: dict[str, str | None] = {
            "client_id": self.sandbox.app.client_id,
            "response_type": "code",
            "scope": ACCOUNTING,
            "redirect_uri": REDIRECT,
            "state": "s3cret-state",
        }
        return {name: value for name, value in (query | changed).items() if value is not None}

    async def code(self, **changed: str | None) -> str:
        """An authorization code by way of the consent page."""
        query = self.authorize_query(**changed)
        page = await self.http.get("/connect/oauth2", params=query)
        assert page.status_code == 200, page.text
        ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
        answer = {"ticket": ticket, "realm_id": self.realm_id, "decision": "connect"}
        sent = await self.http.post("/connect/oauth2", data=answer)
        assert sent.status_code == 303, sent.text
        return parse_qs(urlsplit(sent.headers["location"]).query)["code"][0]

    async def exchange(self, code: str, *, redirect_uri: str = REDIRECT, **headers: str) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return await self.http.post("/oauth2/v1/tokens/bearer", data=form, auth=self.basic, headers=headers)

    async def refresh(self, token: str, **headers: str) -> httpx2.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return await self.http.post("/oauth2/v1/tokens/bearer", data=form, auth=self.basic, headers=headers)

    async def revoke(self, token: str) -> httpx2.Response:
        return await self.http.post("/v2/oauth2/tokens/revoke", json={"token": token}, auth=self.basic)

    async def call(
        self, path: str = "customer/1", *, token: str, realm_id: str | None = None, **headers: str
    ) -> httpx2.Response:
        sent = {"authorization": f"Bearer {token}", "accept": "application/json"} | headers
        return await self.http.get(f"/v3/company/{realm_id or self.realm_id}/{path}", headers=sent)
