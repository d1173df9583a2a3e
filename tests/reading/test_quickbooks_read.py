"""Reading entities from a QuickBooks over real HTTP: every record once, exactly, for no more calls than needed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sandbox_calls import Counter, calling

from ledgerflow.apis import all_providers
from ledgerflow.apis.contract import ReadRequest
from ledgerflow.core.calls import ApiCall
from ledgerflow.core.connection import Limits
from ledgerflow.core.errors import InputRefused, ReconnectNeeded, RetryLater
from ledgerflow.core.progress import Quiet
from ledgerflow.engine.typed_scan import TypedScan, typed_scan
from ledgerflow.store.landing import Landing
from qbo_sandbox.served import ServedSandbox

pytestmark = pytest.mark.qbo_sandbox(shared=True, invoices=2500, companies=1)


class Listener(Quiet):
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.totals: dict[str, int | None] = {}
        self.done: dict[str, int] = {}

    def start(self, task: str, *, total: int | None, unit: str) -> None:
        self.totals[task] = total

    def advance(self, task: str, count: int = 1) -> None:
        self.done[task] = self.done.get(task, 0) + count

    def note(self, text: str) -> None:
        self.notes.append(text)


def land(
    sandbox: ServedSandbox, folder: Path, entity: str, *, listener: Listener | None = None, **request: Any
) -> tuple[Landing, TypedScan, Counter]:
    """Read an entity; the landing, its scan and the calls it took."""
    meter = Counter()
    source = all_providers()["quickbooks"].source(ReadRequest(resource=entity, **request), where="a test")
    landing = Landing(folder)

    async def read() -> None:
        async with calling(sandbox, meter=meter) as caller:
            await source.land(caller, landing, listener or Listener())

    asyncio.run(read())
    return landing, typed_scan(None, landing.files(), source.schema), meter


def rows(scan: TypedScan, sql: str = "SELECT * FROM t") -> list[tuple[Any, ...]]:
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        return engine.execute(f"WITH t AS ({scan.sql}) {sql}").fetchall()


def ask(sandbox: ServedSandbox, statement: str) -> dict[str, Any]:
    import msgspec

    async def query() -> dict[str, Any]:
        async with calling(sandbox) as caller:
            call = ApiCall(
                method="GET",
                path=f"/v3/company/{sandbox.realm_id}/query",
                kind="query",
                metered=True,
                repeatable=True,
                query={"query": statement},
                headers={"Accept": "application/json"},
            )
            found: dict[str, Any] = msgspec.json.decode((await caller.send(call)).body)["QueryResponse"]
            return found

    return asyncio.run(query())


def save(sandbox: ServedSandbox, entity: str, body: bytes, **query: str) -> None:
    async def post() -> None:
        async with calling(sandbox) as caller:
            await caller.send(
                ApiCall(
                    method="POST",
                    path=f"/v3/company/{sandbox.realm_id}/{entity}",
                    kind="write",
                    metered=False,
                    repeatable=False,
                    query=query,
                    headers={"Accept": "application/json"},
                    body=body,
                    content_type="application/json",
                )
            )

    asyncio.run(post())


def test_every_invoice_is_read_once_for_a_call_a_page_and_one_to_count(
    qbo_sandbox: ServedSandbox, tmp_path: Path
) -> None:
    listener = Listener()

    landing, scan, meter = land(qbo_sandbox, tmp_path, "Invoice", listener=listener)

    count = ask(qbo_sandbox, "SELECT count(*) FROM Invoice")["totalCount"]
    assert count >= 2500
    assert landing.rows == count
    assert rows(scan, 'SELECT count(*), count(DISTINCT "Id") FROM t') == [(count, count)]
    assert meter.calls == {"query": 1 + -(-count // 1000)}
    assert meter.metered == meter.calls["query"]
    assert listener.totals == {"Invoice": count}
    assert listener.done == {"Invoice": count}
    assert listener.notes == []
    assert scan.notes == ()


def test_money_adds_up_to_the_cent(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    _, scan, _ = land(qbo_sandbox, tmp_path, "Invoice")

    ((total,),) = rows(scan, 'SELECT sum("TotalAmt") FROM t')
    ((by_line,),) = rows(
        scan,
        """SELECT sum(line."Amount") FROM (SELECT unnest("Line") AS line FROM t)
        WHERE line."DetailType" <> 'SubTotalLineDetail'""",
    )
    listed = ask(qbo_sandbox, "SELECT * FROM Invoice MAXRESULTS 1000")["Invoice"]
    assert isinstance(total, Decimal)
    assert total == by_line
    first_thousand = sum(Decimal(str(invoice["TotalAmt"])) for invoice in listed)
    by_id = rows(scan, f'SELECT sum("TotalAmt") FROM t WHERE "Id" IN ({", ".join(repr(i["Id"]) for i in listed)})')
    assert by_id == [(first_thousand,)]


def test_amounts_and_unknown_fields_survive_exactly(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    body = (
        b'{"DocNumber":"EXACT-1","CustomerRef":{"value":"1"},"Line":[{"Amount":99999999999999.99,'
        b'"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"10"}}}]}'
    )
    save(qbo_sandbox, "invoice", body)

    _, scan, _ = land(qbo_sandbox, tmp_path, "Invoice", where="DocNumber = 'EXACT-1'")

    ((total, amount),) = rows(scan, 'SELECT "TotalAmt", "Line"[1]."Amount" FROM t')
    assert (total, amount) == (Decimal("99999999999999.99"), Decimal("99999999999999.99"))
    assert rows(scan, 'SELECT typeof("TotalAmt") FROM t') == [("DECIMAL(28,9)",)]


def test_a_where_is_sent_along(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    _, scan, meter = land(qbo_sandbox, tmp_path, "Invoice", where="Balance > '0' AND TxnDate >= '2026-01-01'")

    (counted,) = rows(scan, 'SELECT count(*), min("Balance"), min("TxnDate") FROM t')
    expected = ask(qbo_sandbox, "SELECT count(*) FROM Invoice WHERE Balance > '0' AND TxnDate >= '2026-01-01'")
    assert counted[0] == expected["totalCount"] > 0
    assert counted[1] > 0
    assert str(counted[2]) >= "2026-01-01"
    assert meter.calls["query"] == 1 + -(-counted[0] // 1000)


def test_inactive_names_are_read_too_unless_the_where_chooses(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    save(qbo_sandbox, "customer", b'{"DisplayName":"Long Gone","Active":false}')
    gone = ask(qbo_sandbox, "SELECT * FROM Customer WHERE Active = false")["Customer"]

    _, everybody, _ = land(qbo_sandbox, tmp_path / "all", "Customer")
    _, active, _ = land(qbo_sandbox, tmp_path / "active", "Customer", where="Active = true")

    count_inactive = 'SELECT count(*) FROM t WHERE NOT "Active"'
    assert rows(everybody, count_inactive) == [(len(gone),)]
    assert len(gone) >= 1
    assert rows(active, count_inactive) == [(0,)]


@pytest.mark.parametrize("entity", ["CompanyInfo", "Preferences"])
def test_what_a_company_has_one_of_takes_one_call(qbo_sandbox: ServedSandbox, tmp_path: Path, entity: str) -> None:
    landing, _, meter = land(qbo_sandbox, tmp_path, entity)

    assert landing.rows == 1
    assert meter.calls == {"query": 1}


@pytest.mark.parametrize(("limit", "calls"), [(1, 1), (100, 1), (1000, 1), (1500, 2)])
def test_a_preview_spends_one_call_a_page_and_counts_nothing(
    qbo_sandbox: ServedSandbox, tmp_path: Path, limit: int, calls: int
) -> None:
    landing, _, meter = land(qbo_sandbox, tmp_path, "Invoice", limit_rows=limit)

    assert landing.rows == limit
    assert meter.calls == {"query": calls}


def test_a_preview_of_fewer_rows_than_wanted_ends_at_the_short_page(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    landing, _, meter = land(qbo_sandbox, tmp_path, "Term", limit_rows=5000)

    assert 0 < landing.rows < 100
    assert meter.calls == {"query": 1}


def test_nothing_found_gives_the_declared_columns_without_rows(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    landing, scan, meter = land(qbo_sandbox, tmp_path, "Invoice", where="DocNumber = 'no such number'")

    assert landing.rows == 0
    assert landing.is_complete
    assert rows(scan) == []
    assert {"Id", "TotalAmt", "Line"} <= set(scan.schema.names)
    assert meter.calls == {"query": 1}


def test_every_readable_entity_is_read_with_its_declared_columns(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    for entity in all_providers()["quickbooks"].resources():
        landing, scan, _ = land(qbo_sandbox, tmp_path / entity, entity)
        assert len(rows(scan)) == landing.rows, entity
        assert [note for note in scan.notes if "is declared" in note] == [], entity


def test_a_read_that_was_finished_is_not_read_again(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    land(qbo_sandbox, tmp_path, "Term")

    _, _, meter = land(qbo_sandbox, tmp_path, "Term")

    assert meter.calls == {}


def test_a_read_that_was_cut_off_asks_only_for_what_is_missing(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    whole, _, _ = land(qbo_sandbox, tmp_path, "Invoice")
    count = whole.rows
    (tmp_path / "complete").unlink()
    (tmp_path / "0000001001.ndjson.zst").unlink()

    landing, scan, meter = land(qbo_sandbox, tmp_path, "Invoice")

    assert meter.calls == {"query": 1}
    assert rows(scan, 'SELECT count(DISTINCT "Id") FROM t') == [(count,)]
    assert landing.is_complete


KILLED = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from sandbox_calls import calling
from ledgerflow.apis import all_providers
from ledgerflow.apis.contract import ReadRequest
from ledgerflow.core.connection import Limits
from ledgerflow.core.progress import Quiet
from ledgerflow.store.landing import Landing
from qbo_sandbox.served import ServedSandbox
import json

class Loud(Quiet):
    def advance(self, task, count=1):
        print(count, flush=True)

async def main():
    sandbox = ServedSandbox(json.loads(sys.argv[1]))
    source = all_providers()["quickbooks"].source(ReadRequest(resource="Invoice"), where="a test")
    slow = Limits(per_second=4, per_minute=1000, in_flight=1)
    async with calling(sandbox, limits=slow) as caller:
        await source.land(caller, Landing(Path(sys.argv[2])), Loud())

asyncio.run(main())
"""


