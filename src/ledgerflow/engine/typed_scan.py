"""Landed records as a typed SQL table: declared types joined with what is there, and nothing lost on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard

from ledgerflow.core.landed import PageHead, read_head
from ledgerflow.core.schema import Column, Schema
from ledgerflow.engine.column_types import Departures, record_type
from ledgerflow.engine.observe import Observer, Structure, declared_type, fingerprint
from ledgerflow.engine.structure import Seen
from ledgerflow.engine.types import JSON, VARCHAR, ListOf, Scalar, StructOf, Type, quoted, spelled

if TYPE_CHECKING:
    import duckdb
    from sqlglot import exp

_LONGEST_BYTES = 16 << 20
"""DuckDB's own bound for one record; its reading buffers grow with it."""
_RECORD = '"record"'


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedScan:
    """A query over landed files. `sql` is its text; `schema` are its columns in order; `undeclared` are the dotted
    paths of fields that the declaration does not have; `notes` say for people where the data went another way than
    declared."""

    sql: str
    schema: Schema
    undeclared: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def query(self) -> exp.Query:
        """The query as a tree, for those who build on it."""
        from sqlglot import exp, parse_one

        tree = parse_one(self.sql, dialect="duckdb")
        assert isinstance(tree, exp.Query)
        return tree


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
    looked = _look_at(files, declared)
    record = record_type(declared_type(declared), looked.seen, departures)
    scanned = looked.files
    if looked.loose and _has_numbers_as_text(record, looked.seen):
        scanned = [_mended(file, declared) if file in looked.loose else file for file in scanned]
    named = _column_names(record)
    if columns is not None:
        wanted = {name.casefold() for name in columns}
        named = {name: key for name, key in named.items() if name.casefold() in wanted}
    if not named:
        named, record = {"value": "value"}, StructOf({"value": Scalar("VARCHAR")})
        scanned = []
    types = {name: record.fields[key] for name, key in named.items()}
    return TypedScan(
        sql=_scan(named, record, scanned, looked.longest_bytes) if scanned else _nothing(types),
        schema=Schema(tuple(Column(name=name, type=spelled(kind)) for name, kind in types.items())),
        undeclared=tuple(departures.undeclared),
        notes=(*departures.notes, *looked.notes),
    )


def columns_in(records: bytes) -> Schema:
    """The columns that records (one JSON object per line) have by themselves."""
    structure = Structure.unpacked(Observer(None).observe(records).structure)
    record = record_type(StructOf({}), structure.seen, Departures())
    return Schema(
        tuple(Column(name=name, type=spelled(record.fields[key])) for name, key in _column_names(record).items())
    )


@dataclass(slots=True)
class _Looked:
    """What the records hold, the files to read them from, those of them in which numbers of any length may stand, the
    longest record, and what was repaired."""

    seen: Seen = field(default_factory=lambda: Seen(fields={}))
    files: list[Path] = field(default_factory=list)
    loose: set[Path] = field(default_factory=set)
    longest_bytes: int = 0
    notes: dict[str, None] = field(default_factory=dict)


def _look_at(files: Sequence[Path], declared: Schema | None) -> _Looked:
    looked = _Looked()
    expected = fingerprint(declared)
    observer: Observer | None = None
    packed, structure = b"", Structure(declared="", seen=Seen())
    for file in files:
        head = _head(file)
        if head is not None and not head.rows:
            continue
        if head is None or not packed or head.structure != packed:  # most pages of a read are like the one before
            packed = head.structure if head is not None else b""
            known = Structure.unpacked(packed) if packed else None
            if known is None or known.declared != expected:
                observer = observer or Observer(declared)
                records = read_records(file)
                if not records.strip():
                    continue
                page = observer.observe(records)
                file = _beside(file, page.records) if page.records != records else file
                known, packed = Structure.unpacked(page.structure), b""
            structure = known
            looked.seen.join(structure.seen)
            looked.longest_bytes = max(looked.longest_bytes, structure.longest_bytes)
            looked.notes.update(dict.fromkeys(structure.notes))
        looked.files.append(file)
        if structure.loose:
            looked.loose.add(file)
    return looked


def _has_numbers_as_text(kind: Type, seen: Seen | None) -> bool:
    """Are there numbers at a place that is read as text or JSON? There SQL would take them through a double."""
    if seen is None:
        return False
    if isinstance(kind, StructOf):
        return any(_has_numbers_as_text(inner, (seen.fields or {}).get(name)) for name, inner in kind.fields.items())
    if isinstance(kind, ListOf):
        return _has_numbers_as_text(kind.item, seen.items)
    return kind in (VARCHAR, JSON) and _has_numbers(seen)


def _has_numbers(seen: Seen) -> bool:
    inside = [*(seen.fields or {}).values(), *([seen.items] if seen.items is not None else [])]
    return seen.numbers is not None or any(map(_has_numbers, inside))


def _mended(file: Path, declared: Schema | None) -> Path:
    """The file, or a copy of it in which numbers too long for SQL's JSON reader are texts."""
    records = read_records(file)
    mended = Observer(declared).observe(records).records
    return _beside(file, mended) if mended != records else file


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


def _scan(named: Mapping[str, str], record: StructOf, files: Sequence[Path], longest: int) -> str:
    """The query: each record becomes one struct, exactly typed, whose fields are the columns.

    `json_transform` is what keeps decimals exact: DuckDB's `read_json` and its path functions take every number
    through a double.
    """
    plain = {key: _form(record.fields[key]) for name, key in named.items() if name == key}
    inner = [f"{_odd_key(key, record.fields[key])} AS {quoted(name)}" for name, key in named.items() if name != key]
    if plain:
        inner.insert(0, f'JSON_TRANSFORM("json", {_text(json.dumps(plain, ensure_ascii=False))}) AS {_RECORD}')
    outer = [
        f"STRUCT_EXTRACT({_RECORD}, {_text(key)}) AS {quoted(name)}" if name == key else quoted(name)
        for name, key in named.items()
    ]
    size = f", maximum_object_size := {longest + 1}" if longest > _LONGEST_BYTES else ""
    listed = ", ".join(_text(str(file)) for file in files)
    source = f"READ_NDJSON_OBJECTS([{listed}], format := 'newline_delimited'{size})"
    return f'SELECT {", ".join(outer)} FROM (SELECT {", ".join(inner)} FROM {source}) AS "records"'


def _odd_key(key: str, kind: Type) -> str:
    """The value of a key that no struct can have, by JSON pointer."""
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    value = f'JSON_EXTRACT("json", {_text(pointer)})'
    return value if kind == JSON else f"JSON_TRANSFORM({value}, {_text(json.dumps(_form(kind)))})"


def _nothing(types: Mapping[str, Type]) -> str:
    columns = ", ".join(f"CAST(NULL AS {spelled(kind)}) AS {quoted(name)}" for name, kind in types.items())
    return f"SELECT {columns} WHERE FALSE"


def _text(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def _form(kind: Type) -> object:
    """A type as `json_transform` wants it."""
    if isinstance(kind, Scalar):
        return kind.name
    if isinstance(kind, ListOf):
        return [_form(kind.item)]
    return {name: _form(inner) for name, inner in kind.fields.items()}
