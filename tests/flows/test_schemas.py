"""The published JSON Schemas are those that the code makes, and tell good files from bad ones."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from ledgerflow.actions.schemas import all_schemas, schema_of
from ledgerflow.core.errors import InputRefused

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs" / "schemas"


def published(kind: str) -> str:
    return json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("kind", all_schemas())
def test_the_published_schema_is_the_one_that_the_code_makes(kind: str) -> None:
    """Out of date? `ledgerflow flow schema KIND > docs/schemas/KIND.schema.json`."""
    assert (PUBLISHED / f"{kind}.schema.json").read_text(encoding="utf-8") == published(kind)
    jsonschema.Draft202012Validator.check_schema(schema_of(kind))


def faults(text: str, kind: str = "flow") -> list[str]:
    data = json.loads(json.dumps(YAML(typ="safe").load(text), default=_day))
    return [error.message for error in jsonschema.Draft202012Validator(schema_of(kind)).iter_errors(data)]


def _day(value: Any) -> str:
    assert isinstance(value, date)
    return value.isoformat()


@pytest.mark.parametrize("path", sorted((ROOT / "examples" / "flows").glob("*.yaml")), ids=lambda path: path.name)
def test_the_example_flows_keep_to_the_schema(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "step",
    [
        "{read: files.in/a.csv, delimiter: ';', columns: {Number: text}}",
        "{read: files.in/a.xlsx, sheet: 2}",
        "{read: quickbooks.Invoice, where: Balance > '0', company: '1'}",
        "{filter: r, where: true}",
        "{sort: r, by: x desc}",
        "{join: [r, s], how: cross}",
        "{aggregate: r, by: x, columns: {n: count(*), one: 1}}",
        "{write: r, to: files.out/a.duckdb, table: t, mode: append, after: w}",
        "{write: r, to: quickbooks.Invoice, operation: update, key: DocNumber, fields: {Line.Amount: 5}}",
    ],
)
def test_steps_that_are_good_keep_to_the_schema(step: str) -> None:
    assert faults(f"flow: a\nsteps:\n  s: {step}\n") == []


@pytest.mark.parametrize(
    "step",
    [
        "{fliter: r, where: x > 1}",
        "{filter: r, were: x > 1}",
        "{filter: r}",
        "{read: files.in/a.csv, sheet: Orders}",
        "{read: files.in/a.txtt}",
        "{read: quickbooks.Invoice, sheet: Orders}",
        "{join: [r], on: {x: y}}",
        "{join: [r, s], how: lefft, on: {x: y}}",
        "{write: r, to: files.out/a.csv, table: t}",
        "{write: r, to: files.out/a.duckdb}",
        "{write: r, to: quickbooks.Invoice, operation: delete}",
        "{limit: r, rows: -1}",
    ],
)
def test_steps_that_are_not_do_not(step: str) -> None:
    assert faults(f"flow: a\nsteps:\n  s: {step}\n") != []


def test_an_unknown_kind_of_file_is_told_with_the_nearest() -> None:
    with pytest.raises(InputRefused) as refused:
        schema_of("flows")
    assert "Did you mean 'flow'?" in refused.value.what
