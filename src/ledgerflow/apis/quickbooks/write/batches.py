"""Batch calls of QuickBooks: what is sent, under which request id, and what the answer says about each item."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import msgspec

from ledgerflow.apis.quickbooks.write.values import Wire
from ledgerflow.core.errors import RetryLater
from qbo_facts.model import Entity
from qbo_facts.tables import faults as known_faults
from qbo_facts.tables import limits

BATCH_ITEMS = limits()["batch_items"].value
BATCH_CALLS_PER_MINUTE = limits()["batch_calls_per_minute_per_company_and_app"].value
REQUEST_ID_CHARACTERS = limits()["request_id_characters"].value

_ID_PREFIX = "lf"
_DIGEST_BYTES = 20
_DUPLICATES_ALLOWED = "allowduplicatedocnum"

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

Operation = Literal["create", "update"]
Verdict = Literal["done", "repeat", "stale", "refused", "unknown"]

_REPEAT = {"3001", "3200"}
"""Throttled, or the sign-in ran out between the call and this item: nothing was done, so it is safe to repeat."""
_STALE = "5010"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAnswer:
    """What a batch answer says about one item.

    `done`: `fields` is the record as it is now. `repeat`: nothing was done and another try may work. `stale`: somebody
    changed the record meanwhile. `refused`: `reason` and `code` say why. `unknown`: the answer does not mention it.
    """

    verdict: Verdict
    fields: Mapping[str, Any]
    reason: str = ""
    code: str = ""


class _Envelope(msgspec.Struct):
    BatchItemResponse: list[dict[str, msgspec.Raw]] = []
    Fault: msgspec.Raw = msgspec.Raw()
    fault: msgspec.Raw = msgspec.Raw()


def encode(value: Wire) -> bytes:
    """JSON text of a body; Decimals become JSON numbers with every digit they have."""
    return _ENCODER.encode(value)


def decode(content: bytes | msgspec.Raw) -> Any:
    """JSON with exact numbers: whole ones as int, the others as Decimal."""
    return _DECODER.decode(content)


def request_id(*, run_id: str, step: str, records: Sequence[int], rows: Sequence[int], attempt: int) -> str:
    """The id under which QuickBooks remembers a batch call, so that a repeat after a lost answer changes nothing.

    Made from what is sent alone, hence the same in every process. Another attempt at items that QuickBooks did
    answer for is another call, and has another id. With a bId of two digits it stays below the 50 characters that
    both may have together. Source: QuickBooks API, "requestid"; .NET SDK for the sum.
    """
    text = repr((run_id, step, tuple(records), tuple(rows), attempt))
    return _ID_PREFIX + hashlib.sha256(text.encode()).digest()[:_DIGEST_BYTES].hex()


def batch_request(entity: Entity, items: Sequence[tuple[Operation, bytes]], *, allow_duplicates: bool) -> bytes:
    """The body of a batch call. Items are encoded bodies; each gets its place in the batch, from 1, as its bId."""
    assert entity.json_key is not None
    assert len(items) <= BATCH_ITEMS
    option = {"optionsData": _DUPLICATES_ALLOWED} if allow_duplicates else {}
    return _ENCODER.encode(
        {
            "BatchItemRequest": [
                {"bId": str(place), "operation": operation, entity.json_key: msgspec.Raw(body), **option}
                for place, (operation, body) in enumerate(items, start=1)
            ]
        }
    )


def batch_items(entity: Entity, request: bytes) -> list[tuple[Operation, bytes]]:
    """The items of a batch call as they were given to `batch_request`."""
    assert entity.json_key is not None
    sent = msgspec.json.decode(request, type=dict[str, list[dict[str, msgspec.Raw]]])["BatchItemRequest"]
    return [(msgspec.json.decode(item["operation"]), bytes(item[entity.json_key])) for item in sent]


def unreadable(error: msgspec.DecodeError, *, where: str) -> RetryLater:
    """The error for an answer that came with a success status and is not what QuickBooks sends."""
    return RetryLater(
        f"QuickBooks' answer cannot be read: {error}.",
        where=where,
        next_step="Run the flow again; it carries on where it stopped, and what was written is not written twice.",
    )


def read_answer(entity: Entity, answer: bytes, *, items: int) -> list[ItemAnswer]:
    """What the answer says about each of the `items`, in the order they were sent in.

    A fault in place of all items is said of each of them.

    Raises:
        msgspec.DecodeError: it is not the JSON of a batch answer.
    """
    envelope = msgspec.json.decode(answer, type=_Envelope)
    whole = envelope.Fault or envelope.fault
    if whole:
        return [read_fault(decode(whole))] * items
    by_place: dict[str, ItemAnswer] = {}
    for item in envelope.BatchItemResponse:
        if "bId" in item:
            by_place[str(msgspec.json.decode(item["bId"]))] = _read_item(entity, item)
    return [by_place.get(str(place), _UNMENTIONED) for place in range(1, items + 1)]


def _read_item(entity: Entity, item: Mapping[str, msgspec.Raw]) -> ItemAnswer:
    fault = item.get("Fault") or item.get("fault")
    if fault is not None:
        return read_fault(decode(fault))
    assert entity.json_key is not None
    record = item.get(entity.json_key)
    return ItemAnswer(verdict="done", fields=decode(record)) if record is not None else _UNMENTIONED


_UNMENTIONED = ItemAnswer(
    verdict="unknown",
    fields={},
    reason=(
        "QuickBooks' answer says nothing about this record, so it may or may not be there. Look for it in QuickBooks "
        "before sending it again."
    ),
)


def read_images(content: bytes | None, *, items: int) -> list[bytes | None]:
    """The records that `before_images` put together, in their order; None for new ones."""
    if content is None:
        return [None] * items
    images = [bytes(raw) for raw in msgspec.json.decode(content, type=list[msgspec.Raw])]
    return [None if image == b"null" else image for image in images]


def before_images(images: Sequence[bytes | None]) -> bytes | None:
    """Records as they were, as one JSON array in the order of a batch; None when every one of them is new."""
    if all(image is None for image in images):
        return None
    return b"[" + b",".join(image or b"null" for image in images) + b"]"


def read_fault(fault: Mapping[str, Any]) -> ItemAnswer:
    """A fault in plain words. The service writes its keys with capitals, the gateway without."""
    errors = fault.get("Error") or fault.get("error") or [{}]
    read = [_one_error(error) for error in errors]
    codes = [code for code, _ in read]
    reason = " ".join(dict.fromkeys(text for _, text in read))
    verdict: Verdict = "refused"
    if codes[0] == _STALE:
        verdict = "stale"
    elif all(code in _REPEAT for code in codes):
        verdict = "repeat"
    return ItemAnswer(verdict=verdict, fields={}, reason=reason, code=codes[0])


def _one_error(error: Mapping[str, Any]) -> tuple[str, str]:
    code = str(error.get("code") or "").lstrip("0")
    detail = str(error.get("Detail") or error.get("detail") or "").strip()
    message = str(error.get("Message") or error.get("message") or "").strip()
    element = str(error.get("element") or "")
    said = detail or message or "no reason was given"
    known = known_faults().get(code)
    field = f" Field: {element}." if element and element not in said else ""
    if known is None:
        return code, f"QuickBooks refused it: {_sentence(said)}{field}"
    return code, f"{known.cause}{field} QuickBooks says: {_sentence(said)} {known.remedy}"


def _sentence(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if one_line.endswith((".", "!", "?")) else f"{one_line}."
