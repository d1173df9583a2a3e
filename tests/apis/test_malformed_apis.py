"""Every fault of an api document is told at once, with its line, key and the nearest known name."""

from __future__ import annotations

import pytest

from ledgerflow.core.api_document import read_api
from ledgerflow.core.documents import Document
from ledgerflow.core.errors import Fault, InputRefused

SOUND = """\
openapi: 3.1.0
info: {title: Orders, version: "1"}
x-ledgerflow: {provider: quickbooks}
paths:
  /orders/{id}:
    get:
      summary: Read order
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      responses: {"200": {description: Done.}}
      x-ledgerflow:
        records: data.items
        paging: {kind: offset, parameter: start, limit_parameter: count, limit: 50}
        layout: {Id: VARCHAR, Lines: 'STRUCT("Amount" DECIMAL(28,9))[]'}
"""


def faults(text: str) -> list[Fault]:
    with pytest.raises(InputRefused) as refused:
        read_api(Document(text, file="apis/orders.yaml"))
    assert refused.value.where.startswith("apis/orders.yaml")
    return list(refused.value.faults)


def test_a_sound_document_has_its_requests() -> None:
    api = read_api(Document(SOUND, file="apis/orders.yaml"))

    (request,) = api.requests
    assert (request.name, request.method, request.path) == ("Read order", "GET", "/orders/{id}")
    assert request.settings.records == "data.items"
    assert request.layout is not None
    assert request.layout.names == ("Id", "Lines")


@pytest.mark.parametrize(
    ("before", "after", "line", "key", "message"),
    [
        ("openapi: 3.1.0\n", "", 1, "", "Missing key 'openapi'; expected openapi: 3.1.0."),
        ("openapi: 3.1.0", "openapi: 2.0", 1, "openapi", "Expected an OpenAPI version such as 3.1.0, not 2.0."),
        ("openapi: 3.1.0", "swagger: '2.0'", 1, "swagger", "Unknown key 'swagger'."),
        ('{title: Orders, version: "1"}', "[]", 2, "info", "Expected info with a title."),
        (
            "paths:\n",
            "path:\n",
            4,
            "path",
            "Unknown key 'path'. Did you mean 'paths'?",
        ),
        (
            "provider: quickbooks",
            "providr: quickbooks",
            3,
            "x-ledgerflow.providr",
            "Unknown key 'providr'; expected one of 'provider', 'definition'. Did you mean 'provider'?",
        ),
        (
            "provider: quickbooks",
            "definition: shiped",
            3,
            "x-ledgerflow.definition",
            "Expected 'shipped', not 'shiped'. Did you mean 'shipped'?",
        ),
        ("  /orders/{id}:", "  orders/{id}:", 5, "paths.orders/{id}", "A path starts with '/', not 'o'."),
        ("  /orders/{id}:", "  /orders/:id:", 5, "paths./orders/:id", "Write {id}, not :id."),
        ("  /orders/{id}:", "  /orders/{id:", 5, "paths./orders/{id", "A brace is not closed or not opened"),
        ("  /orders/{id}:", "  /orders/{id}/{id}:", 5, "paths./orders/{id}/{id}", "{id} stands twice in the path."),
        (
            "  /orders/{id}:",
            "  /orders/{}/{id}:",
            5,
            "paths./orders/{}/{id}",
            "A parameter in the path has no name: {}.",
        ),
        ("  /orders/{id}:", "  /orders/{id}?a=b:", 5, "paths./orders/{id}?a=b", "A path has no '?'"),
        ("    get:", "    gte:", 6, "paths./orders/{id}.gte", "Unknown key 'gte'. Did you mean 'get'?"),
        (
            "      summary:",
            "      sumary:",
            7,
            "paths./orders/{id}.get.sumary",
            "Unknown key 'sumary'. Did you mean 'summary'?",
        ),
        (
            "{name: id, in: path,",
            "{name: nr, in: path,",
            9,
            "paths./orders/{id}.get.parameters[0].name",
            "The path /orders/{id} has no {nr}.",
        ),
        (
            "in: path, required: true,",
            "in: qeury,",
            9,
            "paths./orders/{id}.get.parameters[0].in",
            "Parameter 'id' is in one of 'path', 'query', 'header', 'cookie', not 'qeury'. Did you mean 'query'?",
        ),
        ("{name: id, in:", "{in:", 9, "paths./orders/{id}.get.parameters[0]", "A parameter needs a name."),
        (
            "- {name: id, in: path, required: true, schema: {type: string}}",
            "- {name: Authorization, in: header, schema: {type: string}}",
            9,
            "paths./orders/{id}.get.parameters[0].name",
            "'Authorization' would hold a secret; use the connection's auth for it.",
        ),
        (
            "- {name: id, in: path, required: true, schema: {type: string}}",
            "- {$ref: '#/components/parameters/id'}",
            9,
            "paths./orders/{id}.get.parameters[0].$ref",
            "'#/components/parameters/id' leads nowhere in this file.",
        ),
        (
            "- {name: id, in: path, required: true, schema: {type: string}}",
            "- {$ref: 'https://api.example/common.yaml#/id'}",
            9,
            "paths./orders/{id}.get.parameters[0].$ref",
            "'https://api.example/common.yaml#/id' leads out of this file.",
        ),
        (
            "        - {name: id, in: path, required: true, schema: {type: string}}",
            "        - {name: a, in: query}\n        - {name: a, in: query}",
            10,
            "paths./orders/{id}.get.parameters[1]",
            "The query parameter 'a' stands twice.",
        ),
        (
            "      responses:",
            "      requestBody: {content: {json: {}}}\n      responses:",
            10,
            "paths./orders/{id}.get.requestBody.content.json",
            "'json' is no media type; expected one like application/json.",
        ),
        (
            "      responses:",
            "      requestBody: {}\n      responses:",
            10,
            "paths./orders/{id}.get.requestBody",
            "Expected content with a media type, such as application/json.",
        ),
        (
            "records: data.items",
            "record: data.items",
            12,
            "paths./orders/{id}.get.x-ledgerflow.record",
            "Did you mean 'records'?",
        ),
        (
            "records: data.items",
            "records: data..items",
            12,
            "paths./orders/{id}.get.x-ledgerflow.records",
            "'data..items' is no dotted path such as data.items.",
        ),
        (
            "kind: offset",
            "kind: ofset",
            13,
            "paths./orders/{id}.get.x-ledgerflow.paging.kind",
            "not 'ofset'. Did you mean 'offset'?",
        ),
        (
            "parameter: start, ",
            "",
            13,
            "paths./orders/{id}.get.x-ledgerflow.paging.parameter",
            "Missing key 'parameter'.",
        ),
        (
            ", limit: 50",
            "",
            13,
            "paths./orders/{id}.get.x-ledgerflow.paging",
            "limit and limit_parameter go together; give both or neither.",
        ),
        (
            "limit: 50",
            "limit: none",
            13,
            "paths./orders/{id}.get.x-ledgerflow.paging.limit",
            "Expected a whole number, not 'none'.",
        ),
        (
            "Id: VARCHAR",
            "Id: '?'",
            14,
            "paths./orders/{id}.get.x-ledgerflow.layout.Id",
            "'?' is not a column type such as VARCHAR, DATE or DECIMAL(28,9).",
        ),
    ],
)
def test_a_fault_is_placed_and_told(before: str, after: str, line: int, key: str, message: str) -> None:
    assert before in SOUND

    found = faults(SOUND.replace(before, after, 1))

    placed = [fault for fault in found if fault.key == key]
    assert placed, [str(fault) for fault in found]
    assert message in placed[0].text
    assert placed[0].line == line


