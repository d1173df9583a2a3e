"""Connecting to QuickBooks: Intuit's addresses, the company's name, and settings that cannot work together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from ledgerflow.apis.contract import SignIn
from ledgerflow.core.calls import Answer, ApiCall
from ledgerflow.core.connection import ConnectionFile, OAuth2

PRODUCTION = "https://quickbooks.api.intuit.com"
SANDBOX = "https://sandbox-quickbooks.api.intuit.com"
SERVERS: Mapping[str, str] = {"production": PRODUCTION, "sandbox": SANDBOX}
ACCOUNTING_SCOPE = "com.intuit.quickbooks.accounting"
COMPANY_PARAMETER = "realmId"

SIGN_IN = SignIn(
    auth_url="https://appcenter.intuit.com/connect/oauth2",
    token_url="https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
    revoke_url="https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
    scope=ACCOUNTING_SCOPE,
    keep_from_redirect=(COMPANY_PARAMETER,),
    token_headers={"x-include-refresh-token-hard-expires-in": "true"},
    revoke_as="json",
)
"""Production and sandbox have these in common (both discovery documents, 2026-09-06); the key pair tells them apart."""


def company_name_call(company: str) -> ApiCall:
    """Reads the company's own record; one metered read."""
    there = quote(company, safe="")
    return ApiCall(
        method="GET",
        path=f"/v3/company/{there}/companyinfo/{there}",
        kind="read",
        metered=True,
        repeatable=True,
        headers={"Accept": "application/json"},
    )


def company_name(answer: Answer) -> str:
    """What the company is called, or its legal name; empty when the answer tells neither."""
    try:
        told: Any = json.loads(answer.body)
    except ValueError:
        return ""
    info = told.get("CompanyInfo") if isinstance(told, dict) else None
    if not isinstance(info, dict):
        return ""
    return next((name for key in ("CompanyName", "LegalName") if isinstance(name := info.get(key), str) and name), "")


def connection_warnings(file: ConnectionFile) -> Sequence[str]:
    """What in the settings shows that development keys meet the production server, or the other way about."""
    auth = file.auth
    if not isinstance(auth, OAuth2):
        return []
    warnings: list[str] = []
    own_endpoints = _host(auth.auth_url) not in (None, _host(SIGN_IN.auth_url))
    production, sandbox = file.base_url == PRODUCTION, file.base_url == SANDBOX
    at_home = urlsplit(auth.redirect_url)
    if production and not own_endpoints and (at_home.scheme == "http" or _is_bare(at_home.hostname or "")):
        warnings.append(
            f"base_url is QuickBooks' production server, but redirect_url is {auth.redirect_url}: production keys need "
            "an https address with a host name. With development keys set base_url to " + SANDBOX + "."
        )
    userinfo = _host(auth.userinfo_url)
    if userinfo is not None and userinfo.endswith("accounts.platform.intuit.com"):
        for_sandbox = userinfo.startswith("sandbox-")
        if (production and for_sandbox) or (sandbox and not for_sandbox):
            here, there = ("production", "sandbox") if production else ("sandbox", "production")
            warnings.append(
                f"base_url is the {here} server, but userinfo_url is the {there} one: keys of one side do not open the "
                "other. Set both to the side your keys belong to."
            )
    if auth.scope and "com.intuit.quickbooks" not in auth.scope:
        warnings.append(
            f"scope {auth.scope!r} opens no company: the consent page will offer none. Add {ACCOUNTING_SCOPE}."
        )
    return warnings


def _host(url: str | None) -> str | None:
    return urlsplit(url).hostname if url else None


def _is_bare(host: str) -> bool:
    """Is it localhost or an IP address, which Intuit takes for development keys only?"""
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
