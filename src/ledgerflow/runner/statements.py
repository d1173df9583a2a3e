"""Streams the rows of one statement into every destination that takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from sqlglot import exp

from ledgerflow.core.destination import Destination, Written
from ledgerflow.core.progress import Progress
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.runner.pouring import pour


async def stream_into(
    engine: DuckEngine, query: exp.Query, destinations: Mapping[str, Destination], *, progress: Progress
) -> dict[str, Written]:
    """Run `query` once and give every batch to every destination, by step name; commit when all have all rows.

    While one batch is written the engine makes the next; it makes no more than that, so memory stays that of a few
    batches. When anything fails nothing is committed and every destination is as it was.
    """
    opened: list[Destination] = []
    written: dict[str, Written] = {}
    try:
        async with await engine.stream(query) as stream:
            for destination in destinations.values():
                opened.append(destination)
                await destination.open(stream.schema)
            takers = {name: each for name, each in destinations.items() if wants_rows(each)}
            if takers:
                for name in takers:
                    progress.start(name, total=None, unit="rows")
                await pour(stream, list(takers.values()), advance=lambda rows: _advance(progress, takers, rows))
                for name in takers:
                    progress.finish(name)
        for name, destination in destinations.items():
            written[name] = await destination.commit()
            opened.remove(destination)
    except BaseException:
        for destination in opened:
            await asyncio.shield(destination.abort())
        raise
    return written


async def count_rows(engine: DuckEngine, query: exp.Query) -> int:
    """How many rows a statement gives; every one is made, so that a value that cannot be shows."""
    rows = 0
    async with await engine.stream(query) as stream:
        async for batch in stream:
            rows += batch.num_rows
    return rows


def wants_rows(destination: Destination) -> bool:
    """A destination of an api that carries on an earlier try has its rows already, and says so after `open`."""
    return bool(getattr(destination, "needs_rows", True))


def _advance(progress: Progress, takers: Iterable[str], rows: int) -> None:
    for name in takers:
        progress.advance(name, rows)
