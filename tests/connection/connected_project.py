"""What tests of the connection share: a connection file for the local QuickBooks, a clock, a connected company."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ledgerflow.auth.tokens import Token
from ledgerflow.runner.workspace import Workspace
from qbo_sandbox.served import ServedSandbox

REDIRECT_URL = "http://127.0.0.1:8050/"
API = "openapi: 3.1.0\ninfo: {title: QuickBooks, version: '1'}\nx-ledgerflow: {provider: quickbooks}\npaths: {}\n"


OpenWorkspace = Callable[[], Workspace]


class MovableClock:
    """The time, which a test can move."""

    def __init__(self) -> None:
        self.moved = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.moved

    def advance(self, step: timedelta) -> None:
        self.moved += step


def write_connection(workspace: Workspace, sandbox: ServedSandbox, *, redirect_url: str = REDIRECT_URL) -> None:
    """An api and a connection `quickbooks` to the sandbox, as `api add` and `connection set` leave them."""
    workspace.files.write_text("apis/quickbooks.yaml", API)
    workspace.files.write_text(
        "connections/quickbooks.yaml",
        "# the books of the shop\n"
        "api: quickbooks\n"
        f"base_url: {sandbox.api_url}\n"
        "auth:\n"
        "  type: oauth2\n"
        f"  auth_url: {sandbox.authorize_url}\n"
        f"  token_url: {sandbox.token_url}\n"
        f"  revoke_url: {sandbox.revoke_url}\n"
        f"  client_id: {sandbox.client_id}\n"
        "  client_secret: vault:client_secret  # kept in the vault\n"
        "  scope: com.intuit.quickbooks.accounting\n"
        "  state: books\n"
        f"  redirect_url: {redirect_url}\n",
    )
    workspace.vault.put("quickbooks", "client_secret", sandbox.client_secret)


def save_pair(workspace: Workspace, sandbox: ServedSandbox, *, life: timedelta = timedelta(hours=1)) -> Token:
    """Connect the first company with a token pair from the control endpoint; the access token lives for `life`."""
    given = sandbox.tokens()
    now = workspace.clock()
    token = Token(
        access_token=given["access_token"],
        refresh_token=given["refresh_token"],
        obtained_at=now,
        expires_at=now + life,
        refresh_expires_at=now + timedelta(days=101),
        scope="com.intuit.quickbooks.accounting",
    )
    workspace.companies.connect("quickbooks", sandbox.realm_id, token)
    return token
