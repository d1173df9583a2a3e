"""The columns of every QuickBooks entity, made from the facts: documented fields only, the rest appears when data has
it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ledgerflow.core.schema import MONEY_TYPE, Column, Schema
from qbo_facts import Enum, Field, FieldType, ListOf, Object, Ref, Scalar, object_type
from qbo_facts import entity as entity_named

_SCALARS = {
    "string": "VARCHAR",
    "decimal": MONEY_TYPE,
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMPTZ",
}
_REFERENCE = 'STRUCT("value" VARCHAR, "name" VARCHAR)'
_TYPED_REFERENCE = 'STRUCT("value" VARCHAR, "name" VARCHAR, "type" VARCHAR)'
_COMMON = (Column(name="domain", type="VARCHAR"), Column(name="sparse", type="BOOLEAN"))
"""What every record carries beside its fields."""
_DETAIL_ALIASES = {"DescriptionOnly": "DescriptionLineDetail"}
"""DetailType, and the key of its object where the two differ."""

_INNER_LINES: Mapping[str, frozenset[str]] = {
    "TaxLine": frozenset({"Amount", "DetailType", "TaxLineDetail"}),
    "GroupLineDetail": frozenset(
        {"Id", "LineNum", "Description", "Amount", "DetailType", "SalesItemLineDetail"}
        | {"ItemBasedExpenseLineDetail", "AccountBasedExpenseLineDetail"}
    ),
}
"""Where lines stand inside something else, and what those lines hold there."""
_ONLY_WHEN_THERE: Mapping[str, frozenset[str]] = {
    "DiscountLineDetail": frozenset({"DiscountRef", "ServiceDate"}),
    "EmailAddress": frozenset({"Id", "Default", "Tag"}),
    "GroupLineDetail": frozenset({"UOMRef", "ServiceDate"}),
    "Line": frozenset({"Received", "CustomField", "CostAmount", "HomeCostAmount", "LineEx", "ProjectRef"}),
    "MarkupInfo": frozenset({"PercentBased", "Value"}),
    "ModificationMetaData": frozenset({"CreatedByRef", "LastModifiedByRef", "LastChangedInQB", "Synchronized"}),
    "PhysicalAddress": frozenset({"CountryCode", "County", "PostalCodeSuffix", "Tag", "Note"}),
    "SalesItemLineDetail": frozenset(
        {"UnitCostPrice", "RatePercent", "PriceLevelRef", "UOMRef", "InventorySiteRef", "DeferredRevenue"}
        | {"RetainageAmount", "MarkupInfo"}
    ),
    "SubTotalLineDetail": frozenset({"ServiceDate"}),
    "TxnTaxDetail": frozenset({"DefaultTaxCodeRef", "TaxReviewStatus", "UseAutomatedSalesTax"}),
}
"""Fields inside objects that the schema files have but the reference pages and samples of answers do not: they get no
column before a record has them. Declaring them all doubles the columns of an invoice, and its time to Parquet."""


@cache
def columns_of(name: str) -> Schema:
    """The declared columns of the entity of that name, in the order of the reference.

    A reference is STRUCT(value, name), with `type` where it may point to several entities. `Line` has the details
    that the entity's lines can have; the lines inside a bundle have no bundles of their own.
    """
    entity = entity_named(name)
    details = frozenset(_DETAIL_ALIASES.get(name, name) for name in entity.line_detail_types)
    held = frozenset(
        name for name in object_type("Line") if not name.endswith("LineDetail") or name in details
    )  # what a line of this entity holds
    columns = [
        Column(name=name, type=_type(field.type, field, name, held))
        for name, field in entity.fields.items()
        if field.documented
    ]
    wrapped = [Column(name=name, type="JSON") for name in entity.wraps if name not in entity.fields]
    return Schema((*columns, *wrapped, *_COMMON))


def _type(kind: FieldType, field: Field, name: str, held: frozenset[str]) -> str:
    """A field's type. `held` is what lines at or below it hold."""
    if isinstance(kind, Scalar):
        return _SCALARS[kind.kind]
    if isinstance(kind, Enum):
        return "VARCHAR"
    if isinstance(kind, Ref):
        return _TYPED_REFERENCE if field.ref_kind == "polymorphic" else _REFERENCE
    if isinstance(kind, ListOf):
        return f"{_type(kind.item, field, name, held)}[]"
    if name in _INNER_LINES:
        held = _INNER_LINES[name] & (held | _INNER_LINES["TaxLine"])
    return _object(kind, held)


def _object(kind: Object, held: frozenset[str]) -> str:
    typed = ", ".join(
        f'"{name}" {_type(field.type, field, name, held)}'
        for name, field in object_type(kind.name).items()
        if _is_declared(kind.name, name, field) and (kind.name != "Line" or name in held)
    )
    return f"STRUCT({typed})" if typed else "JSON"


def _is_declared(object_name: str, name: str, field: Field) -> bool:
    return field.documented and field.edition is None and name not in _ONLY_WHEN_THERE.get(object_name, ())
