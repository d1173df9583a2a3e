"""The tables of the write journal."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from ledgerflow.store.database import METADATA

STEPS = Table(
    "journal_step",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", String(64), nullable=False),
    Column("step", String(64), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("facts", Text, nullable=False),
    Column("began_at", String(40), nullable=False),
    Column("planned_at", String(40)),
    Column("finished_at", String(40)),
    Index("journal_step_by_run", "run_id", "step", unique=True),
)
INPUTS = Table(
    "journal_input",
    METADATA,
    Column("journal", Integer, ForeignKey("journal_step.id"), primary_key=True),
    Column("chunk", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
RECORDS = Table(
    "journal_record",
    METADATA,
    Column("journal", Integer, ForeignKey("journal_step.id"), primary_key=True),
    Column("record", Integer, primary_key=True),
    Column("rows", Text, nullable=False),
    Column("action", String(8), nullable=False),
    Column("label", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("target_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("trace_id", Text, nullable=False),
    Column("changes", Text, nullable=False),
)
BATCHES = Table(
    "journal_batch",
    METADATA,
    Column("journal", Integer, ForeignKey("journal_step.id"), primary_key=True),
    Column("batch", Integer, primary_key=True),
    Column("request_id", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("records", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("before", LargeBinary),
    Column("answer", LargeBinary),
    Column("trace_id", Text, nullable=False),
    Column("sent_at", String(40)),
    Column("answered_at", String(40)),
    Index("journal_batch_open", "journal", "answered_at"),
)

ALL = (STEPS, INPUTS, RECORDS, BATCHES)
