"""The two discovery documents, with Intuit's hosts turned into the sandbox, and the paths of what they name."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import qbo_facts
from qbo_sandbox.intuit.answers import json_answer, own_address

_FACTS = qbo_facts.oauth()


def _path(url: str) -> str:
    return urlsplit(url).path


PRODUCTION_PATH = _path(_FACTS.discovery_urls["production"])
SANDBOX_PATH = _path(_FACTS.discovery_urls["sandbox"])
AUTHORIZE_PATH = _path(_FACTS.document["authorization_endpoint"])
TOKEN_PATH = _path(_FACTS.document["token_endpoint"])
REVOKE_PATH = _path(_FACTS.document["revocation_endpoint"])
USERINFO_PATH = _path(_FACTS.document["userinfo_endpoint"])
JWKS_PATH = _path(_FACTS.document["jwks_uri"])
ISSUER_PATH = _path(_FACTS.document["issuer"])


def discovery_document(published: Mapping[str, Any], *, address: str) -> dict[str, Any]:
    """A published document for a sandbox at `address`: every path stays, every host becomes this one."""
    return {
        name: address + _path(value) if isinstance(value, str) and value.startswith("https://") else value
        for name, value in published.items()
    }


def discovery_routes() -> list[Route]:
    """Both documents, with and without the slash that some SDKs put at the end."""
    return [
        Route(path + slash, endpoint, methods=["GET"])
        for path, endpoint in ((PRODUCTION_PATH, _production), (SANDBOX_PATH, _sandbox))
        for slash in ("", "/")
    ]


async def _production(request: Request) -> Response:
    return json_answer(discovery_document(_FACTS.document, address=own_address(request)))


async def _sandbox(request: Request) -> Response:
    return json_answer(discovery_document(_FACTS.sandbox_document, address=own_address(request)))
