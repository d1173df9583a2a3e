"""Faults that the gateway answers before a company is reached: lower-case keys, epoch time, often XML.

Source of the shapes: bodies that users of the SDKs pasted into public issues, and a live probe of 2026-09-06.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from starlette.responses import Response

from qbo_sandbox.headers import QBO_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayFault:
    """One refusal by the gateway."""

    status: int
    message: str
    detail: str | None
    code: str
    type: str
    capital_keys: bool = False  # throttling answers come in the service layer's spelling
    headers: tuple[tuple[str, str], ...] = ()


def not_authenticated(detail: str | None) -> GatewayFault:
    """401: no usable access token."""
    return GatewayFault(
        status=401,
        message="message=AuthenticationFailed; errorCode=003200; statusCode=401",
        detail=detail,
        code="3200",
        type="AUTHENTICATION",
        headers=(("www-authenticate", 'Bearer realm="Intuit", error="invalid_token"'),),
    )


def no_token_sent() -> GatewayFault:
    """401: the call has no Bearer header at all."""
    return GatewayFault(
        status=401,
        message="message=ApplicationAuthenticationFailed; errorCode=003200; statusCode=401",
        detail=None,
        code="3200",
        type="AUTHENTICATION",
        headers=(("www-authenticate", 'Bearer realm="Intuit"'),),
    )


def not_this_company() -> GatewayFault:
    """403: a good token, but not for this company, or without the accounting scope."""
    return GatewayFault(
        status=403,
        message="message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
        detail=None,
        code="3100",
        type="SERVICE",
    )


def too_many_requests(*, retry_after_s: float | None = None) -> GatewayFault:
    """429; Intuit sends no reliable Retry-After, so one is there only when a test asks for it."""
    headers = () if retry_after_s is None else (("retry-after", f"{retry_after_s:g}"),)
    return GatewayFault(
        status=429,
        message="message=ThrottleExceeded; errorCode=003001; statusCode=429",
        detail="The request limit was reached.",
        code="3001",
        type="SERVICE",
        capital_keys=True,
        headers=headers,
    )


def fault_answer(fault: GatewayFault, *, accept: str, now: datetime, tid: str) -> Response:
    """The fault as JSON when `accept` names JSON, else as XML."""
    headers = {"intuit_tid": tid, "qbo-version": QBO_VERSION, "cache-control": "no-cache, no-store"}
    headers |= dict(fault.headers)
    if "json" not in accept.lower():
        body = _xml(fault, now)
        content_type = "application/xml;charset=UTF-8"
    else:
        body = json.dumps(_capital_json(fault, now) if fault.capital_keys else _lower_json(fault, now))
        content_type = "application/json;charset=UTF-8"
    return Response(body, status_code=fault.status, headers=headers | {"content-type": content_type})


def _lower_json(fault: GatewayFault, now: datetime) -> dict[str, object]:
    error = {"message": fault.message, "detail": fault.detail, "code": fault.code, "element": None}
    return {
        "warnings": None,
        "intuitObject": None,
        "fault": {"error": [error], "type": fault.type},
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": int(now.timestamp() * 1000),
        "status": None,
        "cdcresponse": [],
    }


def _capital_json(fault: GatewayFault, now: datetime) -> dict[str, object]:
    error = {"Message": fault.message, "Detail": fault.detail, "code": fault.code, "element": ""}
    return {
        "Fault": {"Error": [error], "type": fault.type},
        "time": now.isoformat(timespec="milliseconds"),
    }


def _xml(fault: GatewayFault, now: datetime) -> str:
    detail = "" if fault.detail is None else f"<Detail>{escape(fault.detail)}</Detail>"
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<IntuitResponse xmlns="http://schema.intuit.com/finance/v3" '
        f'time="{now.isoformat(timespec="milliseconds")}">'
        f'<Fault type="{fault.type}"><Error code="{fault.code}">'
        f"<Message>{escape(fault.message)}</Message>{detail}</Error></Fault></IntuitResponse>"
    )
