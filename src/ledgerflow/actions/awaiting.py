"""Wait for a person to come back from the consent page, whoever of us receives the redirect."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from ledgerflow.actions.connecting import Begun, Connected, answer_redirect
from ledgerflow.auth.redirects import Pending
from ledgerflow.core.errors import InputRefused, ReconnectNeeded
from ledgerflow.net.redirect_listener import SERVICE, CannotListen, Place, RedirectListener, who_listens
from ledgerflow.runner.workspace import Workspace

FINISH_WITHIN = timedelta(seconds=150)
"""How long finishing may take once the redirect was received: the exchange, and the company's name."""
LISTEN_AGAIN_S = 2.0
LOOK_EVERY_S = 0.2


async def wait_for_redirect(
    workspace: Workspace, begun: Begun, *, wait_s: float, say: Callable[[str], None]
) -> Connected:
    """Wait for the person, listening at the redirect URL unless Ledgerflow does so already for this project.

    Whoever receives the redirect finishes the sign-in; here it shows in the state database.

    Raises:
        InputRefused: nobody can receive the redirect here.
        ReconnectNeeded: nobody came back in time.
        Otherwise as `finish`.
    """
    pending = begun.pending
    until = workspace.clock() + timedelta(seconds=wait_s)
    told = False
    failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def answered(pairs: Sequence[tuple[str, str]]) -> tuple[int, str]:
        try:
            return await answer_redirect(workspace, pairs)
        except Exception as error:  # a bug; it surfaces where somebody waits
            if not failure.done():
                failure.set_exception(error)
            raise

    while True:
        try:
            async with RedirectListener(pending.redirect_url, answered=answered, health=health(workspace)):
                ended = await _until_ended(workspace, pending, until=until, failure=failure)
        except CannotListen as error:
            await _check_handover(workspace, pending, error)
            if not told:
                say(f"Ledgerflow is listening at {pending.redirect_url} already; it will receive the redirect.")
                told = True
            soon = workspace.clock() + timedelta(seconds=LISTEN_AGAIN_S)  # the other one may stop
            ended = await _until_ended(workspace, pending, until=min(until, soon), failure=failure)
        if ended is not None:
            return ended
        if workspace.clock() >= until:
            raise ReconnectNeeded(
                f"Nobody came back from the consent page within {wait_s:g} s.",
                where=f"connection {pending.connection}, waiting at {pending.redirect_url}",
                next_step=f"Run `ledgerflow connect {pending.connection}` again. If the page said that the redirect "
                f"URI is wrong: register exactly {pending.redirect_url} with the app, or set --redirect-url to what is "
                "registered. On a machine without a browser use --paste.",
            )


def health(workspace: Workspace) -> dict[str, str]:
    """What a listener says of itself: which program, and a mark of the project and folder it is for."""
    mark = hashlib.sha256(f"{workspace.project_id}\0{workspace.files.root.resolve()}".encode()).hexdigest()[:16]
    return {"service": SERVICE, "project": mark}


async def _until_ended(
    workspace: Workspace, pending: Pending, *, until: datetime, failure: asyncio.Future[None]
) -> Connected | None:
    """How the sign-in ended, as soon as it has; None when it has not by `until`. Its error is raised.

    One whose redirect has been received is given time to finish.
    """
    while True:
        if failure.done():
            failure.result()
        ended = workspace.pending.ended(pending)
        if ended is not None:
            if ended.error is not None:
                raise ended.error
            return Connected.read(ended.told)
        taken_at = workspace.pending.taken_at(pending)
        now = workspace.clock()
        if taken_at is not None and now > taken_at + FINISH_WITHIN:
            raise ReconnectNeeded(
                "The redirect was received, but the sign-in was not finished: what received it has stopped.",
                where=f"connection {pending.connection}, received at {taken_at:%H:%M:%S} UTC",
                next_step=f"Run `ledgerflow connect {pending.connection}` again.",
            )
        if taken_at is None and now >= until:
            return None
        await workspace.sleep(LOOK_EVERY_S)


async def _check_handover(workspace: Workspace, pending: Pending, error: CannotListen) -> None:
    """Nothing, when somebody of this project receives redirects there.

    Raises:
        InputRefused: another project's server, another program, or nobody.
    """
    place = Place.of(pending.redirect_url)
    paste = f"`ledgerflow connect {pending.connection} --paste`"
    there = await who_listens(pending.redirect_url)
    if there is not None and there.get("project") == health(workspace)["project"]:
        return
    if there is not None:
        raise InputRefused(
            f"At {place.address} Ledgerflow is listening for another project.",
            where=f"redirect_url {pending.redirect_url}",
            next_step=f"Stop it, or serve this project there (`ledgerflow serve`), or use {paste}.",
        ) from error
    if error.taken:
        raise InputRefused(
            f"Port {place.port} is taken by another program, so the redirect cannot be received.",
            where=f"redirect_url {pending.redirect_url}",
            next_step=f"Stop that program, or use {paste}; or register another redirect URL with the app and set it: "
            f"`ledgerflow connection set {pending.connection} --redirect-url URL`.",
        ) from error
    raise InputRefused(
        f"The redirect cannot be received here: {error}.",
        where=f"redirect_url {pending.redirect_url}",
        next_step=f"Run `ledgerflow serve` where {place.address} leads to (with --cert and --key for https), or use "
        f"{paste}.",
    ) from error
