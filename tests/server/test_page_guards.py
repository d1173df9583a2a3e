"""Who may call the page's routes, and how every refusal is answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from page_calls import OWN_PAGE, call

from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RecordRefused, RetryLater
from ledgerflow.server.problems import PageRoute, kind_of
from ledgerflow.server.refusals import CrossSiteRefused
from ledgerflow.server.routes import routes
from ledgerflow.store.projects import ProjectFiles


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return ProjectFiles.make(tmp_path / "books", name="books").root


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8051"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:8050", "sec-fetch-site": "cross-site"},
    ],
)
def test_a_post_from_a_page_of_another_site_is_refused(project: Path, headers: dict[str, str]) -> None:
    answer = call(
        project, "POST", "/api/flows/x/run", headers={"content-type": "application/json", **headers}, body="{}"
    )
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_post_that_a_form_could_send_is_refused_before_it_is_read(project: Path, kind: str) -> None:
    headers = {**OWN_PAGE, "content-type": kind}
    answer = call(project, "POST", "/api/flows/x/check", headers=headers, body="this is not even JSON")
    assert answer.status_code == 415
    assert answer.json()["where"] == "POST /api/flows/x/check, header Content-Type"


def test_a_program_that_is_no_browser_may_post_json(project: Path) -> None:
    answer = call(
        project, "POST", "/api/flows/x/check", headers={"content-type": "application/json; charset=utf-8"}, body="{}"
    )
    assert answer.status_code == 400
    assert answer.json()["what"] == "There is no flow 'x'."


def test_another_host_name_is_refused_so_that_no_site_can_point_its_own_name_here(project: Path) -> None:
    answer = call(project, "GET", "/api/project", headers={"host": "rebound.example:8050"})
    assert answer.status_code == 421


def test_unknown_keys_are_refused_with_their_place_and_without_their_value(project: Path) -> None:
    body = json.dumps({"step": "a", "rows": 0, "sekret": "hunter2"})
    answer = call(project, "POST", "/api/flows/x/preview", body=body)
    problem = answer.json()
    assert answer.status_code == 400
    assert problem["error"] == "InputRefused"
    assert sorted(fault["key"] for fault in problem["faults"]) == ["rows", "sekret"]
    assert "hunter2" not in answer.text


def test_json_that_cannot_be_read_is_refused_in_three_parts(project: Path) -> None:
    answer = call(project, "POST", "/api/flows/x/check", body='{"parameters": ')
    assert answer.status_code == 400
    assert answer.json()["where"] == "POST /api/flows/x/check"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_address_that_is_not_there_answers_json_too(project: Path, method: str) -> None:
    answer = call(project, method, "/api/secrets")
    assert answer.status_code == 404
    assert answer.json()["what"] == "There is nothing here."


def test_every_route_of_the_page_refuses_strangers_and_answers_problems() -> None:
    assert len(routes.routes) > 5
    assert all(isinstance(route, PageRoute) for route in routes.routes if isinstance(route, APIRoute))
    assert all(isinstance(route, APIRoute) for route in routes.routes)


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (CrossSiteRefused, "InputRefused"),
        (InputRefused, "InputRefused"),
        (ReconnectNeeded, "ReconnectNeeded"),
        (RetryLater, "RetryLater"),
        (RecordRefused, "RecordRefused"),
    ],
)
def test_a_problem_is_named_by_who_acts_next(error: type[LedgerflowError], named: str) -> None:
    assert kind_of(error("what", where="where", next_step="next")) == named
