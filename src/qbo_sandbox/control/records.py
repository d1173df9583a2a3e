"""Stored records seen and put from outside the API: bytes as they are, also such that no client could write."""

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

import qbo_facts
from qbo_sandbox.control.refusal import Refused

if TYPE_CHECKING:
    from qbo_sandbox.app import Sandbox

_MOST_ROWS = 1000


class RecordActs:
    """What the control calls do to the records of one sandbox's companies."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    async def listed(self, request: Request) -> Response:
        """Records in order of Id, inactive ones included: `count` of all, and up to 1,000 after Id `after`."""
        company, entity = self._company(request), _entity(request)
        after = _number(request.query_params.get("after", "0"), "after")
        bodies = [body for record_id, body in company.store.table(entity) if record_id > after][:_MOST_ROWS]
        start = b'{"count":%d,"records":[' % company.count(entity)
        return _as_it_is(start + b",".join(bodies) + b"]}")

    async def shown(self, request: Request) -> Response:
        company, entity = self._company(request), _entity(request)
        record_id = _number(request.path_params["record_id"], "the Id")
        body = company.raw(entity, record_id)
        if body is None:
            raise Refused(404, f"company {company.realm_id} has no {entity} {record_id}")
        return _as_it_is(body)

    async def put(self, request: Request) -> dict[str, Any]:
        company, entity = self._company(request), _entity(request)
        record_id = _number(request.path_params["record_id"], "the Id")
        body = await request.body()
        try:
            msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refused(400, f"the body is not a JSON object: {error}") from error
        company.put_raw(entity, record_id, body)
        return {"entity": entity, "id": record_id, "bytes": len(body)}

    def _company(self, request: Request) -> Any:
        return self._sandbox.company(request.path_params["realm_id"])


def _entity(request: Request) -> str:
    try:
        return qbo_facts.entity(request.path_params["entity"]).name
    except qbo_facts.UnknownEntity as error:
        raise Refused(404, str(error)) from error


def _number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refused(400, f"{what} has to be a whole number of at most 18 digits, not {text}")
    return int(text)


def _as_it_is(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers={"cache-control": "no-store"})
