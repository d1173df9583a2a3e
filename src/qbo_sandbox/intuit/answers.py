"""Answers in the shape of Intuit's OAuth hosts."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from qbo_sandbox.headers import new_tid


def json_answer(body: Mapping[str, Any], *, status: int = 200) -> Response:
    """JSON that no cache may keep."""
    return Response(
        json.dumps(body),
        status_code=status,
        headers={
            "content-type": "application/json;charset=UTF-8",
            "intuit_tid": new_tid(),
            "cache-control": "no-cache, no-store",
            "pragma": "no-cache",
        },
    )


def oauth_error(
    error: str, description: str | None = None, *, status: int = 400, challenge: str | None = None
) -> Response:
    """An error body of RFC 6749; `challenge` is the scheme that a 401 asks for."""
    body = {"error": error}
    if description is not None:
        body["error_description"] = description
    answer = json_answer(body, status=status)
    if challenge is not None:
        answer.headers["www-authenticate"] = f'{challenge} realm="Intuit"'
    return answer


def own_address(request: Request) -> str:
    """The sandbox's address as this caller knows it, without a trailing slash: what the discovery document names."""
    return str(request.base_url).rstrip("/")
