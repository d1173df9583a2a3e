"""Add apis to a project, look at them, and hand them on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ledgerflow.apis import all_providers
from ledgerflow.apis.contract import Provider
from ledgerflow.core.api import EXTENSION, Api, Request
from ledgerflow.core.api_document import read_api
from ledgerflow.core.connection import ConnectionFile
from ledgerflow.core.documents import Document
from ledgerflow.core.errors import InputRefused, nearest_name
from ledgerflow.core.filling import body_values
from ledgerflow.core.names import FILES, NAME_RULE, is_name
from ledgerflow.runner.workspace import Workspace


def add_shipped_api(
    workspace: Workspace, provider_name: str, *, name: str | None = None, environment: str | None = None
) -> dict[str, Any]:
    """Add the definition that a provider ships, with a connection to one of its servers (the first by default).

    Raises:
        InputRefused: no such provider or environment, or the project has an api or connection of that name.
    """
    provider = _provider(provider_name)
    servers = provider.servers
    chosen = environment or next(iter(servers))
    if chosen not in servers:
        raise InputRefused(
            f"{provider.title} has no {chosen!r} server.",
            where=f"servers of {provider.name}: {', '.join(servers)}",
            next_step="Use one of them, or add the api with --custom and --base-url.",
        )
    made = name or provider.name
    settings = {"provider": provider.name, "definition": "shipped"}
    _make_files(workspace, made, title=provider.title, base_url=servers[chosen], provider=provider, settings=settings)
    return _added(workspace, made, provider)


def add_custom_api(
    workspace: Workspace, name: str, *, base_url: str, provider_name: str | None = None
) -> dict[str, Any]:
    """Add an api of which only the base URL is known; its requests are added one by one.

    A provider whose server the base URL names is recognised; `provider_name` names one in any case, such as for a
    local QuickBooks.
    """
    provider = _provider(provider_name) if provider_name else _provider_at(base_url)
    settings = {"provider": provider.name} if provider is not None else {}
    title = f"{provider.title} (own requests)" if provider is not None else name
    _make_files(workspace, name, title=title, base_url=base_url, provider=provider, settings=settings)
    return _added(workspace, name, provider)


def list_apis(workspace: Workspace) -> list[dict[str, Any]]:
    """Every api of the project in a line; one whose file has faults tells its first."""
    listed: list[dict[str, Any]] = []
    for name in workspace.files.names("api"):
        try:
            api, provider = open_api(workspace, name)
        except InputRefused as error:
            listed.append({"api": name, "fault": error.what, "next": error.next_step})
            continue
        listed.append(
            {
                "api": name,
                "title": api.title,
                "provider": provider.name if provider is not None else None,
                "requests": len(api.requests),
                "connections": connections_of(workspace, name),
            }
        )
    return listed


def show_api(workspace: Workspace, name: str) -> dict[str, Any]:
    """An api's requests, and the resources its provider reads by name."""
    api, provider = open_api(workspace, name)
    return {
        "api": name,
        "title": api.title,
        "file": workspace.files.path("api", name),
        "provider": provider.name if provider is not None else None,
        "connections": connections_of(workspace, name),
        "resources": list(provider.resources()) if provider is not None else [],
        "requests": [request_line(request, provider) for request in api.requests],
    }


def export_api(workspace: Workspace, name: str) -> dict[str, Any]:
    """The whole OpenAPI document of an api: what its provider ships, and what the project added."""
    api, provider = open_api(workspace, name)
    own = workspace.files.read("api", name).data
    servers = [{"url": workspace.connection(each).file.base_url} for each in connections_of(workspace, name)]
    if provider is None or api.settings.definition != "shipped":
        whole = {"openapi": "3.1.0", "info": {"title": api.title, "version": "1"}, **own}
        return {**whole, **({} if "servers" in own or not servers else {"servers": servers})}
    shipped = provider.definition()
    paths: dict[str, Any] = {path: dict(item) for path, item in shipped["paths"].items()}
    for path, item in (own.get("paths") or {}).items():
        paths[path] = {**paths.get(path, {}), **item}
    return {**shipped, "servers": servers or shipped["servers"], "paths": paths}


def open_api(workspace: Workspace, name: str) -> tuple[Api, Provider | None]:
    """An api with its provider. Raises InputRefused: none of that name, or its file has faults."""
    document = workspace.files.read("api", name)
    provider = provider_of(document)
    return read_api(document, shipped=provider.definition if provider is not None else None), provider


