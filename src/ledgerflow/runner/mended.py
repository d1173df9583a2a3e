"""Takes a file of set-aside rows that a person has mended as the input of its write step."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path

from sqlglot import exp

from ledgerflow.core.errors import nearest_name
from ledgerflow.core.schema import Column, Schema
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.engine.files.contract import LocalFile
from ledgerflow.engine.files.csv_file import CsvFormat, CsvSettings, likely_delimiter
from ledgerflow.engine.relation import Relation
from ledgerflow.engine.types import ListOf, Scalar, Type, parse_type
from ledgerflow.runner.check import FlowCheck
from ledgerflow.runner.targets import ApiWrite

STEP_COLUMN = "_step"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """The mended rows of one write step, typed as its input `source` is."""

    step: str
    source: str
    relation: Relation


async def read_mended(engine: DuckEngine, check: FlowCheck, path: Path) -> Mended:
    """The rows of a mended file, and the write step they are for.

    Columns get the types of the step's input where those are known. Columns that start with `_` are Ledgerflow's own.

    Raises:
        InputRefused: no such file, rows of several steps or of none, a column is missing.
    """
    file = _file(path)
    header, steps = _header_and_steps(file)
    step = _the_step(file, check, steps)
    source = check.flow.steps[step].inputs[0]
    known = check.schemas.get(source)
    own = [name for name in header if not name.startswith("_")]
    if known is not None and (
        missing := [name for name in known.names if name not in header and not name.startswith("_")]
    ):
        nearest = nearest_name(missing[0], own)
        raise file.refused(
            f"{file.place} has no column {missing[0]!r}, which step {source!r} has."
            + (f" Is it {nearest!r}?" if nearest else ""),
            "Keep the columns of the set-aside file, and mend the values alone.",
        )
    settings = CsvSettings(columns=dict.fromkeys(header, "text") if known is not None else {})
    relation = await engine.use(
        lambda connection: CsvFormat().relation(connection, replace(file, scratch=engine.scratch), settings)
    )
    columns = known if known is not None else relation.schema
    kept = [column for column in columns if column.name in header and not column.name.startswith("_")]
    query = exp.select(
        *(
            exp.alias_(_as_typed(column) if known is not None else _column(column.name), column.name, quoted=True)
            for column in kept
        )
    ).from_(relation.query.subquery("mended"))
    schema = Schema(tuple(kept))
    return Mended(step=step, source=source, relation=Relation(query=query, schema=schema, notes=relation.notes))


def _file(path: Path) -> LocalFile:
    whole = path.resolve()
    file = LocalFile(path=whole, place=str(path), where="--mended", table="file mended", scratch=whole.parent)
    file.must_be_there()
    return file


def _header_and_steps(file: LocalFile) -> tuple[list[str], set[str]]:
    with file.path.open(encoding="utf-8-sig", newline="") as given:
        try:
            delimiter = likely_delimiter(given.readline())
            given.seek(0)
            reader = csv.DictReader(given, delimiter=delimiter)
            steps = {str(row.get(STEP_COLUMN) or "") for row in reader}
        except UnicodeDecodeError as error:
            raise file.refused(f"{file.place} is not UTF-8.", "Save it as CSV in UTF-8.") from error
        return list(reader.fieldnames or []), steps


def _the_step(file: LocalFile, check: FlowCheck, steps: set[str]) -> str:
    """The write step that the rows are for: they name it, or the flow has but one into an api."""
    writes = [name for name, write in check.writes.items() if isinstance(write, ApiWrite)]
    named = sorted(step for step in steps if step)
    if not named and len(writes) == 1:
        return writes[0]
    if len(named) != 1:
        told = (
            f"rows of several steps ({', '.join(named)})" if named else f"no column {STEP_COLUMN!r} that names a step"
        )
        raise file.refused(f"{file.place} has {told}.", "Run the rows of one step at a time.")
    if named[0] not in writes:
        nearest = nearest_name(named[0], writes)
        raise file.refused(
            f"{check.flow.name!r} has no write step {named[0]!r}." + (f" Did you mean {nearest!r}?" if nearest else ""),
            f"The flow's writes into an api: {', '.join(writes) or 'none'}.",
        )
    return named[0]


def _as_typed(column: Column) -> exp.Expr:
    """A column that comes as text in the type it had when it was set aside; nested ones came as JSON text."""
    text = exp.func("NULLIF", _column(column.name), exp.Literal.string(""))
    kind = _type_of(column.type)
    if isinstance(kind, Scalar):
        return (
            text
            if kind.name == "VARCHAR"
            else exp.Cast(this=text, to=exp.DataType.build(column.type, dialect="duckdb"))
        )
    return exp.Anonymous(this="JSON_TRANSFORM", expressions=[text, exp.Literal.string(json.dumps(_form(kind)))])


def _form(kind: Type) -> object:
    """A type as `json_transform` wants it; it reads decimals digit by digit."""
    if isinstance(kind, Scalar):
        return kind.name
    if isinstance(kind, ListOf):
        return [_form(kind.item)]
    return {name: _form(inner) for name, inner in kind.fields.items()}


def _type_of(text: str) -> Type:
    try:
        return parse_type(text)
    except ValueError:
        return Scalar(text)


def _column(name: str) -> exp.Expr:
    return exp.column(exp.to_identifier(name, quoted=True))
