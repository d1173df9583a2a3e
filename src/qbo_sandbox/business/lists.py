"""The short lists of a company: terms, payment methods, classes, departments, tax, and the company itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qbo_sandbox.business.chance import Chance
from qbo_sandbox.business.chart import Chart
from qbo_sandbox.business.json_text import compact
from qbo_sandbox.business.timeline import Timeline
from qbo_sandbox.business.words import CITIES, STREETS

Records = list[tuple[int, bytes]]

TERMS = (("Due on receipt", 0), ("Net 15", 15), ("Net 30", 30), ("Net 60", 60))
PAYMENT_METHODS = (
    ("Cash", "NON_CREDIT_CARD"),
    ("Check", "NON_CREDIT_CARD"),
    ("Visa", "CREDIT_CARD"),
    ("ACH", "NON_CREDIT_CARD"),
)
CLASSES = ("Residential", "Commercial", "Public")
DEPARTMENTS = ("North Yard", "River Street", "South Depot")
_CURRENCY_NAMES = {
    "USD": "United States Dollar", "CAD": "Canadian Dollar", "GBP": "British Pound Sterling", "EUR": "Euro",
    "AUD": "Australian Dollar",
}  # fmt: skip


def currency_ref(code: str) -> dict[str, str]:
    return {"value": code, "name": _CURRENCY_NAMES.get(code, code)}


def term_ref(position: int) -> dict[str, str]:
    """The term at a position of `TERMS`."""
    return {"value": str(position + 1), "name": TERMS[position][0]}


def payment_method_ref(position: int) -> dict[str, str]:
    return {"value": str(position + 1), "name": PAYMENT_METHODS[position][0]}


def department_ref(position: int) -> dict[str, str]:
    return {"value": str(position + 1), "name": DEPARTMENTS[position]}


def class_ref(position: int) -> dict[str, str]:
    return {"value": str(position + 1), "name": CLASSES[position]}


def short_lists(timeline: Timeline) -> dict[str, Records]:
    """Terms, payment methods, classes, departments and tax records, by entity, parents before children."""
    lists: dict[str, list[dict[str, Any]]] = {
        "Term": [
            {"Name": name, "Active": True, "Type": "STANDARD", "DiscountPercent": 0, "DueDays": days, "DiscountDays": 0}
            for name, days in TERMS
        ],
        "PaymentMethod": [{"Name": name, "Active": True, "Type": kind} for name, kind in PAYMENT_METHODS],
        "Class": [{"Name": name, "SubClass": False, "FullyQualifiedName": name, "Active": True} for name in CLASSES],
        "Department": [
            {"Name": name, "SubDepartment": False, "FullyQualifiedName": name, "Active": True} for name in DEPARTMENTS
        ],
        "TaxAgency": [
            {"DisplayName": "State Department of Revenue", "TaxTrackedOnSales": True, "TaxTrackedOnPurchases": False}
        ],
        "TaxRate": [
            {
                "Name": "State sales tax",
                "Description": "State sales tax",
                "Active": True,
                "RateValue": 8,
                "AgencyRef": {"value": "1"},
                "SpecialTaxType": "NONE",
                "DisplayType": "ReadOnly",
                "EffectiveTaxRate": [{"RateValue": 8, "EffectiveDate": timeline.before_opening(60, 0)}],
            }
        ],
        "TaxCode": [
            {
                "Name": "State",
                "Description": "State sales tax",
                "Active": True,
                "Hidden": False,
                "Taxable": True,
                "TaxGroup": True,
                "SalesTaxRateList": {
                    "TaxRateDetail": [
                        {
                            "TaxRateRef": {"value": "1", "name": "State sales tax"},
                            "TaxTypeApplicable": "TaxOnAmount",
                            "TaxOrder": 0,
                        }
                    ]
                },
                "PurchaseTaxRateList": {"TaxRateDetail": []},
            }
        ],
    }
    return {
        entity: [
            (number, compact(_stored(number, record, timeline.before_opening(60, number * 13))))
            for number, record in enumerate(records, start=1)
        ]
        for entity, records in lists.items()
    }


def company_info(company_name: str, chance: Chance, timeline: Timeline) -> bytes:
    """The CompanyInfo object; its id is always 1."""
    city, state, postal_code, area = chance.pick(CITIES)
    address = {
        "Id": "1",
        "Line1": f"{chance.between(10, 980)} {chance.pick(STREETS)}",
        "City": city,
        "Country": "USA",
        "CountrySubDivisionCode": state,
        "PostalCode": postal_code,
    }
    flags = {
        "NeoEnabled": "true",
        "IndustryType": "Landscaping Services",
        "IndustryCode": "561730",
        "CompanyType": "LLC",
        "OfferingSKU": "QuickBooks Online Plus",
        "SubscriptionStatus": "SUBSCRIBED",
        "PayrollFeature": "false",
        "AccountantFeature": "false",
        "ItemCategoriesFeature": "true",
        "NonTracking": "false",
        "QBOIndustryType": "Landscaping Services",
        "AssignedTime": timeline.dates[0],
        "IsQbdtMigrated": "false",
    }
    record = {
        "CompanyName": company_name,
        "LegalName": f"{company_name} LLC",
        "CompanyAddr": address,
        "CustomerCommunicationAddr": address,
        "LegalAddr": address,
        "PrimaryPhone": {"FreeFormNumber": f"({area}) 555-0100"},
        "CompanyStartDate": timeline.dates[0],
        "FiscalYearStartMonth": "January",
        "Country": "US",
        "Email": {"Address": "office@business.example"},
        "WebAddr": {"URI": "https://business.example"},
        "SupportedLanguages": "en",
        "DefaultTimeZone": "America/Los_Angeles",
        "NameValue": [{"Name": name, "Value": value} for name, value in flags.items()],
    }
    return compact(_stored(1, record, timeline.before_opening(61, 0)))


def preferences(currency: Mapping[str, str], chart: Chart, timeline: Timeline) -> bytes:
    """The Preferences object; its id is always 1."""
    record = {
        "AccountingInfoPrefs": {
            "UseAccountNumbers": False,
            "TrackDepartments": True,
            "DepartmentTerminology": "Location",
            "ClassTrackingPerTxn": False,
            "ClassTrackingPerTxnLine": True,
            "FirstMonthOfFiscalYear": "January",
            "TaxYearMonth": "January",
            "CustomerTerminology": "Customers",
        },
        "ProductAndServicesPrefs": {
            "ForSales": True,
            "ForPurchase": True,
            "QuantityWithPriceAndRate": True,
            "QuantityOnHand": True,
        },
        "SalesFormsPrefs": {
            "CustomField": [],
            "CustomTxnNumbers": False,
            "AllowDeposit": True,
            "AllowDiscount": True,
            "DefaultDiscountAccount": str(chart["Discounts given"].id),
            "AllowEstimates": True,
            "ETransactionEnabledStatus": "NotApplicable",
            "ETransactionAttachPDF": False,
            "ETransactionPaymentEnabled": False,
            "IPNSupportEnabled": False,
            "AllowServiceDate": False,
            "AllowShipping": False,
            "DefaultTerms": {"value": "3"},
            "AutoApplyCredit": False,
            "AutoApplyPayments": True,
            "DefaultCustomerMessage": "Thank you for your business.",
            "UsingProgressInvoicing": False,
        },
        "EmailMessagesPrefs": {
            "InvoiceMessage": {"Subject": "Your invoice", "Message": "Please find your invoice attached."},
            "EstimateMessage": {"Subject": "Your estimate", "Message": "Please find your estimate attached."},
            "SalesReceiptMessage": {"Subject": "Your receipt", "Message": "Please find your receipt attached."},
            "StatementMessage": {"Subject": "Your statement", "Message": "Please find your statement attached."},
        },
        "VendorAndPurchasesPrefs": {
            "TrackingByCustomer": True,
            "BillableExpenseTracking": True,
            "POCustomField": [],
        },
        "TimeTrackingPrefs": {
            "UseServices": True,
            "BillCustomers": True,
            "ShowBillRateToAll": False,
            "WorkWeekStartDate": "Monday",
            "MarkTimeEntriesBillable": True,
        },
        "TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": False, "TaxGroupCodeRef": {"value": "1"}},
        "CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": currency["value"]}},
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {
            "NameValue": [
                {"Name": "SalesFormsPrefs.DefaultCustomerMessage", "Value": "Thank you for your business."},
                {"Name": "SalesFormsPrefs.DefaultItem", "Value": "5"},
                {"Name": "DTXCopyMemo", "Value": "false"},
                {"Name": "UncategorizedAssetAccountId", "Value": str(chart["Prepaid Expenses"].id)},
            ]
        },
    }
    return compact(_stored(1, record, timeline.before_opening(61, 1)))


def _stored(number: int, record: dict[str, Any], moment: str) -> dict[str, Any]:
    head = {"Id": str(number), "SyncToken": "0", "domain": "QBO", "sparse": False}
    return head | record | {"MetaData": {"CreateTime": moment, "LastUpdatedTime": moment}}
