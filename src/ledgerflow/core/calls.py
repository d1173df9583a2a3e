"""A call to an api and its answer, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One call before it is signed and sent.

    `path` starts with `/` and is put behind the connection's base URL (its parameters are already filled in).
    `kind` is what the meter counts it as: `read`, `query`, `cdc`, `report`, `write`, `batch`, ...
    `metered` says whether the provider charges for it. `repeatable` says whether sending it again changes nothing
    more (a GET, or a write that carries a request id): only such calls are sent again after a lost answer.
    """

    method: str
    path: str
    kind: str
    metered: bool
    repeatable: bool
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. `headers` have lower-case names; `elapsed_s` is the time of the last try; `tries` counts them."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    elapsed_s: float
    tries: int = 1


class Caller(Protocol):
    """Sends calls for one company of one connection: signed, within the limits, retried as far as that is safe."""

    @property
    def company(self) -> str:
        """The company called for; fills `{realmId}` and the like."""
        ...

    async def send(self, call: ApiCall) -> Answer:
        """The answer to `call`; anything but success raises.

        Raises:
            ReconnectNeeded: no authorization, or a token renewed just now was still refused.
            RetryLater: throttled, down or unreachable for longer than the connection's `retry_within_s`.
            InputRefused: the api refused what was sent.
        """
        ...