def test_two_requests_of_one_name_are_refused_with_both_places() -> None:
    text = SOUND + "  /all:\n    get:\n      summary: READ ORDER\n"

    (fault,) = faults(text)

    assert fault.text == "The name 'READ ORDER' is already taken in line 6."
    assert (fault.line, fault.key) == (16, "paths./all.get")


def test_all_faults_are_told_at_once() -> None:
    text = SOUND.replace("openapi: 3.1.0", "openapi: '4'").replace("get:", "gett:").replace("title:", "titel:")

    assert {fault.key for fault in faults(text)} == {"openapi", "info", "paths./orders/{id}.gett"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("openapi: 3.1.0\nopenapi: 3.1.0\n", "The key 'openapi' is given twice."),
        ("- a\n- b\n", "Expected a mapping of keys to values at the top."),
        ("openapi: 3.1.0\ninfo: {title: x}\npaths: [a]\n", "Expected a mapping of paths, each with its methods."),
        (
            "openapi: 3.1.0\ninfo: {title: x}\npaths:\n  /a: get\n",
            "Expected a mapping of methods, such as get and post.",
        ),
        (
            "openapi: 3.1.0\ninfo: {title: x}\npaths:\n  /a: {get: x}\n",
            "Expected a mapping that describes the request.",
        ),
        ("openapi: 3.1.0\ninfo: {title: x}\nx-ledgerflow: x\n", "Expected a mapping."),
        (
            "openapi: 3.1.0\ninfo: {title: x}\npaths:\n  /a: {get: {parameters: {a: b}}}\n",
            "Expected a list of parameters.",
        ),
        (
            "openapi: 3.1.0\ninfo: {title: x}\npaths:\n  /a: {get: {parameters: [id]}}\n",
            "Expected a mapping with name and in.",
        ),
        ("openapi: [3.1.0\n", "A bracket is opened here and not closed."),
    ],
)
def test_a_document_of_another_form_is_told_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read_api(Document(text, file="apis/orders.yaml"))

    assert message in " ".join([refused.value.what, *map(str, refused.value.faults)])
