"""Resources that are unlike all others: company, preferences, rates, tax codes, templates."""

from decimal import Decimal
from typing import Any

import pytest
from company_client import REALM, Basics, Client, codes, errors_of, parsed

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("realm", [REALM, "1"])
async def test_the_company_is_read_by_its_realm(client: Client, realm: str) -> None:
    info = parsed(await client.call("GET", f"companyinfo/{realm}"))["CompanyInfo"]
    assert (info["Id"], info["CompanyName"], info["Country"]) == ("1", "Harbor Lane Supplies", "US")


async def test_another_realm_is_not_found(client: Client) -> None:
    assert codes(errors_of(await client.call("GET", "companyinfo/4711"))) == ["610"]


async def test_an_update_of_the_company_wants_name_and_address(client: Client) -> None:
    (_, error) = await client.refused("CompanyInfo", {"SyncToken": "0", "sparse": True, "LegalName": "HLS"})
    assert (error["code"], error["element"]) == ("2020", "CompanyAddr")
    address = {"Line1": "1 New Street"}
    body = {"SyncToken": "0", "sparse": True, "CompanyName": "HLS", "CompanyAddr": address}
    changed = await client.write("CompanyInfo", body)
    assert (changed["CompanyName"], changed["CompanyAddr"]["Line1"]) == ("HLS", "1 New Street")
    assert changed["NameValue"]


async def test_preferences_are_changed_block_by_block(client: Client) -> None:
    before = parsed(await client.call("GET", "preferences"))["Preferences"]
    body = {"Id": "1", "SyncToken": "0", "SalesFormsPrefs": {"AllowShipping": True}}
    changed = await client.write("Preferences", body)
    assert changed["SalesFormsPrefs"] == before["SalesFormsPrefs"] | {"AllowShipping": True}
    assert changed["TaxPrefs"] == before["TaxPrefs"]
    assert changed["SyncToken"] == "1"


async def turn_on_multicurrency(client: Client) -> None:
    body = {"Id": "1", "SyncToken": "0", "sparse": True, "CurrencyPrefs": {"MultiCurrencyEnabled": True}}
    await client.write("Preferences", body)


async def test_a_rate_holds_from_its_day_on(client: Client) -> None:
    await turn_on_multicurrency(client)
    for day, rate in (("2026-11-01", "1.16"), ("2026-11-03", "1.1757")):
        made = await client.write("ExchangeRate", {"SourceCurrencyCode": "eur", "AsOfDate": day, "Rate": rate})
        assert "Id" not in made
        assert (made["SourceCurrencyCode"], made["TargetCurrencyCode"]) == ("EUR", "USD")

    async def rate_of(day: str) -> Any:
        answer = await client.call("GET", "exchangerate", sourcecurrencycode="EUR", asofdate=day)
        return parsed(answer)["ExchangeRate"]["Rate"]

    assert await rate_of("2026-11-02") == Decimal("1.16")
    assert await rate_of("2026-11-05") == Decimal("1.1757")
    too_early = await client.call("GET", "exchangerate", sourcecurrencycode="EUR", asofdate="2026-10-01")
    assert codes(errors_of(too_early)) == ["610"]
    found = await client.query(
        "select * from ExchangeRate where SourceCurrencyCode = 'EUR' and AsOfDate = '2026-11-01'"
    )
    assert [row["Rate"] for row in found["ExchangeRate"]] == [Decimal("1.16")]


async def test_a_rate_of_the_same_day_is_replaced(client: Client) -> None:
    await turn_on_multicurrency(client)
    body = {"SourceCurrencyCode": "EUR", "AsOfDate": "2026-11-01", "Rate": 1}
    await client.write("ExchangeRate", body)
    assert (await client.write("ExchangeRate", body | {"Rate": 2}))["SyncToken"] == "1"
    assert client.company.count("ExchangeRate") == 1


async def test_rates_need_multicurrency_and_a_foreign_currency(client: Client) -> None:
    body = {"SourceCurrencyCode": "EUR", "AsOfDate": "2026-11-01", "Rate": 1}
    assert codes(await client.refused("ExchangeRate", body)) == ["6000"]
    await turn_on_multicurrency(client)
    assert codes(await client.refused("ExchangeRate", body | {"SourceCurrencyCode": "USD"})) == ["6000"]


