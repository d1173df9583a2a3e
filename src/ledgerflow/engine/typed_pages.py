"""Pages of records read straight into Arrow while they come, into the very columns that `typed_scan` gives them.

Arrow's JSON reader is exact (decimals from their digits) and refuses what it does not expect: another kind of value, a
field it was not told of, a fraction where a whole number belongs. So a page that it takes has lost nothing, needs no
second look, and is read only once on its way to a file. It runs beside Python, on as many threads as there are pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from ledgerflow.core.schema import Column, Schema
from ledgerflow.engine.column_types import Departures, can_be_fields, record_type
from ledgerflow.engine.observe import declared_type
from ledgerflow.engine.structure import Seen
from ledgerflow.engine.types import ListOf, Scalar, StructOf, Type, spelled

_ARROW: Mapping[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "JSON": pa.string(),
    "BOOLEAN": pa.bool_(),
    "TINYINT": pa.int8(),
    "SMALLINT": pa.int16(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "UTINYINT": pa.uint8(),
    "USMALLINT": pa.uint16(),
    "UINTEGER": pa.uint32(),
    "UBIGINT": pa.uint64(),
    "DOUBLE": pa.float64(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMPTZ": pa.timestamp("us", tz="UTC"),
}
_SHORTEST_TIME = len("2026-11-03T10:00:00")
"""Arrow also reads times without seconds, which DuckDB may not; they are left to the close look."""


class NotDirect(ValueError):
    """Arrow's JSON reader cannot read these columns as they should be."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What pages are read as: the columns as they should be, those that records were seen to have, and the departures
    from the declaration."""

    record: StructOf
    reading: pa.Schema
    schema: pa.Schema
    columns: Schema
    departures: Departures


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedPage:
    """The rows of a page with the columns that are there; `full_batch` gives all of them."""

    narrow: pa.RecordBatch
    form: Form


class TypedPages:
    """Reads the pages of one read. `expect` is told what a close look has seen; pages may be read on many threads."""

    def __init__(self, declared: Schema | None) -> None:
        self._declared = declared_type(declared)
        self._form: Form | None = None

    def expect(self, seen: Seen) -> None:
        """Read further pages as records like those seen."""
        departures = Departures()
        record = record_type(self._declared, seen, departures)
        try:
            self._form = _form(record, seen, departures)
        except NotDirect:
            self._form = None

    def read(self, records: bytes, rows: int) -> TypedPage | None:
        """The page, or None when it holds what was not seen yet, or what Arrow cannot read as it should be."""
        form = self._form
        if form is None or not (records.isascii() or _is_utf8(records)):
            return None
        source: Any = pa.BufferReader(records)
        try:
            table = pj.read_json(
                source,
                read_options=pj.ReadOptions(use_threads=False, block_size=len(records) + 1),
                parse_options=pj.ParseOptions(explicit_schema=form.reading, unexpected_field_behavior="error"),
            )
            batches = table.to_batches()
            if table.num_rows != rows or len(batches) != 1:
                return None
            names = batches[0].schema.names
            if not names:  # records without a single field: Arrow does not count rows that have no columns
                return None
            arrays = [_checked(batches[0].column(at), form.record.fields[name]) for at, name in enumerate(names)]
        except (pa.ArrowInvalid, NotDirect):
            return None
        return TypedPage(narrow=pa.RecordBatch.from_arrays(arrays, names=names), form=form)


def full_batch(pages: Sequence[TypedPage]) -> pa.RecordBatch:
    """The rows of pages of one form in all their columns, in order; what no record has is null."""
    form = pages[0].form
    tables = [pa.Table.from_batches([page.narrow]) for page in pages]
    whole = pa.concat_tables(tables).combine_chunks().to_batches()[0]
    columns = [
        _filled(whole.column(field.name), form.record.fields[field.name])
        if field.name in whole.schema.names
        else _nulls(whole.num_rows, field.type)
        for field in form.schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=form.schema)


def arrow_type(kind: Type) -> pa.DataType:
    """The Arrow type that DuckDB gives to a column of this type. Raises NotDirect for one that has none here."""
    if isinstance(kind, StructOf):
        return pa.struct([pa.field(name, arrow_type(inner)) for name, inner in kind.fields.items()])
    if isinstance(kind, ListOf):
        return pa.list_(pa.field("l", arrow_type(kind.item)))
    if kind.precision_and_scale is not None:
        return pa.decimal128(*kind.precision_and_scale)
    if kind.name not in _ARROW:
        raise NotDirect
    return _ARROW[kind.name]


def _form(record: StructOf, seen: Seen, departures: Departures) -> Form:
    """Raises NotDirect when some column is none that Arrow's JSON reader reads exactly."""
    if not can_be_fields(record.fields):
        raise NotDirect
    reading = _reading(record, seen)
    assert isinstance(reading, pa.StructType)
    return Form(
        record=record,
        reading=pa.schema(list(reading)),
        schema=pa.schema([pa.field(name, arrow_type(kind)) for name, kind in record.fields.items()]),
        columns=Schema(tuple(Column(name=name, type=spelled(kind)) for name, kind in record.fields.items())),
        departures=departures,
    )


