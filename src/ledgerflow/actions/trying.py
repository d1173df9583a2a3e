"""Try one request for real: what was sent, what came back, and what a refusal means."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ledgerflow.actions.apis import connections_of, open_api
from ledgerflow.apis.requests import RequestSource, RequestValues
from ledgerflow.core.api import EXTENSION, Request
from ledgerflow.core.calls import Answer
from ledgerflow.core.documents import Document
from ledgerflow.core.errors import InputRefused, LedgerflowError
from ledgerflow.engine.numbers import is_exact
from ledgerflow.net.client import RefusedAnswer
from ledgerflow.net.split import WHOLE_BODY, UnreadableAnswer, split_page
from ledgerflow.runner.workspace import Connection, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a try. `answer` is None when none came; `error` says what a refusal means."""

    request: Request
    company: str
    method: str
    path: str
    answer: Answer | None
    error: LedgerflowError | None
    records: str | None
    layout_saved: Mapping[str, str] | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers; cookies are not shown, since they may hold a session."""
        headers = self.answer.headers if self.answer is not None else {}
        return {name: "(not shown)" if name == "set-cookie" else value for name, value in headers.items()}

    @property
    def body_text(self) -> str:
        """The answer's body for people: JSON indented, every number as it came."""
        body = self.answer.body if self.answer is not None else b""
        try:
            return msgspec.json.format(body, indent=2).decode()
        except (msgspec.DecodeError, UnicodeDecodeError):
            return body.decode("utf-8", "replace")

    def as_json(self) -> dict[str, Any]:
        """The try as one JSON document; the body as structure where it is JSON, else as text. A number that a double
        does not hold stands as a text."""
        told: dict[str, Any] = {
            "request": self.request.name,
            "method": self.method,
            "path": self.path,
            "company": self.company,
        }
        if self.answer is not None:
            told |= {
                "status": self.answer.status,
                "elapsed_s": round(self.answer.elapsed_s, 4),
                "tries": self.answer.tries,
                "intuit_tid": self.answer.headers.get("intuit_tid"),
                "headers": dict(self.headers),
                "body": _body(self.answer),
            }
        if self.records is not None:
            told["records"] = self.records
        if self.layout_saved is not None:
            told["layout"] = dict(self.layout_saved)
        return told | (self.error.as_json() if self.error is not None else {})


async def try_request(
    workspace: Workspace,
    api_name: str,
    request_name: str,
    *,
    parameters: Mapping[str, str],
    body: str | None = None,
    connection_name: str | None = None,
    company: str | None = None,
    save_layout: bool = False,
    say: Callable[[str], None] | None = None,
) -> Tried:
    """Send a request once (again only as far as the connection's patience goes) and tell everything about it.

    With `save_layout` the columns seen in the answer's records are written into the request as its layout.

    Raises:
        InputRefused, ReconnectNeeded: before anything was sent: values are missing, no authorization. What an answer
            means is not raised: it stands in `Tried.error`.
    """
    api, provider = open_api(workspace, api_name)
    document = workspace.files.read("api", api_name)
    request = api.request(request_name, where=document.file)
    connection = _connection(workspace, api_name, connection_name)
    if save_layout and request.shipped:
        raise InputRefused(
            f"{request.name!r} belongs to the shipped definition, which declares its columns.",
            where=document.file,
            next_step="Leave --save-layout out.",
        )
    values = RequestValues(
        given=parameters,
        shared={name: _as_text(value) for name, value in connection.file.parameters.items()},
        company_parameter=connection.company_parameter,
        body=body,
    )
    source = RequestSource(request, values, provider=provider, where=f"{document.file}, request {request.name!r}")
    answer: Answer | None = None
    refused: LedgerflowError | None = None
    async with workspace.caller(connection.name, company, say=say) as caller:
        call = source.call(caller.company)
        try:
            answer = await caller.send(call)
        except LedgerflowError as error:
            if not isinstance(error.__cause__, RefusedAnswer):
                raise
            refused, answer = error, error.__cause__.answer
        called = caller.company
    layout = None
    if save_layout and refused is None and answer is not None:
        layout = _save_layout(workspace, document, request, answer, source.records)
    return Tried(
        request=request,
        company=called,
        method=call.method,
        path=call.path,
        answer=answer,
        error=refused,
        records=source.records,
        layout_saved=layout,
    )


def _connection(workspace: Workspace, api_name: str, wanted: str | None) -> Connection:
    """The connection to call an api by: the one named, the one that has the api's name, or the only one."""
    if wanted is not None:
        connection = workspace.connection(wanted)
        if connection.file.api != api_name:
            raise InputRefused(
                f"Connection {wanted!r} calls the api {connection.file.api!r}, not {api_name!r}.",
                where=connection.path,
                next_step=f"Use one of {', '.join(connections_of(workspace, api_name)) or 'none yet'}.",
            )
        return connection
    names = connections_of(workspace, api_name)
    if api_name in names or len(names) == 1:
        return workspace.connection(api_name if api_name in names else names[0])
    if not names:
        if workspace.files.has("connection", api_name):
            return workspace.connection(api_name)  # its file has faults: let it say so
        raise InputRefused(
            f"No connection calls the api {api_name!r}.",
            where="connections/",
            next_step=f"Run `ledgerflow connection set {api_name} --api {api_name} --base-url URL`.",
        )
    raise InputRefused(
        f"{len(names)} connections call the api {api_name!r}; say which one.",
        where=f"connections/: {', '.join(names)}",
        next_step=f"Add --connection {names[0]}, or the one you mean.",
    )


def _save_layout(
    workspace: Workspace, document: Document, request: Request, answer: Answer, records: str | None
) -> dict[str, str]:
    """Write the columns of the answer's records into the request."""
    from ledgerflow.engine.typed_scan import columns_in

    try:
        page = split_page(answer.body, records=records or WHOLE_BODY)
    except UnreadableAnswer as error:
        raise InputRefused(
            f"No layout can be seen: {error}",
            where=f"{document.file}, request {request.name!r}",
            next_step="Name the place of the records with --records when the request is added.",
        ) from error
    if not page.rows:
        raise InputRefused(
            "No layout can be seen: the answer holds no records.",
            where=f"{document.file}, request {request.name!r}, records {records or 'the whole answer'}",
            next_step="Try it with values that find some.",
        )
    layout = {column.name: column.type for column in columns_in(page.ndjson)}
    key = ("paths", request.path, request.method.lower(), EXTENSION)
    if records is not None:
        document.set((*key, "records"), records)
    document.set((*key, "layout"), layout)
    workspace.files.save(document)
    return layout


def _body(answer: Answer) -> Any:
    try:
        return json.loads(answer.body, parse_float=lambda text: float(text) if is_exact(text) else text)
    except ValueError:
        return answer.body.decode("utf-8", "replace")


def _as_text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
