"""What is known about an entity: its fields, what can be done with it, and what a body has to hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from qbo_facts.field_types import FieldType

Confidence = Literal["sure", "likely", "unsure"]
Kind = Literal["name_list", "transaction", "supporting", "singleton"]
Operation = Literal["create", "update", "sparse", "delete", "void"]
RequiredOn = Literal["create", "update", "conditional"]
RefKind = Literal["id", "currency_code", "polymorphic", "text", "other"]
ReadForm = Literal["by_id", "by_realm", "single", "by_currency", "own_path", "list_or_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One property of an entity or of an object inside it.

    `target` is the entity whose `Id` a reference carries; it is None for every other field and for references
    of another `ref_kind`: `currency_code` (an ISO code), `polymorphic` (one of `targets`, named by `type`),
    `text` (free text), `other` (something the API does not list). `literals` are values of a reference that
    stand for themselves, such as TAX and NON. `create_values` narrows an enumeration for new records.
    `hints` are traits that only a schema annotation gives; nothing is enforced from them.
    """

    name: str
    type: FieldType
    required: RequiredOn | None
    read_only: bool
    write_on_create: bool
    filterable: bool
    sortable: bool
    max_length: int | None
    create_values: tuple[str, ...]
    forbidden: str
    since_minor: int | None
    locales: tuple[str, ...]
    edition: str | None
    deprecated: bool
    documented: bool
    confidence: Confidence
    note: str | None
    target: str | None
    targets: tuple[str, ...]
    literals: tuple[str, ...]
    ref_kind: RefKind | None
    hints: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """True when the value at `path` is one of `values` (texts compare exactly, booleans as booleans)."""

    path: str
    values: tuple[str | bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Something a body must hold.

    With `each`, the rule is read for every element of that list (`Line`, `Line[].LinkedTxn`), and its paths start
    there. `all_of`: every path has a value. `any_of`: at least one alternative has a value at each of its paths.
    `items` with `at_least`: that list has so many elements for which all of `where` holds. `when`: the rule counts
    only if all conditions hold. `company`: it counts only in companies of this sort (multicurrency, outside_us,
    france, payroll, automated_sales_tax, custom_transaction_numbers, account_numbers_required); a body alone cannot
    tell, so `check_body` applies it only when the caller names the sort.
    """

    all_of: tuple[str, ...]
    any_of: tuple[tuple[str, ...], ...]
    each: str | None
    items: str | None
    at_least: int
    where: tuple[Condition, ...]
    when: tuple[Condition, ...]
    company: str | None
    on: tuple[Operation, ...]
    confidence: Confidence
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseUpdate:
    """A sparse update works. `repeat` must be sent again, and one alternative of `repeat_any`, changed or not."""

    repeat: tuple[str, ...]
    repeat_any: tuple[tuple[str, ...], ...]
    only_form: bool
    confidence: Confidence
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """How a transaction is voided: `operation=void`, or `operation=update` with `include=void`."""

    shape: Literal["operation_void", "include_void"]
    body: tuple[str, ...]
    confidence: Confidence
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What the API offers for an entity. False also where nobody knows; then `confidence` says unsure."""

    create: bool
    read: bool
    query: bool
    full_update: bool
    delete: bool
    deactivate: bool
    cdc: bool
    batch: bool
    pdf: bool
    send: bool
    sparse_update: SparseUpdate | None
    void: Void | None
    read_form: ReadForm
    confidence: Mapping[str, Confidence]
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UniqueNames:
    """`field` may occur once among all records of the entities in `scope`, letter case aside."""

    field: str
    scope: tuple[str, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One entity of the Accounting API.

    `path` follows /v3/company/{realmId}/. `json_key` is the envelope key and None where answers have no envelope;
    `query_name` is None where it cannot be queried. `inherited_fields` are names the schema hands down without the
    reference showing them. `wraps` lists the transactions that stand inside this one under their own key.
    `hides_inactive`: a query returns active rows only, unless its WHERE mentions Active.
    """

    name: str
    kind: Kind
    path: str
    json_key: str | None
    query_name: str | None
    confidence: Confidence
    operations: Operations
    webhook_operations: tuple[str, ...]
    fields: Mapping[str, Field]
    inherited_fields: tuple[str, ...]
    required: tuple[Requirement, ...]
    line_detail_types: tuple[str, ...]
    line_detail_notes: Mapping[str, str]
    unique_names: UniqueNames | None
    wraps: tuple[str, ...]
    countries: tuple[str, ...]
    notes: tuple[str, ...]
    hides_inactive: bool
