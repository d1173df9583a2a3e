"""Faults on demand: a queue of rules that says which of the coming calls goes wrong, and how."""

import itertools
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Match(_Model):
    """Which calls a rule is for; every given part has to fit. An empty one is for company calls alone."""

    path: str | None = None
    """Part of the path, for instance `/query` or a realm id."""
    kind: str | None = None
    """Kind of call: of a company (`read`, `query`, ...) or of Intuit (`refresh_token`, `exchange_code`, ...)."""
    method: str | None = None


class _Rule(_Model):
    times: Annotated[int, Field(ge=1)] | None = 1
    """How many fitting calls it strikes; null is all of them."""
    after: Annotated[int, Field(ge=0)] = 0
    """How many fitting calls are let by before the first is struck."""
    match: Match = Match()


class Throttle(_Rule):
    """429 with fault 3001, instead of an answer; nothing is applied."""

    kind: Literal["throttle"]
    retry_after_s: Annotated[float, Field(ge=0)] | None = None


class ServerError(_Rule):
    """A 5xx instead of an answer; nothing is applied. 500 is QuickBooks' fault 10000, the others an HTML page."""

    kind: Literal["server_error"]
    status: Annotated[int, Field(ge=500, le=599)] = 503
    retry_after_s: Annotated[float, Field(ge=0)] | None = None


class Cut(_Rule):
    """The connection is cut: before the call is handled, or after it with half of the body sent."""

    kind: Literal["cut"]
    when: Literal["before_answer", "mid_body"] = "before_answer"


class LoseAnswer(_Rule):
    """The call is handled and its effect stays, but the connection is cut instead of answering."""

    kind: Literal["lose_answer"]


class Slow(_Rule):
    """The answer waits, in real time."""

    kind: Literal["slow"]
    delay_s: Annotated[float, Field(ge=0, le=600)] = 1.0


class ExpireAccessTokens(_Rule):
    """Before the call is handled, every access token of its company expires (of all companies for other calls)."""

    kind: Literal["expire_access_tokens"]


class RotateRefreshToken(_Rule):
    """Before the call is handled, its company's refresh value is replaced unseen, as if an answer had been lost."""

    kind: Literal["rotate_refresh_token"]


Misbehaviour = Annotated[
    Throttle | ServerError | Cut | LoseAnswer | Slow | ExpireAccessTokens | RotateRefreshToken,
    Field(discriminator="kind"),
]
MISBEHAVIOUR: TypeAdapter[Misbehaviour] = TypeAdapter(Misbehaviour)
_INSTEAD_OF_AN_ANSWER = (Throttle, ServerError, Cut, LoseAnswer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a rule can tell calls apart by."""

    method: str
    path: str
    kind: str


@dataclass(slots=True, kw_only=True)
class _Queued:
    number: int
    rule: Misbehaviour
    to_let_by: int
    to_strike: int | None
    struck: int = 0


class Misbehaviours:
    """The rules in the order they were given. A call is struck by every due rule, but only one of those that answer."""

    def __init__(self) -> None:
        self._queue: list[_Queued] = []
        self._numbers = itertools.count(1)

    def __bool__(self) -> bool:
        return bool(self._queue)

    def add(self, rule: Misbehaviour) -> int:
        """Queue a rule and give its number."""
        queued = _Queued(number=next(self._numbers), rule=rule, to_let_by=rule.after, to_strike=rule.times)
        self._queue.append(queued)
        return queued.number

    def clear(self) -> None:
        self._queue.clear()

    def waiting(self) -> list[dict[str, object]]:
        """The rules that can still strike, with how often they did."""
        return [
            {"number": queued.number, "struck": queued.struck} | queued.rule.model_dump(mode="json")
            for queued in self._queue
        ]

    def strike(self, call: Call) -> list[Misbehaviour]:
        """The rules that strike `call`; each counts it."""
        struck: list[Misbehaviour] = []
        answered = False
        for queued in self._queue:
            if not _fits(queued.rule.match, call):
                continue
            answers = isinstance(queued.rule, _INSTEAD_OF_AN_ANSWER)
            if answers and answered:
                continue
            if queued.to_let_by > 0:
                queued.to_let_by -= 1
                continue
            struck.append(queued.rule)
            queued.struck += 1
            answered = answered or answers
            if queued.to_strike is not None:
                queued.to_strike -= 1
        self._queue = [queued for queued in self._queue if queued.to_strike != 0]
        return struck


def _fits(match: Match, call: Call) -> bool:
    if match == Match():
        return call.path.startswith("/v3/")
    return (
        (match.path is None or match.path in call.path)
        and (match.kind is None or match.kind == call.kind)
        and (match.method is None or match.method.upper() == call.method)
    )
