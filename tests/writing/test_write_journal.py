"""The journal of a write step: what is there after a stop at any point."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledgerflow.store.database import open_database
from ledgerflow.store.journal import Journal
from ledgerflow.store.journal_entries import Change, PlannedBatch, PlannedRecord, RecordOutcome
from ledgerflow.store.run_folder import RunFolder

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

Opened = Callable[..., Journal]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """A journal as a new process would open it."""

    def open_journal(step: str = "load", run_id: str = "run-1") -> Journal:
        folder = RunFolder(tmp_path, run_id)
        return Journal(open_database(tmp_path), run_id=run_id, step=step, folder=folder, clock=lambda: NOW)

    return open_journal


def record(number: int, **other: object) -> PlannedRecord:
    return PlannedRecord(**{"record": number, "rows": (number,), "action": "create", **other})  # type: ignore[arg-type]


def batch(number: int, records: tuple[int, ...]) -> PlannedBatch:
    return PlannedBatch(batch=number, request_id=f"id-{number}", records=records, request=b'{"items":[]}')


def test_a_plan_that_was_not_finished_is_thrown_away(opened: Opened) -> None:
    journal = opened()
    journal.begin({"resource": "Customer"})
    journal.add_input(0, b"rows")
    journal.add_plan([record(1)], [batch(1, (1,))])
    again = opened()
    assert again.phase == "gathering"
    again.begin({"resource": "Customer"})
    assert (list(again.inputs()), list(again.records()), again.open_batches()) == ([], [], [])


def test_a_finished_plan_is_carried_on_and_never_begun_again(opened: Opened) -> None:
    journal = opened()
    assert journal.phase == "new"
    journal.begin({"resource": "Customer"})
    journal.add_input(0, b"first")
    journal.add_input(1, b"second")
    journal.add_plan([record(1), record(2), record(3)], [batch(1, (1, 2)), batch(2, (3,))])
    journal.finish_plan()
    journal.mark_sent(1)
    again = opened()
    assert again.phase == "planned"
    with pytest.raises(RuntimeError, match="can only be carried on"):
        again.begin({"resource": "Customer"})
    assert list(again.inputs()) == [b"first", b"second"]
    assert again.open_batches() == [1, 2]
    assert again.batch(1) == batch(1, (1, 2))
    assert again.facts == {"resource": "Customer"}


def test_an_answer_settles_its_records_and_plans_what_follows_in_one_step(opened: Opened) -> None:
    journal = opened()
    journal.begin({})
    changes = (Change(field="Notes", old=None, new="x"),)
    journal.add_plan([record(1, label="A"), record(2, action="update", changes=changes)], [batch(1, (1, 2))])
    journal.finish_plan()
    follow_up = PlannedBatch(batch=2, request_id="id-2", records=(2,), request=b"{}", before=b"[{}]", attempt=2)
    done = RecordOutcome(record=1, state="done", target_id="71", version="0", trace_id="tid-1")
    journal.settle(1, outcomes=[done], answer=b'{"a":1}', trace_id="tid-1", follow_ups=[follow_up])
    again = opened()
    first, second = again.records()
    assert (first.state, first.target_id, first.version, first.label) == ("done", "71", "0", "A")
    assert (second.state, second.changes) == ("planned", changes)
    assert again.open_batches() == [2]
    assert again.batch(2) == follow_up
    assert again.next_batch() == 3
    assert again.count_open() == 1
    (images,) = again.images()
    assert (images.records, images.request, images.before, images.answer) == (
        (1, 2),
        b'{"items":[]}',
        None,
        b'{"a":1}',
    )
    assert [found.record for found in again.records(numbers=[2])] == [2]


def test_a_dry_plan_gives_way_to_a_real_one(opened: Opened) -> None:
    journal = opened()
    journal.begin({"dry_run": True})
    journal.add_plan([record(1)], [batch(1, (1,))])
    journal.finish_plan()
    again = opened()
    again.begin({"dry_run": False})
    assert list(again.records()) == []


def test_steps_and_runs_keep_apart_but_a_step_sees_what_others_of_its_run_would_create(opened: Opened) -> None:
    customers = opened("customers")
    customers.begin({"resource": "Customer"})
    customers.add_plan([record(1, label="Harbor"), record(2, label="Skipped", action="skip", state="skipped")])
    elsewhere = opened("customers", "run-2")
    elsewhere.begin({"resource": "Customer"})
    elsewhere.add_plan([record(1, label="Another run")])
    invoices = opened("invoices")
    invoices.begin({"resource": "Invoice"})
    assert list(invoices.records()) == []
    assert invoices.planned_labels(resource="Customer") == ["Harbor"]
    assert invoices.planned_labels(resource="Vendor") == []


def test_files_for_people_are_written_whole_and_kept_out_of_git(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, "run-1")
    place = folder.write_table("load.outcomes.csv", ["a", "b"], [[1, None], ['say "hi"', "x,\ny"]])
    assert place == "runs/run-1/load.outcomes.csv"
    assert (tmp_path / place).read_bytes() == b'a,b\r\n1,\r\n"say ""hi""","x,\ny"\r\n'
    assert (tmp_path / "runs/.gitignore").read_text() == "*\n"

    def broken() -> list[list[object]]:
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        folder.write_table("load.outcomes.csv", ["a"], (row for _ in [0] for row in broken()))
    assert sorted(path.name for path in folder.path.iterdir()) == ["load.outcomes.csv"]
    folder.remove("load.outcomes.csv")
    folder.remove("load.outcomes.csv")
    assert list(folder.path.iterdir()) == []
