"""A project that is connected to the local QuickBooks, for tests of our server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledgerflow.auth.tokens import Token
from ledgerflow.store.projects import ProjectFiles
from ledgerflow.wiring import open_workspace
from qbo_sandbox.served import ServedSandbox

API = "openapi: 3.1.0\ninfo: {title: QuickBooks, version: '1'}\nx-ledgerflow: {provider: quickbooks}\npaths: {}\n"
OVERDUE = """\
flow: overdue
description: Overdue totals per customer
parameters:
  as_of: {type: date, default: 2026-11-23, description: The day to look at}
steps:
  invoices: {read: quickbooks.Invoice, where: Balance > '0'}
  customers: {read: quickbooks.Customer}
  late: {filter: invoices, where: DueDate < $as_of}
  named: {derive: late, columns: {customer_id: CustomerRef.value}}
  joined: {join: [named, customers], how: left, on: {customer_id: Id}}
  totals:
    aggregate: joined
    by: [DisplayName]
    columns: {overdue: sum(Balance), invoices: count(*)}
  sorted: {sort: totals, by: [overdue desc, DisplayName]}
  csv: {write: sorted, to: files.out/overdue.csv}
"""


def write_connection(project: Path, sandbox: ServedSandbox, *, redirect_url: str = "http://127.0.0.1:8050/") -> None:
    """An api and a connection `quickbooks` to the sandbox; no company is connected yet."""
    files = ProjectFiles(project)
    files.write_text("apis/quickbooks.yaml", API)
    files.write_text(
        "connections/quickbooks.yaml",
        f"""\
api: quickbooks
base_url: {sandbox.api_url}
auth:
  type: oauth2
  auth_url: {sandbox.authorize_url}
  token_url: {sandbox.token_url}
  revoke_url: {sandbox.revoke_url}
  client_id: {sandbox.client_id}
  client_secret: vault:client_secret
  scope: com.intuit.quickbooks.accounting
  redirect_url: {redirect_url}
""",
    )
    open_workspace(project).vault.put("quickbooks", "client_secret", sandbox.client_secret)


def connect_company(project: Path, sandbox: ServedSandbox, *, lasts: timedelta = timedelta(days=100)) -> Token:
    """Connect the first company with a token pair that the sandbox hands out; it can be renewed for `lasts`."""
    given = sandbox.tokens()
    now = datetime.now(UTC)
    token = Token(
        access_token=given["access_token"],
        refresh_token=given["refresh_token"],
        obtained_at=now,
        expires_at=now + timedelta(hours=1),
        refresh_expires_at=now + lasts,
        scope="com.intuit.quickbooks.accounting",
    )
    open_workspace(project).companies.connect("quickbooks", sandbox.realm_id, token, name=sandbox.companies[0]["name"])
    return token
