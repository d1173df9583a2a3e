"""The facts about entities are complete, typed, and say how sure they are."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

import qbo_facts
from qbo_facts import Enum, Field, FieldType, ListOf, Object, Ref, Scalar, Void

FIELD_COUNTS = {
    "Account": 27,
    "Attachable": 18,
    "Bill": 39,
    "BillPayment": 33,
    "Budget": 10,
    "Class": 8,
    "CompanyCurrency": 7,
    "CompanyInfo": 30,
    "CreditCardPayment": 15,
    "CreditMemo": 64,
    "Customer": 56,
    "CustomerType": 7,
    "Department": 9,
    "Deposit": 30,
    "Employee": 37,
    "Entitlements": 7,
    "Estimate": 67,
    "ExchangeRate": 8,
    "InventoryAdjustment": 13,
    "Invoice": 94,
    "Item": 57,
    "JournalCode": 8,
    "JournalEntry": 33,
    "Payment": 39,
    "PaymentMethod": 6,
    "Preferences": 16,
    "Purchase": 41,
    "PurchaseOrder": 50,
    "RecurringTransaction": 6,
    "RefundReceipt": 62,
    "ReimburseCharge": 29,
    "SalesReceipt": 65,
    "TaxAgency": 17,
    "TaxClassification": 9,
    "TaxCode": 13,
    "TaxPayment": 8,
    "TaxRate": 13,
    "TaxService": 8,
    "Term": 12,
    "TimeActivity": 31,
    "Transfer": 14,
    "Vendor": 61,
    "VendorCredit": 33,
}
CONFIDENCES = {"sure", "likely", "unsure"}


def all_fields() -> Iterator[tuple[str, Field]]:
    for name in qbo_facts.entity_names():
        for field in qbo_facts.entity(name).fields.values():
            yield f"{name}.{field.name}", field
    for name in qbo_facts.object_names():
        for field in qbo_facts.object_type(name).values():
            yield f"{name}.{field.name}", field


def innermost(field_type: FieldType) -> FieldType:
    return innermost(field_type.item) if isinstance(field_type, ListOf) else field_type


def test_every_entity_is_there_with_every_field() -> None:
    counted = {name: len(qbo_facts.entity(name).fields) for name in qbo_facts.entity_names()}
    assert counted == FIELD_COUNTS


def test_traits_survive_in_number() -> None:
    traits: Counter[str] = Counter()
    for name in qbo_facts.entity_names():
        for field in qbo_facts.entity(name).fields.values():
            traits[f"required {field.required}"] += 1
            traits["read_only"] += field.read_only
            traits["filterable"] += field.filterable
            traits["sortable"] += field.sortable
            traits["max_length"] += field.max_length is not None
            traits["since_minor"] += field.since_minor is not None
            traits["locales"] += bool(field.locales)
            traits["undocumented"] += not field.documented
            traits["write_on_create"] += field.write_on_create
            traits["deprecated"] += field.deprecated
            traits["hints"] += bool(field.hints)
    assert traits == {
        "required None": 982,
        "required conditional": 93,
        "required update": 81,
        "required create": 54,
        "read_only": 223,
        "filterable": 208,
        "sortable": 165,
        "max_length": 124,
        "since_minor": 94,
        "locales": 46,
        "undocumented": 404,
        "write_on_create": 5,
        "deprecated": 5,
        "hints": 24,
    }


def test_every_type_a_field_names_exists() -> None:
    for place, field in all_fields():
        match innermost(field.type):
            case Object(name=name):
                assert name in qbo_facts.object_names(), place
            case Enum(name=name):
                assert qbo_facts.enum(name), place
            case Scalar() | Ref():
                pass


def test_every_reference_says_what_it_points_to() -> None:
    for place, field in all_fields():
        if not isinstance(innermost(field.type), Ref):
            assert field.ref_kind is None, place
        elif field.ref_kind == "id":
            assert field.target in qbo_facts.entity_names(), place
        elif field.ref_kind == "polymorphic":
            assert field.target is None, place
            assert set(field.targets) <= set(qbo_facts.entity_names()), place
        else:
            assert field.target is None, place


@pytest.mark.parametrize(
    ("entity", "field", "target"),
    [
        ("Invoice", "CustomerRef", "Customer"),
        ("Item", "IncomeAccountRef", "Account"),
        ("Payment", "DepositToAccountRef", "Account"),
        ("Bill", "APAccountRef", "Account"),
        ("Bill", "VendorRef", "Vendor"),
        ("Vendor", "TermRef", "Term"),
        ("Invoice", "SalesTermRef", "Term"),
        ("Customer", "ParentRef", "Customer"),
        ("Item", "ParentRef", "Item"),
        ("Invoice", "CurrencyRef", None),
    ],
)
def test_a_reference_points_to_its_entity(entity: str, field: str, target: str | None) -> None:
    assert qbo_facts.entity(entity).fields[field].target == target


def test_a_currency_is_named_by_its_code_and_tax_codes_know_the_us_words() -> None:
    assert qbo_facts.entity("Invoice").fields["CurrencyRef"].ref_kind == "currency_code"
    assert qbo_facts.object_type("SalesItemLineDetail")["TaxCodeRef"].literals == ("TAX", "NON")
    assert qbo_facts.entity("Purchase").fields["EntityRef"].targets == ("Customer", "Vendor", "Employee")


def test_everything_says_how_sure_it_is() -> None:
    for place, field in all_fields():
        assert field.confidence in CONFIDENCES, place
    for name in qbo_facts.entity_names():
        entity = qbo_facts.entity(name)
        assert entity.confidence in CONFIDENCES
        assert set(entity.operations.confidence.values()) <= CONFIDENCES
        assert {rule.confidence for rule in entity.required} <= CONFIDENCES


def test_a_field_only_the_schema_knows_is_unsure() -> None:
    assert qbo_facts.entity("Invoice").fields["FOB"].confidence == "unsure"


@pytest.mark.parametrize(
    ("entity", "operation"),
    [
        ("Budget", "batch"),
        ("ExchangeRate", "cdc"),
        ("InventoryAdjustment", "cdc"),
        ("RecurringTransaction", "full_update"),
        ("ReimburseCharge", "cdc"),
        ("TaxClassification", "query"),
        ("Purchase", "void"),
    ],
)
def test_an_operation_nobody_has_confirmed_is_off_and_marked_unsure(entity: str, operation: str) -> None:
    operations = qbo_facts.entity(entity).operations
    assert not getattr(operations, operation)
    assert operations.confidence[operation] == "unsure"
    assert operations.notes[operation]


def test_an_entity_is_found_in_any_letter_case() -> None:
    assert qbo_facts.entity("billpayment") is qbo_facts.entity("BillPayment")


def test_an_unknown_entity_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(qbo_facts.UnknownEntity, match="Did you mean 'Invoice'") as refused:
        qbo_facts.entity("Invoices")
    assert refused.value.nearest == "Invoice"


def test_void_has_two_shapes() -> None:
    shapes: dict[str, str] = {}
    for name in qbo_facts.entity_names():
        void: Void | None = qbo_facts.entity(name).operations.void
        if void is not None:
            shapes[name] = void.shape
    assert shapes == {
        "Invoice": "operation_void",
        "Payment": "include_void",
        "SalesReceipt": "include_void",
        "BillPayment": "include_void",
    }


def test_sparse_updates_say_what_to_repeat() -> None:
    repeated = {}
    for name in qbo_facts.entity_names():
        sparse = qbo_facts.entity(name).operations.sparse_update
        if sparse is not None and sparse.repeat:
            repeated[name] = sparse.repeat
    assert repeated == {
        "Bill": ("VendorRef",),
        "Class": ("Name",),
        "CompanyInfo": ("CompanyName", "CompanyAddr"),
        "Department": ("Name",),
        "Deposit": ("DepositToAccountRef",),
        "Purchase": ("PaymentType",),
        "Term": ("Name", "Type"),
        "Transfer": ("FromAccountRef", "ToAccountRef", "Amount"),
        "VendorCredit": ("VendorRef",),
    }


def test_changes_of_five_entities_are_known_not_to_be_in_cdc() -> None:
    uncovered = set()
    for name in qbo_facts.entity_names():
        operations = qbo_facts.entity(name).operations
        if operations.query and not operations.cdc and operations.confidence["cdc"] != "unsure":
            uncovered.add(name)
    assert uncovered == {"JournalCode", "TimeActivity", "TaxAgency", "TaxCode", "TaxRate"}


def test_customers_vendors_and_employees_share_one_list_of_names() -> None:
    for name in ("Customer", "Vendor", "Employee"):
        unique = qbo_facts.entity(name).unique_names
        assert unique is not None
        assert unique.field == "DisplayName"
        assert set(unique.scope) == {"Customer", "Vendor", "Employee"}


def test_name_lists_hide_inactive_rows_and_transactions_do_not() -> None:
    assert qbo_facts.entity("Customer").hides_inactive
    assert qbo_facts.entity("Account").hides_inactive
    assert not qbo_facts.entity("Invoice").hides_inactive


def test_every_field_required_on_create_is_asked_for_by_a_rule() -> None:
    for name in qbo_facts.entity_names():
        entity = qbo_facts.entity(name)
        named = {path for rule in entity.required for path in (*rule.all_of, rule.items) if rule.each is None}
        needed = {field.name for field in entity.fields.values() if field.required == "create"}
        if entity.operations.create:
            assert needed <= named, name


def test_rules_and_repeated_fields_name_real_paths() -> None:
    for name in qbo_facts.entity_names():
        entity = qbo_facts.entity(name)
        sparse = entity.operations.sparse_update
        paths = list(sparse.repeat) if sparse else []
        for rule in entity.required:
            inside = "" if rule.each is None else rule.each.replace("[]", "") + "."
            alternatives = [path for paths_together in rule.any_of for path in paths_together]
            conditions = [condition.path for condition in rule.when]
            paths += [inside + path for path in (*rule.all_of, *alternatives, *conditions)]
            if rule.items is not None:
                paths += [inside + rule.items, *(f"{inside}{rule.items}.{where.path}" for where in rule.where)]
        for path in paths:
            assert qbo_facts.path_spelling(entity, path) == path, name


def test_a_user_of_two_entities_reads_two_files_and_nothing_else() -> None:
    program = (
        "import qbo_facts, qbo_facts.data_files as files; qbo_facts.entity_names();"
        "assert files.read_data.cache_info().misses == 0;"
        "qbo_facts.entity('Invoice'); qbo_facts.entity('customer'); qbo_facts.entity('INVOICE');"
        "print(files.read_data.cache_info().misses)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "2\n"


def test_facts_cannot_be_changed_by_a_reader() -> None:
    entity = qbo_facts.entity("Invoice")
    with pytest.raises(TypeError):
        entity.fields["DocNumber"] = entity.fields["Id"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        entity.path = "elsewhere"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("path", "field_type"),
    [
        ("MetaData.LastUpdatedTime", Scalar("datetime")),
        ("metadata.createtime", Scalar("datetime")),
        ("CustomerRef.value", Scalar("string")),
        ("CustomerRef", Ref()),
        ("Line", ListOf(Object("Line"))),
        ("Line.SalesItemLineDetail.Qty", Scalar("decimal")),
        ("TotalAmt", Scalar("decimal")),
        ("EmailStatus", Enum("EmailStatusEnum")),
        ("BillEmail.Address", Scalar("string")),
    ],
)
def test_a_dotted_path_has_a_type(path: str, field_type: FieldType) -> None:
    assert qbo_facts.path_type(qbo_facts.entity("Invoice"), path) == field_type


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("DocNumbr", "DocNumber"),
        ("BillEmail.Adress", "BillEmail.Address"),
        ("DocNumber.value", "DocNumber"),
        ("", None),
    ],
)
def test_an_unknown_path_is_refused_with_the_nearest_one(path: str, nearest: str | None) -> None:
    with pytest.raises(qbo_facts.UnknownPath) as refused:
        qbo_facts.path_type(qbo_facts.entity("Invoice"), path)
    assert refused.value.nearest == nearest


def test_a_path_is_spelled_as_quickbooks_spells_it() -> None:
    customer = qbo_facts.entity("Customer")
    assert qbo_facts.path_spelling(customer, "primaryemailaddr.address") == "PrimaryEmailAddr.Address"