@pytest.mark.qbo_sandbox(shared=True, invoices=6000, companies=1)
def test_a_killed_read_carries_on_and_no_page_is_fetched_twice(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    import json

    described = json.dumps({key: value for key, value in vars(qbo_sandbox).items() if not key.startswith("_")})
    arguments = [described, str(tmp_path), str(Path(__file__).parent)]
    with subprocess.Popen([sys.executable, "-c", KILLED, *arguments], stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        landed = [reader.stdout.readline() for _ in range(2)]
        reader.kill()
    assert landed == ["1000\n", "1000\n"]
    before = Landing(tmp_path).pages

    landing, scan, meter = land(qbo_sandbox, tmp_path, "Invoice")

    count = ask(qbo_sandbox, "SELECT count(*) FROM Invoice")["totalCount"]
    assert meter.calls == {"query": -(-count // 1000) - len(before)}
    assert rows(scan, 'SELECT count(*), count(DISTINCT "Id") FROM t') == [(count, count)]
    assert landing.is_complete


def test_an_access_token_that_expires_midway_is_renewed_once(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    qbo_sandbox.misbehave("expire_access_tokens", after=2)

    landing, _, _ = land(qbo_sandbox, tmp_path, "Invoice")

    assert landing.is_complete


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("throttle", {"retry_after_s": 0}),
        ("server_error", {"status": 503}),
        ("server_error", {"status": 500}),
        ("cut", {"when": "before_answer"}),
        ("cut", {"when": "mid_body"}),
        ("lose_answer", {}),
    ],
)
def test_trouble_on_the_way_is_waited_out(
    qbo_sandbox: ServedSandbox, tmp_path: Path, kind: str, settings: dict[str, Any]
) -> None:
    qbo_sandbox.misbehave(kind, times=2, after=1, **settings)

    landing, scan, meter = land(qbo_sandbox, tmp_path, "Invoice")

    pages = -(-landing.rows // 1000)
    assert rows(scan, 'SELECT count(DISTINCT "Id") FROM t') == [(landing.rows,)]
    assert landing.rows >= 2500
    assert meter.calls == {"query": 1 + pages + 2}


def test_trouble_without_end_is_given_up_in_time(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    qbo_sandbox.misbehave("server_error", times=None)
    source = all_providers()["quickbooks"].source(ReadRequest(resource="Invoice"), where="a test")
    impatient = Limits(per_second=1000, per_minute=100_000, retry_within_s=0.3)

    async def read() -> None:
        async with calling(qbo_sandbox, limits=impatient) as caller:
            await source.land(caller, Landing(tmp_path), Quiet())

    began = time.monotonic()
    with pytest.raises(RetryLater) as later:
        asyncio.run(read())
    assert time.monotonic() - began < 10
    assert "connection quickbooks, company" in later.value.where


def test_a_company_that_was_disconnected_says_so(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    source = all_providers()["quickbooks"].source(ReadRequest(resource="Term"), where="a test")

    async def read() -> None:
        async with calling(qbo_sandbox, token="not-a-token") as caller:
            caller._signer._renew = lambda: "still-not-a-token"  # type: ignore[attr-defined]
            await source.land(caller, Landing(tmp_path), Quiet())

    with pytest.raises(ReconnectNeeded) as needed:
        asyncio.run(read())
    assert "`ledgerflow connect quickbooks`" in needed.value.next_step
    assert "not-a-token" not in str(needed.value.as_json())


@pytest.mark.qbo_sandbox(invoices=2100, companies=1)
def test_records_deleted_during_the_read_are_told(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    listener = Listener()
    landing = Landing(tmp_path)
    count = ask(qbo_sandbox, "SELECT count(*) FROM Invoice")["totalCount"]
    landing.remember("plan", {"rows": count + 3, "condition": ""})

    landing, scan, meter = land(qbo_sandbox, tmp_path, "Invoice", listener=listener)

    assert rows(scan, 'SELECT count(*), count(DISTINCT "Id") FROM t') == [(count, count)]
    assert meter.calls["query"] == -(-count // 1000) + 1
    assert len(listener.notes) == 1
    assert f"{count + 3:,} records were counted and {count:,} came" in listener.notes[0]


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ("Invoce", "QuickBooks has no entity 'Invoce'. Did you mean 'Invoice'?"),
        ("TaxService", "QuickBooks does not let TaxService be queried."),
    ],
)
def test_what_cannot_be_read_is_refused_before_a_call(resource: str, message: str) -> None:
    with pytest.raises(InputRefused) as refused:
        all_providers()["quickbooks"].source(ReadRequest(resource=resource), where="flows/x.yaml, line 4")
    assert refused.value.what == message
    assert refused.value.where == "flows/x.yaml, line 4"


def test_entities_are_found_in_any_letter_case(qbo_sandbox: ServedSandbox, tmp_path: Path) -> None:
    landing, _, _ = land(qbo_sandbox, tmp_path, "invoice", limit_rows=3)

    assert landing.rows == 3
