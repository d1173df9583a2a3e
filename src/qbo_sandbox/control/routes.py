"""The control calls: one table gives the routes and the documentation that GET /control answers with."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qbo_sandbox.control.acts import Acts
from qbo_sandbox.control.guard import why_refused
from qbo_sandbox.control.records import RecordActs
from qbo_sandbox.control.refusal import Refused
from qbo_sandbox.intuit.answers import own_address
from qbo_sandbox.names import NoSuchCompany
from qbo_sandbox.settings import LimitSettings

if TYPE_CHECKING:
    from qbo_sandbox.app import Sandbox

Handler = Callable[[Request], Awaitable[Any]]
_RECORDS = "/control/companies/{realm_id}/records/{entity}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One control call: how it is made, what it does, and who does it."""

    method: str
    path: str
    does: str
    body: Any = None  # an example
    handler: Handler


def control_routes(sandbox: "Sandbox") -> list[Route]:
    """Routes for every control call of `sandbox`."""
    calls = _calls(sandbox)
    documented = [_documented(call) for call in calls]

    async def index(request: Request) -> dict[str, Any]:
        return {"sandbox": sandbox.described(own_address(request)), "calls": documented}

    routes = [Route("/control", _guarded(index), methods=["GET"])]
    return routes + [Route(call.path, _guarded(call.handler), methods=[call.method]) for call in calls]


def _calls(sandbox: "Sandbox") -> list[_Call]:
    acts, records = Acts(sandbox), RecordActs(sandbox)
    call = _Call
    return [
        call(method="GET", path="/control/clock", does="The sandbox time.", handler=acts.clock),
        call(
            method="POST",
            path="/control/clock",
            does=(
                'Move the clock by seconds, or set it with {"set": "2026-12-01T00:00:00Z"}; tokens, limits and '
                "change times follow."
            ),
            body={"advance_s": 86400},
            handler=acts.move_clock,
        ),
        call(method="GET", path="/control/limits", does="The limits in force.", handler=acts.limits),
        call(
            method="PUT",
            path="/control/limits",
            does="Switch the published limits on or off, or change them; absent figures are Intuit's.",
            body=LimitSettings(enabled=True).model_dump(),
            handler=acts.change_limits,
        ),
        call(
            method="GET",
            path="/control/misbehaviours",
            does="The rules that can still strike, in order.",
            handler=acts.misbehaviours,
        ),
        call(
            method="POST",
            path="/control/misbehaviours",
            does=(
                "Queue a rule. kind: throttle (retry_after_s), server_error (status, retry_after_s), cut (when: "
                "before_answer or mid_body), lose_answer, slow (delay_s), expire_access_tokens, rotate_refresh_token. "
                "times: calls to strike, null for all; after: calls to let by first; match: path (part of it), kind, "
                "method; without match it is for company calls alone."
            ),
            body={"kind": "throttle", "times": 2, "after": 5, "match": {"kind": "query"}, "retry_after_s": 1},
            handler=acts.misbehave,
        ),
        call(
            method="DELETE", path="/control/misbehaviours", does="Behave again: drop every rule.", handler=acts.behave
        ),
        call(method="GET", path="/control/rotation", does="How refresh tokens rotate.", handler=acts.rotation),
        call(
            method="PUT",
            path="/control/rotation",
            does=(
                "rotate: daily or every (refresh); old_value: dead, grace (24 hours) or ends_connection. "
                "Absent keys stay."
            ),
            body={"rotate": "every", "old_value": "dead"},
            handler=acts.change_rotation,
        ),
        call(
            method="POST",
            path="/control/tokens",
            does="A token pair without the consent page, by default for the first company and the accounting scope.",
            body={"realm_id": "9341450007919011"},
            handler=acts.tokens,
        ),
        call(
            method="POST",
            path="/control/tokens/expire",
            does="Expire the access tokens of a company now (of all companies without realm_id).",
            body={"realm_id": "9341450007919011"},
            handler=acts.expire,
        ),
        call(
            method="POST",
            path="/control/tokens/rotate",
            does="Replace the refresh token of a company unseen, as a lost answer would (of all without realm_id).",
            body={"realm_id": "9341450007919011"},
            handler=acts.rotate,
        ),
        call(
            method="GET",
            path="/control/connections",
            does="Every authorization there was: company, scopes, refreshes done, when it ends, why it ended.",
            handler=acts.connections,
        ),
        call(
            method="POST",
            path="/control/disconnect",
            does="Disconnect a company as its user would, inside QuickBooks.",
            body={"realm_id": "9341450007919011"},
            handler=acts.disconnect,
        ),
        call(
            method="GET",
            path="/control/meter",
            does="Calls by kind and company: metered, unmetered, and those the gateway refused by status.",
            handler=acts.meter,
        ),
        call(method="DELETE", path="/control/meter", does="Set the meter to zero.", handler=acts.reset_meter),
        call(method="GET", path="/control/companies", does="The companies.", handler=acts.companies),
        call(
            method="POST",
            path="/control/companies",
            does="Add a company with a made-up business; every key has a default.",
            body={"name": "Second Shop", "invoices": 50, "seed": 7},
            handler=acts.add_company,
        ),
        call(
            method="GET",
            path=_RECORDS,
            does="Stored records in order of Id, inactive ones too: count, and 1,000 of them after Id ?after=.",
            handler=records.listed,
        ),
        call(
            method="GET",
            path=_RECORDS + "/{record_id}",
            does="One stored record, byte for byte.",
            handler=records.shown,
        ),
        call(
            method="PUT",
            path=_RECORDS + "/{record_id}",
            does="Store a JSON object as a record, unchecked, as if it had always been there.",
            body={"Id": "1", "SyncToken": "0", "DisplayName": "Anna's Café", "NoSchemaKnowsThis": "99999999999999.99"},
            handler=records.put,
        ),
    ]


def _guarded(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        reason = why_refused(request)
        if reason is not None:
            return _json({"error": reason}, 403)
        try:
            told = await handler(request)
        except NoSuchCompany as error:
            return _json({"error": str(error), "companies": error.known}, 404)
        except Refused as refused:
            return _json(refused.body, refused.status)
        return told if isinstance(told, Response) else _json(told, 200)

    return endpoint


def _documented(call: _Call) -> dict[str, Any]:
    shown = {"method": call.method, "path": call.path, "does": call.does}
    return shown if call.body is None else shown | {"body": call.body}


def _json(body: Any, status: int) -> Response:
    text = json.dumps(body, indent=1, default=str)
    return Response(text, status_code=status, headers={"cache-control": "no-store"}, media_type="application/json")
