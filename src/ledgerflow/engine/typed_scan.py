"""Landed records as a typed SQL table: declared types joined with what is there, and nothing lost on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard
from sqlglot import exp

from ledgerflow.core.landed import PageHead, read_head
from ledgerflow.core.schema import Column, Schema
from ledgerflow.engine.column_types import Departures, record_type
from ledgerflow.engine.observe import Observer, Structure, declared_type, fingerprint
from ledgerflow.engine.structure import Seen
from ledgerflow.engine.types import JSON, ListOf, Scalar, StructOf, Type, spelled

if TYPE_CHECKING:
    import duckdb

_LONGEST_BYTES = 16 << 20
"""DuckDB's own bound for one record; its reading buffers grow with it."""
_RECORD = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedScan:
    """A query over landed files. `schema` are its columns in order; `undeclared` are the dotted paths of fields that
    the declaration does not have; `notes` say for people where the data went another way than declared."""

    query: exp.Query
    schema: Schema
    undeclared: tuple[str, ...]
    notes: tuple[str, ...]


def typed_scan(
    connection: duckdb.DuckDBPyConnection | None,
    files: Sequence[Path],
    declared: Schema | None,
    *,
    columns: Sequence[str] | None = None,
) -> TypedScan:
    """The records of `files` (NDJSON, plain or zstd; landed or not) as a table.

    Declared columns keep their declared type, also when no record has them. A declared type that does not hold a
    value exactly gives way: to text for scalars, to JSON for structures, and `notes` says so. Undeclared fields come
    last with a type made from their values: BOOLEAN, BIGINT, an exact DECIMAL, DATE, TIMESTAMPTZ, VARCHAR, structs and
    lists of these, JSON for a mixture. `columns` narrows the table to those named (in their order in the table), which
    makes wide records cheaper to read.

    Files that were not looked at while they landed, or that were checked against another declaration, are read once
    for that; one that holds numbers too long for SQL's JSON reader gets a copy beside it that has them as texts.
    """
    del connection  # the engine's own notes in the files say it all
    departures = Departures()
    seen, scanned, longest, notes = _seen_in(files, declared)
    record = record_type(declared_type(declared), seen, departures)
    named = _column_names(record)
    if columns is not None:
        wanted = {name.casefold() for name in columns}
        named = {name: key for name, key in named.items() if name.casefold() in wanted}
    if not named:
        named, record = {"value": "value"}, StructOf({"value": Scalar("VARCHAR")})
        scanned = []
    types = {name: record.fields[key] for name, key in named.items()}
    query = _scan(named, record, scanned, longest) if scanned else _nothing(types)
    return TypedScan(
        query=query,
        schema=Schema(tuple(Column(name=name, type=spelled(kind)) for name, kind in types.items())),
        undeclared=tuple(departures.undeclared),
        notes=(*departures.notes, *notes),
    )


def columns_in(records: bytes) -> Schema:
    """The columns that records (one JSON object per line) have by themselves."""
    structure = Structure.unpacked(Observer(None).observe(records).structure)
    record = record_type(StructOf({}), structure.seen, Departures())
    return Schema(
        tuple(Column(name=name, type=spelled(record.fields[key])) for name, key in _column_names(record).items())
    )


def _seen_in(files: Sequence[Path], declared: Schema | None) -> tuple[Seen, list[Path], int, tuple[str, ...]]:
    """What the records hold, the files to read them from, the longest record, and what was repaired."""
    seen = Seen(fields={})
    scanned: list[Path] = []
    notes: dict[str, None] = {}
    longest = 0
    expected = fingerprint(declared)
    observer: Observer | None = None
    packed_before = b""
    for file in files:
        head = _head(file)
        if head is not None and not head.rows:
            continue
        if head is None or not head.structure or Structure.unpacked(head.structure).declared != expected:
            observer = observer or Observer(declared)
            records = read_records(file)
            if not records.strip():
                continue
            page = observer.observe(records)
            packed = page.structure
            if page.records != records:
                file = _beside(file, page.records)
        else:
            packed = head.structure
        scanned.append(file)
        if packed == packed_before:  # as in most pages of a read
            continue
        packed_before = packed
        structure = Structure.unpacked(packed)
        seen.join(structure.seen)
        longest = max(longest, structure.longest_bytes)
        notes.update(dict.fromkeys(structure.notes))
    return seen, scanned, longest, tuple(notes)


