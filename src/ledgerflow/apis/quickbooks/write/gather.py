"""Takes in the rows of a write: keeps them, and notes the names to look up and the rows that belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ledgerflow.apis.quickbooks.write.targets import ROW_COLUMN, SOURCE_COLUMN
from ledgerflow.apis.quickbooks.write.values import plain_text

CHUNK_ROWS = 10_000
"""Rows kept in one piece; the plan is made piece by piece, so this bounds its memory."""

GroupKey = tuple[Any, ...]


class Gathered:
    """What one pass over the rows tells.

    `distinct` holds, per column asked for, the texts in it; `group_rows` the number of rows of each group.
    """

    def __init__(self, *, names_in: Sequence[str], group_by: Sequence[str]) -> None:
        self.rows = 0
        self.distinct: dict[str, set[str]] = {name: set() for name in names_in}
        self.group_rows: Counter[GroupKey] = Counter()
        self._group_by = tuple(group_by)

    def take(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        """Note a batch, and give it back in pieces to be kept."""
        self.rows += batch.num_rows
        for name, texts in self.distinct.items():
            texts.update(_texts(batch.column(name)))
        if self._group_by:
            self.group_rows.update(group_keys(batch, self._group_by))
        for start in range(0, batch.num_rows, CHUNK_ROWS):
            yield packed(batch.slice(start, CHUNK_ROWS))


def group_keys(batch: pa.RecordBatch, group_by: Sequence[str]) -> list[GroupKey]:
    """What tells for each row which others belong to it. The columns are those of the input, else target columns."""
    columns = [_group_column(batch, name).to_pylist() for name in group_by]
    return [tuple(map(_bare, key)) for key in zip(*columns, strict=True)]


def unknown_group_columns(schema: pa.Schema, group_by: Sequence[str]) -> dict[str, list[str]]:
    """The names in `group_by` that are no column, each with the columns there are."""
    known = [*source_columns(schema), *(name for name in schema.names if name not in (ROW_COLUMN, SOURCE_COLUMN))]
    return {name: known for name in group_by if name not in known}


def source_columns(schema: pa.Schema) -> list[str]:
    """The names of the input's own columns."""
    return [field.name for field in schema.field(SOURCE_COLUMN).type]


def row_numbers(batch: pa.RecordBatch) -> list[int]:
    """The input row of each row, from 1."""
    return [int(number) for number in batch.column(ROW_COLUMN).to_pylist() if number is not None]


def source_rows(batch: pa.RecordBatch) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each row's number and its original columns."""
    yield from zip(row_numbers(batch), batch.column(SOURCE_COLUMN).to_pylist(), strict=True)


def packed(batch: pa.RecordBatch) -> bytes:
    """A batch as bytes to be kept."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(batch)
    kept: bytes = sink.getvalue().to_pybytes()
    return kept


def unpacked(content: bytes) -> Iterator[pa.RecordBatch]:
    """The batches that were kept as these bytes."""
    with pa.ipc.open_stream(content) as reader:
        yield from reader


def _texts(column: pa.Array[Any]) -> Iterator[str]:
    if pa.types.is_nested(column.type):  # references that are whole already
        return
    for value in pc.unique(column).to_pylist():
        text = plain_text(value)
        if text is not None:
            yield text


def _bare(value: Any) -> Any:
    """A value that can be compared: blanks around a text do not count, and a nested value is taken as its text."""
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, dict | list) else value


def _group_column(batch: pa.RecordBatch, name: str) -> pa.Array[Any]:
    if name in source_columns(batch.schema):
        inside: pa.Array[Any] = pc.struct_field(batch.column(SOURCE_COLUMN), name)
        return inside
    return batch.column(name)
