"""What QuickBooks refuses: code, words, element, several at once."""

from typing import Any

import pytest
from company_client import Basics, Client, codes, errors_of, parsed

pytestmark = pytest.mark.anyio


async def test_everything_wrong_with_a_body_is_told_at_once(client: Client, basics: Basics) -> None:
    body = basics.invoice(10, DocNumber="9" * 22, Sandwich=1, EmailStatus="Perhaps", ExchangeRate="x")
    body["CustomerRef"]["value"] = "999"
    errors = await client.refused("Invoice", body)
    assert [(error["code"], error["element"]) for error in errors] == [
        ("2050", "DocNumber"),
        ("2010", ""),
        ("2170", "EmailStatus"),
        ("2090", "ExchangeRate"),
        ("2500", "CustomerRef"),
    ]


@pytest.mark.parametrize(
    ("change", "code", "detail", "element"),
    [
        ({"Line": None}, "2020", "Required parameter Line is missing in the request", "Line"),
        ({"CustomerRef": {}}, "2020", "Required parameter CustomerRef is missing in the request", "CustomerRef"),
        (
            {"DocNumber": "9" * 45},
            "2050",
            "String length specified does not match the supported length. Min:0 Max:21 supported. Supplied length:45",
            "DocNumber",
        ),
        (
            {"Custmer": 1},
            "2010",
            'Property Name:Unrecognized field "Custmer" specified is unsupported or invalid',
            "",
        ),
        ({"EmailStatus": "Sent"}, "2170", "Invalid Enumeration : Sent", "EmailStatus"),
        ({"ExchangeRate": "1,5"}, "2090", "Invalid Number : 1,5", "ExchangeRate"),
        ({"ExchangeRate": 1e40}, "2090", "Invalid Number : 1E+40", "ExchangeRate"),
        ({"TxnDate": "03.11.2026"}, "2070", "Invalid Date : Supplied value:03.11.2026", "TxnDate"),
        ({"ClassRef": {"value": "77"}}, "2500", "Invalid Reference Id : ClassRef", "ClassRef"),
        ({"BillAddr": "8 Pier Road"}, "2010", "Property Name:BillAddr specified is unsupported or invalid", ""),
    ],
)
async def test_a_fault_has_code_detail_and_element(
    client: Client, basics: Basics, change: dict[str, Any], code: str, detail: str, element: str
) -> None:
    (error,) = await client.refused("Invoice", basics.invoice(10) | change)
    assert (error["code"], error["Detail"], error["element"]) == (code, detail, element)


async def test_an_item_that_is_not_there_is_named_by_its_place(client: Client, basics: Basics) -> None:
    body = basics.invoice(10)
    body["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"] = "999"
    (error,) = await client.refused("Invoice", body)
    assert error["Detail"] == "Invalid Reference Id : Line.SalesItemLineDetail.ItemRef"
    assert error["element"] == "Line.SalesItemLineDetail.ItemRef"


async def test_new_transactions_refuse_inactive_names_and_old_ones_keep_them(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(10))
    await client.write("Item", {"Id": basics.item, "SyncToken": "0", "sparse": True, "Active": False})
    (error,) = await client.refused("Invoice", basics.invoice(10))
    assert error["Detail"].startswith("Invalid Reference Id : Something you're trying to use has been made inactive.")
    change = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    assert (await client.write("Invoice", change))["PrivateNote"] == "x"


async def test_categories_are_not_sold(client: Client, basics: Basics) -> None:
    category = await client.write("Item", {"Name": "Bread", "Type": "Category"})
    body = basics.invoice(10)
    body["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"] = category["Id"]
    (error,) = await client.refused("Invoice", body)
    assert error["Detail"] == "Invalid Reference Id : Categories cannot be used in transactions."


async def test_a_name_is_used_once_among_customers_vendors_and_employees(client: Client) -> None:
    await client.write("Customer", {"DisplayName": "Nora Quist"})
    for entity, body in (
        ("Customer", {"DisplayName": "nora quist"}),
        ("Vendor", {"DisplayName": "Nora Quist"}),
        ("Employee", {"GivenName": "Nora", "FamilyName": "Quist"}),
    ):
        (error,) = await client.refused(entity, body)
        assert (error["code"], error["Message"]) == ("6240", "Duplicate Name Exists Error")
        assert error["Detail"] == (
            "The name supplied already exists. : Another customer, vendor or employee is already using this name. "
            "Please use a different name."
        )


