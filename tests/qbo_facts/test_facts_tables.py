"""Faults, limits, sign-in, reports and the other tables can be looked up and are complete."""

from __future__ import annotations

import pytest

import qbo_facts

CODES = [
    "100", "120", "500", "610", "1040", "2010", "2020", "2030", "2040", "2050", "2070", "2090", "2170", "2500", "3001",
    "3100", "3200", "4000", "4001", "5010", "5020", "6000", "6070", "6140", "6190", "6210", "6240", "6480", "6540",
    "10000", "10100",
]  # fmt: skip


def test_every_fault_is_there_with_cause_and_remedy() -> None:
    assert list(qbo_facts.faults()) == CODES
    for fault in qbo_facts.faults().values():
        assert fault.cause.endswith(".")
        assert fault.remedy.endswith(".")
        assert fault.confidence in {"sure", "likely", "unsure"}


def test_a_fault_is_found_with_or_without_leading_zeros() -> None:
    assert qbo_facts.fault("003001") is qbo_facts.fault("3001")
    assert qbo_facts.fault("3001").status == 429
    with pytest.raises(KeyError):
        qbo_facts.fault("77")


def test_stale_and_missing_records_are_answered_with_400() -> None:
    assert {qbo_facts.fault(code).status for code in ("610", "5010")} == {400}


def test_only_gateway_faults_and_system_failures_are_worth_a_retry() -> None:
    assert [fault.code for fault in qbo_facts.faults().values() if fault.may_retry] == ["3001", "10000"]


def test_the_published_limits_are_numbers() -> None:
    limits = {name: limit.value for name, limit in qbo_facts.limits().items()}
    assert limits["requests_per_minute_per_company"] == 500
    assert limits["requests_per_second_per_company"] == 10
    assert limits["batch_items"] == 30
    assert limits["batch_calls_per_minute_per_company_and_app"] == 40
    assert limits["query_rows"] == 1000
    assert limits["cdc_days"] == 30
    assert limits["metered_reads_per_month_free"] == 500_000


def test_the_two_discovery_documents_differ_in_userinfo_only() -> None:
    oauth = qbo_facts.oauth()
    different = {key for key in oauth.document if oauth.document[key] != oauth.sandbox_document[key]}
    assert different == {"userinfo_endpoint"}
    assert oauth.document["token_endpoint"] == "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"
    assert "code_challenge_methods_supported" not in oauth.document


def test_token_lifetimes_are_known_in_seconds() -> None:
    lifetimes = {name: limit.value for name, limit in qbo_facts.oauth().lifetimes.items()}
    assert lifetimes["access_token_seconds"] == 3600
    assert lifetimes["refresh_token_seconds"] == 101 * 86400
    assert lifetimes["refresh_token_hard_limit_seconds"] == 5 * 365 * 86400


def test_a_wrong_secret_is_401_and_a_dead_token_400() -> None:
    statuses = {error.body["error"]: error.status for error in qbo_facts.oauth().token_errors}
    assert statuses["invalid_client"] == 401
    assert statuses["invalid_grant"] == 400


def test_only_company_scopes_give_a_company() -> None:
    scopes = qbo_facts.oauth().scopes
    assert scopes["com.intuit.quickbooks.accounting"].gives_company
    assert not scopes["openid"].gives_company


def test_every_report_has_its_page_and_known_parameters() -> None:
    reports = qbo_facts.reports()
    assert len(reports) == 35
    assert reports["AgedReceivables"].page == "ARAgingSummary"
    assert reports["ProfitAndLoss"].groups[0] == "Income"
    for report in reports.values():
        assert set(report.parameters or ()) <= set(qbo_facts.report_parameters()), report.name


def test_the_parameters_of_a_summary_are_written_out() -> None:
    assert qbo_facts.reports()["BalanceSheet"].parameters == (
        "start_date", "end_date", "date_macro", "accounting_method", "summarize_column_by", "sort_order", "qzurl",
        "customer", "vendor", "item", "class", "department", "adjusted_gain_loss",
    )  # fmt: skip
    assert qbo_facts.reports()["BalanceSheet"].parameter_countries == {"adjusted_gain_loss": ("CA",)}


def test_account_types_have_a_class_and_a_default_sub_type_of_their_own() -> None:
    kinds = qbo_facts.account_subtypes()
    assert len(kinds) == 15
    for kind in kinds.values():
        assert kind.default_subtype in kind.subtypes
        assert kind.classification in qbo_facts.enum("AccountClassificationEnum")
        assert kind.account_type in qbo_facts.enum("AccountTypeEnum")
    assert qbo_facts.classification_of("Credit Card") == "Liability"
    assert qbo_facts.classification_of("Other Income") == "Revenue"


def test_include_values_name_real_entities_and_fields() -> None:
    includes = qbo_facts.include_values()
    assert set(includes) == {
        "void", "allowduplicatedocnum", "donotupdateaccountontxns", "invoiceLink", "firsttxndate",
        "enhancedAllCustomFields",
    }  # fmt: skip
    for include in includes.values():
        assert set(include.entities) <= set(qbo_facts.entity_names())
    assert includes["void"].together_with == {"operation": "update"}


def test_a_linked_transaction_is_traced_to_its_entity() -> None:
    assert qbo_facts.linked_entity("BillPaymentCheck") == "BillPayment"
    assert qbo_facts.linked_entity("Nonsense") is None
    assert qbo_facts.line_links("Payment") == ("Invoice", "CreditMemo", "JournalEntry", "Purchase")
    assert qbo_facts.line_links("Customer") == ()
