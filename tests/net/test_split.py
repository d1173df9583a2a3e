"""Answers are split into records without changing a byte of what the records mean."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerflow.net.split import UnreadableAnswer, split_page

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=8,
)
records_lists = st.lists(st.dictionaries(st.text(max_size=6), json_values, max_size=4), max_size=6)


def lines(ndjson: bytes) -> list[Any]:
    return [json.loads(line) for line in ndjson.split(b"\n")[:-1]] if ndjson else []


@given(records=records_lists, indent=st.sampled_from([None, 0, 2]), more=json_values)
def test_records_come_out_as_they_went_in_however_they_are_printed(
    records: list[dict[str, Any]], indent: int | None, more: Any
) -> None:
    body = json.dumps({"time": "now", "Q": {"extra": more, "Invoice": records, "n": len(records)}}, indent=indent)

    page = split_page(body.encode(), records="Q.Invoice", envelope=("Q.n", "time", "Q.nowhere"))

    assert lines(page.ndjson) == records
    assert page.rows == len(records)
    assert page.found
    assert page.envelope == {"Q.n": len(records), "time": "now"}


@given(records=records_lists)
def test_a_body_may_be_the_array_itself(records: list[dict[str, Any]]) -> None:
    page = split_page(json.dumps(records, ensure_ascii=False).encode(), records="")

    assert lines(page.ndjson) == records


def test_numbers_keep_their_digits() -> None:
    page = split_page(b'{"a":[{"x":99999999999999.990, "y":1e-7}]}', records="a")

    assert page.ndjson == b'{"x":99999999999999.990, "y":1e-7}\n'


@pytest.mark.parametrize(
    ("body", "records", "found", "ndjson"),
    [
        (b'{"QueryResponse":{},"time":"t"}', "QueryResponse.Invoice", False, b""),
        (b'{"QueryResponse":{"Invoice":[]}}', "QueryResponse.Invoice", True, b""),
        (b'{"QueryResponse":null}', "QueryResponse.Invoice", False, b""),
        (b'{"Invoice":{"Id":"1"}}', "Invoice", True, b'{"Id":"1"}\n'),
        (b'{"Id":"1"}', "", True, b'{"Id":"1"}\n'),
        (b"null", "", False, b""),
        (b'{"a":[{"b":[{"x":1}]}]}', "a.0.b", True, b'{"x":1}\n'),
        (b'{"a":[1,"t",null,{"x":1}]}', "a", True, b'{"value":1}\n{"value":"t"}\n{"value":null}\n{"x":1}\n'),
        (b'{"a":[ {"x":\r\n 1}\n,\n{"y":"a\\nb"} ]}', "a", True, b'{"x":   1}\n{"y":"a\\nb"}\n'),
        (b'\xef\xbb\xbf{"a":[{"x":1}]}', "a", True, b'{"x":1}\n'),
        (b'{"odd \\"name":{"value":[{"x":1}]}}', 'odd "name.value', True, b'{"x":1}\n'),
        (b'{"d":{"@odata.value":[{"x":1}]}}', r"d.@odata\.value", True, b'{"x":1}\n'),
    ],
)
def test_every_form_of_answer_is_read(body: bytes, records: str, found: bool, ndjson: bytes) -> None:
    page = split_page(body, records=records)

    assert (page.found, page.ndjson) == (found, ndjson)


def test_envelope_values_are_read_also_when_the_records_have_another_form() -> None:
    page = split_page(b'{"data":{"id":1},"meta":{"next":"abc"}}', records="data", envelope=("meta.next", "meta.no"))

    assert page.ndjson == b'{"id":1}\n'
    assert page.envelope == {"meta.next": "abc"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>sign in</html>", "The answer is not JSON"),
        (b"", "The answer is not JSON"),
        (b'{"a":[{"x":1},{"x"', "The answer is not JSON"),
        (b'{"a":"none today"}', "Expected records at 'a', found \"none today\"."),
        (b"7", "Expected records at the top of the answer, found 7."),
    ],
)
def test_an_answer_without_records_is_refused_with_its_reason(body: bytes, message: str) -> None:
    with pytest.raises(UnreadableAnswer, match="^" + message.replace(".", r"\.")):
        split_page(body, records="" if body == b"7" else "a")
