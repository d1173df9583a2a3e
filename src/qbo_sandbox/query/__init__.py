"""The query language of QuickBooks Online: text to tree, tree to text, and a tree checked against the facts."""

from qbo_sandbox.query.binding import BoundCondition, BoundQuery, BoundSort, ColumnKind, Property, bind
from qbo_sandbox.query.parsing import parse
from qbo_sandbox.query.printing import print_query
from qbo_sandbox.query.refusals import QueryRefused
from qbo_sandbox.query.tree import Condition, CurrentDate, Operator, Query, SortKey, Value

__all__ = [
    "BoundCondition",
    "BoundQuery",
    "BoundSort",
    "ColumnKind",
    "Condition",
    "CurrentDate",
    "Operator",
    "Property",
    "Query",
    "QueryRefused",
    "SortKey",
    "Value",
    "bind",
    "parse",
    "print_query",
]
