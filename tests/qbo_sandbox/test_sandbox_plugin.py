"""The pytest plugin, in a project that is not ours."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

USES_IT = """
import urllib.request, json
from datetime import timedelta
import pytest

def call(box, tokens, path="companyinfo/1"):
    request = urllib.request.Request(
        f"{box.api_url}/v3/company/{tokens['realm_id']}/{path}",
        headers={"Authorization": "Bearer " + tokens["access_token"], "Accept": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code

def test_a_fresh_one(qbo_sandbox):
    tokens = qbo_sandbox.tokens(qbo_sandbox.realm_id)
    assert call(qbo_sandbox, tokens) == 200
    qbo_sandbox.misbehave("throttle")
    assert call(qbo_sandbox, tokens) == 429
    qbo_sandbox.advance(timedelta(hours=2))
    assert call(qbo_sandbox, tokens) == 401
    assert qbo_sandbox.meter()["calls"] == 1
    assert len(qbo_sandbox.companies) == 2

SEEN = []

@pytest.mark.qbo_sandbox(shared=True, companies=1, invoices=3, rotate="every")
class TestShared:
    def test_one(self, qbo_sandbox):
        SEEN.append(qbo_sandbox.api_url)
        assert len(qbo_sandbox.companies) == 1
        qbo_sandbox.misbehave("throttle", times=None)

    def test_two(self, qbo_sandbox):
        SEEN.append(qbo_sandbox.api_url)
        assert SEEN[0] == SEEN[1]
        assert call(qbo_sandbox, qbo_sandbox.tokens()) == 200

@pytest.mark.qbo_sandbox(process=True, companies=1, invoices=0, redirect_uris=["http://localhost:1/cb"])
def test_in_a_process(qbo_sandbox):
    assert qbo_sandbox.redirect_uri == "http://localhost:1/cb"
    assert call(qbo_sandbox, qbo_sandbox.tokens()) == 200

@pytest.mark.qbo_sandbox(invoicez=3)
def test_a_misspelt_setting(qbo_sandbox):
    raise AssertionError("the fixture should have failed")
"""


def test_fixtures_serve_fresh_shared_and_separate_sandboxes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USES_IT)
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--strict-markers")
    outcome.assert_outcomes(passed=4, errors=1)
    outcome.stdout.fnmatch_lines(["*invoicez*"])


def test_loading_the_plugin_loads_no_server() -> None:
    heavy = {"uvicorn", "pydantic", "starlette", "joserfc"}
    code = f"import sys, qbo_sandbox.pytest_plugin; print(sorted({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
