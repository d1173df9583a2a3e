"""The HTTP surface of a company: everything under /v3/company/{realmId}/, for calls that may come in."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

import qbo_facts
from qbo_facts import Entity
from qbo_sandbox.company.answers import fault_answer, record_answer, record_part, wrapped
from qbo_sandbox.company.batch import batch_part
from qbo_sandbox.company.company import Company, parsed_body
from qbo_sandbox.company.exchange_rates import read_rate
from qbo_sandbox.company.faults import Refused, no_such_resource, not_found, unsupported
from qbo_sandbox.company.json_text import write_json
from qbo_sandbox.company.reading import changes_part, query_part, read_record
from qbo_sandbox.company.sending import send
from qbo_sandbox.company.store import Answer
from qbo_sandbox.company.tax_service import make_tax_code

_NOT_BUILT = frozenset({"reports", "upload", "download"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A request, taken apart; `steps` are what stands in the path after the realm id."""

    method: str
    steps: tuple[str, ...]
    parameters: Mapping[str, str]
    body: bytes
    accept: str
    content_type: str

    @property
    def include(self) -> frozenset[str]:
        values = self.parameters.get("include", "").lower().split(",")
        return frozenset(value.strip() for value in values if value.strip())


async def company_endpoint(request: Request, company: Company) -> Response:
    """Answer a call that the gateway let through; the path is /v3/company/{realmId}/...

    What the company does not do is answered with QuickBooks' fault 500, Unsupported Operation, as is XML.
    """
    steps = request.scope["path"].strip("/").split("/")[3:]
    call = _Call(
        method=request.method,
        steps=tuple(step for step in steps if step),
        parameters=request.query_params,
        body=await request.body(),
        accept=request.headers.get("accept", ""),
        content_type=request.headers.get("content-type", ""),
    )
    try:
        answer = _answer(company, call)
    except Refused as refused:
        answer = fault_answer(refused, company.clock.now())
    return Response(answer.body, status_code=answer.status, headers={"content-type": answer.content_type})


def _answer(company: Company, call: _Call) -> Answer:
    if _asks_for_xml(call):
        raise unsupported("XML")
    now = company.clock.now()
    head = call.steps[0].lower() if call.steps else ""
    match call.method, head, len(call.steps):
        case "GET", "query", 1:
            return wrapped(query_part(company.store, call.parameters.get("query", ""), now=now), now)
        case "POST", "query", 1:
            return wrapped(query_part(company.store, _statement(call), now=now), now)
        case "GET", "cdc", 1:
            return wrapped(changes_part(company.store, call.parameters, now=now), now)
        case "GET", _, _:
            return _read(company, call)
        case "POST", _, _:
            request_id = call.parameters.get("requestid") or None
            return company.answer_write(request_id, lambda: _write(company, call, request_id))
    raise unsupported(call.method)


def _read(company: Company, call: _Call) -> Answer:
    entity = _entity(call)
    now = company.clock.now()
    rest = call.steps[1:]
    match entity.operations.read_form:
        case "by_currency":
            return record_answer(entity, read_rate(company.work(), call.parameters), now)
        case "single" if not rest:
            return record_answer(entity, read_record(company.store, entity, "1"), now)
        case "by_realm" if len(rest) == 1:
            if rest[0] not in (company.realm_id, "1"):
                raise not_found()
            return record_answer(entity, read_record(company.store, entity, "1"), now)
        case "by_id" | "list_or_id" if len(rest) == 1 and entity.operations.read:
            return record_answer(entity, read_record(company.store, entity, rest[0]), now)
    raise unsupported("/".join(rest[1:]) or f"read of {entity.name} without an Id")


def _write(company: Company, call: _Call, request_id: str | None) -> Answer:
    now = company.clock.now()
    steps = tuple(step.lower() for step in call.steps)
    if steps == ("batch",):
        return wrapped(batch_part(company, parsed_body(call.body), request_id=request_id), now)
    if steps == ("taxservice", "taxcode"):
        work = company.work()
        made = make_tax_code(work, parsed_body(call.body))
        work.commit()
        return Answer(status=200, body=write_json(made))
    entity = _entity(call)
    if len(steps) == 3 and steps[2] == "send":
        work = company.work()
        place = send(work, entity, steps[1], send_to=call.parameters.get("sendTo") or call.parameters.get("sendto"))
        work.commit()
        return wrapped(record_part(entity, read_record(company.store, entity, str(place[1]))), now)
    if len(steps) != 1:
        raise unsupported("/".join(steps[1:]))
    operation = call.parameters.get("operation", "").lower()
    return wrapped(company.write(entity, parsed_body(call.body), operation=operation, include=call.include), now)


def _entity(call: _Call) -> Entity:
    """The entity whose path the call begins with."""
    head = call.steps[0].lower() if call.steps else ""
    if head in _NOT_BUILT:
        raise unsupported(head)
    for name in qbo_facts.entity_names():
        entity = qbo_facts.entity(name)
        if entity.path == head and entity.json_key is not None:
            return entity
    raise no_such_resource("/" + "/".join(call.steps))


def _asks_for_xml(call: _Call) -> bool:
    accept, content_type = call.accept.lower(), call.content_type.lower()
    only_xml = "xml" in accept and not any(kind in accept for kind in ("json", "*/*", "application/*"))
    return only_xml or "xml" in content_type


def _statement(call: _Call) -> str:
    """The statement in the body of a query; in the address, where a client puts it there all the same."""
    text = call.body.decode("utf-8", errors="replace").strip()
    return text or call.parameters.get("query", "")
