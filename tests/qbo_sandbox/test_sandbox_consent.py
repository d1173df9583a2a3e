"""Discovery, the consent page, and what comes back to the app."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from intuit_app import REDIRECT, Intuit

pytestmark = pytest.mark.anyio


class Page(HTMLParser):
    """Reads a page the way a person with a screen reader meets it: labelled inputs, buttons, headings, alerts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inputs: list[dict[str, str | None]] = []
        self.buttons: list[dict[str, str | None]] = []
        self.labels: dict[str, str] = {}
        self.text_of: dict[str, str] = {}
        self.lang: str | None = None
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.lang = given.get("lang")
        if tag == "input":
            self.inputs.append(given)
        elif tag not in ("meta",):
            self._open.append((tag, given))
        if tag == "button":
            self.buttons.append(given)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            continue

    def handle_data(self, data: str) -> None:
        if not data.strip() or not self._open:
            return
        tag, given = self._open[-1]
        if tag == "label":
            self.labels[given["for"] or ""] = data
        self.text_of[given.get("role") or tag] = data


async def sent_back(http: httpx2.AsyncClient, query: dict[str, str]) -> dict[str, str]:
    answer = await http.get("/connect/oauth2", params=query)
    assert answer.status_code == 303, answer.text
    location = urlsplit(answer.headers["location"])
    assert location._replace(query="").geturl() == REDIRECT
    return {name: values[0] for name, values in parse_qs(location.query).items()}


async def open_page(intuit: Intuit, **changed: str | None) -> tuple[Page, httpx2.Response]:
    answer = await intuit.http.get("/connect/oauth2", params=intuit.authorize_query(**changed))
    return Page(answer.text), answer


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("name", ["openid_configuration", "openid_sandbox_configuration"])
async def test_each_discovery_document_names_the_address_it_was_asked_at(
    http: httpx2.AsyncClient, name: str, slash: str
) -> None:
    document = (await http.get(f"/.well-known/{name}{slash}", headers={"host": "127.0.0.1:4711"})).json()
    assert document["issuer"] == "http://127.0.0.1:4711/op/v1"
    assert document["token_endpoint"] == "http://127.0.0.1:4711/oauth2/v1/tokens/bearer"
    assert document["revocation_endpoint"] == "http://127.0.0.1:4711/v2/oauth2/tokens/revoke"
    assert document["scopes_supported"] == ["openid", "email", "profile", "address", "phone"]
    assert "code_challenge_methods_supported" not in document


async def test_the_page_shows_every_company_as_a_labelled_choice_with_connect_and_cancel(intuit: Intuit) -> None:
    page, _ = await open_page(intuit)
    choices = [field for field in page.inputs if field.get("type") == "radio"]
    assert [field["value"] for field in choices] == list(intuit.sandbox.companies)
    assert [page.labels[field["id"] or ""] for field in choices] == ["Harbor Lane Bakery", "Juniper Cycle Works"]
    assert all("required" in field for field in choices)
    assert {button["value"]: button["name"] for button in page.buttons} == {"cancel": "decision", "connect": "decision"}
    assert page.text_of["legend"] == "Choose a company"
    assert page.lang == "en"


async def test_the_page_has_no_script_and_refuses_frames_but_lets_its_form_lead_to_the_app(intuit: Intuit) -> None:
    _, answer = await open_page(intuit)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:8050;" in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert "<script" not in answer.text


async def test_connecting_brings_code_state_and_realm_to_the_redirect_uri(intuit: Intuit) -> None:
    page, _ = await open_page(intuit)
    second = list(intuit.sandbox.companies)[1]
    answer = {"ticket": page.inputs[0]["value"] or "", "realm_id": second, "decision": "connect"}
    sent = await intuit.http.post("/connect/oauth2", data=answer)
    location = urlsplit(sent.headers["location"])
    outcome = parse_qs(location.query)
    assert location._replace(query="").geturl() == REDIRECT
    assert outcome["state"] == ["s3cret-state"]
    assert outcome["realmId"] == [second]
    assert outcome["code"][0]


