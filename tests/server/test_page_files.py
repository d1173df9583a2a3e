"""The built page: where it is served, under which policy, and that its types fit the server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from page_calls import call

from ledgerflow.server.describe import text
from ledgerflow.server.page import PAGE_PATHS
from ledgerflow.store.projects import ProjectFiles

UI = Path(__file__).parents[2] / "ui"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return ProjectFiles.make(tmp_path / "books", name="books").root


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A built page of two files."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Ledgerflow</title><div id=root></div>")
    (folder / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "assets" / "index-abc.js").write_text("export {}")
    return folder


@pytest.mark.parametrize("path", ["/", "/flows", "/flows/overdue", "/runs", "/runs/overdue-20261123T210400-a1b2"])
def test_the_page_is_served_at_each_of_its_addresses(project: Path, static: Path, path: str) -> None:
    answer = call(project, "GET", path, headers={}, static=static)
    assert answer.status_code == 200
    assert "<div id=root>" in answer.text


def test_the_page_may_run_and_call_nothing_but_its_own_server(project: Path, static: Path) -> None:
    answer = call(project, "GET", "/", headers={}, static=static)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"


def test_files_with_a_hash_in_their_name_are_kept_and_data_is_not(project: Path, static: Path) -> None:
    asset = call(project, "GET", "/assets/index-abc.js", headers={}, static=static)
    assert asset.status_code == 200
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-type"].startswith("text/javascript")
    data = call(project, "GET", "/api/project", headers={}, static=static)
    assert data.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/assets/../index.html", "/assets/%2e%2e/%2e%2e/app.py", "/assets//etc/passwd"])
def test_nothing_outside_the_built_page_is_served(project: Path, static: Path, path: str) -> None:
    assert call(project, "GET", path, headers={}, static=static).status_code == 404


def test_without_a_built_page_the_plain_status_page_is_shown(project: Path, tmp_path: Path) -> None:
    answer = call(project, "GET", "/", headers={}, static=tmp_path / "not built")
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "books" in answer.text


def test_the_way_back_from_a_consent_page_goes_before_the_page(project: Path, static: Path) -> None:
    answer = call(project, "GET", "/?code=x&state=nobody-began-this", headers={}, static=static)
    assert answer.status_code == 400
    assert "<div id=root>" not in answer.text


def test_the_project_is_told(project: Path) -> None:
    told = call(project, "GET", "/api/project", headers={}).json()
    assert told["project"] == "books"
    assert told["folder"] == str(project)


def test_the_openapi_document_of_the_page_is_that_of_the_server() -> None:
    kept = (UI / "src/api/openapi.json").read_text()
    assert kept == text(), "run: python -m ledgerflow.server.describe > ui/src/api/openapi.json; cd ui; npm run api"


def test_the_server_answers_every_address_that_the_page_has() -> None:
    app = (UI / "src/app/App.tsx").read_text()
    paths = {"/" + path for path in re.findall(r'path="([^"*]+)"', app)}
    assert paths == {path.replace("{", ":").replace("}", "") for path in PAGE_PATHS}


def test_the_lock_file_names_no_host() -> None:
    lock = (UI / "package-lock.json").read_text()
    assert '"integrity"' in lock
    assert not re.search(r'"resolved"|https?://[^"]*\.tgz', lock)
