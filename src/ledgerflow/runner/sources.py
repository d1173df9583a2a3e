"""What a resource name of a connection reads: an entity that its provider knows, or a request of its api."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledgerflow.apis.requests import source_of
from ledgerflow.core.api_document import read_api
from ledgerflow.core.errors import InputRefused, nearest_name

if TYPE_CHECKING:
    from ledgerflow.apis.contract import ReadRequest, Source
    from ledgerflow.core.api import Api
    from ledgerflow.runner.workspace import Connection


def source_for(connection: Connection, request: ReadRequest, *, where: str) -> Source:
    """The source of a read, checked as far as it can be without a call.

    Raises:
        InputRefused: placed at `where`: the connection has no such resource, or the condition or values are wrong.
    """
    provider = connection.provider
    if provider is not None and provider.has_resource(request.resource):
        return provider.source(request, where=where)
    api = api_of(connection)
    found = api.find(request.resource)
    if found is None:
        resources = provider.resources() if provider is not None else ()
        known = [*(one.name for one in api.requests), *resources]
        nearest = nearest_name(request.resource, known)
        raise InputRefused(
            f"Connection {connection.name!r} has no resource {request.resource!r}."
            + (f" Did you mean {nearest!r}?" if nearest else ""),
            where=where,
            next_step=f"`ledgerflow api show {connection.file.api}` lists its requests and resources.",
        )
    return source_of(
        request,
        found,
        shared=connection.file.parameters,
        company_parameter=connection.company_parameter,
        provider=provider,
        where=where,
    )


def api_of(connection: Connection) -> Api:
    """The requests of a connection's api. Raises InputRefused with every fault of its file."""
    shipped = connection.provider.definition if connection.provider is not None else None
    return read_api(connection.api, shipped=shipped)
