"""What the control calls do to a sandbox."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from qbo_sandbox.control.refusal import Refused
from qbo_sandbox.control.requests import AddCompany, AskTokens, ChangeRotation, MoveClock, OneCompany
from qbo_sandbox.intuit.scopes import ACCOUNTING
from qbo_sandbox.misbehaviour import MISBEHAVIOUR
from qbo_sandbox.settings import LimitSettings

if TYPE_CHECKING:
    from qbo_sandbox.app import Sandbox

M = TypeVar("M", bound=BaseModel)


class Acts:
    """What the control calls do to one sandbox."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox
        self._one_company_at_a_time = asyncio.Lock()

    async def clock(self, _: Request) -> dict[str, Any]:
        clock = self._sandbox.clock
        return {"now": clock.now().isoformat(), "offset_s": clock.offset.total_seconds()}

    async def move_clock(self, request: Request) -> dict[str, Any]:
        wish = await _read(request, MoveClock)
        try:
            if wish.advance_s is not None:
                self._sandbox.clock.advance(timedelta(seconds=wish.advance_s))
            elif wish.set is not None:
                self._sandbox.clock.set(wish.set)
            now = await self.clock(request)
        except OverflowError as error:
            raise Refused(400, "the clock cannot be moved that far") from error
        self._sandbox.save()
        return now

    async def limits(self, _: Request) -> dict[str, Any]:
        return self._sandbox.limits.settings.model_dump()

    async def change_limits(self, request: Request) -> dict[str, Any]:
        self._sandbox.limits.change(await _read(request, LimitSettings))
        return await self.limits(request)

    async def misbehaviours(self, _: Request) -> dict[str, Any]:
        return {"waiting": self._sandbox.misbehaviours.waiting()}

    async def misbehave(self, request: Request) -> dict[str, Any]:
        try:
            rule = MISBEHAVIOUR.validate_json(await request.body())
        except ValidationError as error:
            raise _faults(error) from error
        return {"number": self._sandbox.misbehaviours.add(rule)}

    async def behave(self, request: Request) -> dict[str, Any]:
        self._sandbox.misbehaviours.clear()
        return await self.misbehaviours(request)

    async def rotation(self, _: Request) -> dict[str, Any]:
        return {"rotate": self._sandbox.book.rotate, "old_value": self._sandbox.book.old_value}

    async def change_rotation(self, request: Request) -> dict[str, Any]:
        wish = await _read(request, ChangeRotation)
        book = self._sandbox.book
        book.rotate = wish.rotate or book.rotate
        book.old_value = wish.old_value or book.old_value
        return await self.rotation(request)

    async def tokens(self, request: Request) -> dict[str, Any]:
        wish = await _read(request, AskTokens)
        self._check_company(wish.realm_id)
        return self._sandbox.tokens(wish.realm_id, scopes=wish.scopes or frozenset({ACCOUNTING}))

    async def expire(self, request: Request) -> dict[str, Any]:
        wish = await self._company_or_all(request)
        return {"expired": self._sandbox.book.expire_access_tokens(wish)}

    async def rotate(self, request: Request) -> dict[str, Any]:
        wish = await self._company_or_all(request)
        return {"rotated": self._sandbox.book.rotate_now(wish)}

    async def connections(self, _: Request) -> dict[str, Any]:
        return {
            "connections": [
                {
                    "realm_id": grant.consent.realm_id,
                    "client_id": grant.consent.client_id,
                    "scopes": sorted(grant.consent.scopes),
                    "granted_at": grant.granted_at.isoformat(),
                    "refreshes": grant.refreshes,
                    "refresh_value_issued_at": grant.value_issued_at.isoformat(),
                    "refresh_value_ends_at": grant.value_ends_at.isoformat(),
                    "ends_at": grant.ends_at.isoformat(),
                    "ended_because": grant.ended_because,
                }
                for grant in self._sandbox.book.grants.values()
            ]
        }

    async def disconnect(self, request: Request) -> dict[str, Any]:
        wish = await _read(request, OneCompany)
        if wish.realm_id is None:
            raise Refused(400, "realm_id is needed: which company is to be disconnected?")
        self._check_company(wish.realm_id)
        return {"ended": self._sandbox.book.disconnect(wish.realm_id)}

    async def meter(self, _: Request) -> dict[str, Any]:
        return self._sandbox.meter.reading()

    async def reset_meter(self, request: Request) -> dict[str, Any]:
        self._sandbox.meter.reset()
        return await self.meter(request)

    async def companies(self, _: Request) -> dict[str, Any]:
        companies = self._sandbox.companies.values()
        return {"companies": [{"realm_id": company.realm_id, "name": company.name} for company in companies]}

    async def add_company(self, request: Request) -> dict[str, Any]:
        wish = await _read(request, AddCompany)
        async with self._one_company_at_a_time:
            try:
                company = await run_in_threadpool(self._sandbox.make_company, **wish.model_dump())
            except ValueError as error:
                raise Refused(409, str(error)) from error
            self._sandbox.open_company(company)
        return {"realm_id": company.realm_id, "name": company.name}

    async def _company_or_all(self, request: Request) -> str | None:
        wish = await _read(request, OneCompany)
        self._check_company(wish.realm_id)
        return wish.realm_id

    def _check_company(self, realm_id: str | None) -> None:
        if realm_id is not None:
            self._sandbox.company(realm_id)


async def _read(request: Request, model: type[M]) -> M:
    """The body as `model`; no body is one without keys."""
    try:
        return model.model_validate_json(await request.body() or b"{}")
    except ValidationError as error:
        raise _faults(error) from error


def _faults(error: ValidationError) -> Refused:
    faults = [
        {"key": ".".join(map(str, fault["loc"])), "message": fault["msg"]}
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return Refused(400, "the body is not right; GET /control shows how it looks", faults=faults)
