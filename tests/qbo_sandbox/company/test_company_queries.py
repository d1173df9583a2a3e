"""Queries over HTTP: what they find, page by page, and what stands around the rows."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import msgspec
import pytest
from company_client import REALM, Client, HandClock, app_of, errors_of, parsed
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_sandbox.company import Company

pytestmark = pytest.mark.anyio


def invoice(number: int, **fields: Any) -> tuple[int, bytes]:
    meta = {"CreateTime": "2026-11-02T09:00:00-08:00", "LastUpdatedTime": f"2026-11-02T09:{number % 60:02}:00-08:00"}
    body = {"Id": str(number), "SyncToken": "0", "domain": "QBO", "sparse": False, "MetaData": meta} | fields
    return number, msgspec.json.Encoder(decimal_format="number").encode(body)


@pytest.fixture
def books(company: Company) -> None:
    """Forty invoices: numbers 1 to 40, balance 0 for every third, four customers in turn."""
    company.load(
        "Invoice",
        [
            invoice(
                number,
                DocNumber=f"{'A' if number % 2 else 'b'}-{1000 + number}",
                TxnDate=f"2026-{1 + number % 10:02}-15",
                CustomerRef={"value": str(number % 4), "name": "x"},
                TotalAmt=Decimal(number) / 8,
                Balance=Decimal(number) / 8 if number % 3 else 0,
                PrivateNote="Adam's" if number == 7 else None,
            )
            for number in range(1, 41)
        ],
    )


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Id = '12'", [12]),
        ("Id IN ('12', '3', '99')", [3, 12]),
        ("DocNumber = 'a-1005'", [5]),
        ("DocNumber LIKE '%-10_1'", []),
        ("DocNumber LIKE 'B-101%'", [10, 12, 14, 16, 18]),
        ("DocNumber LIKE '%39'", [39]),
        ("TotalAmt = '0.125'", [1]),
        ("TotalAmt > 4.75", [39, 40]),
        ("TotalAmt >= '4.875' AND TotalAmt < 5", [39]),
        ("Balance = 0 AND TotalAmt <= '1.125'", [3, 6, 9]),
        ("CustomerRef = '3' AND TxnDate >= '2026-10-01'", [19, 39]),
        ("TxnDate = '2026-02-15'", [1, 11, 21, 31]),
        ("TxnDate IN ('2026-02-15', '2026-01-15') AND Id IN ('1', '10', '12')", [1, 10]),
        ("PrivateNote = 'Adam\\'s'", [7]),
        ("PrivateNote LIKE 'adam%'", [7]),
        ("PrivateNote = '' AND Id IN ('7', '8')", [8]),
        ("MetaData.LastUpdatedTime >= '2026-11-02T17:39:00Z'", [39, 40]),
        ("MetaData.LastUpdatedTime < '2026-11-02T09:02:00-08:00'", [1]),
        ("MetaData.CreateTime = '2026-11-02T18:00:00+01:00' AND Id = '5'", [5]),
    ],
)
async def test_a_condition_finds_its_rows(client: Client, where: str, found: list[int]) -> None:
    assert await client.ids(f"select * from Invoice where {where}") == [str(number) for number in found]


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("ORDERBY Id", [1, 2, 3]),
        ("order by id desc", [40, 39, 38]),
        ("ORDERBY TotalAmt DESC", [40, 39, 38]),
        ("ORDERBY DocNumber", [1, 3, 5]),
        ("ORDERBY TxnDate DESC, Id DESC", [39, 29, 19]),
        ("ORDERBY TxnDate DESC, TotalAmt", [9, 19, 29]),
        ("ORDERBY Balance, Id", [3, 6, 9]),
        ("ORDERBY PrivateNote DESC", [7, 1, 2]),
    ],
)
async def test_an_order_is_kept(client: Client, order: str, first: list[int]) -> None:
    assert await client.ids(f"select * from Invoice {order} maxresults 3") == [str(number) for number in first]


@pytest.mark.usefixtures("books")
async def test_an_answer_tells_where_it_begins_and_how_many_rows_it_has(client: Client) -> None:
    part = await client.query("select * from invoice orderby Id startposition 31 maxresults 10")
    assert list(part) == ["Invoice", "startPosition", "maxResults"]
    assert (part["startPosition"], part["maxResults"], len(part["Invoice"])) == (31, 10, 10)
    whole = await client.query("select * from Invoice")
    assert (whole["startPosition"], whole["maxResults"], whole["totalCount"]) == (1, 40, 40)


@pytest.mark.usefixtures("books")
async def test_nothing_found_is_an_empty_answer(client: Client) -> None:
    assert await client.query("select * from Invoice where Id = '99'") == {}
    assert await client.query("select * from Invoice startposition 41") == {}
    assert await client.query("select * from Estimate") == {}


@pytest.mark.usefixtures("books")
async def test_a_count_counts_all_pages(client: Client) -> None:
    assert await client.query("SELECT COUNT(*) FROM Invoice") == {"totalCount": 40}
    assert await client.query("select count(*) from Invoice where Balance > '0' maxresults 3") == {"totalCount": 27}


@pytest.mark.usefixtures("books")
async def test_selected_properties_come_with_id_domain_and_sparse(client: Client) -> None:
    found = await client.query("select docnumber, MetaData.CreateTime, CustomerRef from Invoice maxresults 1")
    assert found["Invoice"] == [
        {
            "Id": "1",
            "domain": "QBO",
            "sparse": True,
            "DocNumber": "A-1001",
            "MetaData": {"CreateTime": "2026-11-02T09:00:00-08:00"},
            "CustomerRef": {"value": "1", "name": "x"},
        }
    ]


@pytest.mark.usefixtures("books")
async def test_a_star_beside_names_gives_whole_records(client: Client) -> None:
    found = await client.query("select *, DocNumber from Invoice maxresults 1")
    assert found["Invoice"][0]["sparse"] is False
    assert "TotalAmt" in found["Invoice"][0]


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("content_type", ["application/text", "text/plain"])
async def test_a_statement_can_be_posted(client: Client, content_type: str) -> None:
    text = "select * from Invoice where Id = '5'"
    answer = await client.call("POST", "query", text, headers={"content-type": content_type}, requestid="ignored")
    assert [row["Id"] for row in parsed(answer)["QueryResponse"]["Invoice"]] == ["5"]


@pytest.mark.usefixtures("books")
async def test_a_page_is_the_stored_bytes_joined(client: Client) -> None:
    answer = await client.call("GET", "query", query="select * from Invoice orderby Id maxresults 2")
    stored = [client.company.raw("Invoice", number) or b"" for number in (1, 2)]
    assert b'{"QueryResponse":{"Invoice":[' + b",".join(stored) + b'],"startPosition":1,' in answer.content


async def test_an_empty_statement_is_fault_4000(client: Client) -> None:
    (error,) = errors_of(await client.call("GET", "query"))
    assert error["Detail"] == "QueryParserError: Invalid content. The query provided was empty"


async def test_inactive_names_hide_unless_active_is_mentioned(client: Client) -> None:
    for name in ("Ann", "Bo", "Cy"):
        made = await client.write("Customer", {"DisplayName": name})
    await client.write("Customer", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    assert await client.ids("select * from Customer") == ["1", "2"]
    assert await client.ids("select * from Customer where Active in (true, false)") == ["1", "2", "3"]
    assert await client.ids("select * from Customer where Active = false") == ["3"]
    assert await client.query("select count(*) from Customer") == {"totalCount": 2}


async def test_writes_are_seen_by_queries_that_were_asked_before(client: Client, clock: HandClock) -> None:
    statement = "select * from Customer where CompanyName = 'Quist' orderby DisplayName desc"
    assert await client.ids(statement) == []
    first = await client.write("Customer", {"DisplayName": "A", "CompanyName": "quist"})
    second = await client.write("Customer", {"DisplayName": "B", "CompanyName": "Quist"})
    assert await client.ids(statement) == [second["Id"], first["Id"]]
    change = {"Id": second["Id"], "SyncToken": "0", "sparse": True, "CompanyName": "Else"}
    await client.write("Customer", change)
    assert await client.ids(statement) == [first["Id"]]


async def test_tax_codes_with_letters_for_ids_are_found(client: Client) -> None:
    client.company.load(
        "TaxCode", [(1, b'{"Id":"TAX","Name":"TAX","Active":true}'), (2, b'{"Id":"NON","Name":"NON","Active":true}')]
    )
    assert (await client.read("TaxCode", "NON"))["Name"] == "NON"
    assert await client.ids("select * from TaxCode where Id = 'TAX'") == ["TAX"]


async def test_a_record_of_a_strange_shape_is_served_and_does_not_stop_a_query(client: Client) -> None:
    client.company.put_raw("Invoice", 1, b'{"Id":"1","MetaData":"none","Balance":"12.50","CustomerRef":["x"]}')
    client.company.put_raw("Invoice", 2, b'{"Id":"2","Balance":{}}')
    assert await client.ids("select * from Invoice where Balance = '12.50'") == ["1"]
    assert await client.ids("select * from Invoice where MetaData.CreateTime > '2026-01-01'") == []
    assert await client.ids("select * from Invoice where CustomerRef = 'x'") == []


@settings(max_examples=60, deadline=None)
@given(
    balances=st.lists(st.integers(0, 4), max_size=40),
    page_rows=st.integers(1, 15),
    where=st.sampled_from(["", "where Balance > '1'", "where Balance in ('0', '3')", "where CustomerRef = '1'"]),
    order=st.sampled_from(["", "orderby Id", "orderby Id desc", "orderby Balance, Id", "orderby Balance desc"]),
)
async def test_every_row_comes_once_whatever_the_page_size(
    balances: list[int], page_rows: int, where: str, order: str
) -> None:
    company = Company(realm_id=REALM, name="x", clock=HandClock(FIXED), data_dir=None)
    company.load(
        "Invoice",
        [
            invoice(3 * place + 1, Balance=balance, CustomerRef={"value": str(place % 2)})
            for place, balance in enumerate(balances)
        ],
    )
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app_of(company)), base_url="http://quickbooks.test"
    ) as http:
        client = Client(company, http)
        seen: list[str] = []
        while True:
            statement = f"select * from Invoice {where} {order} startposition {len(seen) + 1} maxresults {page_rows}"
            page = await client.ids(statement)
            seen += page
            if len(page) < page_rows:
                break
    accepted = {
        "": lambda place, balance: True,
        "where Balance > '1'": lambda place, balance: balance > 1,
        "where Balance in ('0', '3')": lambda place, balance: balance in (0, 3),
        "where CustomerRef = '1'": lambda place, balance: place % 2 == 1,
    }[where]
    expected = [str(3 * place + 1) for place, balance in enumerate(balances) if accepted(place, balance)]
    assert sorted(seen, key=int) == expected
    if order in ("", "orderby Id"):
        assert seen == expected


FIXED = datetime(2026, 11, 3, 17, 15, tzinfo=UTC)
