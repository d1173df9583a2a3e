"""What every file destination must keep; subclass it, give `make` and `read_back`, and these run."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from ledgerflow.core.destination import Written
from ledgerflow.destinations import file_destination

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("amount", pa.decimal128(28, 9)),
        ("day", pa.date32()),
        ("paid", pa.bool_()),
        ("lines", pa.list_(pa.struct([("amount", pa.decimal128(28, 9))]))),
    ]
)
ROWS: list[dict[str, Any]] = [
    {
        "id": 'a "quoted", name',
        "amount": Decimal("99999999999999.99"),
        "day": date(2026, 11, 23),
        "paid": True,
        "lines": [{"amount": Decimal("0.10")}, {"amount": Decimal("12345678901234567.89")}],
    },
    {"id": "=1+1", "amount": Decimal("0.1"), "day": None, "paid": False, "lines": []},
    {"id": None, "amount": None, "day": None, "paid": None, "lines": None},
]


class FileDestinationContract(ABC):
    """Subclasses name the file and its settings, and read back what was written as plain values."""

    name: str
    settings: dict[str, Any] = {}  # noqa: RUF012 - replaced, never changed

    @abstractmethod
    def read_back(self, path: Path) -> list[dict[str, Any]]:
        """What the file holds."""

    def expected(self) -> list[dict[str, Any]]:
        return ROWS

    def write(self, root: Path, rows: list[dict[str, Any]], *, commit: bool = True) -> Written | None:
        async def work() -> Written | None:
            destination = file_destination(root, self.name, self.settings, where="flows/a.yaml, step out")
            await destination.open(SCHEMA)
            for start in range(0, len(rows), 2):
                await destination.write_batch(pa.RecordBatch.from_pylist(rows[start : start + 2], schema=SCHEMA))
            if commit:
                return await destination.commit()
            await destination.abort()
            return None

        return asyncio.run(work())

    def test_rows_come_back_as_they_went_in(self, tmp_path: Path) -> None:
        written = self.write(tmp_path, ROWS)
        assert written is not None
        assert written.rows == 3
        assert self.name in written.place
        assert self.read_back(tmp_path / self.name) == self.expected()

    def test_the_same_write_twice_leaves_the_rows_once(self, tmp_path: Path) -> None:
        self.write(tmp_path, ROWS)
        self.write(tmp_path, ROWS)
        assert self.read_back(tmp_path / self.name) == self.expected()

    def test_a_write_given_up_leaves_what_was_there(self, tmp_path: Path) -> None:
        self.write(tmp_path, ROWS)
        self.write(tmp_path, ROWS[:1], commit=False)
        assert self.read_back(tmp_path / self.name) == self.expected()
        assert not list(tmp_path.rglob("*.part"))

    def test_no_rows_leave_an_empty_table(self, tmp_path: Path) -> None:
        written = self.write(tmp_path, [])
        assert written is not None
        assert written.rows == 0
        assert self.read_back(tmp_path / self.name) == []
