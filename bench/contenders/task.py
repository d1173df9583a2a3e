"""What a contender is told: where the invoices are and where to put them."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`rows` invoices of company `realm_id` at `api_url`, to the file or folder `target`."""

    api_url: str
    realm_id: str
    access_token: str
    discovery_url: str
    rows: int
    target: str

    def as_argument(self) -> str:
        return json.dumps(asdict(self))

    @property
    def query_url(self) -> str:
        return f"{self.api_url}/v3/company/{self.realm_id}/query"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}", "Accept": "application/json"}

    def statements(self, page_rows: int = 1000) -> list[str]:
        """The statement of each page, in a unique order."""
        return [
            f"SELECT * FROM Invoice ORDERBY Id STARTPOSITION {first} MAXRESULTS {page_rows}"
            for first in range(1, self.rows + 1, page_rows)
        ]


def given_task() -> Task:
    """The task this process was started with."""
    return Task(**json.loads(sys.argv[1]))


def check_rows(path: Path, expected: int) -> None:
    """A contender that lost rows has not finished: fail it."""
    import pyarrow.parquet

    found = pyarrow.parquet.ParquetFile(path).metadata.num_rows
    if found != expected:
        raise SystemExit(f"{path} has {found} rows, expected {expected}")
