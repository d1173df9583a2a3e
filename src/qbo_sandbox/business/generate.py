"""Puts a made-up business together, chunk by chunk, without ever holding it whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from qbo_sandbox.business.banking import Banking
from qbo_sandbox.business.books import Books
from qbo_sandbox.business.catalog import Catalog
from qbo_sandbox.business.chance import Chance
from qbo_sandbox.business.chart import Chart
from qbo_sandbox.business.lists import Records, company_info, currency_ref, preferences, short_lists
from qbo_sandbox.business.orders import OrderBook, plan_payments
from qbo_sandbox.business.other_sales import OtherSales
from qbo_sandbox.business.people import People
from qbo_sandbox.business.selling import Selling
from qbo_sandbox.business.spending import Spending
from qbo_sandbox.business.timeline import Timeline

Chunk = tuple[str, Records]
CHUNK_RECORDS = 1000


def generate(
    *,
    seed: int,
    invoices: int,
    now: datetime,
    currency: str = "USD",
    company_name: str = "Sandbox Company",
    customers: int | None = None,
) -> Iterator[Chunk]:
    """A business as it stands just before `now`: chunks of one entity's stored objects with their ids.

    An object is complete, compact JSON in UTF-8. Ids of an entity ascend from chunk to chunk; customers, vendors and
    employees share one sequence, transactions another, every other list has its own. The short lists come first, then
    eighteen months of transactions in order of time, then the accounts, items, customers and vendors with the
    balances that follow from them. The same arguments give the same bytes.

    Args:
        seed: any whole number.
        invoices: how many invoices, four sales lines and a subtotal line each; everything else is in proportion.
            With 0 there are lists, but no transactions.
        now: a moment with a zone; everything happened before it.
        customers: how many customers; None for a number in proportion, 0 for none (then there are no invoices).

    Raises:
        ValueError: a negative number, `now` without a zone, or invoices without customers.
    """
    if invoices < 0 or (customers is not None and customers < 0):
        raise ValueError("a business cannot have fewer than no invoices or customers")
    if invoices and customers == 0:
        raise ValueError("invoices need at least one customer to go to")
    timeline = Timeline(now)
    if customers is None:
        customers = min(20_000, max(30, invoices // 15))
    return _chunks(seed, invoices, customers, timeline, currency, company_name)


def _chunks(
    seed: int, invoices: int, customers: int, timeline: Timeline, currency: str, company_name: str
) -> Iterator[Chunk]:
    currency_of_books = currency_ref(currency)
    books, chart = Books(), Chart()
    catalog = Catalog(chart, Chance(seed, "catalog"))
    people = People(
        Chance(seed, "people"),
        customers=customers,
        vendors=min(300, max(20, invoices // 200)),
        employees=8,
        currency=currency_of_books,
    )
    yield "CompanyInfo", [(1, company_info(company_name, Chance(seed, "company"), timeline))]
    yield "Preferences", [(1, preferences(currency_of_books, chart, timeline))]
    for entity, records in short_lists(timeline).items():
        yield entity, records
    yield "Employee", people.employee_records(timeline)

    for entity, records in _transactions(seed, invoices, timeline, books, chart, catalog, people, currency_of_books):
        yield entity, records

    catalog.post(books)
    yield "Item", catalog.records(books, timeline)
    yield "Account", chart.records(books, currency_of_books, timeline)
    yield from _cut("Vendor", people.vendor_records(books, timeline))
    yield from _cut("Customer", people.customer_records(books, timeline))


def _transactions(
    seed: int,
    invoices: int,
    timeline: Timeline,
    books: Books,
    chart: Chart,
    catalog: Catalog,
    people: People,
    currency: dict[str, str],
) -> Iterator[Chunk]:
    if not invoices:
        return
    invoices_per_day = timeline.spread(invoices)
    order_book = OrderBook(seed=seed, timeline=timeline, invoices_per_day=invoices_per_day, customers=people.billable)
    plan = plan_payments(order_book)
    spending = Spending(
        seed=seed, timeline=timeline, chart=chart, catalog=catalog, books=books, vendors=people.vendors,
        bills_per_day=timeline.spread(_share(invoices, 4, 24, 4000)), currency=currency,
    )  # fmt: skip
    banking = Banking(seed=seed, timeline=timeline, chart=chart, books=books, invoices=invoices, currency=currency)
    selling = Selling(
        seed=seed, timeline=timeline, chart=chart, catalog=catalog, books=books, plan=plan,
        other_deposits=banking.other_deposits, currency=currency,
    )  # fmt: skip
    forms = {
        "Estimate": timeline.spread(_share(invoices, 12, 6, 600)),
        "SalesReceipt": timeline.spread(_share(invoices, 10, 8, 800)),
        "CreditMemo": timeline.spread(_share(invoices, 25, 1, 300)),
    }
    other_sales = OtherSales(
        seed=seed, timeline=timeline, chart=chart, catalog=catalog, books=books, customers=people.billable,
        currency=currency,
    )  # fmt: skip
    purchases = timeline.spread(_share(invoices, 3, 40, 5000))
    deposits = [own + held for own, held in zip(banking.other_deposits, plan.deposits, strict=True)]
    timeline.number(
        {
            "Estimate": forms["Estimate"],
            "Invoice": invoices_per_day,
            "SalesReceipt": forms["SalesReceipt"],
            "CreditMemo": forms["CreditMemo"],
            "Payment": plan.payments,
            "Bill": spending.bills_per_day,
            "Purchase": purchases,
            "BillPayment": spending.bill_payments_per_day,
            "JournalEntry": banking.journal_entries,
            "Deposit": deposits,
            "Transfer": banking.transfers,
        }
    )
    waiting: dict[str, Records] = {}
    for day, orders in enumerate(order_book.days()):
        of_day = {kind: other_sales.records(kind, day, counts[day]) for kind, counts in forms.items()}
        of_day["Invoice"] = selling.invoices(day, orders)
        of_day["Payment"] = selling.payments(day)
        of_day["Bill"] = spending.bills(day)
        of_day["Purchase"] = spending.purchases(day, purchases[day])
        of_day["BillPayment"] = spending.bill_payments(day)
        of_day["JournalEntry"] = banking.journal_records(day)
        of_day["Deposit"] = banking.deposits(day, selling.held_for, plan.deposits[day])
        of_day["Transfer"] = banking.transfer_records(day)
        for entity, records in of_day.items():
            kept = waiting.setdefault(entity, [])
            kept += records
            while len(kept) >= CHUNK_RECORDS:
                yield entity, kept[:CHUNK_RECORDS]
                del kept[:CHUNK_RECORDS]
    for entity, records in waiting.items():
        if records:
            yield entity, records


def _share(invoices: int, one_in: int, least: int, most: int) -> int:
    """How many of a rarer document there are beside so many invoices."""
    return min(most, max(least, invoices // one_in))


def _cut(entity: str, records: Records) -> Iterator[Chunk]:
    for start in range(0, len(records), CHUNK_RECORDS):
        yield entity, records[start : start + CHUNK_RECORDS]
