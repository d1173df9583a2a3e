"""Fixtures for anybody's tests: a local QuickBooks over real HTTP, steered by a marker. Costs nothing until used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from qbo_sandbox.served import ServedSandbox

MARKER = "qbo_sandbox"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "qbo_sandbox(shared=False, process=False, **settings): how fixture qbo_sandbox is started. shared: one for all "
        "tests of the session with the same settings; process: in a process of its own instead of a thread; settings: "
        "invoices, seed, companies, redirect_uris, data, limits, rotate, old_value, client_id, client_secret, gzip.",
    )


@pytest.fixture
def qbo_sandbox(request: pytest.FixtureRequest) -> Iterator[ServedSandbox]:
    """A local QuickBooks: `api_url`, `token_url`, ..., `.tokens()`, `.meter()`, `.misbehave()`, `.advance()`.

    Each test has its own unless marked `shared=True`; a shared one keeps its data and tokens, while its meter and its
    misbehaviours start anew with every test.
    """
    wish = _wish(request)
    shared = bool(wish.pop("shared", False))
    if not shared:
        with _serve(wish) as served:
            yield served
        return
    pool: _Pool = request.getfixturevalue("_qbo_sandbox_pool")
    served = pool.sandbox(wish)
    served.behave()
    served.reset_meter()
    yield served


@pytest.fixture(scope="session")
def _qbo_sandbox_pool() -> Iterator[_Pool]:
    with ExitStack() as running:
        yield _Pool(running)


class _Pool:
    """The shared sandboxes of a session, by their settings."""

    def __init__(self, running: ExitStack) -> None:
        self._running = running
        self._served: dict[str, ServedSandbox] = {}

    def sandbox(self, wish: dict[str, Any]) -> ServedSandbox:
        key = repr(sorted(wish.items()))
        if key not in self._served:
            self._served[key] = self._running.enter_context(_serve(wish))
        return self._served[key]


def _wish(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The marker's settings: those of the module and class hold unless the test's own say otherwise."""
    wish: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers(MARKER))):
        wish |= marker.kwargs
    return wish


def _serve(wish: dict[str, Any]) -> AbstractContextManager[ServedSandbox]:
    from qbo_sandbox.served import serve_in_process, serve_in_thread
    from qbo_sandbox.settings import SandboxSettings

    given = dict(wish)
    own_process = bool(given.pop("process", False))
    settings = SandboxSettings(**given)
    return serve_in_process(settings) if own_process else serve_in_thread(settings)
