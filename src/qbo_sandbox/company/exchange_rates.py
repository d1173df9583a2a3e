"""Exchange rates: one per currency and day, without an Id to ask for them by."""

from collections.abc import Mapping
from datetime import date

import qbo_facts
from qbo_sandbox.company.cleaning import clean, without_nulls
from qbo_sandbox.company.faults import Refused, business, missing, not_found
from qbo_sandbox.company.json_text import Body, read_body
from qbo_sandbox.company.violations import fault_errors
from qbo_sandbox.company.work import Place, Work
from qbo_sandbox.query import Property

_SOURCE = Property(("SourceCurrencyCode",), "text")


def read_rate(work: Work, parameters: Mapping[str, str]) -> bytes:
    """The rate of a currency as of a day: the newest one that is not after it.

    Raises:
        Refused: 2020 without a currency, 610 where no rate is known.
    """
    source = parameters.get("sourcecurrencycode", "")
    if not source:
        raise Refused(missing("sourcecurrencycode"))
    day = parameters.get("asofdate") or work.today.isoformat()
    table = work.store.table("ExchangeRate")
    rates = [body for rate in table.ids_where(_SOURCE, source.casefold()) if (body := table.get(rate)) is not None]
    dated = [(str(read_body(body).get("AsOfDate")), body) for body in rates]
    reaching = [(as_of, body) for as_of, body in dated if as_of <= day]
    if not reaching:
        raise not_found()
    return max(reaching)[1]


def write_rate(work: Work, body: Body) -> Place:
    """Stage a rate; source currency, target currency and day are its key.

    Raises:
        Refused: with everything that was found wrong.
    """
    entity = qbo_facts.entity("ExchangeRate")
    # the page asks for a SyncToken, and clients that set a rate for a new day have none
    errors = fault_errors(qbo_facts.check_body(entity, {"SyncToken": "0"} | body, operation="update"))
    if errors:
        raise Refused(*errors)
    if not work.settings.multicurrency:
        raise Refused(business("Multicurrency is not turned on in this company."))
    rate = without_nulls(clean(entity, body, creating=True))
    rate["SourceCurrencyCode"] = str(rate["SourceCurrencyCode"]).upper()
    rate["TargetCurrencyCode"] = str(rate.get("TargetCurrencyCode", work.settings.home_currency)).upper()
    if rate["SourceCurrencyCode"] == work.settings.home_currency:
        raise Refused(business("The home currency has no exchange rate."))
    date.fromisoformat(rate["AsOfDate"])
    table = work.store.table("ExchangeRate")
    for rate_id in sorted(table.ids_where(_SOURCE, rate["SourceCurrencyCode"].casefold())):
        place: Place = ("ExchangeRate", rate_id)
        old = work.read(place) or {}
        if all(old.get(key) == rate[key] for key in ("TargetCurrencyCode", "AsOfDate")):
            work.put(place, work.touched(old | rate))
            return place
    place = ("ExchangeRate", work.store.next_id("ExchangeRate"))
    new = work.new_body(place[1], rate)
    work.put(place, {name: value for name, value in new.items() if name != "Id"})
    return place