async def test_the_tax_service_makes_a_code_and_its_rates(client: Client) -> None:
    agency = await client.write("TaxAgency", {"DisplayName": "Oregon"})
    rate = {"TaxRateName": "State", "RateValue": "4.25", "TaxAgencyId": agency["Id"], "TaxApplicableOn": "Sales"}
    answer = await client.call("POST", "taxservice/taxcode", {"TaxCode": "Coast", "TaxRateDetails": [rate]})
    made = parsed(answer)
    assert list(made) == ["TaxCode", "TaxCodeId", "TaxRateDetails"]
    code = await client.read("TaxCode", made["TaxCodeId"])
    (detail,) = code["SalesTaxRateList"]["TaxRateDetail"]
    stored = await client.read("TaxRate", detail["TaxRateRef"]["value"])
    assert (stored["Name"], stored["RateValue"]) == ("State", Decimal("4.25"))
    second = {"TaxCode": "Inland", "TaxRateDetails": [{"TaxRateId": stored["Id"]}]}
    assert (await client.call("POST", "taxservice/taxcode", second)).status_code == 200
    again = await client.call("POST", "taxservice/taxcode", {"TaxCode": "coast", "TaxRateDetails": [rate]})
    assert codes(errors_of(again)) == ["6240", "6240"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"TaxCode": "x"}, "2020"),
        ({"TaxCode": "x" * 101, "TaxRateDetails": [{"TaxRateId": "7"}]}, "2050"),
        ({"TaxCode": "x", "TaxRateDetails": [{"TaxRateId": "7"}]}, "2500"),
        ({"TaxCode": "x", "TaxRateDetails": [{"TaxRateName": "r", "RateValue": "1", "TaxAgencyId": "9"}]}, "2500"),
    ],
)
async def test_a_tax_code_that_cannot_be_made_leaves_nothing_behind(
    client: Client, body: dict[str, Any], code: str
) -> None:
    assert codes(errors_of(await client.call("POST", "taxservice/taxcode", body)))[0] == code
    assert (client.company.count("TaxCode"), client.company.count("TaxRate")) == (0, 0)


def template(basics: Basics) -> dict[str, Any]:
    schedule = {"IntervalType": "Monthly", "NumInterval": 1, "DayOfMonth": 1, "StartDate": "2026-12-01"}
    info = {"Name": "Monthly bread", "RecurType": "Automated", "Active": True, "ScheduleInfo": schedule}
    return {"Invoice": basics.invoice(40, RecurringInfo=info)}


async def test_a_template_stands_inside_and_books_nothing(client: Client, basics: Basics) -> None:
    made = await client.write("RecurringTransaction", template(basics))
    inner = made["Invoice"]
    assert (inner["TotalAmt"], inner["RecurringInfo"]["Name"]) == (40, "Monthly bread")
    assert inner["RecurDataRef"] == {"value": inner["Id"]}
    assert "DocNumber" not in inner
    assert (await client.read("Customer", basics.customer))["Balance"] == 0
    assert await client.read("RecurringTransaction", inner["Id"]) == made
    assert await client.query("select count(*) from Invoice") == {"totalCount": 0}
    found = await client.query("select * from RecurringTransaction where Type = 'Invoice'")
    assert found["RecurringTransaction"] == [made]
    assert await client.query("select * from RecurringTransaction where Type = 'Bill'") == {}


async def test_a_template_is_deleted_by_what_stands_inside(client: Client, basics: Basics) -> None:
    made = await client.write("RecurringTransaction", template(basics))
    stub = await client.write("RecurringTransaction", made, operation="delete")
    assert stub == {"Invoice": {"status": "Deleted", "domain": "QBO", "Id": made["Invoice"]["Id"]}}
    assert client.company.count("RecurringTransaction") == 0


async def test_a_template_without_a_schedule_is_refused(client: Client, basics: Basics) -> None:
    assert codes(await client.refused("RecurringTransaction", {"Invoice": basics.invoice(40)})) == ["2020"]
    assert codes(await client.refused("RecurringTransaction", {"Customer": {"DisplayName": "x"}}))[0] == "2020"


async def test_a_bundle_is_opened_into_its_parts(client: Client, basics: Basics) -> None:
    part = {"ItemRef": {"value": basics.item, "name": "Delivery"}, "Qty": 2}
    client.company.put_raw("Item", 50, BUNDLE % basics.item.encode())
    await client.write("Item", {"Id": basics.item, "SyncToken": "0", "sparse": True, "UnitPrice": "4.50"})
    line = {"DetailType": "GroupLineDetail", "GroupLineDetail": {"GroupItemRef": {"value": "50"}, "Quantity": 3}}
    made = await client.write("Invoice", {"CustomerRef": {"value": basics.customer}, "Line": [line]})
    assert made["TotalAmt"] == Decimal("27.00")
    (inner,) = made["Line"][0]["GroupLineDetail"]["Line"]
    assert inner["SalesItemLineDetail"]["ItemRef"] == part["ItemRef"]
    assert inner["SalesItemLineDetail"]["Qty"] == 6


BUNDLE = (
    b'{"Id":"50","SyncToken":"0","Name":"Breakfast","FullyQualifiedName":"Breakfast","Active":true,"Type":"Group",'
    b'"ItemGroupDetail":{"ItemGroupLine":[{"ItemRef":{"value":"%s","name":"Delivery"},"Qty":2}]}}'
)
