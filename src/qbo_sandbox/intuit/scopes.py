"""The scopes that Intuit knows, and what they open."""

ACCOUNTING = "com.intuit.quickbooks.accounting"
PAYMENT = "com.intuit.quickbooks.payment"
OPENID = "openid"

SIGN_IN_DETAILS = frozenset({"profile", "email", "phone", "address"})
COMPANY_SCOPES = frozenset(
    {
        ACCOUNTING,
        PAYMENT,
        "com.intuit.quickbooks.payroll",
        "com.intuit.quickbooks.payroll.timetracking",
        "com.intuit.quickbooks.payroll.benefits",
        "com.intuit.quickbooks.payroll.payslip.read",
        "payroll.compensation.read",
        "project-management.project",
        "app-foundations.custom-field-definitions",
        "app-foundations.custom-field-definitions.read",
        "app-foundations.custom-dimensions.read",
        "time-tracking.time-entry",
        "indirect-tax.tax-calculation.quickbooks",
    }
)
KNOWN_SCOPES = COMPANY_SCOPES | SIGN_IN_DETAILS | {OPENID, "intuit_name"}

WHAT_A_SCOPE_OPENS = {
    ACCOUNTING: "Read and change the company's accounting data",
    PAYMENT: "Take payments for the company",
    OPENID: "Know who you are",
    "profile": "See your name",
    "email": "See your e-mail address",
    "phone": "See your phone number",
    "address": "See your postal address",
}


def needs_company(scopes: frozenset[str]) -> bool:
    """Whether the person has to pick a company, so that a `realmId` comes back."""
    return bool(scopes & COMPANY_SCOPES)
