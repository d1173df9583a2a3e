"""A page that has landed is there whole, whatever happened while it was written."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from ledgerflow.engine.typed_scan import read_records, typed_scan
from ledgerflow.store.landing import Landing

PAGE = b'{"Id":"1","n":1}\n{"Id":"2","n":2}\n'
WRITER = """
import sys
from pathlib import Path
from ledgerflow.store.landing import Landing
landing = Landing(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 10_000):
    landing.remember("next", number)
    page = b"".join(b'{"page":%d,"row":%d,"pad":"%s"}\\n' % (number, row, b"x" * 500) for row in range(40))
    landing.put(f"{number:05d}", page, 40)
    print(number, flush=True)
"""


def test_a_landed_page_is_remembered_by_the_next_opener(tmp_path: Path) -> None:
    Landing(tmp_path).put("00001", PAGE, 2, structure=b"seen")

    again = Landing(tmp_path)

    assert again.has("00001")
    assert not again.has("00002")
    assert again.rows == 2
    assert again.pages == {"00001": 2}
    assert [read_records(path) for path in again.files()] == [PAGE]


def test_files_come_in_the_order_of_their_pages_and_empty_ones_are_left_out(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for page, records, rows in (("00003", PAGE, 2), ("00001", PAGE, 2), ("00002", b"", 0)):
        landing.put(page, records, rows)

    assert [path.name for path in landing.files()] == ["00001.ndjson.zst", "00003.ndjson.zst"]
    assert landing.has("00002")
    assert landing.rows == 4


def test_a_page_put_twice_counts_once(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.put("00001", PAGE, 2)
    landing.put("00001", b'{"Id":"3"}\n', 1)

    assert landing.rows == 1
    assert read_records(landing.files()[0]) == b'{"Id":"3"}\n'


def test_facts_and_completeness_are_kept(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.remember("plan", {"rows": 7})
    assert not landing.is_complete
    landing.complete()

    again = Landing(tmp_path)

    assert again.recall("plan") == {"rows": 7}
    assert again.recall("nothing", "here") == "here"
    assert again.is_complete
    again.clear()
    assert (again.rows, again.is_complete, again.recall("plan")) == (0, False, None)
    assert Landing(tmp_path).rows == 0


@pytest.mark.parametrize("page", ["", "../up", "a/b", ".hidden", "x" * 65])
def test_a_page_cannot_be_named_out_of_its_folder(tmp_path: Path, page: str) -> None:
    with pytest.raises(ValueError, match="cannot name a page"):
        Landing(tmp_path).put(page, PAGE, 2)


def test_any_zstandard_reader_reads_a_landed_file(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.put("00001", PAGE, 2, structure=b"what was seen")

    path = str(landing.files()[0])
    assert duckdb.sql(f"SELECT \"Id\", n FROM read_json('{path}')").fetchall() == [("1", 1), ("2", 2)]


def test_a_process_killed_at_any_moment_leaves_only_whole_pages(tmp_path: Path) -> None:
    luck = random.Random(7)
    for _ in range(6):
        landing = Landing(tmp_path)
        first = int(landing.recall("next", 0))
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(first)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            written = [int(writer.stdout.readline()) for _ in range(3)]
            time.sleep(luck.random() / 50)
            os.kill(writer.pid, signal.SIGKILL)
            written += [int(line) for line in writer.stdout.read().split()]

        landing = Landing(tmp_path)

        assert all(landing.has(f"{number:05d}") for number in written)
        for page, rows in landing.pages.items():
            records = [json.loads(line) for line in read_records(tmp_path / f"{page}.ndjson.zst").splitlines()]
            assert [record["row"] for record in records] == list(range(rows))
            assert {record["page"] for record in records} == {int(page)}
        assert not list(tmp_path.glob(".*.part"))
    assert typed_scan(None, landing.files(), None).schema.names == ("page", "row", "pad")
