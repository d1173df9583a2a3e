"""`ledgerflow api`: from nothing to a request that answers, with clear words on every wrong turn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import Command

pytestmark = pytest.mark.qbo_sandbox(shared=True, invoices=50, companies=1)

READ_INVOICE = ("api", "request", "add", "quickbooks", "Read invoice", "GET", "/v3/company/{realmId}/invoice/{id}")


def text(project: Path, file: str) -> str:
    return (project / file).read_text(encoding="utf-8")


def test_the_shipped_definition_comes_with_intuits_addresses(ledgerflow: Command, project: Path) -> None:
    done = ledgerflow("api", "add", "quickbooks", "--json")

    assert done.code == 0
    assert done.json == {
        "api": "quickbooks",
        "provider": "quickbooks",
        "base_url": "https://quickbooks.api.intuit.com",
        "files": ["apis/quickbooks.yaml", "connections/quickbooks.yaml"],
    }
    connection = text(project, "connections/quickbooks.yaml")
    for address in (
        "auth_url: https://appcenter.intuit.com/connect/oauth2",
        "token_url: https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
        "revoke_url: https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
        "scope: com.intuit.quickbooks.accounting",
    ):
        assert address in connection
    assert "definition: shipped" in text(project, "apis/quickbooks.yaml")
    assert len(ledgerflow("api", "request", "list", "quickbooks", "--json").json) > 100


def test_the_sandbox_server_is_chosen_by_a_flag_and_the_name_by_another(ledgerflow: Command, project: Path) -> None:
    assert ledgerflow("api", "add", "quickbooks", "--sandbox", "--as", "trial").code == 0

    assert "base_url: https://sandbox-quickbooks.api.intuit.com" in text(project, "connections/trial.yaml")


@pytest.mark.parametrize("host", ["https://quickbooks.api.intuit.com", "https://sandbox-quickbooks.api.intuit.com/"])
def test_a_custom_api_at_a_providers_server_is_recognised(ledgerflow: Command, project: Path, host: str) -> None:
    assert ledgerflow("api", "add", "--custom", "books", "--base-url", host).code == 0

    assert "provider: quickbooks" in text(project, "apis/books.yaml")
    assert "type: oauth2" in text(project, "connections/books.yaml")


def test_a_custom_api_elsewhere_knows_only_its_address(ledgerflow: Command, project: Path) -> None:
    assert ledgerflow("api", "add", "--custom", "orders", "--base-url", "https://api.example/v2").code == 0

    assert "provider" not in text(project, "apis/orders.yaml")
    assert "base_url: https://api.example/v2" in text(project, "connections/orders.yaml")
    assert ledgerflow("api", "list", "--json").json == [
        {"api": "orders", "title": "orders", "provider": None, "requests": 0, "connections": ["orders"]}
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("quickbook",), "No provider is called 'quickbook'. Did you mean 'quickbooks'?"),
        ((), "Name a provider, or give --custom NAME."),
        (("quickbooks", "--custom", "x"), "Name a provider, or give --custom NAME."),
        (("--custom", "orders"), "A custom api needs --base-url, and neither --sandbox nor --as."),
        (("--custom", "9orders", "--base-url", "https://x.example"), "'9orders' cannot name an api."),
        (("--custom", "files", "--base-url", "https://x.example"), "'files' cannot name an api."),
        (
            ("--custom", "orders", "--base-url", "api.example"),
            "Expected an address such as https://host/path, not 'api.example'.",
        ),
        (("--custom", "orders", "--base-url", "https://x.example", "--provider", "qb"), "No provider is called 'qb'."),
        (("quickbooks", "--base-url", "https://x.example"), "--base-url and --provider go with --custom."),
    ],
)
def test_a_wrong_way_to_add_is_refused_and_leaves_nothing(
    ledgerflow: Command, project: Path, words: tuple[str, ...], message: str
) -> None:
    done = ledgerflow("api", "add", *words)

    assert done.code == 2
    assert message in done.err
    assert not list((project / "apis").iterdir())
    assert not list((project / "connections").iterdir())


def test_an_api_is_added_once(ledgerflow: Command, project: Path) -> None:
    ledgerflow("api", "add", "quickbooks")
    before = text(project, "connections/quickbooks.yaml")

    done = ledgerflow("api", "add", "--custom", "quickbooks", "--base-url", "https://x.example")

    assert done.code == 2
    assert "There is an api 'quickbooks' already." in done.err
    assert text(project, "connections/quickbooks.yaml") == before


@pytest.mark.usefixtures("unconnected")
def test_a_call_before_authorizing_names_the_connection_and_the_command(ledgerflow: Command) -> None:
    ledgerflow(*READ_INVOICE)

    done = ledgerflow("api", "try", "quickbooks", "Read invoice", "-p", "id=12")

    assert done.code == 3
    assert "Connection 'quickbooks' is not authorized yet." in done.err
    assert "Run `ledgerflow connect quickbooks`." in done.err


@pytest.mark.usefixtures("quickbooks")
def test_a_try_shows_status_headers_and_body(ledgerflow: Command) -> None:
    ledgerflow(*READ_INVOICE)

    done = ledgerflow("api", "try", "quickbooks", "Read invoice", "-p", "id=12")

    assert done.code == 0
    assert json.loads(done.out)["Invoice"]["Id"] == "12"
    assert done.out.startswith('{\n  "Invoice": {\n    "Id": "12",')
    assert "200 OK in " in done.err
    assert "intuit_tid: 1-" in done.err
    told = ledgerflow("api", "try", "quickbooks", "Read invoice", "-p", "id=12", "--json").json
    assert (told["status"], told["tries"], told["body"]["Invoice"]["Id"]) == (200, 1, "12")
    assert told["records"] == "Invoice"
    assert told["intuit_tid"].startswith("1-")
    assert told["elapsed_s"] < 30


@pytest.mark.usefixtures("quickbooks")
def test_a_refusal_is_shown_whole_with_its_meaning_and_code(ledgerflow: Command) -> None:
    ledgerflow(*READ_INVOICE)

    done = ledgerflow("api", "try", "quickbooks", "Read invoice", "-p", "id=999999")

    assert done.code == 2
    assert "400 Bad Request" in done.err
    assert json.loads(done.out)["Fault"]["Error"][0]["code"] == "610"
    assert "The record does not exist, was deleted, or is inactive." in done.err
    assert "intuit_tid 1-" in done.err
    told = ledgerflow("api", "try", "quickbooks", "Read invoice", "-p", "id=999999", "--json")
    assert told.code == 2
    assert (told.json["status"], told.json["error"]) == (400, "InputRefused")


@pytest.mark.usefixtures("quickbooks")
def test_a_customer_is_made_by_a_request_with_values_in_its_body(ledgerflow: Command) -> None:
    body = '{"DisplayName": "{name}", "Notes": "made by a request"}'
    added = ledgerflow(
        *("api", "request", "add", "quickbooks", "Create customer", "POST", "/v3/company/:realmId/customer"),
        *("--body", body, "--json"),
    )

    assert added.json["path"] == "/v3/company/{realmId}/customer"
    assert added.json["required"] == ["name"]
    made = ledgerflow("api", "try", "quickbooks", "Create customer", "-p", "name=Tom's Trees", "--json")
    assert made.code == 0
    assert made.json["body"]["Customer"]["DisplayName"] == "Tom's Trees"
    again = ledgerflow("api", "try", "quickbooks", "Create customer", "-p", "name=Tom's Trees")
    assert again.code == 5
    assert "Another record already has this name" in again.err
    other = ledgerflow(
        "api", "try", "quickbooks", "Create customer", "--body", "-", "--json", stdin='{"DisplayName":"B"}'
    )
    assert other.json["body"]["Customer"]["DisplayName"] == "B"


@pytest.mark.usefixtures("quickbooks")
def test_every_missing_value_is_told_at_once(ledgerflow: Command) -> None:
    ledgerflow(
        "api", "request", "add", "quickbooks", "Rate", "GET", "/v3/company/{realmId}/rate/{day}", "--query", "code"
    )

    done = ledgerflow("api", "try", "quickbooks", "Rate")

    assert done.code == 2
    assert "Rate needs day (path)." in done.err
    assert "Rate needs code (query)." in done.err
    assert "-p day=VALUE -p code=VALUE" in done.err
    assert "realmId" not in done.err


@pytest.mark.usefixtures("quickbooks")
def test_a_query_is_read_by_its_name_with_the_entitys_columns(ledgerflow: Command) -> None:
    ledgerflow("api", "request", "add", "quickbooks", "Query", "GET", "/v3/company/{realmId}/query", "--query", "query")

    done = ledgerflow("read", "quickbooks.Query", "-p", "query=SELECT * FROM Invoice MAXRESULTS 3", "--json")

    assert done.code == 0, done.err
    assert len({row["Id"] for row in done.json}) == 3
    assert "ShipDate" in done.json[0]


@pytest.mark.usefixtures("quickbooks")
def test_the_layout_seen_is_saved_with_the_request(ledgerflow: Command, project: Path) -> None:
    ledgerflow(*READ_INVOICE)

    done = ledgerflow("api", "try", "quickbooks", "Read invoice", "-p", "id=12", "--save-layout", "--json")

    layout = done.json["layout"]
    assert layout["Id"] == "VARCHAR"
    assert layout["TxnDate"] == "DATE"
    assert layout["MetaData"] == 'STRUCT("CreateTime" TIMESTAMPTZ, "LastUpdatedTime" TIMESTAMPTZ)'
    assert "TxnDate: DATE" in text(project, "apis/quickbooks.yaml")
    assert "records: Invoice" in text(project, "apis/quickbooks.yaml")
    (row,) = ledgerflow("read", "quickbooks.Read invoice", "-p", "id=12", "--json").json
    assert row["Id"] == "12"
    assert "ShipDate" not in row


@pytest.mark.usefixtures("unconnected")
def test_requests_are_listed_and_removed_and_comments_stay(ledgerflow: Command, project: Path) -> None:
    ledgerflow(*READ_INVOICE)
    ledgerflow("api", "request", "add", "quickbooks", "Query", "GET", "/v3/company/{realmId}/query", "--query", "query")
    file = project / "apis" / "quickbooks.yaml"
    file.write_text("# ours\n" + file.read_text())

    assert ledgerflow("api", "request", "remove", "quickbooks", "read INVOICE").code == 0

    assert [one["name"] for one in ledgerflow("api", "request", "list", "quickbooks", "--json").json] == ["Query"]
    assert file.read_text().startswith("# ours\n")
    assert "/invoice/" not in file.read_text()


@pytest.mark.usefixtures("unconnected")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("Read invoice", "GET", "/other"), "There is a request 'Read invoice' already."),
        (("READ invoice", "GET", "/other"), "There is a request 'Read invoice' already."),
        (("Other", "GET", "/v3/company/{realmId}/invoice/:id"), "is already there as 'Read invoice'."),
        (("Other", "FETCH", "/other"), "'FETCH' is no HTTP method."),
        (("Other", "GET", "other"), "A path starts with '/', not 'o'."),
        (("Other", "GET", "/a?b=c"), "A path has no '?': declare query parameters instead."),
        (("Other", "GET", "/a", "--header", "Authorization=x"), "'Authorization' would hold a secret"),
        (("Other", "GET", "/a", "--header", "X"), "'X' is not NAME=VALUE."),
        (("Other", "POST", "/a", "--body", "{broken"), "The body is not JSON"),
        (("Other", "POST", "/a", "--body", "@no-such-file"), "The body cannot be read"),
        (("Other", "GET", "/a", "--paging", "ofset"), "'ofset' is no kind of paging. Did you mean 'offset'?"),
        (("Other", "GET", "/a", "--paging", "offset"), "Missing key 'parameter'."),
        (("Other", "GET", "/a", "--paging", "page,page"), "'page' is not NAME=VALUE."),
        (("Other", "GET", "/a", "--records", "a..b"), "'a..b' is no dotted path such as data.items."),
    ],
)
def test_a_wrong_request_is_refused_and_the_file_stays(
    ledgerflow: Command, project: Path, words: tuple[str, ...], message: str
) -> None:
    ledgerflow(*READ_INVOICE)
    before = text(project, "apis/quickbooks.yaml")

    done = ledgerflow("api", "request", "add", "quickbooks", *words)

    assert done.code == 2
    assert message in done.err
    assert text(project, "apis/quickbooks.yaml") == before


@pytest.mark.usefixtures("unconnected")
def test_an_unknown_request_or_api_suggests_the_nearest(ledgerflow: Command) -> None:
    ledgerflow(*READ_INVOICE)

    assert "Did you mean 'Read invoice'?" in ledgerflow("api", "try", "quickbooks", "Read invoce").err
    assert "Did you mean 'quickbooks'?" in ledgerflow("api", "show", "quickbook").err


def test_the_whole_definition_is_exported_with_what_was_added(ledgerflow: Command, project: Path) -> None:
    from openapi_spec_validator import validate

    ledgerflow("api", "add", "quickbooks", "--sandbox")
    ledgerflow("api", "request", "add", "quickbooks", "Ping", "GET", "/ping")

    document = ledgerflow("api", "export", "quickbooks", "--json").json

    validate(document)
    assert document["servers"] == [{"url": "https://sandbox-quickbooks.api.intuit.com"}]
    assert document["paths"]["/ping"]["get"]["summary"] == "Ping"
    assert "/v3/company/{realmId}/invoice/{id}" in document["paths"]
    assert ledgerflow("api", "export", "quickbooks", "--to", "whole.yaml").code == 0
    assert text(project, "whole.yaml").startswith("openapi: 3.1.0\n")


def test_an_added_request_takes_the_place_of_the_shipped_one(ledgerflow: Command) -> None:
    ledgerflow("api", "add", "quickbooks")
    path = "/v3/company/{realmId}/invoice/{id}"

    assert ledgerflow("api", "request", "add", "quickbooks", "My invoice", "GET", path).code == 0

    requests = ledgerflow("api", "request", "list", "quickbooks", "--json").json
    assert [one["name"] for one in requests if one["path"] == path] == ["My invoice"]
    assert ledgerflow("api", "request", "remove", "quickbooks", "Read customer").code == 2
