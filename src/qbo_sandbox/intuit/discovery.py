"""The two discovery documents, with Intuit's addresses turned into the sandbox's own.

Source: https://developer.api.intuit.com/.well-known/openid_sandbox_configuration, as it stood on 2026-09-06.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qbo_sandbox.intuit.answers import json_answer, own_address

PRODUCTION_PATH = "/.well-known/openid_configuration"
SANDBOX_PATH = "/.well-known/openid_sandbox_configuration"
AUTHORIZE_PATH = "/connect/oauth2"
TOKEN_PATH = "/oauth2/v1/tokens/bearer"
REVOKE_PATH = "/v2/oauth2/tokens/revoke"
USERINFO_PATH = "/v1/openid_connect/userinfo"
JWKS_PATH = "/op/v1/jwks"
ISSUER_PATH = "/op/v1"


def discovery_document(address: str) -> dict[str, Any]:
    """The document for a sandbox at `address`; only the addresses differ from Intuit's."""
    return {
        "issuer": address + ISSUER_PATH,
        "authorization_endpoint": address + AUTHORIZE_PATH,
        "token_endpoint": address + TOKEN_PATH,
        "userinfo_endpoint": address + USERINFO_PATH,
        "revocation_endpoint": address + REVOKE_PATH,
        "jwks_uri": address + JWKS_PATH,
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
    }


async def _answer(request: Request) -> Response:
    return json_answer(discovery_document(own_address(request)))


def discovery_routes() -> list[Route]:
    paths = [path + slash for path in (PRODUCTION_PATH, SANDBOX_PATH) for slash in ("", "/")]
    return [Route(path, _answer, methods=["GET"]) for path in paths]
