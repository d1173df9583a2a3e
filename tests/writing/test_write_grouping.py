"""Grouping against a plain model: which rows make which record, in whatever order and batches they come."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from memory_company import Company
from write_step import WriteStep


@settings(max_examples=25, deadline=None)
@given(
    numbers=st.lists(st.sampled_from(["A", "B", "C", "D", "E"]), min_size=1, max_size=40),
    batch_rows=st.integers(1, 15),
)
def test_every_row_is_one_line_of_the_record_it_names(numbers: Sequence[str], batch_rows: int) -> None:
    with TemporaryDirectory() as folder:
        there = Company()
        step = WriteStep(
            project=Path(folder),
            resource="Invoice",
            fields={
                "DocNumber": "Number",
                "CustomerRef": "Customer",
                "Line.Amount": "Place",
                "Line.SalesItemLineDetail.ItemRef": "Item",
            },
            settings={"group_by": "Number"},
            batch_rows=batch_rows,
        )
        rows = [
            {"Number": number, "Customer": "71", "Place": place, "Item": "31"}
            for place, number in enumerate(numbers, start=1)
        ]
        written = asyncio.run(step.run(there, rows))
        assert (written.created, written.set_aside) == (len(numbers), 0)
        made = {record["DocNumber"]: [line["Amount"] for line in record["Line"]] for record in there.lists["Invoice"]}
        assert len(made) == len(there.lists["Invoice"])
        assert made == {
            number: [place for place, other in enumerate(numbers, start=1) if other == number]
            for number in set(numbers)
        }
        outcomes = {row["_row"]: row["DocNumber"] for row in step.table("outcomes")}
        assert outcomes == {str(place): number for place, number in enumerate(numbers, start=1)}
