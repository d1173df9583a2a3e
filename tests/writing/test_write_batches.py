"""Batch calls: their ids, their bodies, and what their answers say."""

from __future__ import annotations

import json

from ledgerflow.apis.quickbooks.write.batches import (
    REQUEST_ID_CHARACTERS,
    batch_items,
    batch_request,
    before_images,
    read_answer,
    read_images,
    request_id,
)
from qbo_facts import entity

CUSTOMER = entity("Customer")


def test_the_request_id_follows_from_what_is_sent_and_leaves_room_for_the_item() -> None:
    def made(**other: object) -> str:
        given = {"run_id": "r1", "step": "load", "records": (1, 2), "rows": (1, 2, 3), "attempt": 1, **other}
        return request_id(**given)  # type: ignore[arg-type]

    assert made() == made(records=[1, 2], rows=[1, 2, 3])
    others = {made(run_id="r2"), made(step="b"), made(records=(1,)), made(rows=(1,)), made(attempt=2)}
    assert len(others | {made()}) == 6
    assert len(made()) + len("30") <= REQUEST_ID_CHARACTERS


def test_items_come_back_out_of_a_batch_byte_by_byte() -> None:
    items = [("create", b'{"DisplayName":"A","Balance":99999999999999.99}'), ("update", b'{"Id":"7","sparse":true}')]
    request = batch_request(CUSTOMER, items, allow_duplicates=True)  # type: ignore[arg-type]
    assert json.loads(request)["BatchItemRequest"][1] == {
        "bId": "2",
        "operation": "update",
        "Customer": {"Id": "7", "sparse": True},
        "optionsData": "allowduplicatedocnum",
    }
    assert b"99999999999999.99" in request
    assert batch_items(CUSTOMER, request) == items


def test_an_answer_is_read_item_by_item_whatever_its_order() -> None:
    answer = {
        "BatchItemResponse": [
            {
                "bId": "2",
                "Fault": {
                    "type": "ValidationFault",
                    "Error": [
                        {
                            "Message": "Duplicate Name Exists Error",
                            "Detail": "The name supplied already exists. : Another customer is already using it.",
                            "code": "6240",
                            "element": "DisplayName",
                        }
                    ],
                },
            },
            {"bId": "1", "Customer": {"Id": "71", "SyncToken": "0"}},
            {"bId": "4", "Fault": {"type": "SERVICE", "Error": [{"Message": "ThrottleExceeded", "code": "003001"}]}},
            {"bId": "5", "fault": {"type": "AUTHENTICATION", "error": [{"message": "expired", "code": "3200"}]}},
            {"bId": "6", "Fault": {"Error": [{"Message": "Stale Object Error", "code": "5010"}]}},
        ],
        "time": "2026-11-23T09:15:00.412-08:00",
    }
    read = read_answer(CUSTOMER, json.dumps(answer).encode(), items=6)
    assert [item.verdict for item in read] == ["done", "refused", "unknown", "repeat", "repeat", "stale"]
    assert read[0].fields["Id"] == "71"
    assert (read[1].code, read[1].reason) == (
        "6240",
        "Another record already has this name; customers, vendors and employees share one list of names. "
        "Field: DisplayName. QuickBooks says: The name supplied already exists. : Another customer is already using "
        "it. Use the existing record or choose a different name.",
    )
    assert read[3].code == "3001"


def test_a_fault_in_place_of_all_items_is_said_of_each() -> None:
    answer = {"Fault": {"type": "SERVICE", "Error": [{"Message": "ThrottleExceeded", "code": "003001"}]}}
    read = read_answer(CUSTOMER, json.dumps(answer).encode(), items=2)
    assert [item.verdict for item in read] == ["repeat", "repeat"]


def test_an_unknown_code_is_told_in_quickbooks_own_words() -> None:
    answer = {"BatchItemResponse": [{"bId": "1", "Fault": {"Error": [{"Detail": "No such thing", "code": "9999"}]}}]}
    (read,) = read_answer(CUSTOMER, json.dumps(answer).encode(), items=1)
    assert (read.code, read.reason) == ("9999", "QuickBooks refused it: No such thing.")


def test_before_images_keep_their_place_beside_new_records() -> None:
    images = [None, b'{"Id":"7","Balance":1.10}', None]
    assert read_images(before_images(images), items=3) == images
    assert before_images([None, None]) is None
    assert read_images(None, items=2) == [None, None]