async def test_a_state_with_awkward_characters_comes_back_as_it_was_sent(intuit: Intuit) -> None:
    state = "a b&c=d/ü?#+%20"
    page, _ = await open_page(intuit, state=state)
    answer = {"ticket": page.inputs[0]["value"] or "", "realm_id": intuit.realm_id, "decision": "connect"}
    sent = await intuit.http.post("/connect/oauth2", data=answer)
    assert parse_qs(urlsplit(sent.headers["location"]).query)["state"] == [state]


async def test_cancelling_brings_access_denied_and_no_code(intuit: Intuit) -> None:
    page, _ = await open_page(intuit)
    sent = await intuit.http.post(
        "/connect/oauth2", data={"ticket": page.inputs[0]["value"] or "", "decision": "cancel"}
    )
    outcome = parse_qs(urlsplit(sent.headers["location"]).query)
    assert outcome["error"] == ["access_denied"]
    assert outcome["state"] == ["s3cret-state"]
    assert "code" not in outcome
    assert "realmId" not in outcome


async def test_connecting_without_a_company_shows_the_page_again_with_an_alert(intuit: Intuit) -> None:
    page, _ = await open_page(intuit)
    ticket = page.inputs[0]["value"] or ""
    for realm_id in ("", "123"):
        again = await intuit.http.post(
            "/connect/oauth2", data={"ticket": ticket, "decision": "connect", "realm_id": realm_id}
        )
        assert again.status_code == 400
        assert Page(again.text).text_of["alert"] == "Choose the company to connect."


async def test_a_page_can_be_answered_only_once(intuit: Intuit) -> None:
    page, _ = await open_page(intuit)
    answer = {"ticket": page.inputs[0]["value"] or "", "realm_id": intuit.realm_id, "decision": "connect"}
    assert (await intuit.http.post("/connect/oauth2", data=answer)).status_code == 303
    second = await intuit.http.post("/connect/oauth2", data=answer)
    assert second.status_code == 400
    assert "location" not in second.headers


async def test_signing_in_without_a_company_scope_asks_no_company_and_brings_no_realm(intuit: Intuit) -> None:
    page, _ = await open_page(intuit, scope="openid profile")
    assert not [field for field in page.inputs if field.get("type") == "radio"]
    sent = await intuit.http.post(
        "/connect/oauth2", data={"ticket": page.inputs[0]["value"] or "", "decision": "connect"}
    )
    outcome = parse_qs(urlsplit(sent.headers["location"]).query)
    assert set(outcome) == {"code", "state"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"client_id": "someone-else"}, "client_id"),
        ({"client_id": None}, "client_id"),
        ({"redirect_uri": "http://127.0.0.1:8050"}, "redirect_uri"),
        ({"redirect_uri": "http://127.0.0.1:8050/?x=1"}, "redirect_uri"),
        ({"redirect_uri": "http://127.0.0.1:8050/evil"}, "redirect_uri"),
        ({"redirect_uri": None}, "redirect_uri"),
        ({"state": None}, "state"),
        ({"state": ""}, "state"),
        ({"scope": "profile email"}, "scope"),
    ],
)
async def test_a_doubtful_request_ends_on_an_error_page_and_goes_nowhere(
    intuit: Intuit, changed: dict[str, str | None], told: str
) -> None:
    page, answer = await open_page(intuit, **changed)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert told in page.text_of["alert"]


async def test_a_redirect_uri_shown_on_the_error_page_is_not_markup(intuit: Intuit) -> None:
    _, answer = await open_page(intuit, redirect_uri="http://x/<script>alert(1)</script>")
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": "com.intuit.quickbooks.everything"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
    ],
)
async def test_a_request_that_can_be_told_so_is_sent_back_with_its_error_and_state(
    intuit: Intuit, changed: dict[str, str | None], error: str
) -> None:
    outcome = await sent_back(intuit.http, intuit.authorize_query(**changed))
    assert outcome["error"] == error
    assert outcome["state"] == "s3cret-state"


async def test_a_parameter_given_twice_is_not_guessed_at(intuit: Intuit) -> None:
    query = [*intuit.authorize_query().items(), ("state", "another")]
    answer = await intuit.http.get("/connect/oauth2", params=query)
    assert answer.status_code == 400
    assert "more than once: state" in answer.text
