"""The scopes that Intuit knows, and what a person is told that they open."""

import qbo_facts

ACCOUNTING = "com.intuit.quickbooks.accounting"
OPENID = "openid"
SIGN_IN_DETAILS = frozenset({"profile", "email", "phone", "address"})
"""Given only together with openid."""
KNOWN_SCOPES = frozenset(qbo_facts.oauth().scopes)
_COMPANY_SCOPES = frozenset(name for name, scope in qbo_facts.oauth().scopes.items() if scope.gives_company)
_SAID_TO_PEOPLE = {
    ACCOUNTING: "Read and change the company's accounting data",
    "com.intuit.quickbooks.payment": "Take payments for the company",
    OPENID: "Know who you are",
    "profile": "See your name",
    "email": "See your e-mail address",
    "phone": "See your phone number",
    "address": "See your postal address",
}


def needs_company(scopes: frozenset[str]) -> bool:
    """Whether the person has to pick a company, so that a `realmId` comes back."""
    return bool(scopes & _COMPANY_SCOPES)


def said_to_people(scope: str) -> str:
    """What the consent page says of a known scope."""
    return _SAID_TO_PEOPLE.get(scope) or f"Use {scope} ({qbo_facts.oauth().scopes[scope].use})"
