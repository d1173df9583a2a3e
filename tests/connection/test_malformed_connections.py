"""Malformed connection files: every fault at once, each with its line, key and what was expected."""

from __future__ import annotations

import pytest

from ledgerflow.core.connection import ConnectionFile
from ledgerflow.core.documents import Document
from ledgerflow.core.errors import InputRefused

FILE = "connections/quickbooks.yaml"
GOOD = "api: quickbooks\nbase_url: https://quickbooks.test\n"
SECRET = "hunter2-and-a-half"
NO_SECRET = "A secret never stands in a file; write vault:NAME or env:VARIABLE here."
KNOWN = "'api', 'base_url', 'auth', 'timeout_s', 'limits', 'parameters', 'headers'"

MALFORMED: dict[str, tuple[str, list[str]]] = {
    "an_empty_file": ("", ["key api: Missing key 'api'.", "key base_url: Missing key 'base_url'."]),
    "a_list": ("- quickbooks\n", ["line 1: Expected a mapping of keys to values at the top."]),
    "a_key_given_twice": (f"{GOOD}api: other\n", ["line 3: The key 'api' is given twice."]),
    "a_secret_given_twice": (
        f"{GOOD}auth:\n  type: bearer\n  token: {SECRET}\n  token: {SECRET}\n",
        ["line 6: The key 'token' is given twice."],
    ),
    "a_tab": ("api: quickbooks\n\tbase_url: x\n", ["line 2: A tab stands here; indent with spaces."]),
    "a_quote_not_closed": (
        "api: 'quickbooks\nbase_url: https://quickbooks.test\n",
        ["line 1: A quote is opened here and not closed."],
    ),
    "a_bracket_not_closed": (f"{GOOD}auth: {{type: none\n", ["line 3: A bracket is opened here and not closed."]),
    "a_colon_in_a_text": (
        "api: quick: books\n",
        [
            "line 1: A colon is not expected here: text with ': ' in it needs quotes, and keys of one mapping begin in "
            "the same column."
        ],
    ),
    "two_documents": (f"{GOOD}---\napi: b\n", ["line 3: A second document begins here; a file holds one."]),
    "a_control_character": (f"{GOOD}x: \x07\n", ["line 3: A control character stands here; take it out."]),
    "an_alias_of_nothing": ("api: *x\n", ["line 1: There is no anchor '&x' that this could stand for."]),
    "a_key_that_is_a_list": (f"{GOOD}? [a]\n: 3\n", ["line 1: A key must be plain text."]),
    "a_key_that_is_a_number": (f"{GOOD}1: x\n", ["line 3, key [1]: A key must be text; put this one in quotes."]),
    "no_base_url": ("api: quickbooks\n", ["line 1, key base_url: Missing key 'base_url'."]),
    "a_base_url_without_a_scheme": (
        "api: quickbooks\nbase_url: quickbooks.test\n",
        ["line 2, key base_url: Expected an address such as https://host/path, not 'quickbooks.test'."],
    ),
    "a_base_url_with_a_query": (
        "api: quickbooks\nbase_url: https://quickbooks.test/?minorversion=75\n",
        [
            "line 2, key base_url: A base URL ends before '?' and '#'; shared parameters stand under parameters.",
        ],
    ),
    "a_password_in_the_base_url": (
        f"api: quickbooks\nbase_url: https://me:{SECRET}@quickbooks.test\n",
        [
            "line 2, key base_url: An address must not hold a user or password; how to sign in stands under auth.",
        ],
    ),
    "an_api_that_is_no_name": (
        "api: my books\nbase_url: https://quickbooks.test\n",
        [
            "line 1, key api: 'my books' is not a name; use letters, digits, '_' and '-', starting with a letter, at "
            "most 64 of them."
        ],
    ),
    "an_unknown_key": (
        f"{GOOD}time_out: 3\n",
        [f"line 3, key time_out: Unknown key 'time_out'; expected one of {KNOWN}. Did you mean 'timeout_s'?"],
    ),
    "auth_that_is_a_word": (
        f"{GOOD}auth: oauth2\n",
        ["line 3, key auth: Expected a mapping of keys to values, not 'oauth2'."],
    ),
    "auth_without_a_type": (
        f"{GOOD}auth: {{grant: password}}\n",
        ["line 3, key auth: Missing key 'type', which says of what kind it is."],
    ),
    "an_unknown_type_of_auth": (
        f"{GOOD}auth: {{type: oauth1}}\n",
        [
            "line 3, key auth.type: Expected one of 'oauth2', 'api_key', 'basic', 'bearer', 'none', not 'oauth1'. Did "
            "you mean 'oauth2'?"
        ],
    ),
    "a_key_of_another_type_of_auth": (
        f"{GOOD}auth:\n  type: bearer\n  token: vault:token\n  client_id: AB1\n",
        ["line 6, key auth.client_id: Unknown key 'client_id'; expected one of 'type', 'token'."],
    ),
    "an_unknown_grant": (
        f"{GOOD}auth:\n  type: oauth2\n  grant: authorisation_code\n",
        [
            "line 5, key auth.grant: Expected one of 'authorization_code', 'client_credentials', 'password', "
            "'refresh_token', not 'authorisation_code'. Did you mean 'authorization_code'?"
        ],
    ),
    "a_secret_in_the_file": (
        f"{GOOD}auth:\n  type: oauth2\n  client_secret: {SECRET}\n",
        [f"line 5, key auth.client_secret: {NO_SECRET}"],
    ),
    "a_password_in_the_file": (
        f"{GOOD}auth:\n  type: basic\n  username: me\n  password: {SECRET}\n",
        [f"line 6, key auth.password: {NO_SECRET}"],
    ),
    "an_empty_reference": (
        f"{GOOD}auth:\n  type: bearer\n  token:\n",
        ["line 5, key auth.token: Expected vault:NAME or env:VARIABLE, not an empty value."],
    ),
    "a_client_id_that_yaml_reads_as_a_number": (
        f"{GOOD}auth:\n  type: oauth2\n  client_id: 1234\n",
        ["line 5, key auth.client_id: Expected text, not 1234."],
    ),
    "scopes_as_a_list": (
        f"{GOOD}auth:\n  type: oauth2\n  scope: [accounting, openid]\n",
        ["line 5, key auth.scope: Expected text, not a list."],
    ),
    "a_redirect_url_without_a_scheme": (
        f"{GOOD}auth:\n  type: oauth2\n  redirect_url: localhost:8050\n",
        ["line 5, key auth.redirect_url: Expected an address such as https://host/path, not 'localhost:8050'."],
    ),
    "an_api_key_without_a_name": (
        f"{GOOD}auth:\n  type: api_key\n  value: vault:api_key\n",
        ["line 3, key auth.name: Missing key 'name'."],
    ),
    "an_api_key_in_the_body": (
        f"{GOOD}auth:\n  type: api_key\n  name: k\n  value: vault:api_key\n  location: body\n",
        ["line 7, key auth.location: Expected one of 'header', 'query', not 'body'."],
    ),
    "a_company_parameter_of_two_words": (
        f"{GOOD}auth:\n  type: oauth2\n  company_from: realm id\n",
        ["line 5, key auth.company_from: Expected the name of one parameter, such as realmId, not 'realm id'."],
    ),
    "a_timeout_of_nothing": (
        f"{GOOD}timeout_s: 0\n",
        ["line 3, key timeout_s: Expected a number of more than 0, not 0."],
    ),
    "a_timeout_in_words": (f"{GOOD}timeout_s: soon\n", ["line 3, key timeout_s: Expected a number, not 'soon'."]),
    "half_a_call_in_flight": (
        f"{GOOD}limits: {{in_flight: 1.5}}\n",
        ["line 3, key limits.in_flight: Expected a whole number, not 1.5."],
    ),
    "too_many_calls_in_flight": (
        f"{GOOD}limits: {{in_flight: 1000}}\n",
        ["line 3, key limits.in_flight: Expected a number of at most 100, not 1000."],
    ),
    "limits_left_empty": (
        f"{GOOD}limits:\n",
        ["line 3, key limits: Expected a mapping of keys to values, not an empty value."],
    ),
    "a_secret_header": (
        f"{GOOD}headers: {{X-Api-Key: {SECRET}}}\n",
        ["line 3, key headers: Header 'X-Api-Key' would hold a secret; use the connection's auth for it."],
    ),
    "a_parameter_that_is_a_list": (
        f"{GOOD}parameters: {{minorversion: [75]}}\n",
        [
            "line 3, key parameters.minorversion: Expected text or a whole number or a number or true or false, not a "
            "list."
        ],
    ),
    "four_faults_at_once": (
        "api: 7\nbase_url: here\nauth: {type: oauth2, pkce: maybe}\ntimeouts: 1\n",
        [
            "line 1, key api: Expected text, not 7.",
            "line 2, key base_url: Expected an address such as https://host/path, not 'here'.",
            "line 3, key auth.pkce: Expected true or false, not 'maybe'.",
            f"line 4, key timeouts: Unknown key 'timeouts'; expected one of {KNOWN}. Did you mean 'timeout_s'?",
        ],
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_connection_is_refused_with_its_faults(name: str) -> None:
    text, expected = MALFORMED[name]
    with pytest.raises(InputRefused) as refused:
        Document(text, file=FILE).check(ConnectionFile)
    assert [str(fault).removeprefix(f"{FILE}, ") for fault in refused.value.faults] == expected
    assert refused.value.where.startswith(FILE)
    assert refused.value.next_step == f"Edit {FILE} and run the command again."
    assert SECRET not in str(refused.value.as_json())


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        f"{GOOD}auth: {{type: none}}\n",
        f"{GOOD}auth: {{type: oauth2, client_id: 'env:CLIENT_ID', client_secret: 'env:CLIENT_SECRET'}}\n",
        f"{GOOD}auth: {{type: api_key, name: key, value: 'vault:api_key', location: query}}\n",
        f"{GOOD}parameters: {{minorversion: 75, realmId: '9341450007919011'}}\nheaders: {{Accept: text/csv}}\n",
    ],
)
def test_a_good_connection_is_taken(text: str) -> None:
    assert Document(text, file=FILE).check(ConnectionFile).base_url == "https://quickbooks.test"
