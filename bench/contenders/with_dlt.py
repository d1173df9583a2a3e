"""dlt's rest_api source with the paginator QuickBooks needs, to Parquet files.

The second argument `json` keeps nested values as JSON instead of giving each list a table of its own.
"""

from __future__ import annotations

import sys
from typing import Any

import dlt
from dlt.sources.helpers.requests import Request, Response
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from dlt.sources.rest_api import rest_api_source
from task import given_task

PAGE_ROWS = 1000


class StartPosition(BasePaginator):
    """Pages by a number inside the statement, until a page is short."""

    def __init__(self) -> None:
        super().__init__()
        self.first = 1

    def init_request(self, request: Request) -> None:
        self.update_request(request)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        self.first += PAGE_ROWS
        self._has_next_page = bool(data) and len(data or []) == PAGE_ROWS

    def update_request(self, request: Request) -> None:
        statement = f"SELECT * FROM Invoice ORDERBY Id STARTPOSITION {self.first} MAXRESULTS {PAGE_ROWS}"
        request.params = {"query": statement}


def main() -> None:
    task = given_task()
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{task.api_url}/v3/company/{task.realm_id}/",
                "headers": {"Accept": "application/json"},
                "auth": {"type": "bearer", "token": task.access_token},
                "paginator": StartPosition(),
            },
            "resources": [
                {"name": "invoice", "endpoint": {"path": "query", "data_selector": "QueryResponse.Invoice"}},
            ],
        },
        max_table_nesting=0 if sys.argv[2:] == ["json"] else None,
    )
    pipeline = dlt.pipeline(
        "bench", destination=dlt.destinations.filesystem(bucket_url=task.target), pipelines_dir=f"{task.target}/state"
    )
    pipeline.run(source, loader_file_format="parquet")
    trace = pipeline.last_trace.last_normalize_info
    found = trace.row_counts["invoice"] if trace else 0
    if found != task.rows:
        raise SystemExit(f"{found} rows, expected {task.rows}")


if __name__ == "__main__":
    main()
