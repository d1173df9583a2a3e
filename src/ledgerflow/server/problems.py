"""Routes of the page's JSON: strangers are refused before anything is read, and every error is answered in parts."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from ledgerflow.core.documents import dotted
from ledgerflow.core.errors import Fault, InputRefused, LedgerflowError, RetryLater
from ledgerflow.server.answers import FaultAnswer, ProblemAnswer
from ledgerflow.server.same_origin import refuse_strangers
from ledgerflow.server.statuses import http_status

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
"""Methods that change nothing (RFC 9110, 9.2.1)."""


class PageRoute(APIRoute):
    """A route whose state-changing calls pass `refuse_strangers`, and whose errors become a `ProblemAnswer`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                if request.method not in SAFE_METHODS:
                    refuse_strangers(request)
                return await handle(request)
            except RequestValidationError as error:
                return _refusal(_input_refused(request, error))
            except LedgerflowError as error:
                return _refusal(error)

        return guarded


def problem_answer(error: LedgerflowError) -> ProblemAnswer:
    """An error as the page shows it."""
    faults = error.faults if isinstance(error, InputRefused) else ()
    return ProblemAnswer(
        error=kind_of(error),
        what=error.what,
        where=error.where,
        next=error.next_step,
        faults=[fault_answer(fault) for fault in faults],
    )


def fault_answer(fault: Fault) -> FaultAnswer:
    """A fault as the page shows it."""
    return FaultAnswer(file=fault.file, line=fault.line, key=fault.key, message=fault.message, nearest=fault.nearest)


def kind_of(error: LedgerflowError) -> str:
    """Who acts next: the name of the class right below the base, whatever was made more particular of it."""
    kinds = [base for base in type(error).__mro__ if LedgerflowError in base.__bases__]
    return (kinds[0] if kinds else type(error)).__name__


def _refusal(error: LedgerflowError) -> JSONResponse:
    headers = {"Retry-After": f"{error.after_s:.0f}"} if isinstance(error, RetryLater) else None
    return JSONResponse(problem_answer(error).model_dump(), status_code=http_status(error), headers=headers)


def _input_refused(request: Request, error: RequestValidationError) -> InputRefused:
    """What pydantic found wrong; the values that were sent are not repeated, since one of them may be a secret."""
    place = f"{request.method} {request.url.path}"
    faults = [
        Fault(file=str(detail["loc"][0]), line=None, key=dotted(tuple(detail["loc"][1:])), message=f"{detail['msg']}.")
        for detail in error.errors()
    ]
    what = faults[0].message if len(faults) == 1 else f"{len(faults)} faults in what was sent."
    return InputRefused(what, where=place, next_step="Send what the page's own calls send.", faults=faults)
