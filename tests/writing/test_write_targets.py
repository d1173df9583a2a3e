"""Target paths: what they name, and the faults a flow check shows."""

from __future__ import annotations

import pytest

from ledgerflow.apis.quickbooks.write.plan import check_write, writable_entities
from ledgerflow.apis.quickbooks.write.settings import QuickBooksWrite
from ledgerflow.apis.quickbooks.write.targets import UnknownTarget, check_targets, parse_target, writable_fields
from qbo_facts import Object, Ref, Scalar, entity

INVOICE = entity("Invoice")


def test_a_path_names_the_field_at_its_end_and_the_lists_on_its_way() -> None:
    target = parse_target(INVOICE, "Line[2].SalesItemLineDetail.ItemRef")
    assert target.type == Ref()
    assert [(step.name, step.in_list, step.element) for step in target.steps] == [
        ("Line", True, 2),
        ("SalesItemLineDetail", False, 0),
        ("ItemRef", False, 0),
    ]
    assert target.plain == "Line.SalesItemLineDetail.ItemRef"
    assert target.field is not None
    assert target.field.target == "Item"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("CustomerRef.value", Scalar("string")), ("BillAddr", Object("PhysicalAddress")), ("TxnDate", Scalar("date"))],
)
def test_parts_of_references_and_whole_objects_can_be_filled(path: str, kind: object) -> None:
    assert parse_target(INVOICE, path).type == kind


@pytest.mark.parametrize(
    ("path", "message", "nearest"),
    [
        ("CustomerReff", "QuickBooks has no field 'CustomerReff' in Invoice.", "CustomerRef"),
        ("Line.Ammount", "QuickBooks has no field 'Ammount' in Invoice.Line.", "Line.Amount"),
        (
            "Line.SalesItemLineDetail.Quantity",
            "QuickBooks has no field 'Quantity' in Invoice.Line.SalesItemLineDetail.",
            None,
        ),
        ("CustomerRef.id", "CustomerRef is a reference; it has value, name and type, not 'id'.", "CustomerRef"),
        ("TxnDate.Year", "TxnDate is a single value; nothing stands below it.", "TxnDate"),
        ("DocNumber[1]", "DocNumber is not a list; write it without [1].", "DocNumber"),
        ("Line[2]", "Line[2] names a whole element; name a field in it.", None),
        ("Line[0].Amount", "'Line[0].Amount' is not a path such as Line.Amount or Line[2].Amount.", None),
        ("customerref", "QuickBooks has no field 'customerref' in Invoice.", "CustomerRef"),
        ("", "'' is not a path such as Line.Amount or Line[2].Amount.", None),
    ],
)
def test_an_unknown_path_is_told_with_the_nearest_known_one(path: str, message: str, nearest: str | None) -> None:
    with pytest.raises(UnknownTarget) as unknown:
        parse_target(INVOICE, path)
    assert (str(unknown.value), unknown.value.nearest) == (message, nearest)


def test_all_faults_of_the_columns_come_at_once() -> None:
    columns = ["_row", "_source", "CustomerRef", "CustomerRef.value", "TotalAmt", "Id", "SyncToken", "Dokument"]
    faults = {fault.path: fault.message for fault in check_targets(INVOICE, columns)}
    assert faults == {
        "CustomerRef.value": "CustomerRef.value and CustomerRef fill the same place.",
        "TotalAmt": "TotalAmt is set by QuickBooks and cannot be written.",
        "Id": "A new record gets its Id from QuickBooks; Id belongs to operation: update.",
        "SyncToken": "SyncToken is set by QuickBooks and cannot be written.",
        "Dokument": "QuickBooks has no field 'Dokument' in Invoice.",
    }


def test_an_update_takes_the_id_but_not_what_only_a_new_record_can_be_given() -> None:
    faults = check_targets(entity("Customer"), ["Id", "SyncToken", "Notes", "Balance"], operation="update")
    assert [(fault.path, fault.message) for fault in faults] == [
        ("Balance", "Balance can be given to a new record only.")
    ]


def test_the_writable_fields_of_an_entity_leave_out_what_quickbooks_sets() -> None:
    fields = writable_fields(INVOICE)
    assert {"CustomerRef", "Line", "DocNumber"} <= set(fields)
    assert not {"Id", "MetaData", "TotalAmt", "Balance"} & set(fields)


@pytest.mark.parametrize(
    ("resource", "settings", "columns", "source", "expected"),
    [
        ("Invoise", {}, ["DocNumber"], None, [(("to",), "QuickBooks has no entity 'Invoise'.", "Invoice")]),
        (
            "TaxRate",
            {},
            ["Name"],
            None,
            [(("to",), "QuickBooks does not offer to create records of TaxRate in batches.", None)],
        ),
        (
            "Invoice",
            {"references": {"CustomerReff": "DisplayName"}},
            ["CustomerRef"],
            None,
            [(("references", "CustomerReff"), "No column fills CustomerReff.", "CustomerRef")],
        ),
        (
            "Invoice",
            {"references": {"CustomerRef": "DisplayNam"}},
            ["CustomerRef"],
            None,
            [
                (
                    ("references", "CustomerRef"),
                    "Customer has no text property 'DisplayNam' to look CustomerRef up by.",
                    "DisplayName",
                )
            ],
        ),
        (
            "Invoice",
            {"references": ["DocNumber", "CurrencyRef"]},
            ["DocNumber", "CurrencyRef"],
            None,
            [
                (("references", "DocNumber"), "DocNumber is not a reference; it takes its value as it is.", None),
                (("references", "CurrencyRef"), "CurrencyRef takes a currency code such as USD as it is.", None),
            ],
        ),
        (
            "Invoice",
            {"group_by": "Numbr"},
            ["DocNumber"],
            ["Number", "Customer"],
            [(("group_by",), "The input has no column 'Numbr'.", "Number")],
        ),
        (
            "Invoice",
            {"operation": "update"},
            ["PrivateNote"],
            None,
            [
                (
                    ("operation",),
                    "An update has to know its record: fill Id, or name the field that finds it as key.",
                    None,
                )
            ],
        ),
        (
            "Invoice",
            {"operation": "update", "key": "DocNumbr"},
            ["DocNumber"],
            None,
            [(("key",), "Invoice has no text field 'DocNumbr' to find its records by.", "DocNumber")],
        ),
        (
            "Invoice",
            {"operation": "update", "key": "DocNumber"},
            ["PrivateNote"],
            None,
            [(("key",), "No column fills DocNumber.", None)],
        ),
    ],
)
def test_faults_of_a_step_stand_at_their_key_with_the_nearest_name(
    resource: str,
    settings: dict[str, object],
    columns: list[str],
    source: list[str] | None,
    expected: list[tuple[tuple[str, ...], str, str | None]],
) -> None:
    checked = QuickBooksWrite.model_validate(settings)
    faults = check_write(resource, checked, columns=columns, source=source)
    assert [(fault.key, fault.message, fault.nearest) for fault in faults] == expected


def test_reference_pages_that_offer_a_create_can_be_written() -> None:
    names = writable_entities()
    assert {"Customer", "Invoice", "Bill", "JournalEntry", "Payment", "Item", "Account"} <= set(names)
    assert not {"TaxRate", "CustomerType", "Entitlements"} & set(names)
