"""What the answers of a connection's api mean: the provider's word, or the plain meaning of HTTP statuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ledgerflow.core.calls import Answer
from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RetryLater
from ledgerflow.net.retry import retry_after_s

if TYPE_CHECKING:
    from ledgerflow.runner.workspace import Connection


def refusal_of(connection: Connection) -> Callable[[Answer, str], LedgerflowError | None]:
    """The error that an answer means (told where it came from), or None when it is a success."""
    provider = connection.provider
    if provider is not None:
        return lambda answer, where: provider.refusal(answer, where=where)
    return lambda answer, where: status_refusal(answer, where=where, connection=connection.name)


def status_refusal(answer: Answer, *, where: str, connection: str) -> LedgerflowError | None:
    """What a status means at an api that nothing more is known of (RFC 9110, RFC 6585)."""
    status = answer.status
    if 200 <= status < 300:
        return None
    if status == 401:
        return ReconnectNeeded(
            "The api does not accept the sign-in (HTTP 401).",
            where=where,
            next_step=f"Check the secret with `ledgerflow connection show {connection}`, or connect again: "
            f"`ledgerflow connect {connection}`.",
        )
    if status == 429 or status >= 500 or status == 408:
        reason = "asks for fewer calls" if status == 429 else "cannot answer just now"
        return RetryLater(
            f"The api {reason} (HTTP {status}).",
            where=where,
            next_step="Run the command again later.",
            after_s=retry_after_s(answer.headers.get("retry-after")) or 60.0,
        )
    meaning = {403: "does not allow this", 404: "has nothing at this address"}.get(status, "refused the call")
    return InputRefused(
        f"The api {meaning} (HTTP {status}).",
        where=where,
        next_step="Compare the request's path, parameters and body with the api's documentation.",
    )
