"""The token of one company, kept good: renewed once however many ask, saved before it is used."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from ledgerflow.auth import requests
from ledgerflow.auth.answers import Unfinished, read_token
from ledgerflow.auth.oauth_app import OAuthApp, flags_for
from ledgerflow.auth.requests import AuthRequest
from ledgerflow.auth.tokens import Token
from ledgerflow.core.calls import Answer
from ledgerflow.core.errors import Fault, InputRefused, ReconnectNeeded, RetryLater

MOST_REFUSALS = 5
REFUSALS_WITHIN = timedelta(minutes=1)
"""So many renewals after a refusal; an api that refuses every new token would else be asked for one with each call."""

T = TypeVar("T")


class AnswerLost(RetryLater):
    """The request went out, and whether it was acted on is not known."""


class TokenStore(Protocol):
    """Where tokens are kept. Calls block, shortly; each is on the disk when it returns."""

    def token(self, connection: str, company: str) -> Token | None: ...

    def save_token(self, connection: str, company: str, token: Token) -> None:
        """Save it, and with it that no renewal is under way any more."""
        ...

    def note_renewal(self, connection: str, company: str) -> None:
        """Write down that this process is about to ask for a new token."""
        ...

    def drop_renewal(self, connection: str, company: str) -> None:
        """The request was answered, or never went out: nothing can be lost."""
        ...

    def unfinished_renewal(self, connection: str, company: str) -> Unfinished | None: ...

    def note_refusal(self, connection: str, company: str, refusal: ReconnectNeeded, *, app: str) -> None:
        """Write down that the authorization is over, for the app of that fingerprint."""
        ...

    def refusal(self, connection: str, company: str, *, app: str) -> ReconnectNeeded | None: ...


Send = Callable[[AuthRequest], Awaitable[Answer]]
"""Sends a request. Raises AnswerLost when it went out unanswered, RetryLater when it did not go out."""
RenewalLock = Callable[[], AbstractAsyncContextManager[None]]
"""Held by one process at a time for this company; released by the kernel when its holder dies."""


class TokenSession:
    """Gives out a good token for one company of one connection. For one event loop; make one per company."""

    def __init__(
        self,
        *,
        connection: str,
        company: str,
        app: Callable[[], OAuthApp],
        store: TokenStore,
        send: Send,
        lock: RenewalLock,
        clock: Callable[[], datetime],
    ) -> None:
        """`app` is asked for the settings when they are needed, so that secrets are not held for longer."""
        self._connection = connection
        self._company = company
        self._app = app
        self._store = store
        self._send = send
        self._lock = lock
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._last: Token | None = None
        self._refusals: deque[datetime] = deque(maxlen=MOST_REFUSALS)

    async def fresh_token(self, *, even_if_refused: bool = False) -> Token:
        """A token good for at least two more minutes, renewed and saved first if need be.

        An authorization that the provider has ended is not tried again, unless `even_if_refused`.

        Raises:
            ReconnectNeeded: there is no authorization, or it is over.
            RetryLater: the provider could not be reached, or another process takes too long over its renewal.
            InputRefused: the settings lack something, or are wrong.
        """
        if self._last is not None and not self._last.is_stale(self._clock()):
            return self._last
        return await self._good_token(lambda token: token.is_stale(self._clock()), even_if_refused=even_if_refused)

    async def renew_after_refusal(self, rejected: str) -> Token:
        """A token other than the access token `rejected`, which the api did not take although its time was not over.

        The saved one when it is another already; renewed only when it is still the rejected one, and not when that
        happened five times within a minute: then it is given out again, for its refusal to stand.

        Raises: as `fresh_token`.
        """

        def is_bad(token: Token) -> bool:
            now = self._clock()
            if token.is_stale(now):
                return True
            if token.access_token != rejected:
                return False
            return len(self._refusals) < MOST_REFUSALS or now - self._refusals[0] > REFUSALS_WITHIN

        return await self._good_token(is_bad, after_refusal=True)

    async def _good_token(
        self, is_bad: Callable[[Token], bool], *, even_if_refused: bool = False, after_refusal: bool = False
    ) -> Token:
        async with self._one_at_a_time:
            token = await self._saved()
            if token is None or is_bad(token):
                async with self._lock():
                    token = await self._saved()  # somebody else may have renewed it while we waited
                    if token is None or is_bad(token):
                        token = await to_the_end(self._renewed(token, even_if_refused=even_if_refused))
                        if after_refusal:
                            self._refusals.append(self._clock())
            self._last = token
            return token

    async def _renewed(self, old: Token | None, *, even_if_refused: bool) -> Token:
        app = self._app()
        request = self._request(app, old)
        refused = await asyncio.to_thread(self._store.refusal, self._connection, self._company, app=app.fingerprint)
        if refused is not None and not even_if_refused:
            raise refused
        unfinished = await asyncio.to_thread(self._store.unfinished_renewal, self._connection, self._company)
        await asyncio.to_thread(self._store.note_renewal, self._connection, self._company)
        asked_at = self._clock()
        try:
            answer = await self._send(request)
        except AnswerLost:
            raise
        except Exception:
            if unfinished is None:
                await asyncio.to_thread(self._store.drop_renewal, self._connection, self._company)
            raise
        if answer.tries > 1 and unfinished is None:
            unfinished = Unfinished(asked_at=asked_at, asked_by="this same command")
        try:
            token = read_token(
                answer, request, app=app, now=asked_at, company=self._company, old=old, unfinished=unfinished
            )
        except ReconnectNeeded as over:
            await asyncio.to_thread(
                self._store.note_refusal, self._connection, self._company, over, app=app.fingerprint
            )
            raise
        except (RetryLater, InputRefused):
            if unfinished is None:
                await asyncio.to_thread(self._store.drop_renewal, self._connection, self._company)
            raise
        # Before first use: the old refresh token may be dead already.
        await asyncio.to_thread(self._store.save_token, self._connection, self._company, token)
        return token

    def _request(self, app: OAuthApp, old: Token | None) -> AuthRequest:
        """What to ask for: a renewal, or the first token where no person is needed for it."""
        if missing := app.missing("token"):
            raise missing_settings(app, missing)
        if old is not None and old.refresh_token:
            return requests.ask_for_renewal(app, old)
        if app.grant == "client_credentials":
            return requests.ask_with_client_credentials(app)
        if app.grant == "password":
            return requests.ask_with_password(app)
        again = f"ledgerflow connect {self._connection}"
        if old is None:
            raise ReconnectNeeded(
                f"Connection {self._connection!r} is not authorized for company {self._company!r}.",
                where=f"{app.file}: no token is saved",
                next_step=f"Run `{again}`.",
            )
        raise ReconnectNeeded(
            f"The access token has ended, and {app.title} gave no refresh token to renew it with.",
            where=f"connection {self._connection}, company {self._company}",
            next_step=f"Run `{again}`; a scope such as offline_access may be needed for a refresh token.",
        )

    async def _saved(self) -> Token | None:
        return await asyncio.to_thread(self._store.token, self._connection, self._company)


def missing_settings(app: OAuthApp, names: tuple[str, ...]) -> InputRefused:
    """The error for settings that are not set: every one of them, and the flags that set them."""
    keys = ", ".join(f"auth.{name}" for name in names)
    return InputRefused(
        f"Connection {app.connection!r} lacks {keys}.",
        where=app.file,
        next_step=f"Run `ledgerflow connection set {app.connection} {flags_for(names)}` (a secret given as `-` is read "
        "from standard input).",
        faults=[
            Fault(file=app.file, line=None, key=f"auth.{name}", message=f"Not set; {flags_for([name])} sets it.")
            for name in names
        ],
    )


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which a cancellation of the caller does not stop.

    An answer on its way may hold the only refresh token that is good from now on; it is saved first.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):  # told once is enough; sending has a limit of its own
                await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # the caller is gone; what went wrong is saved with the company
        raise
