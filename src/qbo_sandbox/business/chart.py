"""An ordinary US chart of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import qbo_facts
from qbo_sandbox.business.books import Books
from qbo_sandbox.business.json_text import compact, money
from qbo_sandbox.business.timeline import Timeline

_BANK, _OTHER_ASSET, _CARD, _OTHER_DEBT = "Bank", "Other Current Asset", "Credit Card", "Other Current Liability"
_COST, _EQUITY, _INCOME, _EXPENSE = "Cost of Goods Sold", "Equity", "Income", "Expense"

# Name, type, sub-type; a name with a colon lies below the account before the colon.
_CHART: tuple[tuple[str, str, str], ...] = (
    ("Checking", _BANK, "Checking"),
    ("Savings", _BANK, "Savings"),
    ("Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
    ("Undeposited Funds", _OTHER_ASSET, "UndepositedFunds"),
    ("Inventory Asset", _OTHER_ASSET, "Inventory"),
    ("Prepaid Expenses", _OTHER_ASSET, "PrepaidExpenses"),
    ("Truck", "Fixed Asset", "Vehicles"),
    ("Truck:Original Cost", "Fixed Asset", "Vehicles"),
    ("Truck:Depreciation", "Fixed Asset", "AccumulatedDepreciation"),
    ("Machinery", "Fixed Asset", "MachineryAndEquipment"),
    ("Security Deposits", "Other Asset", "SecurityDeposits"),
    ("Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable"),
    ("Visa", _CARD, "CreditCard"),
    ("Mastercard", _CARD, "CreditCard"),
    ("Sales Tax Payable", _OTHER_DEBT, "SalesTaxPayable"),
    ("Loan Payable", _OTHER_DEBT, "LoanPayable"),
    ("Payroll Liabilities", _OTHER_DEBT, "PayrollTaxPayable"),
    ("Notes Payable", "Long Term Liability", "NotesPayable"),
    ("Opening Balance Equity", _EQUITY, "OpeningBalanceEquity"),
    ("Retained Earnings", _EQUITY, "RetainedEarnings"),
    ("Owner's Equity", _EQUITY, "OwnersEquity"),
    ("Sales of Product Income", _INCOME, "SalesOfProductIncome"),
    ("Services", _INCOME, "ServiceFeeIncome"),
    ("Services:Design", _INCOME, "ServiceFeeIncome"),
    ("Services:Installation", _INCOME, "ServiceFeeIncome"),
    ("Services:Maintenance", _INCOME, "ServiceFeeIncome"),
    ("Billable Expense Income", _INCOME, "OtherPrimaryIncome"),
    ("Discounts given", _INCOME, "DiscountsRefundsGiven"),
    ("Cost of Goods Sold", _COST, "SuppliesMaterialsCogs"),
    ("Job Materials", _COST, "SuppliesMaterialsCogs"),
    ("Freight In", _COST, "ShippingFreightDeliveryCos"),
    ("Advertising", _EXPENSE, "AdvertisingPromotional"),
    ("Automobile", _EXPENSE, "Auto"),
    ("Automobile:Fuel", _EXPENSE, "Auto"),
    ("Bank Charges", _EXPENSE, "BankCharges"),
    ("Depreciation", "Other Expense", "Depreciation"),
    ("Dues & Subscriptions", _EXPENSE, "DuesSubscriptions"),
    ("Equipment Rental", _EXPENSE, "EquipmentRental"),
    ("Insurance", _EXPENSE, "Insurance"),
    ("Interest Paid", _EXPENSE, "InterestPaid"),
    ("Legal & Professional Fees", _EXPENSE, "LegalProfessionalFees"),
    ("Legal & Professional Fees:Accounting", _EXPENSE, "LegalProfessionalFees"),
    ("Legal & Professional Fees:Lawyer", _EXPENSE, "LegalProfessionalFees"),
    ("Maintenance and Repair", _EXPENSE, "RepairMaintenance"),
    ("Meals and Entertainment", _EXPENSE, "EntertainmentMeals"),
    ("Office Expenses", _EXPENSE, "OfficeGeneralAdministrativeExpenses"),
    ("Payroll Expenses", _EXPENSE, "PayrollExpenses"),
    ("Rent or Lease", _EXPENSE, "RentOrLeaseOfBuildings"),
    ("Supplies", _EXPENSE, "SuppliesMaterials"),
    ("Taxes & Licenses", _EXPENSE, "TaxesPaid"),
    ("Travel", _EXPENSE, "Travel"),
    ("Utilities", _EXPENSE, "Utilities"),
    ("Utilities:Gas and Electric", _EXPENSE, "Utilities"),
    ("Utilities:Telephone", _EXPENSE, "Utilities"),
    ("Interest Earned", "Other Income", "InterestEarned"),
    ("Miscellaneous", "Other Expense", "OtherMiscellaneousExpense"),
)

RUNNING_COSTS = (
    "Advertising", "Automobile:Fuel", "Dues & Subscriptions", "Equipment Rental", "Insurance",
    "Legal & Professional Fees:Accounting", "Legal & Professional Fees:Lawyer", "Maintenance and Repair",
    "Office Expenses", "Rent or Lease", "Supplies", "Utilities:Gas and Electric", "Utilities:Telephone",
    "Job Materials",
)  # fmt: skip
SMALL_COSTS = (
    "Automobile:Fuel", "Meals and Entertainment", "Office Expenses", "Supplies", "Travel", "Bank Charges",
    "Maintenance and Repair", "Freight In",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the chart; `name` is the full name, levels joined by colons."""

    id: int
    name: str
    account_type: str
    subtype: str

    def ref(self) -> dict[str, str]:
        return {"value": str(self.id), "name": self.name}


class Chart:
    """The chart of accounts by full name."""

    def __init__(self) -> None:
        self._accounts = {
            name: Account(id=position, name=name, account_type=account_type, subtype=subtype)
            for position, (name, account_type, subtype) in enumerate(_CHART, start=1)
        }

    def __getitem__(self, name: str) -> Account:
        return self._accounts[name]

    def records(self, books: Books, currency: Mapping[str, str], timeline: Timeline) -> list[tuple[int, bytes]]:
        """Account objects with their balances.

        Balances are signed the way postings are, debit positive, for accounts of every type; so they add up to zero.
        """
        return [
            (account.id, compact(self._record(account, books, currency, timeline)))
            for account in self._accounts.values()
        ]

    def _record(
        self, account: Account, books: Books, currency: Mapping[str, str], timeline: Timeline
    ) -> dict[str, Any]:
        parent_name, _, own_name = account.name.rpartition(":")
        below = [other.id for other in self._accounts.values() if other.name.startswith(f"{account.name}:")]
        balance = books.accounts[account.id]
        moment = timeline.before_opening(60, account.id * 7)
        record: dict[str, Any] = {
            "Id": str(account.id),
            "SyncToken": "0",
            "domain": "QBO",
            "sparse": False,
            "Name": own_name,
            "SubAccount": bool(parent_name),
        }
        if parent_name:
            record["ParentRef"] = {"value": str(self._accounts[parent_name].id)}
        return record | {
            "FullyQualifiedName": account.name,
            "Active": True,
            "Classification": qbo_facts.classification_of(account.account_type),
            "AccountType": account.account_type,
            "AccountSubType": account.subtype,
            "CurrentBalance": money(balance),
            "CurrentBalanceWithSubAccounts": money(balance + sum(books.accounts[other] for other in below)),
            "CurrencyRef": currency,
            "MetaData": {"CreateTime": moment, "LastUpdatedTime": moment},
        }
