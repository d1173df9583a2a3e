"""The engine: exact, kept in its bounds, one thread, slowed down by slow readers, stopped when nobody waits."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ledgerflow.core.errors import InputRefused
from ledgerflow.engine.duck import MEMORY_SETTING, DuckEngine

pytestmark = pytest.mark.anyio

HUGE = "SELECT count(*) AS n FROM range(100000000) a(i), range(1000) b(j) WHERE hash(i + j) % 7 = 1"


async def test_decimals_and_times_leave_the_engine_as_they_are() -> None:
    async with DuckEngine() as engine:
        (row,) = await engine.rows(
            "SELECT 99999999999999.99::DECIMAL(28,9) AS money, '2026-11-23T18:00:00Z'::TIMESTAMPTZ AS at, "
            "12345678901234567890123456789012345678::DECIMAL(38,0) AS wide"
        )
    assert row["money"] == Decimal("99999999999999.99")
    assert row["at"].isoformat() == "2026-11-23T18:00:00+00:00"
    assert row["wide"] == Decimal("12345678901234567890123456789012345678")


async def test_the_time_zone_is_utc_wherever_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        async with DuckEngine() as engine:
            (row,) = await engine.rows("SELECT '2026-01-01 00:00:00'::TIMESTAMP::TIMESTAMPTZ::VARCHAR AS at")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert row["at"] == "2026-01-01 00:00:00+00"


async def test_types_that_others_do_not_have_leave_as_text() -> None:
    async with DuckEngine() as engine:
        (row,) = await engine.rows(
            "SELECT 'x'::ENUM('x') AS e, NULL AS n, INTERVAL 1 DAY AS i, 5::BIGNUM AS b, 7 AS plain"
        )
    assert row == {"e": "x", "n": None, "i": "1 day", "b": "5", "plain": 7}


async def test_rows_come_in_batches_and_keep_their_order() -> None:
    query = "SELECT i FROM range(25000) t(i) ORDER BY i DESC"
    async with DuckEngine() as engine, await engine.stream(query, batch_rows=10_000) as stream:
        batches = [batch async for batch in stream]
    assert [batch.num_rows for batch in batches] == [10_000, 10_000, 5_000]
    assert [batch.column(0)[0].as_py() for batch in batches] == [24_999, 14_999, 4_999]


async def test_several_streams_can_be_open_at_once() -> None:
    async with DuckEngine() as engine:
        async with (
            await engine.stream("SELECT i FROM range(30000) t(i)") as first,
            await engine.stream("SELECT -i AS i FROM range(30000) t(i)") as second,
        ):
            total = 0
            async for one, other in _pairs(first, second):
                total += sum(one.column(0).to_pylist()) + sum(other.column(0).to_pylist())
        assert total == 0
        assert await engine.rows("SELECT 1 AS one") == [{"one": 1}]


async def _pairs(first, second):  # type: ignore[no-untyped-def]
    others = aiter(second)
    async for one in first:
        yield one, await anext(others)


async def test_a_slow_reader_does_not_make_the_engine_pile_up_rows() -> None:
    """Two gigabytes of rows, of which three batches are taken: memory stays within the engine's bound."""
    psutil = pytest.importorskip("psutil")
    process = psutil.Process()
    async with DuckEngine(memory="128MB") as engine:
        before = process.memory_info().rss
        async with await engine.stream("SELECT i, repeat('x', 400) AS s FROM range(5000000) t(i)") as stream:
            batches = aiter(stream)
            for _ in range(3):
                await anext(batches)
            await asyncio.sleep(0.3)  # time in which it could run ahead
            grown = process.memory_info().rss - before
    assert grown < 200_000_000


async def test_a_cancelled_query_stops_at_once_and_the_engine_goes_on() -> None:
    async with DuckEngine() as engine:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(engine.rows(HUGE), 0.3)
        assert time.monotonic() - began < 5
        assert await engine.rows("SELECT 1 AS one") == [{"one": 1}]


