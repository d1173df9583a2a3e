"""Which records of a table a query asks for, without going over them again for every page."""

import operator
import re
from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from qbo_sandbox.company.columns import Key
from qbo_sandbox.company.tables import Table
from qbo_sandbox.query import BoundCondition, BoundQuery, BoundSort, Property

_REMEMBERED = 32
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_Settled = tuple[tuple[BoundCondition, ...], tuple[BoundSort, ...]]


class Selector:
    """Answers queries on one table; what a WHERE and an ORDERBY select is kept until the next write."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._version = -1
        self._settled: OrderedDict[_Settled, Sequence[int]] = OrderedDict()

    def count(self, query: BoundQuery) -> int:
        """How many records the WHERE lets through."""
        return len(self._positions(query.where, ()))

    def page(self, query: BoundQuery) -> tuple[list[bytes], int]:
        """The bodies of one page, and how many records there are on all pages together."""
        positions = self._positions(query.where, query.order)
        begin, end = query.start - 1, query.start - 1 + query.rows
        chosen = positions[begin:end]
        if isinstance(chosen, range) and chosen.step == 1:
            return self._table.slice(chosen.start, chosen.stop), len(positions)
        return self._table.at(chosen), len(positions)

    def _positions(self, where: tuple[BoundCondition, ...], order: tuple[BoundSort, ...]) -> Sequence[int]:
        if not where and all(key.subject.kind == "id" for key in order[:1]):
            everything = range(len(self._table))
            return everything[::-1] if order and order[0].descending else everything
        if self._version != self._table.version:
            self._settled.clear()
            self._version = self._table.version
        settled = self._settled.get((where, order))
        if settled is None:
            settled = array("L", _ordered(self._table, _matching(self._table, where), order))
            self._settled[where, order] = settled
            if len(self._settled) > _REMEMBERED:
                self._settled.popitem(last=False)
        else:
            self._settled.move_to_end((where, order))
        return settled


def _matching(table: Table, where: tuple[BoundCondition, ...]) -> Sequence[int]:
    """Positions in order of Id: looked up where an index serves, then each condition on what is left."""
    looked_up = [condition for condition in where if _is_indexed(condition)]
    rest = [condition for condition in where if condition not in looked_up]
    positions: Sequence[int] = range(len(table))
    if looked_up:
        ids = set.intersection(*(_ids(table, condition) for condition in looked_up))
        places = (table.position(record_id) for record_id in ids)
        positions = sorted(place for place in places if place is not None)
    for condition in rest:
        positions = _kept(table, positions, condition)
    return positions


def _is_indexed(condition: BoundCondition) -> bool:
    return (
        condition.operator in ("=", "IN") and condition.subject.kind in ("id", "text", "date") and not condition.blank
    )


def _ids(table: Table, condition: BoundCondition) -> set[int]:
    if condition.subject.kind == "id":
        found = (table.id_of(str(value)) for value in condition.values)
        return {record_id for record_id in found if record_id is not None}
    return set().union(*(table.ids_where(condition.subject, value) for value in condition.values))


def _kept(table: Table, positions: Sequence[int], condition: BoundCondition) -> list[int]:
    column = table.column(condition.subject)
    passes = _test(condition)
    whole = isinstance(positions, range)
    pairs = enumerate(column) if whole else ((position, column[position]) for position in positions)
    return [position for position, key in pairs if passes(key)]


def _test(condition: BoundCondition) -> Callable[[Key], bool]:
    """Whether a record's value meets the condition; of several values one is enough."""
    if condition.blank:
        return lambda key: key is None or key == () or str(key).strip() == ""
    single = _single_test(condition)
    return lambda key: any(map(single, key)) if isinstance(key, tuple) else key is not None and single(key)


def _single_test(condition: BoundCondition) -> Callable[[Any], bool]:
    wanted = condition.values[0]
    match condition.operator:
        case "=" | "IN":
            return frozenset(condition.values).__contains__
        case "LIKE":
            pattern = ".*".join(re.escape(part) for part in str(wanted).split("%"))
            matches = re.compile(pattern, re.DOTALL).fullmatch
            return lambda key: matches(_as_text(key)) is not None
        case other:
            compare = _COMPARE[other]
            return lambda key: compare(key, wanted)


def _as_text(key: Any) -> str:
    return ("true" if key else "false") if isinstance(key, bool) else str(key)


def _ordered(table: Table, positions: Sequence[int], order: tuple[BoundSort, ...]) -> Sequence[int]:
    """Sorted by the last key first, so that equal records keep their order of Id; absent values come first."""
    if not order:
        return positions
    ordered = list(positions)
    for key in reversed(order):
        ordered.sort(key=_sort_value(table, key.subject), reverse=key.descending)
    return ordered


def _sort_value(table: Table, found: Property) -> Callable[[int], Any]:
    if found.kind == "id":
        return lambda position: position
    column = table.column(found)
    return lambda position: (column[position] is not None, column[position])