def _reading(kind: Type, seen: Seen | None) -> pa.DataType:
    """The type to read a place as: as narrow as what was seen there. Days and times are read as texts first."""
    kinds = seen.kinds() if seen is not None else []
    if seen is None or not kinds:
        return pa.null()
    if isinstance(kind, StructOf):
        inside = seen.fields or {}
        return pa.struct([pa.field(name, _reading(kind.fields[name], inner)) for name, inner in inside.items()])
    if isinstance(kind, ListOf):
        return pa.list_(_reading(kind.item, seen.items))
    if kind.name in {"VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMPTZ"} and kinds == ["texts"]:
        return pa.string()
    if kind.name == "BOOLEAN" and kinds == ["booleans"]:
        return pa.bool_()
    if kinds == ["numbers"] and (kind.precision_and_scale is not None or pa.types.is_integer(arrow_type(kind))):
        return arrow_type(kind)
    raise NotDirect


def _checked(array: Any, kind: Type) -> Any:
    """What was read, with texts made into days and times. Raises ArrowInvalid or NotDirect where that cannot be."""
    if pa.types.is_null(array.type) or not _needs_check(kind):
        return array
    if isinstance(kind, StructOf):
        children = [_checked(array.field(at), kind.fields[field.name]) for at, field in enumerate(array.type)]
        names = [field.name for field in array.type]
        typed = pa.struct([pa.field(name, child.type) for name, child in zip(names, children, strict=True)])
        return _rebuilt(array, typed, 1, children)
    if isinstance(kind, ListOf):
        values = _checked(array.values, kind.item)
        return _rebuilt(array, pa.list_(pa.field("l", values.type)), 2, [values])
    if kind.precision_and_scale is not None:
        _check_digits(array, kind)
        return array
    target = arrow_type(kind)
    if pa.types.is_timestamp(target) and (pc.min(pc.binary_length(array)).as_py() or _SHORTEST_TIME) < _SHORTEST_TIME:
        raise NotDirect
    return pc.cast(array, target)


def _needs_check(kind: Type) -> bool:
    if isinstance(kind, StructOf):
        return any(map(_needs_check, kind.fields.values()))
    if isinstance(kind, ListOf):
        return True  # its values are named as DuckDB names them
    return kind.precision_and_scale is not None or kind.name in {"DATE", "TIMESTAMP", "TIMESTAMPTZ"}


def _filled(array: Any, kind: Type) -> Any:
    """What was read, with null for every field that no record had."""
    target = arrow_type(kind)
    if array.type == target:
        return array
    if pa.types.is_null(array.type):
        return _nulls(len(array), target)
    if isinstance(kind, StructOf):
        inside = {field.name: at for at, field in enumerate(array.type)}
        children = [
            _filled(array.field(inside[name]), inner) if name in inside else _nulls(len(array), arrow_type(inner))
            for name, inner in kind.fields.items()
        ]
        return _rebuilt(array, target, 1, children)
    assert isinstance(kind, ListOf)
    return _rebuilt(array, target, 2, [_filled(array.values, kind.item)])


def _rebuilt(array: Any, kind: pa.DataType, own_buffers: int, children: Sequence[Any]) -> Any:
    """A nested array with other children; which of its rows are null, and where its lists begin, stay."""
    return pa.Array.from_buffers(kind, len(array), array.buffers()[:own_buffers], array.null_count, 0, list(children))


def _nulls(rows: int, kind: Any) -> Any:
    return pa.nulls(rows, kind)


def _check_digits(array: Any, kind: Scalar) -> None:
    """Arrow's reader keeps to a decimal's scale, but not to its precision."""
    assert kind.precision_and_scale is not None
    precision, scale = kind.precision_and_scale
    ends = pc.min_max(array)
    for end in (ends["min"].as_py(), ends["max"].as_py()):
        if end is not None and abs(end) >= 10 ** (precision - scale):
            raise NotDirect


def _is_utf8(records: bytes) -> bool:
    try:
        records.decode()
    except UnicodeDecodeError:
        return False
    return True
