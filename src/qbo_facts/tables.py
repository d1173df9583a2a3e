"""The tables beside the entities: faults, limits, sign-in, reports, include values, account types, links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from qbo_facts.data_files import read_data
from qbo_facts.model import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One error the API answers with.

    `details` are patterns with parts in braces. `layer` is `gateway` for answers with lower-case keys, given before
    the request reaches QuickBooks. `names_element`: the answer names the field. `cause` and `remedy` are for people.
    """

    code: str
    status: int
    type: str
    message: str
    details: tuple[str, ...]
    layer: Literal["service", "gateway"]
    names_element: bool
    may_retry: bool
    cause: str
    remedy: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A published limit; the unit is part of its name."""

    name: str
    value: int
    confidence: Confidence
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenError:
    """An error answer of the token endpoint."""

    status: int
    body: Mapping[str, str]
    when: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A scope an app can ask for; `gives_company`: the person picks a company and a realmId comes back."""

    name: str
    use: str
    gives_company: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """Sign-in at Intuit. `document` is what discovery answers; for sandbox keys only `userinfo_endpoint` differs."""

    discovery_urls: Mapping[str, str]
    other_discovery_urls: Mapping[str, str]
    document: Mapping[str, Any]
    sandbox_document: Mapping[str, Any]
    hosts: Mapping[str, str]
    scopes: Mapping[str, Scope]
    lifetimes: Mapping[str, Limit]
    token_errors: tuple[TokenError, ...]
    authorize_errors: Mapping[str, str]
    redirect_uri_rules: Mapping[str, str]
    hard_limit_header: Mapping[str, str]
    supports_pkce: bool
    reconnect_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report under /reports/{name}. `page` is the title of its reference page, None when it has none.

    `parameters` is None where the reference page was not read; then any of `report_parameters()` may work.
    """

    name: str
    kind: Literal["summary", "detail"]
    page: str | None
    wave: str
    parameters: tuple[str, ...] | None
    parameter_countries: Mapping[str, tuple[str, ...]]
    groups: tuple[str, ...]
    columns: tuple[Mapping[str, str], ...]
    default_columns: tuple[str, ...]
    extra_columns: tuple[str, ...]
    group_by: tuple[str, ...]
    countries: tuple[str, ...]
    not_in_countries: tuple[str, ...]
    confidence: Confidence
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludeValue:
    """A value of the query parameter `include` and the entities it works for (named, or all with a field)."""

    name: str
    entities: tuple[str, ...]
    entities_with_field: str | None
    method: Literal["read", "update", "write", "any"]
    together_with: Mapping[str, str]
    batch_option: str | None
    effect: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKind:
    """An AccountType, its class in the books, and its sub-types; `newer` ones came with minor version 13."""

    account_type: str
    classification: str
    default_subtype: str
    subtypes: tuple[str, ...]
    newer: tuple[str, ...]


@cache
def faults() -> Mapping[str, Fault]:
    """All known faults by code."""
    return MappingProxyType({code: _fault(code, raw) for code, raw in read_data("faults").items()})


def fault(code: str) -> Fault:
    """The fault with this code; leading zeros as in `003001` do not matter.

    Raises:
        KeyError: the code is not known.
    """
    return faults()[code.lstrip("0") or code]


@cache
def limits() -> Mapping[str, Limit]:
    """Published limits by name, e.g. `limits()["query_rows"].value` is 1000."""
    return _limits(read_data("limits"))


@cache
def oauth() -> OAuth:
    """Sign-in at Intuit: addresses, scopes, lifetimes, error answers."""
    raw = read_data("oauth")
    document = dict(raw["document"])
    return OAuth(
        discovery_urls=MappingProxyType({name: place["url"] for name, place in raw["discovery"].items()}),
        other_discovery_urls=MappingProxyType({name: place["also"] for name, place in raw["discovery"].items()}),
        document=MappingProxyType(document),
        sandbox_document=MappingProxyType({**document, "userinfo_endpoint": raw["sandbox_userinfo_endpoint"]}),
        hosts=MappingProxyType(raw["hosts"]),
        scopes=MappingProxyType({name: Scope(name=name, **facts) for name, facts in raw["scopes"].items()}),
        lifetimes=_limits(raw["lifetimes"]),
        token_errors=tuple(
            TokenError(
                status=error["status"],
                body=MappingProxyType(error["body"]),
                when=error["when"],
                confidence=error["confidence"],
            )
            for error in raw["token_errors"]
        ),
        authorize_errors=MappingProxyType({name: error["when"] for name, error in raw["authorize_errors"].items()}),
        redirect_uri_rules=MappingProxyType(raw["redirect_uri_rules"]),
        hard_limit_header=MappingProxyType(
            {key: raw["hard_limit_header"][key] for key in ("name", "value", "answer_key")}
        ),
        supports_pkce=raw["pkce"]["supported"],
        reconnect_url=raw["reconnect_url"]["template"],
    )


@cache
def reports() -> Mapping[str, Report]:
    """Reports by the name that stands in the path."""
    return MappingProxyType({name: _report(name, raw) for name, raw in read_data("reports")["reports"].items()})


def report_parameters() -> tuple[str, ...]:
    """Every query parameter some report takes."""
    return tuple(read_data("reports")["parameters"])


def date_macros() -> tuple[str, ...]:
    """Values of the report parameter `date_macro`."""
    return tuple(read_data("reports")["date_macros"])


def report_columns_by() -> tuple[str, ...]:
    """Values of the report parameter `summarize_column_by`."""
    return tuple(read_data("reports")["summarize_column_by"])


@cache
def include_values() -> Mapping[str, IncludeValue]:
    """Values of the query parameter `include`."""
    return MappingProxyType(
        {
            name: IncludeValue(
                name=name,
                entities=tuple(raw.get("entities", ())),
                entities_with_field=raw.get("entities_with_field"),
                method=raw["method"],
                together_with=MappingProxyType(raw.get("together_with", {})),
                batch_option=raw.get("batch_option"),
                effect=raw["effect"],
                confidence=raw["confidence"],
            )
            for name, raw in read_data("include_values").items()
        }
    )


@cache
def account_subtypes() -> Mapping[str, AccountKind]:
    """Account types by their label, e.g. `Accounts Receivable`."""
    return MappingProxyType(
        {
            account_type: AccountKind(
                account_type=account_type,
                classification=raw["classification"],
                default_subtype=raw["default"],
                subtypes=tuple(raw["subtypes"]),
                newer=tuple(raw["newer"]),
            )
            for account_type, raw in read_data("account_subtypes").items()
        }
    )


def classification_of(account_type: str) -> str:
    """Asset, Liability, Equity, Revenue or Expense.

    Raises:
        KeyError: there is no such account type.
    """
    return account_subtypes()[account_type].classification


def linked_entity(txn_type: str) -> str | None:
    """The entity a `LinkedTxn.TxnType` speaks of, e.g. BillPayment for `BillPaymentCheck`; None if not known."""
    found: str | None = read_data("links")["entity_of_txn_type"].get(txn_type)
    return found


def line_links(entity_name: str) -> tuple[str, ...]:
    """Entities that a line of this entity may link to through `LinkedTxn`; empty when it links to none."""
    return tuple(read_data("links")["line_links"].get(entity_name, {}).get("entities", ()))


def _fault(code: str, raw: Mapping[str, Any]) -> Fault:
    return Fault(
        code=code,
        status=raw["status"],
        type=raw["type"],
        message=raw["message"],
        details=tuple(raw["details"]),
        layer=raw.get("layer", "service"),
        names_element=raw.get("element", False),
        may_retry=raw.get("retry", False),
        cause=raw["cause"],
        remedy=raw["remedy"],
        confidence=raw["confidence"],
    )


def _limits(raw: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Limit]:
    return MappingProxyType(
        {
            name: Limit(name=name, value=fact["value"], confidence=fact["confidence"], note=fact.get("note"))
            for name, fact in raw.items()
        }
    )


def _report(name: str, raw: Mapping[str, Any]) -> Report:
    parameters = raw.get("parameters")
    return Report(
        name=name,
        kind=raw["kind"],
        page=raw["page"],
        wave=raw["wave"],
        parameters=None if parameters is None else tuple(parameters),
        parameter_countries=MappingProxyType(
            {parameter: tuple(countries) for parameter, countries in raw.get("parameter_countries", {}).items()}
        ),
        groups=tuple(raw.get("groups", ())),
        columns=tuple(MappingProxyType(column) for column in raw.get("columns", ())),
        default_columns=tuple(raw.get("default_columns", ())),
        extra_columns=tuple(raw.get("extra_columns", ())),
        group_by=tuple(raw.get("group_by", ())),
        countries=tuple(raw.get("countries", ())),
        not_in_countries=tuple(raw.get("not_in_countries", ())),
        confidence=raw["confidence"],
        note=raw.get("note"),
    )