async def test_two_items_of_a_name_are_told_apart_by_their_category(client: Client, basics: Basics) -> None:
    body = {"Name": "delivery", "Type": "Service", "IncomeAccountRef": {"value": basics.income}}
    (error,) = await client.refused("Item", body)
    assert "Another product or service is already using this name." in error["Detail"]
    category = await client.write("Item", {"Name": "Night", "Type": "Category"})
    made = await client.write("Item", body | {"SubItem": True, "ParentRef": {"value": category["Id"]}})
    assert made["FullyQualifiedName"] == "Night:delivery"


async def test_names_hold_no_colon(client: Client) -> None:
    assert codes(await client.refused("Customer", {"DisplayName": "a:b"})) == ["2040"]


async def test_a_customer_without_any_name_is_refused(client: Client) -> None:
    (error,) = await client.refused("Customer", {"Notes": "who?"})
    assert (error["code"], error["element"]) == ("2020", "DisplayName")


async def set_preferences(client: Client, **blocks: Any) -> None:
    current = parsed(await client.call("GET", "preferences"))["Preferences"]
    await client.write("Preferences", {"Id": "1", "SyncToken": current["SyncToken"], "sparse": True, **blocks})


async def test_a_number_used_twice_is_refused_where_the_company_says_so(client: Client, basics: Basics) -> None:
    made = await client.write("Invoice", basics.invoice(1, DocNumber="77"))
    await client.write("Invoice", basics.invoice(1, DocNumber="77"))
    await set_preferences(client, SalesFormsPrefs={"CustomTxnNumbers": True})
    (error,) = await client.refused("Invoice", basics.invoice(1, DocNumber="77"))
    assert (error["code"], error["Detail"]) == (
        "6140",
        "Duplicate Document Number Error : You must specify a different number. This number has already been used. "
        f"DocNumber=77 is assigned to TxnType=Invoice with TxnId={made['Id']}",
    )
    await client.write("Invoice", basics.invoice(1, DocNumber="77"), include="allowduplicatedocnum")


async def test_a_company_that_numbers_its_forms_itself_gets_no_numbers(client: Client, basics: Basics) -> None:
    await set_preferences(client, SalesFormsPrefs={"CustomTxnNumbers": True})
    assert "DocNumber" not in await client.write("Invoice", basics.invoice(1))


async def test_books_that_are_closed_stay_closed(client: Client, basics: Basics) -> None:
    old = await client.write("Invoice", basics.invoice(1, TxnDate="2026-03-31"))
    await set_preferences(client, AccountingInfoPrefs={"BookCloseDate": "2026-03-31"})
    assert codes(await client.refused("Invoice", basics.invoice(1, TxnDate="2026-03-31"))) == ["6210"]
    same = {"Id": old["Id"], "SyncToken": "0"}
    assert codes(await client.refused("Invoice", same | {"sparse": True, "TxnDate": "2026-04-01"})) == ["6210"]
    assert codes(await client.refused("Invoice", same, operation="delete")) == ["6210"]
    assert codes(await client.refused("Invoice", same, operation="void")) == ["6210"]
    await client.write("Invoice", basics.invoice(1, TxnDate="2026-04-01"))


@pytest.mark.parametrize(
    ("quantity", "price", "amount", "accepted"),
    [
        ("2", "54", "108", True),
        ("128.350", "14.50", "1861.08", True),
        ("128.350", "14.50", "1861.07", False),
        ("3", "0.333333", "1.00", True),
        ("2", "54", "107.99", False),
    ],
)
async def test_a_line_is_worth_quantity_times_price_half_a_cent_up(
    client: Client, basics: Basics, quantity: str, price: str, amount: str, accepted: bool
) -> None:
    body = {"CustomerRef": {"value": basics.customer}, "Line": [basics.sold(amount, Qty=quantity, UnitPrice=price)]}
    answer = await client.call("POST", "invoice", body)
    if accepted:
        assert answer.status_code == 200
        return
    (error,) = errors_of(answer)
    assert (error["code"], error["element"]) == ("6070", "Line.Amount")
    expected = "1,861.07" if amount == "1861.07" else amount
    assert error["Detail"] == f"Amount is not equal to UnitPrice * Qty. Supplied value:{expected}"


def journal_line(side: str, amount: object, account: str, **detail: Any) -> dict[str, Any]:
    posting = {"PostingType": side, "AccountRef": {"value": account}, **detail}
    return {"Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": posting}


