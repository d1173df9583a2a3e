"""Which transactions are which kind of form, as far as rules of the company depend on it."""

SALES_FORMS = frozenset({"Invoice", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt"})
EXPENSE_FORMS = frozenset({"Bill", "Purchase", "VendorCredit", "PurchaseOrder"})
OPEN_DOCUMENTS = frozenset({"Invoice", "CreditMemo", "Bill", "VendorCredit"})
"""Documents that stay open until something is applied to them; `Balance` is what is still open."""
CREDITS = frozenset({"CreditMemo", "VendorCredit"})
"""Open documents that count against what is owed."""
SETTLEMENTS = {"Payment": "CustomerRef", "BillPayment": "VendorRef"}
"""Transactions whose lines apply amounts to open documents, and the field that names whose they are."""
PARTIES = {
    "Invoice": ("CustomerRef", "Customer"),
    "CreditMemo": ("CustomerRef", "Customer"),
    "Payment": ("CustomerRef", "Customer"),
    "Bill": ("VendorRef", "Vendor"),
    "VendorCredit": ("VendorRef", "Vendor"),
    "BillPayment": ("VendorRef", "Vendor"),
}
"""Transactions that change what somebody owes or is owed, and who that is."""
