"""The floor: the same pages, ten at a time, into the air. Nobody who reads over HTTP can be faster."""

from __future__ import annotations

import asyncio

import httpx2
from task import Task, given_task

IN_FLIGHT = 10


async def download(task: Task) -> int:
    """Fetch every page; the bytes received."""
    waiting = iter(task.statements())
    received = 0
    async with httpx2.AsyncClient(headers={**task.headers, "Accept-Encoding": "identity"}, timeout=120) as http:

        async def fetch_pages() -> None:
            nonlocal received
            for statement in waiting:
                answer = await http.get(task.query_url, params={"query": statement})
                answer.raise_for_status()
                received += len(answer.content)

        async with asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                group.create_task(fetch_pages())
    return received


if __name__ == "__main__":
    print(asyncio.run(download(given_task())), "bytes")
