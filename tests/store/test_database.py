"""The state database: made once by many, written by one at a time, never misread."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from ledgerflow.core.errors import InputRefused
from ledgerflow.store.database import FORMAT, STATE_FILE, UtcTime, open_database, writing

MOMENTS = Table("moment", MetaData(), Column("number", Integer, primary_key=True), Column("at", UtcTime))

ADD_TEN = """
import sys
from pathlib import Path
from ledgerflow.store.database import open_database, writing
database = open_database(Path(sys.argv[1]))
for _ in range(10):
    with writing(database) as db:
        db.exec_driver_sql("CREATE TABLE IF NOT EXISTS counter (n)")
        n = db.exec_driver_sql("SELECT coalesce(max(n), 0) FROM counter").scalar_one()
        db.exec_driver_sql(f"INSERT INTO counter VALUES ({n + 1})")
"""


def test_processes_that_open_a_new_database_at_once_lose_no_write(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ADD_TEN, str(tmp_path)]
    writers = [subprocess.Popen(command) for _ in range(6)]
    assert [writer.wait(timeout=60) for writer in writers] == [0] * 6
    with open_database(tmp_path).connect() as db:
        assert db.exec_driver_sql("SELECT count(DISTINCT n), max(n) FROM counter").one() == (60, 60)
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert db.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL: each commit is on the disk


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    open_database(tmp_path)
    assert (tmp_path / STATE_FILE).stat().st_mode & 0o777 == 0o600


def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    with writing(open_database(tmp_path)) as db:
        db.exec_driver_sql(f"PRAGMA user_version={FORMAT + 1}")
    with pytest.raises(InputRefused, match=f"format {FORMAT + 1}") as refused:
        open_database(tmp_path)
    assert STATE_FILE in refused.value.where


def test_a_write_that_fails_changes_nothing(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with writing(database) as db:
        db.exec_driver_sql("CREATE TABLE t (a)")

    def fail() -> None:
        with writing(database) as db:
            db.exec_driver_sql("INSERT INTO t VALUES (1)")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        fail()
    with database.connect() as db:
        assert db.exec_driver_sql("SELECT count(*) FROM t").scalar_one() == 0


def test_what_is_read_in_a_writing_transaction_cannot_change_before_it_writes(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with writing(database) as db:
        db.exec_driver_sql("CREATE TABLE t (a)")
        db.exec_driver_sql("INSERT INTO t VALUES (0)")

    def add() -> None:
        for _ in range(25):
            with writing(database) as db:
                value = db.exec_driver_sql("SELECT a FROM t").scalar_one()
                db.exec_driver_sql(f"UPDATE t SET a = {value + 1}")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.connect() as db:
        assert db.exec_driver_sql("SELECT a FROM t").scalar_one() == 100


@given(
    moments=st.lists(
        st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(timezone(timedelta(hours=-8)))),  # noqa: DTZ001
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_times_come_back_in_utc_and_sort_as_times(tmp_path: Path, moments: list[datetime]) -> None:
    database = open_database(tmp_path)
    with writing(database) as db:
        MOMENTS.drop(db, checkfirst=True)
        MOMENTS.create(db)
        db.execute(insert(MOMENTS), [{"at": moment} for moment in moments])
    with database.connect() as db:
        back = list(db.execute(select(MOMENTS.c.at).order_by(MOMENTS.c.at)).scalars())
    assert back == sorted(moments)
    assert all(moment.tzinfo == UTC for moment in back)
