"""Rows from the engine into destinations: the next batch is made while this one is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledgerflow.core.destination import Destination
    from ledgerflow.engine.duck import BatchStream


async def pour(
    stream: BatchStream, destinations: Sequence[Destination], *, advance: Callable[[int], None] | None = None
) -> int:
    """Write every batch to each destination, in order, with at most one batch made ahead; the number of rows.

    The destinations are open already; committing them, or aborting when this raises, is for the caller. `advance` is
    told how many rows were written.
    """
    rows = 0
    batches = aiter(stream)
    ahead = asyncio.ensure_future(anext(batches, None))
    try:
        while (batch := await ahead) is not None:
            ahead = asyncio.ensure_future(anext(batches, None))
            for destination in destinations:
                await destination.write_batch(batch)
            rows += batch.num_rows
            if advance is not None:
                advance(batch.num_rows)
    finally:
        if not ahead.done():
            ahead.cancel()
            await asyncio.wait({ahead})
    return rows