def provider_of(document: Document) -> Provider | None:
    """The provider that an api document names."""
    own = document.data.get(EXTENSION)
    named = own.get("provider") if isinstance(own, Mapping) else None
    if named is None:
        return None
    known = all_providers()
    if named not in known:
        fault = document.fault(
            (EXTENSION, "provider"),
            f"Unknown provider {named!r}; known: {', '.join(known)}.",
            nearest=nearest_name(str(named), list(known)),
        )
        raise InputRefused(
            fault.text,
            where=f"{document.file}, line {fault.line}, key {fault.key}",
            next_step=f"Edit {document.file} and run the command again.",
            faults=[fault],
        )
    return known[str(named)]


def connections_of(workspace: Workspace, api: str) -> list[str]:
    """The connections that call an api; one with faults in its file counts for none."""
    found = []
    for name in workspace.files.names("connection"):
        try:
            file = workspace.files.read("connection", name).check(ConnectionFile)
        except InputRefused:
            continue
        if file.api == api:
            found.append(name)
    return found


def request_line(request: Request, provider: Provider | None) -> dict[str, Any]:
    """A request as lists show it. The value that the company fills is none that a person gives."""
    filled = provider.company_parameter if provider is not None else None
    asked = [parameter for parameter in request.parameters if parameter.name != filled]
    inside = body_values(request)
    return {
        "name": request.name,
        "method": request.method,
        "path": request.path,
        "parameters": [*(parameter.name for parameter in asked), *inside],
        "required": [*(each.name for each in asked if each.required and each.default is None), *inside],
        "body": request.takes_body,
        "records": request.settings.records,
        "paging": request.settings.paging.kind,
        "shipped": request.shipped,
    }


def _make_files(
    workspace: Workspace,
    name: str,
    *,
    title: str,
    base_url: str,
    provider: Provider | None,
    settings: Mapping[str, str],
) -> None:
    """Write the api's document and its connection, when neither is there yet."""
    if not is_name(name) or name == FILES:
        why = f"Use {NAME_RULE}." if name != FILES else "It stands for the project's files; use another name."
        raise InputRefused(f"{name!r} cannot name an api.", where="the api's name", next_step=why)
    files = workspace.files
    for kind in ("api", "connection"):
        if files.has(kind, name):
            article = "an" if kind == "api" else "a"
            raise InputRefused(
                f"There is {article} {kind} {name!r} already.",
                where=files.path(kind, name),
                next_step="Choose another name, or change that file.",
            )
    connection = Document(_CONNECTION_TEXT, file=files.path("connection", name))
    connection.set(("api",), name)
    connection.set(("base_url",), base_url)
    if provider is not None and provider.sign_in is not None:
        sign_in = provider.sign_in
        connection.set(("auth", "type"), "oauth2")
        if base_url.rstrip("/") in provider.servers.values():
            connection.set(("auth", "auth_url"), sign_in.auth_url)
            connection.set(("auth", "token_url"), sign_in.token_url)
            if sign_in.revoke_url is not None:
                connection.set(("auth", "revoke_url"), sign_in.revoke_url)
        connection.set(("auth", "scope"), sign_in.scope)
    try:
        connection.check(ConnectionFile)
    except InputRefused as error:  # nothing is written yet: the address is what a person gave
        raise InputRefused(
            error.what, where="the base URL", next_step="Give scheme and host, such as https://api.example.com."
        ) from error
    document = Document(_API_TEXT, file=files.path("api", name))
    document.set(("info", "title"), title)
    for key, value in settings.items():
        document.set((EXTENSION, key), value)
    document.set(("paths",), {})
    files.save(connection)
    files.save(document)


_API_TEXT = """\
# An OpenAPI document: the requests that can be made. `ledgerflow api request add` adds one.
openapi: 3.1.0
info:
  title: ""
  version: "1"
"""
_CONNECTION_TEXT = """\
# Which server is called, and how to sign in. Secrets stay in the vault; this file is safe to commit.
api: ""
"""


def _added(workspace: Workspace, name: str, provider: Provider | None) -> dict[str, Any]:
    connection = workspace.connection(name)
    return {
        "api": name,
        "provider": provider.name if provider is not None else None,
        "base_url": connection.file.base_url,
        "files": [workspace.files.path("api", name), workspace.files.path("connection", name)],
    }


def _provider(name: str) -> Provider:
    known = all_providers()
    if name in known:
        return known[name]
    nearest = nearest_name(name, list(known))
    raise InputRefused(
        f"No provider is called {name!r}." + (f" Did you mean {nearest!r}?" if nearest else ""),
        where=f"known providers: {', '.join(known)}",
        next_step=f"For any other api: `ledgerflow api add --custom {name} --base-url URL`.",
    )


def _provider_at(base_url: str) -> Provider | None:
    """The provider one of whose servers a base URL names."""
    host = urlsplit(base_url).netloc.lower()
    return next(
        (one for one in all_providers().values() if host in {urlsplit(url).netloc for url in one.servers.values()}),
        None,
    )
