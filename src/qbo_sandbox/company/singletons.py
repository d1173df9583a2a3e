"""The two records every company has from the start: CompanyInfo and Preferences."""

from typing import Any

from qbo_sandbox.company.json_text import Body
from qbo_sandbox.company.settings import currency_ref

SINGLETON_ID = 1


def company_info(name: str, *, started_on: str) -> Body:
    """What a new company in the United States says of itself; `started_on` is an ISO date."""
    address = {
        "Id": "1",
        "Line1": "123 Main Street",
        "City": "San Pablo",
        "CountrySubDivisionCode": "CA",
        "PostalCode": "94806",
        "Country": "USA",
    }
    flags = {
        "NeoEnabled": "true",
        "IndustryType": "Food wholesale",
        "CompanyType": "Other",
        "SubscriptionStatus": "TRIAL",
        "OfferingSKU": "QuickBooks Online Plus",
        "PayrollFeature": "false",
        "AccountantFeature": "false",
        "ItemCategoriesFeature": "true",
        "IsQbdtMigrated": "false",
    }
    return {
        "CompanyName": name,
        "LegalName": name,
        "CompanyAddr": address,
        "CustomerCommunicationAddr": address | {"Id": "2"},
        "LegalAddr": address | {"Id": "3"},
        "PrimaryPhone": {},
        "CompanyStartDate": started_on,
        "FiscalYearStartMonth": "January",
        "Country": "US",
        "Email": {"Address": "books@company.example"},
        "WebAddr": {},
        "SupportedLanguages": "en",
        "DefaultTimeZone": "America/Los_Angeles",
        "NameValue": [{"Name": key, "Value": value} for key, value in flags.items()],
    }


def preferences() -> Body:
    """How a new company is set up."""
    return {
        "AccountingInfoPrefs": {
            "UseAccountNumbers": False,
            "TrackDepartments": True,
            "DepartmentTerminology": "Location",
            "ClassTrackingPerTxn": False,
            "ClassTrackingPerTxnLine": True,
            "FirstMonthOfFiscalYear": "January",
            "TaxYearMonth": "January",
            "TaxForm": "0",
            "CustomerTerminology": "Customers",
        },
        "ProductAndServicesPrefs": {
            "ForSales": True,
            "ForPurchase": True,
            "QuantityWithPriceAndRate": True,
            "QuantityOnHand": True,
        },
        "SalesFormsPrefs": {
            "CustomField": _custom_fields(),
            "CustomTxnNumbers": False,
            "AllowDeposit": False,
            "AllowDiscount": True,
            "AllowEstimates": True,
            "AllowServiceDate": False,
            "AllowShipping": False,
            "AutoApplyCredit": False,
            "AutoApplyPayments": False,
            "EmailCopyToCompany": False,
            "ETransactionEnabledStatus": "NotApplicable",
            "ETransactionAttachPDF": False,
            "ETransactionPaymentEnabled": False,
            "IPNSupportEnabled": False,
            "UsingPriceLevels": False,
            "UsingProgressInvoicing": False,
        },
        "EmailMessagesPrefs": {
            name: {"Subject": f"{title} from us", "Message": f"Your {title.lower()} is attached."}
            for name, title in (
                ("InvoiceMessage", "Invoice"),
                ("EstimateMessage", "Estimate"),
                ("SalesReceiptMessage", "Sales receipt"),
                ("StatementMessage", "Statement"),
            )
        },
        "VendorAndPurchasesPrefs": {
            "EnableBills": True,
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
        "TaxPrefs": {"UsingSalesTax": False, "PartnerTaxEnabled": False},
        "CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": currency_ref("USD")},
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {"NameValue": [{"Name": "SalesFormsPrefs.WarnDuplicateTxnNumber", "Value": "true"}]},
    }


def _custom_fields() -> list[dict[str, Any]]:
    names = {"1": "Route", "2": "Sales rep"}
    switches = [
        {
            "Name": f"SalesFormsPrefs.UseSalesCustom{number}",
            "Type": "BooleanType",
            "BooleanValue": number in names,
        }
        for number in ("1", "2", "3")
    ]
    shown = [
        {"Name": f"SalesFormsPrefs.SalesCustomName{number}", "Type": "StringType", "StringValue": name}
        for number, name in names.items()
    ]
    return [{"CustomField": switches}, {"CustomField": shown}]
