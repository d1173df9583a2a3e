"""The company side of the local QuickBooks: records, rules, and the HTTP surface over them."""

from qbo_sandbox.company.call_kinds import METERED_KINDS, call_kind, is_metered
from qbo_sandbox.company.company import Clock, Company
from qbo_sandbox.company.company_file import CompanyFileUnreadable
from qbo_sandbox.company.endpoint import company_endpoint

__all__ = [
    "METERED_KINDS",
    "Clock",
    "Company",
    "CompanyFileUnreadable",
    "call_kind",
    "company_endpoint",
    "is_metered",
]
