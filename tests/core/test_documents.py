"""YAML documents: every fault at once with its place, and edits that keep comments."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field

from ledgerflow.core.connection import ConnectionFile
from ledgerflow.core.documents import Document, FileModel, dotted
from ledgerflow.core.errors import InputRefused


class Inner(FileModel):
    size: int
    colour: Literal["red", "green"] = "red"


class Outer(FileModel):
    name: str
    inner: Inner
    parts: dict[str, Inner] = Field(default_factory=dict)


def faults_of(text: str) -> list[str]:
    with pytest.raises(InputRefused) as refused:
        Document(text, file="box.yaml").check(Outer)
    return [str(fault) for fault in refused.value.faults]


def test_every_fault_is_told_at_once_with_line_key_and_nearest_name() -> None:
    assert faults_of("nmae: box\ninner:\n  size: big\n  colour: gren\n") == [
        "box.yaml, line 1, key name: Missing key 'name'.",
        "box.yaml, line 3, key inner.size: Expected a whole number, not 'big'.",
        "box.yaml, line 4, key inner.colour: Expected one of 'red', 'green', not 'gren'. Did you mean 'green'?",
        "box.yaml, line 1, key nmae: Unknown key 'nmae'; expected one of 'name', 'inner', 'parts'. "
        "Did you mean 'name'?",
    ]


def test_a_key_in_a_mapping_of_models_is_placed_and_its_neighbours_are_known() -> None:
    assert faults_of("name: box\ninner: {size: 1}\nparts:\n  lid:\n    size: 1\n    color: red\n") == [
        "box.yaml, line 6, key parts.lid.color: Unknown key 'color'; expected one of 'size', 'colour'. "
        "Did you mean 'colour'?"
    ]


def test_a_key_given_twice_is_refused_with_its_line() -> None:
    with pytest.raises(InputRefused) as refused:
        Document("name: a\nname: b\n", file="box.yaml")
    assert refused.value.faults[0].line == 2
    assert refused.value.faults[0].message == "The key 'name' is given twice."


def test_text_that_is_not_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(InputRefused) as refused:
        Document("name: [a\nother: b\n", file="box.yaml")
    assert refused.value.where == "box.yaml, line 1"
    assert refused.value.what == "A bracket is opened here and not closed."


def test_a_list_at_the_top_is_refused() -> None:
    with pytest.raises(InputRefused, match="Expected a mapping"):
        Document("- a\n- b\n", file="box.yaml")


def test_an_empty_file_lacks_its_keys_but_is_read() -> None:
    assert faults_of("") == ["box.yaml, key name: Missing key 'name'.", "box.yaml, key inner: Missing key 'inner'."]


def test_setting_a_value_keeps_comments_order_and_quotes() -> None:
    document = Document("# the box\nname: 'box'  # its name\ninner:\n  size: 1\n", file="box.yaml")
    document.set(("inner", "size"), 2)
    document.set(("parts", "lid", "size"), 3)
    assert document.text() == ("# the box\nname: 'box'  # its name\ninner:\n  size: 2\nparts:\n  lid:\n    size: 3\n")


def test_a_key_reads_as_people_write_it() -> None:
    assert dotted(("steps", "invoices", "scopes", 2)) == "steps.invoices.scopes[2]"


def test_a_key_of_a_tagged_union_is_placed_without_the_tag_and_knows_its_neighbours() -> None:
    text = "api: quickbooks\nbase_url: https://quickbooks.test\nauth:\n  type: oauth2\n  clientid: a\n"
    with pytest.raises(InputRefused) as refused:
        Document(text, file="connections/quickbooks.yaml").check(ConnectionFile)
    (fault,) = refused.value.faults
    assert (fault.line, fault.key, fault.nearest) == (5, "auth.clientid", "client_id")


def test_an_unknown_tag_of_a_union_lists_the_known_ones() -> None:
    text = "api: quickbooks\nbase_url: https://quickbooks.test\nauth: {type: oauth}\n"
    with pytest.raises(InputRefused) as refused:
        Document(text, file="connections/quickbooks.yaml").check(ConnectionFile)
    (fault,) = refused.value.faults
    assert fault.key == "auth.type"
    assert fault.text == (
        "Expected one of 'oauth2', 'api_key', 'basic', 'bearer', 'none', not 'oauth'. Did you mean 'oauth2'?"
    )
