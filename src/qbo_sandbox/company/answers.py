"""Envelopes: what stands around records in an answer, with stored bytes put in as they are."""

from datetime import datetime

from qbo_facts import Entity
from qbo_sandbox.company.faults import Refused
from qbo_sandbox.company.json_text import write_json
from qbo_sandbox.company.store import Answer
from qbo_sandbox.query.pacific import envelope_time


def record_answer(entity: Entity, body: bytes, now: datetime) -> Answer:
    """`{"Invoice": {...}, "time": ...}`."""
    return Answer(status=200, body=b"{" + record_part(entity, body) + b"," + _time(now) + b"}")


def record_part(entity: Entity, body: bytes) -> bytes:
    """`"Invoice": {...}` without braces around it."""
    return write_json(json_key(entity)) + b":" + body


def json_key(entity: Entity) -> str:
    """The key a record of this entity stands under."""
    return entity.json_key or entity.name


def deleted_part(entity: Entity, record_id: str) -> bytes:
    """What is answered in place of a record that was just deleted; of budgets nothing is."""
    if entity.name == "Budget":
        return b""
    return record_part(entity, write_json({"status": "Deleted", "domain": "QBO", "Id": record_id}))


def wrapped(part: bytes | list[bytes], now: datetime) -> Answer:
    """A part with braces and the time around it.

    A part that comes in pieces is copied once: a page of 1,000 invoices has two megabytes, and every further copy of
    it costs as much as finding its records.
    """
    pieces = part if isinstance(part, list) else [part] if part else []
    comma = b"," if pieces else b""
    return Answer(status=200, body=b"".join((b"{", *pieces, comma, _time(now), b"}")))


def fault_answer(refused: Refused, now: datetime) -> Answer:
    return Answer(status=refused.status, body=b"{" + fault_part(refused) + b"," + _time(now) + b"}")


def fault_part(refused: Refused) -> bytes:
    """`"Fault": {...}` without braces around it."""
    return b'"Fault":' + write_json(refused.as_json())


def _time(now: datetime) -> bytes:
    return b'"time":"' + envelope_time(now).encode() + b'"'
