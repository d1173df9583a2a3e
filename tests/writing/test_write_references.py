"""Names that stand for ids."""

from __future__ import annotations

from typing import Any

from ledgerflow.apis.quickbooks.write.bodies import Refused
from ledgerflow.apis.quickbooks.write.references import (
    Named,
    Names,
    Reference,
    plan_references,
    resolve,
    usual_property,
)
from ledgerflow.apis.quickbooks.write.targets import parse_target
from qbo_facts import entity


def reference(path: str, prop: str | None = None, *, of: str = "Invoice") -> Reference:
    planned, faults = plan_references([parse_target(entity(of), path)], {path: prop})
    assert faults == []
    return planned[path]


def names(entity_name: str, *records: tuple[str, str, bool]) -> Names:
    known = Names(entity=entity_name, property="DisplayName")
    known.add(Named(entity=entity_name, id=id_, name=name, active=active) for id_, name, active in records)
    return known


def refusal(value: Any) -> str:
    assert isinstance(value, Refused)
    return value.reason.text


CUSTOMERS = names(
    "Customer",
    ("71", "Harbor Lane Bakery", True),
    ("72", "Old Mill (deleted)", False),
    ("73", "Twice", True),
    ("74", "twice", True),
)


def test_letter_case_and_blanks_around_a_name_do_not_count() -> None:
    assert resolve(reference("CustomerRef"), "  harbor LANE bakery ", [CUSTOMERS]) == {"value": "71"}


def test_no_name_is_no_reference() -> None:
    assert resolve(reference("CustomerRef"), None, [CUSTOMERS]) is None
    assert resolve(reference("CustomerRef"), " ", [CUSTOMERS]) is None


def test_a_missing_name_is_told_with_the_nearest_there_is() -> None:
    assert refusal(resolve(reference("CustomerRef"), "Harbour Lane Bakery", [CUSTOMERS])) == (
        "No customer has the DisplayName “Harbour Lane Bakery” (CustomerRef). The nearest name is “Harbor Lane Bakery”."
    )


def test_an_inactive_name_is_told_as_inactive() -> None:
    assert refusal(resolve(reference("CustomerRef"), "Old Mill", [CUSTOMERS])) == (
        "The customer “Old Mill” is inactive in QuickBooks (id 72), so CustomerRef cannot use it."
    )


def test_a_name_that_several_records_have_is_told_with_their_ids() -> None:
    assert refusal(resolve(reference("CustomerRef"), "Twice", [CUSTOMERS])) == (
        "2 records have the DisplayName “Twice” (ids 73, 74), so it is unclear which customer CustomerRef means."
    )


def test_a_bare_name_that_several_accounts_have_is_to_be_given_with_its_parents() -> None:
    accounts = Names(entity="Account", property="Name")
    accounts.add(Named(entity="Account", id=id_, name="Depreciation", active=True) for id_ in ("9", "36"))
    told = refusal(resolve(reference("DepositToAccountRef"), "Depreciation", [accounts]))
    assert told.endswith(
        "(ids 9, 36), so it is unclear which account DepositToAccountRef means. "
        "Look it up by FullyQualifiedName instead."
    )


def test_suggestions_stay_affordable_when_nothing_fits() -> None:
    known = Names(entity="Customer", property="DisplayName")
    known.add(Named(entity="Customer", id=str(n), name=f"Customer {n:06}", active=True) for n in range(20_000))
    known.add([Named(entity="Customer", id="x", name="Zabriskie Kennels", active=True)])
    assert known.nearest("Zabriski Kennels") == "Zabriskie Kennels"
    asked = [known.nearest(f"Qxj {n}") for n in range(1000)]
    assert asked == [None] * 1000


def test_an_active_record_wins_over_an_inactive_one_of_the_same_name() -> None:
    known = names("Customer", ("5", "Old Mill (deleted)", False), ("9", "Old Mill", True))
    assert resolve(reference("CustomerRef"), "Old Mill", [known]) == {"value": "9"}


def test_codes_that_stand_for_themselves_are_not_looked_up() -> None:
    path = "Line.SalesItemLineDetail.TaxCodeRef"
    assert resolve(reference(path), "non", [names("TaxCode")]) == {"value": "NON"}


def test_a_field_that_may_point_to_several_kinds_says_which_kind_it_found() -> None:
    payee = reference("EntityRef", "DisplayName", of="Purchase")
    known = [names("Vendor", ("84", "Flour Co", True)), names("Customer"), names("Employee")]
    assert set(payee.entities) == {"Customer", "Vendor", "Employee"}
    assert resolve(payee, "Flour Co", known) == {"value": "84", "type": "Vendor"}


def test_a_dry_run_takes_a_name_that_an_earlier_step_would_make() -> None:
    known = names("Customer")
    known.coming = frozenset({"newly made"})
    assert resolve(reference("CustomerRef"), "Newly Made", [known]) == {"value": "(new)"}


def test_the_usual_property_is_the_one_people_call_a_record_by() -> None:
    assert {name: usual_property(entity(name)) for name in ("Customer", "Vendor", "Item", "Account", "Term")} == {
        "Customer": "DisplayName",
        "Vendor": "DisplayName",
        "Item": "Name",
        "Account": "Name",
        "Term": "Name",
    }
    assert usual_property(entity("Invoice")) == "DocNumber"
