"""A company with a chart of accounts, an item, a customer and a vendor, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx2
import pytest
from company_client import REALM, Basics, Client, HandClock, app_of

from qbo_sandbox.company import Company


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 11, 3, 17, 15, 0, 412_000, tzinfo=UTC))


@pytest.fixture
def company(clock: HandClock) -> Company:
    return Company(realm_id=REALM, name="Harbor Lane Supplies", clock=clock, data_dir=None)


@pytest.fixture
async def client(company: Company) -> AsyncIterator[Client]:
    transport = httpx2.ASGITransport(app=app_of(company))
    async with httpx2.AsyncClient(transport=transport, base_url="http://quickbooks.test") as http:
        yield Client(company, http)


@pytest.fixture
async def basics(client: Client) -> Basics:
    async def account(name: str, kind: str) -> str:
        made = await client.write("Account", {"Name": name, "AccountType": kind})
        return str(made["Id"])

    income = await account("Sales", "Income")
    item = await client.write("Item", {"Name": "Delivery", "Type": "Service", "IncomeAccountRef": {"value": income}})
    address = {"Line1": "8 Pier Road", "City": "Astoria", "CountrySubDivisionCode": "OR", "PostalCode": "97103"}
    customer = await client.write(
        "Customer",
        {
            "DisplayName": "Harbor Lane Bakery",
            "PrimaryEmailAddr": {"Address": "nora@harborlane.example"},
            "BillAddr": address,
        },
    )
    vendor = await client.write("Vendor", {"DisplayName": "Tillamook Flour Co"})
    terms = await client.write("Term", {"Name": "Net 30", "DueDays": 30})
    return Basics(
        income=income,
        expense=await account("Supplies", "Expense"),
        payables=await account("Accounts Payable (A/P)", "Accounts Payable"),
        receivables=await account("Accounts Receivable (A/R)", "Accounts Receivable"),
        bank=await account("Checking", "Bank"),
        item=item["Id"],
        customer=customer["Id"],
        vendor=vendor["Id"],
        terms=terms["Id"],
    )