def read_records(file: Path) -> bytes:
    """The records of a landed file, or of a plain NDJSON file, as lines."""
    content = file.read_bytes()
    if file.name.endswith(".zst"):
        return bytes(zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True).read())
    return content


def _head(file: Path) -> PageHead | None:
    with file.open("rb") as landed:
        return read_head(landed)


def _beside(file: Path, records: bytes) -> Path:
    """A copy of a file with other records. It is named so that no landing takes it for a page of its own."""
    copy = file.with_name(f"{file.name.removesuffix('.zst').removesuffix('.ndjson')}.exact.zst")
    copy.write_bytes(zstandard.ZstdCompressor(level=1).compress(records))
    return copy


def _column_names(record: StructOf) -> Mapping[str, str]:
    """Column name to key. SQL knows no empty name and no two that differ in case alone; such keys get another."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for key in record.fields:
        base = key.replace("\0", "") or "unnamed"
        name, number = base, 2
        while name.casefold() in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name.casefold())
        names[name] = key
    return names


def _scan(named: Mapping[str, str], record: StructOf, files: Sequence[Path], longest: int) -> exp.Query:
    """The query: each record becomes one struct, exactly typed, whose fields are the columns.

    `json_transform` is what keeps decimals exact: DuckDB's `read_json` and its path functions take every number
    through a double.
    """
    plain = {name: key for name, key in named.items() if name == key}
    options = [_option("format", exp.Literal.string("newline_delimited"))]
    if longest > _LONGEST_BYTES:
        options.append(_option("maximum_object_size", exp.Literal.number(longest + 1)))
    listed = exp.Array(expressions=[exp.Literal.string(str(file)) for file in files])
    source = exp.Table(this=exp.Anonymous(this="read_ndjson_objects", expressions=[listed, *options]))
    text = exp.column("json", quoted=True)
    inner = exp.Select()
    if plain:
        form = json.dumps({key: _form(record.fields[key]) for key in plain.values()}, ensure_ascii=False)
        record_struct = exp.Anonymous(this="json_transform", expressions=[text, exp.Literal.string(form)])
        inner = inner.select(exp.alias_(record_struct, _RECORD, quoted=True))
    outer = exp.Select()
    for name, key in named.items():
        value: exp.Expression
        if name in plain:
            value = exp.Anonymous(
                this="struct_extract", expressions=[exp.column(_RECORD, quoted=True), exp.Literal.string(key)]
            )
        else:
            value = exp.column(name, quoted=True)
            inner = inner.select(exp.alias_(_odd_key(text, key, record.fields[key]), name, quoted=True))
        outer = outer.select(exp.alias_(value, name, quoted=True))
    return outer.from_(inner.from_(source).subquery("records"))


def _odd_key(text: exp.Expression, key: str, kind: Type) -> exp.Expression:
    """The value of a key that no struct can have, by JSON pointer."""
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    value = exp.Anonymous(this="json_extract", expressions=[text.copy(), exp.Literal.string(pointer)])
    if kind == JSON:
        return value
    return exp.Anonymous(this="json_transform", expressions=[value, exp.Literal.string(json.dumps(_form(kind)))])


def _option(name: str, value: exp.Expression) -> exp.Expression:
    return exp.PropertyEQ(this=exp.to_identifier(name), expression=value)


def _nothing(types: Mapping[str, Type]) -> exp.Query:
    query = exp.Select()
    for name, kind in types.items():
        null = exp.Cast(this=exp.Null(), to=exp.DataType.build(spelled(kind), dialect="duckdb"))
        query = query.select(exp.alias_(null, name, quoted=True))
    return query.where(exp.false())


def _form(kind: Type) -> object:
    """A type as `json_transform` wants it."""
    if isinstance(kind, Scalar):
        return kind.name
    if isinstance(kind, ListOf):
        return [_form(kind.item)]
    return {name: _form(inner) for name, inner in kind.fields.items()}
