"""What a company's preferences say that changes how it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qbo_sandbox.company.json_text import Body

_CURRENCIES = {
    "AUD": "Australian Dollar",
    "BRL": "Brazilian Real",
    "CAD": "Canadian Dollar",
    "CHF": "Swiss Franc",
    "CNY": "Chinese Yuan",
    "DKK": "Danish Krone",
    "EUR": "Euro",
    "GBP": "British Pound Sterling",
    "HKD": "Hong Kong Dollar",
    "INR": "Indian Rupee",
    "JPY": "Japanese Yen",
    "MXN": "Mexican Peso",
    "NOK": "Norwegian Krone",
    "NZD": "New Zealand Dollar",
    "SEK": "Swedish Krona",
    "SGD": "Singapore Dollar",
    "USD": "United States Dollar",
    "ZAR": "South African Rand",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`custom_fields`: definition id and name of the fields shown on sales forms. Dates are ISO texts."""

    home_currency: str
    multicurrency: bool
    own_numbers: bool
    refuses_duplicate_numbers: bool
    refuses_duplicate_bill_numbers: bool
    numbers_journal_entries: bool
    automated_sales_tax: bool
    books_closed_until: str | None
    default_terms: str | None
    custom_fields: tuple[tuple[str, str], ...]

    @property
    def sorts(self) -> frozenset[str]:
        """What `qbo_facts.check_body` has to know of the company."""
        sorts = {"multicurrency": self.multicurrency, "automated_sales_tax": self.automated_sales_tax}
        return frozenset(name for name, holds in sorts.items() if holds)


def settings_of(preferences: Body) -> Settings:
    """Read the Preferences record; whatever it leaves out is as in a new company in the United States."""
    sales = _block(preferences, "SalesFormsPrefs")
    currency = _block(preferences, "CurrencyPrefs")
    accounting = _block(preferences, "AccountingInfoPrefs")
    others = _name_values(_block(preferences, "OtherPrefs").get("NameValue"))
    own_numbers = sales.get("CustomTxnNumbers") is True
    warns = others.get("SalesFormsPrefs.WarnDuplicateTxnNumber", "true").lower() == "true"
    return Settings(
        home_currency=str(_block(currency, "HomeCurrency").get("value", "USD")),
        multicurrency=currency.get("MultiCurrencyEnabled") is True,
        own_numbers=own_numbers,
        refuses_duplicate_numbers=own_numbers and warns,
        refuses_duplicate_bill_numbers=others.get("VendorAndPurchasesPrefs.WarnDuplicateBillNumber", "").lower()
        == "true",
        numbers_journal_entries=accounting.get("AutoJournalEntryNumber") is True,
        automated_sales_tax=_block(preferences, "TaxPrefs").get("PartnerTaxEnabled") is True,
        books_closed_until=accounting.get("BookCloseDate"),
        default_terms=_block(sales, "DefaultTerms").get("value"),
        custom_fields=_custom_fields(sales.get("CustomField")),
    )


def currency_ref(code: str) -> Body:
    """A currency as records name it."""
    return {"value": code, "name": _CURRENCIES.get(code, code)}


def _block(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    block = holder.get(name)
    return block if isinstance(block, dict) else {}


def _name_values(pairs: Any) -> dict[str, str]:
    rows = pairs if isinstance(pairs, list) else []
    return {str(row.get("Name")): str(row.get("Value")) for row in rows if isinstance(row, dict)}


def _custom_fields(groups: Any) -> tuple[tuple[str, str], ...]:
    """Preferences hold one group of switches and one of names, numbered 1 to 3 at the end of their names."""
    switched_on: set[str] = set()
    names: dict[str, str] = {}
    for group in groups if isinstance(groups, list) else []:
        for entry in group.get("CustomField", ()):
            key = str(entry.get("Name", ""))
            if ".UseSalesCustom" in key and entry.get("BooleanValue") is True:
                switched_on.add(key[-1])
            elif ".SalesCustomName" in key and entry.get("StringValue"):
                names[key[-1]] = entry["StringValue"]
    return tuple((number, name) for number, name in sorted(names.items()) if number in switched_on)
