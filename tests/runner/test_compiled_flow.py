"""A flow becomes one statement: its text beside what was kept, its rows beside a plain-Python model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from flow_rows import Compiled
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerflow.engine.duck import DuckEngine

GOLDEN = Path(__file__).parent / "golden"

INVOICES = pa.Table.from_pylist(
    [
        {"Id": "1", "CustomerRef": {"value": "a"}, "Balance": Decimal("10.50"), "DueDate": date(2026, 1, 1)},
        {"Id": "2", "CustomerRef": {"value": "a"}, "Balance": Decimal("0.01"), "DueDate": date(2026, 2, 1)},
        {"Id": "3", "CustomerRef": {"value": "b"}, "Balance": Decimal("99999999999999.99"), "DueDate": None},
        {"Id": "4", "CustomerRef": None, "Balance": None, "DueDate": date(2025, 12, 31)},
    ]
)
CUSTOMERS = pa.Table.from_pylist([{"Id": "a", "Name": "Ann"}, {"Id": "c", "Name": "Cid"}])
TABLES = {"invoices": INVOICES, "customers": CUSTOMERS}
READS = "  invoices: {read: quickbooks.Invoice}\n  customers: {read: quickbooks.Customer}\n"

FLOWS: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    "overdue": (
        """flow: a
parameters:
  as_of: {type: date, default: 2026-03-01}
  least: {type: decimal, default: "0.00"}
steps:
  invoices: {read: quickbooks.Invoice}
  customers: {read: quickbooks.Customer}
  late: {filter: invoices, where: DueDate < $as_of and Balance > $least}
  aged:
    derive: late
    columns: {days: "date_diff('day', DueDate, $as_of)", customer: CustomerRef.value, weeks: days / 7}
  joined: {join: [aged, customers], how: left, on: {customer: Id}}
  totals: {aggregate: joined, by: [Name], columns: {overdue: sum(Balance), invoices: count(*), oldest: max(days)}}
  ranked: {sort: totals, by: [overdue desc, Name]}
""",
        "ranked",
        [{"Name": "Ann", "overdue": Decimal("10.51"), "invoices": 2, "oldest": 59}],
    ),
    "parameters": (
        """flow: a
parameters:
  text: {type: text, default: "it's"}
  number: {type: integer, default: 9223372036854775807}
  money: {type: decimal, default: "99999999999999.99"}
  day: {type: date, default: 2026-02-28}
  at: {type: timestamp, default: "2026-02-28T23:00:00+02:00"}
  yes: {type: boolean, default: true}
steps:
  customers: {read: quickbooks.Customer}
  first: {limit: customers, rows: 1}
  all: {derive: first, columns: {t: $text, n: $number, m: $money, d: $day, a: "$at::VARCHAR", b: $yes}}
  kept: {select: all, columns: [t, n, m, d, a, b]}
""",
        "kept",
        [
            {
                "t": "it's",
                "n": 9223372036854775807,
                "m": Decimal("99999999999999.99"),
                "d": date(2026, 2, 28),
                "a": "2026-02-28 21:00:00+00",
                "b": True,
            }
        ],
    ),
    "branches": (
        f"""flow: a
steps:
{READS}  big: {{filter: invoices, where: Balance >= 10}}
  small: {{filter: invoices, where: Balance < 10}}
  both: {{union: [small, big]}}
  ids: {{select: both, columns: [Id, CustomerRef.value], rename: {{CustomerRef.value: customer}}}}
  known: {{join: [ids, customers], how: semi, on: {{customer: Id}}}}
  sorted: {{sort: known, by: Id}}
""",
        "sorted",
        [{"Id": "1", "customer": "a"}, {"Id": "2", "customer": "a"}],
    ),
}


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_compiles_to_the_kept_statement(name: str) -> None:
    """Changed on purpose? Delete the file, run this twice, and look at the difference."""
    text, step, _ = FLOWS[name]
    compiled = Compiled(text, {each: TABLES[each] for each in TABLES if f"{each}: {{read" in text})

    async def statement() -> str:
        async with DuckEngine(threads=1) as engine:
            query = await compiled.statement(engine, step)
        return query.sql("duckdb", identify=True, pretty=True) + "\n"

    made = asyncio.run(statement())
    golden = GOLDEN / f"{name}.sql"
    if not golden.exists():
        golden.write_text(made, encoding="utf-8")
        pytest.fail(f"{golden.name} was not there; it is now. Look at it and run again.")
    assert made == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FLOWS)
def test_the_statement_of_a_flow_gives_these_rows(name: str) -> None:
    text, step, expected = FLOWS[name]
    compiled = Compiled(text, {each: TABLES[each] for each in TABLES if f"{each}: {{read" in text})
    assert compiled.rows(step) == expected


def test_the_order_of_a_sort_outlives_filters_and_derived_columns() -> None:
    text = """flow: a