async def test_a_journal_entry_must_balance(client: Client, basics: Basics) -> None:
    lines = [journal_line("Debit", "100.01", basics.expense), journal_line("Credit", "100", basics.bank)]
    (error,) = await client.refused("JournalEntry", {"Line": lines})
    assert (error["code"], error["Message"]) == (
        "6000",
        "A business validation error has occurred while processing your request",
    )


async def test_receivables_in_a_journal_entry_need_a_customer(client: Client, basics: Basics) -> None:
    credit = journal_line("Credit", 5, basics.income)
    (error,) = await client.refused("JournalEntry", {"Line": [journal_line("Debit", 5, basics.receivables), credit]})
    assert error["Detail"] == (
        "Business Validation Error: When you use Accounts Receivable, you must choose a customer in the Name field."
    )
    named = journal_line(
        "Debit", 5, basics.receivables, Entity={"Type": "Customer", "EntityRef": {"value": basics.customer}}
    )
    made = await client.write("JournalEntry", {"Line": [named, credit]})
    assert made["Line"][0]["JournalEntryLineDetail"]["Entity"]["EntityRef"]["name"] == "Harbor Lane Bakery"


async def test_another_currency_needs_multicurrency(client: Client, basics: Basics) -> None:
    body = basics.invoice(1, CurrencyRef={"value": "EUR"})
    assert codes(await client.refused("Invoice", body)) == ["6000"]
    await set_preferences(client, CurrencyPrefs={"MultiCurrencyEnabled": True})
    assert (await client.write("Invoice", body))["CurrencyRef"] == {"value": "EUR", "name": "Euro"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "reports/BalanceSheet"),
        ("GET", "invoice/1/pdf"),
        ("POST", "upload"),
        ("GET", "download/1"),
        ("GET", "invoice"),
        ("POST", "taxcode"),
        ("POST", "customertype"),
        ("PUT", "invoice"),
        ("DELETE", "invoice/1"),
    ],
)
async def test_what_the_company_does_not_do_is_an_unsupported_operation(client: Client, method: str, path: str) -> None:
    (error,) = errors_of(await client.call(method, path, {} if method == "POST" else None))
    assert (error["code"], error["Message"]) == ("500", "Unsupported Operation")


@pytest.mark.parametrize(("method", "path"), [("GET", "sandwich/1"), ("POST", "sandwich"), ("GET", "")])
async def test_a_path_to_nothing_is_http_404(client: Client, method: str, path: str) -> None:
    answer = await client.call(method, path, {} if method == "POST" else None)
    assert answer.status_code == 404
    (error,) = parsed(answer)["Fault"]["Error"]
    assert (error["code"], error["Message"]) == ("500", "Unsupported Operation")


@pytest.mark.parametrize("headers", [{"accept": "application/xml"}, {"content-type": "application/xml"}])
async def test_xml_is_refused_honestly(client: Client, headers: dict[str, str]) -> None:
    answer = await client.call("POST", "customer", {"DisplayName": "Nora"}, headers=headers)
    assert errors_of(answer)[0]["Detail"] == "Operation XML is not supported."
    assert client.company.count("Customer") == 0


async def test_an_unknown_operation_is_not_supported(client: Client) -> None:
    assert codes(await client.refused("Customer", {"DisplayName": "x"}, operation="merge")) == ["500"]


@pytest.mark.parametrize("body", ["", "{", "[]", "nope", '{"DisplayName": }'])
async def test_a_body_that_is_no_json_object_is_fault_2010(client: Client, body: str) -> None:
    (error,) = errors_of(await client.call("POST", "customer", body.encode()))
    assert error["code"] == "2010"
    assert error["Detail"].startswith("Property Name:")


async def test_bytes_that_are_not_utf_8_are_fault_500(client: Client) -> None:
    assert codes(errors_of(await client.call("POST", "customer", b'{"DisplayName":"\xff"}'))) == ["500"]


async def test_a_query_fault_has_no_element(client: Client) -> None:
    (error,) = errors_of(await client.call("GET", "query", query="select * from Invoice where Foo = '1'"))
    assert error == {
        "Message": "Invalid query",
        "Detail": "QueryValidationError: Property Foo not found for Entity Invoice",
        "code": "4001",
    }


async def test_a_form_whose_total_is_below_zero_is_refused(client: Client, basics: Basics) -> None:
    (error,) = await client.refused("Invoice", basics.invoice(-5))
    assert error["code"] == "6000"
    assert error["Detail"] == "Business Validation Error: Transaction amount must be 0 or greater."
