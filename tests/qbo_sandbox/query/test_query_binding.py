"""A query held against the facts: names in any letter case, values of the right kind, refusals of the rest."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from qbo_sandbox.query import BoundQuery, Property, QueryRefused, bind, parse

NOW = datetime(2026, 11, 3, 5, 0, tzinfo=UTC)  # still the 2nd in the Pacific zone


def bound(text: str) -> BoundQuery:
    return bind(parse(text), now=NOW)


def refusal(text: str) -> str:
    with pytest.raises(QueryRefused) as caught:
        bound(text)
    assert caught.value.code == "4001"
    return caught.value.detail


def test_entity_and_properties_are_found_in_any_letter_case() -> None:
    query = bound("select METADATA.createtime from iNVOICE where customerref = '12'")
    assert query.entity.name == "Invoice"
    assert query.selected == (("MetaData", "CreateTime"),)
    assert query.where[0].subject == Property(("CustomerRef", "value"), "text")


def test_an_unknown_property_is_refused_with_its_name_and_its_entity() -> None:
    expected = "QueryValidationError: Property Foo not found for Entity Invoice"
    assert refusal("select * from Invoice where Foo = '1'") == expected
    assert refusal("select Foo from invoice") == expected
    assert refusal("select * from Invoice orderby Foo") == expected


@pytest.mark.parametrize("entity", ["Sandwich", "TaxService", "Entitlements"])
def test_an_entity_that_cannot_be_queried_has_no_metadata(entity: str) -> None:
    assert refusal(f"select * from {entity}") == f"QueryValidationError: Metadata not found for Entity: {entity}"


@pytest.mark.parametrize(("clause", "value"), [("startposition 0", 0), ("startposition -4", -4), ("maxresults 0", 0)])
def test_a_page_that_begins_before_the_first_row_is_refused(clause: str, value: int) -> None:
    expected = f"QueryValidationError: value {value} is too small. Min allowed value is 1"
    assert refusal(f"select * from Invoice {clause}") == expected


def test_a_page_has_100_rows_unless_told_and_never_more_than_1000() -> None:
    assert bound("select * from Invoice").rows == 100
    assert bound("select * from Invoice maxresults 1000").rows == 1000
    assert bound("select * from Invoice maxresults 5000").rows == 1000


@pytest.mark.parametrize("operator", ["<", ">", "<=", ">=", "LIKE"])
def test_an_id_is_only_equal_or_in(operator: str) -> None:
    assert "property Id" in refusal(f"select * from Invoice where Id {operator} '5'")


def test_name_lists_show_active_rows_unless_active_is_mentioned() -> None:
    (condition,) = bound("select * from Customer").where
    assert (condition.subject.path, condition.values) == (("Active",), (True,))
    (condition,) = bound("select * from Customer where active in (true, false)").where
    assert condition.values == (True, False)
    assert bound("select * from Invoice").where == ()


@pytest.mark.parametrize("written", ["'12.50'", "12.5", "+12.500"])
def test_money_compares_as_exact_numbers(written: str) -> None:
    assert bound(f"select * from Invoice where Balance = {written}").where[0].values == (Decimal("12.5"),)


@pytest.mark.parametrize(
    "written", ["2026-11-02T09:15:00-08:00", "2026-11-02T17:15:00Z", "2026-11-02T09:15:00", "2026-11-02T17:15:00 00:00"]
)
def test_moments_compare_as_instants_whatever_their_offset(written: str) -> None:
    query = bound(f"select * from Invoice where MetaData.LastUpdatedTime > '{written}'")
    assert query.where[0].values == (datetime(2026, 11, 2, 17, 15, tzinfo=UTC).timestamp(),)


def test_current_date_is_today_in_the_pacific_zone() -> None:
    assert bound("select * from Invoice where DueDate < CURRENT_DATE").where[0].values == ("2026-11-02",)


@pytest.mark.parametrize(
    ("entity", "condition"),
    [("Invoice", "TotalAmt > 'much'"), ("Invoice", "TxnDate = 'soon'"), ("Customer", "Active = 'perhaps'")],
)
def test_a_value_of_the_wrong_kind_is_refused(entity: str, condition: str) -> None:
    assert "Invalid value" in refusal(f"select * from {entity} where {condition}")


def test_an_email_filters_by_its_address_where_the_facts_allow_it() -> None:
    assert bound("select * from Customer where PrimaryEmailAddr = 'A@b.example'").where[0].values == ("a@b.example",)
    expected = "QueryValidationError: property 'PrimaryEmailAddr' is not queryable"
    assert refusal("select * from Vendor where PrimaryEmailAddr = 'a@b.example'") == expected


@pytest.mark.parametrize(
    ("entity", "name"),
    [("Vendor", "AcctNum"), ("Customer", "CustomerTypeRef"), ("Invoice", "BillAddr.City"), ("Invoice", "Line.Amount")],
)
def test_properties_the_service_does_not_query_are_refused(entity: str, name: str) -> None:
    assert refusal(f"select * from {entity} where {name} = '1'").endswith("is not queryable")


def test_attachments_are_found_by_what_they_hang_on() -> None:
    where = "AttachableRef.EntityRef.Type = 'invoice' and AttachableRef.EntityRef.value = '5'"
    query = bound(f"select * from attachable where {where}")
    assert [condition.subject.path for condition in query.where] == [
        ("AttachableRef", "EntityRef", "type"),
        ("AttachableRef", "EntityRef", "value"),
    ]