steps:
  rows: {read: quickbooks.Rows}
  sorted: {sort: rows, by: n desc}
  kept: {filter: sorted, where: n % 2 = 0}
  more: {derive: kept, columns: {m: n + 1}}
"""
    table = pa.table({"n": pa.array([(number * 7919) % 30_011 for number in range(30_011)], pa.int64())})
    numbers = [row["n"] for row in Compiled(text, {"rows": table}).rows("more")]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 15_006


AMOUNTS = st.one_of(
    st.none(),
    st.decimals(min_value=-(10**14), max_value=10**14, places=2),
    st.sampled_from([Decimal("99999999999999.99"), Decimal("-99999999999999.99"), Decimal("0.01"), Decimal("0.00")]),
)
NAMES = st.one_of(st.none(), st.sampled_from(["a", "b", "c", "A", "", "it's"]))
DAYS = st.one_of(st.none(), st.dates(min_value=date(2025, 1, 1), max_value=date(2027, 1, 1)))
LEFT = st.lists(st.fixed_dictionaries({"k": NAMES, "amount": AMOUNTS, "day": DAYS}), max_size=12)
RIGHT = st.lists(st.fixed_dictionaries({"k": NAMES, "rate": st.integers(-3, 3)}), max_size=6)
LEFT_SCHEMA = pa.schema([("k", pa.string()), ("amount", pa.decimal128(28, 9)), ("day", pa.date32())])
RIGHT_SCHEMA = pa.schema([("k", pa.string()), ("rate", pa.int64())])
LIMIT_DAY = date(2026, 1, 1)

MODELLED = """flow: a
parameters: {{limit_day: {{type: date, default: 2026-01-01}}}}
steps:
  left: {{read: x.Left}}
  right: {{read: x.Right}}
  kept: {{filter: left, where: amount > 0 or day < $limit_day}}
  doubled: {{derive: kept, columns: {{double: amount * 2, known: k is not null}}}}
  joined: {{join: [doubled, right], how: {how}, on: {{k: k}}}}
  totals:
    aggregate: joined
    by: [k]
    columns: {{total: sum(double), rows: count(*), rates: sum(rate), most: max(day)}}
  ranked: {{sort: totals, by: [total desc, k]}}
"""


@settings(max_examples=60, deadline=None)
@given(left=LEFT, right=RIGHT, how=st.sampled_from(["inner", "left"]))
def test_a_flow_gives_what_a_plain_model_of_it_gives(
    left: list[dict[str, Any]], right: list[dict[str, Any]], how: str
) -> None:
    compiled = Compiled(
        MODELLED.format(how=how),
        {
            "left": pa.Table.from_pylist(left, schema=LEFT_SCHEMA),
            "right": pa.Table.from_pylist(right, schema=RIGHT_SCHEMA),
        },
    )
    assert compiled.rows("ranked") == model(left, right, how)


def model(left: list[dict[str, Any]], right: list[dict[str, Any]], how: str) -> list[dict[str, Any]]:
    """The flow in plain Python, with SQL's meaning of null."""
    kept = [
        row
        for row in left
        if (row["amount"] is not None and row["amount"] > 0) or (row["day"] is not None and row["day"] < LIMIT_DAY)
    ]
    joined = []
    for row in kept:
        partners = [other for other in right if row["k"] is not None and other["k"] == row["k"]]
        joined += [{**row, "rate": other["rate"]} for other in partners]
        if not partners and how == "left":
            joined.append({**row, "rate": None})
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for row in joined:
        groups.setdefault(row["k"], []).append(row)
    totals = [
        {
            "k": key,
            "total": known(sum, [row["amount"] * 2 for row in rows if row["amount"] is not None]),
            "rows": len(rows),
            "rates": known(sum, [row["rate"] for row in rows if row["rate"] is not None]),
            "most": known(max, [row["day"] for row in rows if row["day"] is not None]),
        }
        for key, rows in groups.items()
    ]
    by_name = sorted(totals, key=lambda row: (row["k"] is None, (row["k"] or "").encode()))
    return sorted(by_name, key=lambda row: (row["total"] is None, -(row["total"] or 0)))


def known(fold: Callable[[list[Any]], Any], values: list[Any]) -> Any:
    """SQL's aggregates of nothing are null."""
    return fold(values) if values else None
