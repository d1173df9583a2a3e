"""Serves a sandbox over HTTP on the loopback interface until it is told to stop."""

import argparse
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import uvicorn
from pydantic import ValidationError

from qbo_sandbox.app import Sandbox
from qbo_sandbox.http_protocol import cuttable_protocol
from qbo_sandbox.settings import DEFAULT_REDIRECT_URIS, OldValue, Rotate, SandboxSettings
from qbo_sandbox.storage import StateUnreadable

HOST = "127.0.0.1"
DONE, INPUT_REFUSED = 0, 2


class SandboxServer(uvicorn.Server):
    """uvicorn that tells when it is ready, and leaves signals to whoever runs it."""

    def __init__(self, sandbox: Sandbox, *, on_ready: Callable[[], None], own_log: bool = True) -> None:
        """`own_log` writes uvicorn's errors to stderr; without it they go to whatever logging is set up."""
        super().__init__(
            uvicorn.Config(
                sandbox.asgi,
                http=cuttable_protocol(),
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=uvicorn.config.LOGGING_CONFIG if own_log else None,
                log_level="warning",
                server_header=False,
                timeout_keep_alive=60,
                timeout_graceful_shutdown=2,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _StopRequested(BaseException):
    """Ctrl-C or SIGTERM while the companies are still being made."""


def run_sandbox(
    settings: SandboxSettings, *, as_json: bool = False, out: TextIO | None = None, program: str = "qbo_sandbox"
) -> int:
    """Serve a sandbox until Ctrl-C or SIGTERM, from the main thread; give the exit code.

    When it is ready one line of JSON goes to `out` (stdout by default) with `as_json`, else a short text. Exit code 0
    after a signal, 2 when the port or the data folder cannot be used; that is said on stderr in the name of `program`.
    """
    with _Stopping() as stopping:
        try:
            return _serve(settings, stopping, as_json=as_json, out=out or sys.stdout, program=program)
        except _StopRequested:
            return DONE


def _serve(settings: SandboxSettings, stopping: "_Stopping", *, as_json: bool, out: TextIO, program: str) -> int:
    try:
        listening = listen(settings.port)
    except OSError as error:
        what = f"port {settings.port} cannot be used ({error.strerror})"
        return _refuse(program, what, "Choose another with --port.")
    with listening:
        try:
            sandbox = Sandbox(settings)
        except StateUnreadable as error:
            return _refuse(program, str(error), "Choose another folder with --data.")
        described = sandbox.described(address_of(listening))

        def ready() -> None:
            print(json.dumps(described) if as_json else _friendly(described), file=out, flush=True)

        server = SandboxServer(sandbox, on_ready=ready)
        stopping.stop_by(server)
        try:
            server.run(sockets=[listening])
        finally:
            sandbox.close()
    return DONE


def listen(port: int) -> socket.socket:
    """A listening socket on the loopback interface; port 0 takes a free one.

    The protocol is named because asyncio switches Nagle's algorithm off only where it is: without it every small
    answer, sent as headers and body, waits 40 ms for the client's delayed acknowledgement.

    Raises:
        OSError: the port is taken or not allowed.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere this option lets two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(1024)
    except OSError:
        listening.close()
        raise
    return listening


def address_of(listening: socket.socket) -> str:
    return f"http://{HOST}:{listening.getsockname()[1]}"


class _Stopping:
    """Turns SIGINT and SIGTERM into a clean stop: of the server when it runs, of the work before that otherwise."""

    _SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self._server: SandboxServer | None = None
        self._former: dict[signal.Signals, Any] = {}

    def stop_by(self, server: SandboxServer) -> None:
        self._server = server

    def __enter__(self) -> "_Stopping":
        self._former = {number: signal.signal(number, self._stop) for number in self._SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if self._server is None:
            raise _StopRequested
        self._server.should_exit = True


def settings_from(
    arguments: Sequence[str] | None = None, *, program: str = "qbo_sandbox"
) -> tuple[SandboxSettings, bool]:
    """Settings and whether JSON is wanted, from command line arguments; a mistake ends the program as argparse does."""
    parser = _parser(program)
    given = vars(parser.parse_args(arguments))
    as_json: bool = given.pop("json")
    given["redirect_uris"] = tuple(given.pop("redirect_uri") or DEFAULT_REDIRECT_URIS)
    try:
        return SandboxSettings(**given), as_json
    except ValidationError as error:
        parser.error("; ".join(f"--{str(f['loc'][0]).replace('_', '-')}: {f['msg']}" for f in error.errors()))


def main(arguments: Sequence[str] | None = None, *, program: str = "qbo_sandbox") -> int:
    """`python -m qbo_sandbox`; `program` is the name its help shows."""
    settings, as_json = settings_from(arguments, program=program)
    return run_sandbox(settings, as_json=as_json, program=program)


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program, description="A local QuickBooks Online with made-up companies, for tests and trials."
    )
    fields = SandboxSettings.model_fields
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 (default) takes a free one")
    parser.add_argument(
        "--invoices", type=int, default=fields["invoices"].default, help="invoices per company (default %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=fields["seed"].default, help="same seed, same businesses")
    parser.add_argument(
        "--companies", type=int, default=fields["companies"].default, help="how many (default %(default)s)"
    )
    parser.add_argument(
        "--redirect-uri",
        action="append",
        metavar="URI",
        help=f"registered redirect URI, repeatable; the default ones are {', '.join(DEFAULT_REDIRECT_URIS)}",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep companies, tokens and keys here between starts")
    parser.add_argument("--limits", action="store_true", help="keep Intuit's published limits (10/s, 500/min, ...)")
    parser.add_argument("--rotate", choices=[*Rotate], default=Rotate.DAILY, help="when refresh tokens change")
    parser.add_argument(
        "--old-value", choices=[*OldValue], default=OldValue.DEAD, help="what a replaced refresh token still does"
    )
    parser.add_argument("--client-id", help="made at random otherwise, and kept with --data")
    parser.add_argument("--client-secret", help="likewise")
    parser.add_argument("--gzip", action="store_true", help="compress answers for clients that accept it")
    parser.add_argument("--json", action="store_true", help="print one JSON line when ready")
    return parser


def _friendly(described: dict[str, Any]) -> str:
    companies = "\n".join(f"  {company['realm_id']}  {company['name']}" for company in described["companies"])
    return (
        f"A local QuickBooks is ready at {described['api_url']}\n"
        f"Companies:\n{companies}\n"
        f"Client id:     {described['client_id']}\n"
        f"Client secret: {described['client_secret']}\n"
        f"Authorize:     {described['authorize_url']}\n"
        f"Token:         {described['token_url']}\n"
        f"Redirect URI:  {described['redirect_uri']}\n"
        f"Tests:         {described['control_url']} (curl it for what can be done)\n"
        "Ctrl-C stops it."
    )


def _refuse(program: str, what: str, next_step: str) -> int:
    print(f"{program}: {what}\n  next: {next_step}", file=sys.stderr)
    return INPUT_REFUSED