async def test_what_does_not_fit_into_memory_goes_to_the_spill_folder_and_is_gone_afterwards(tmp_path: Path) -> None:
    async with DuckEngine(memory="64MB", spill=tmp_path / "spill") as engine:
        rows = 0
        async with await engine.stream(
            "SELECT hash(i) AS h, repeat('y', 100) AS y FROM range(1500000) t(i) ORDER BY h"
        ) as stream:
            assert list((tmp_path / "spill").iterdir())
            async for batch in stream:
                rows += batch.num_rows
    assert rows == 1_500_000
    assert list((tmp_path / "spill").iterdir()) == []


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
    ],
)
async def test_files_outside_the_given_folders_cannot_be_read(query: str, tmp_path: Path) -> None:
    async with DuckEngine(readable=[tmp_path]) as engine:
        with pytest.raises(InputRefused):
            await engine.rows(query)


async def test_files_inside_the_given_folders_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a b's.txt").write_text("hello")
    async with DuckEngine(readable=[tmp_path]) as engine:
        path = str(tmp_path / "a b's.txt").replace("'", "''")
        assert await engine.rows(f"SELECT content FROM read_text('{path}')") == [{"content": "hello"}]


async def test_settings_are_locked_once_it_is_open() -> None:
    async with DuckEngine() as engine:
        with pytest.raises(InputRefused):
            await engine.run("SET enable_external_access = true")
        with pytest.raises(duckdb.Error):
            await engine.use(lambda connection: _raw(connection))


def _raw(connection: duckdb.DuckDBPyConnection) -> None:
    raise duckdb.InternalException("a bug of the engine surfaces as it is")


async def test_a_registered_table_is_seen_by_streams() -> None:
    async with DuckEngine() as engine:
        await engine.register("my rows", pa.table({"a": [1, 2]}))
        assert await engine.rows('SELECT sum(a)::INT AS s FROM "my rows"') == [{"s": 3}]


@pytest.mark.parametrize("given", ["lots", "12", "-1GB", "1 gigabyte"])
async def test_a_memory_setting_that_is_no_size_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY_SETTING, given)
    with pytest.raises(InputRefused) as refused:
        DuckEngine()
    assert MEMORY_SETTING in refused.value.where


async def test_too_little_memory_is_told_with_what_to_do(tmp_path: Path) -> None:
    async with DuckEngine(memory="8MB", spill=tmp_path) as engine:
        with pytest.raises(InputRefused) as refused:
            await engine.rows("SELECT list(i || repeat('x', 200)) AS everything FROM range(2000000) t(i)")
    assert "LEDGERFLOW_ENGINE_MEMORY" in refused.value.next_step


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT foo FROM (SELECT 1 AS fooo)", "There is no column 'foo'."),
        ("SELECT sum(x) FROM (SELECT 'a' AS x)", "sum() does not take text; it takes decimal or boolean or integer"),
        ("SELECT x + 1 FROM (SELECT 'a'::VARCHAR AS x)", "+ does not take text and an integer; cast one of them."),
        ("SELECT nosuch(1)", "There is no function nosuch()."),
        ("SELECT 1 FROM (SELECT 1 AS x) WHERE sum(x) > 1", "An aggregate such as sum() cannot stand here"),
        ("SELECT x, sum(y) FROM (SELECT 1 AS x, 1 AS y)", "'x' stands beside an aggregate"),
        ("SELECT coalesce(DATE '2026-01-01', 5)", "A date and an integer cannot stand together in COALESCE"),
        ("SELECT CAST([1] AS DATE)", "A list of integers cannot become a date."),
        ("SELECT round(1, 2, 3)", "it takes 1 or 2 arguments."),
        ("SELECT x::DATE FROM (SELECT 'soon' AS x)", "The text 'soon' is no date."),
        ("SELECT x::DECIMAL(4,2) FROM (SELECT '12345' AS x)", "The text '12345' is no decimal."),
        ("SELECT row_number() OVER () FROM range(1) t(x) WHERE row_number() OVER () = 1", "A window function"),
        ("SELECT unnest(5)", "Only a list can be opened, not an integer."),
        (
            "SELECT 99999999999999.99::DECIMAL(28,9) * 99999999999999.99::DECIMAL(28,9)",
            "A product of decimals needs more than 38 digits",
        ),
    ],
)
async def test_refusals_are_told_without_the_jargon_of_the_engine(query: str, said: str) -> None:
    async with DuckEngine() as engine:
        with pytest.raises(InputRefused) as refused:
            await engine.rows(query)
    assert said in refused.value.what
    assert "Binder" not in refused.value.what
    assert "LINE" not in refused.value.what
