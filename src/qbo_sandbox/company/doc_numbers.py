"""Numbers of forms: the next one, and whether somebody has a given one already."""

from qbo_facts import Entity
from qbo_sandbox.company.faults import FaultError
from qbo_sandbox.company.json_text import Body
from qbo_sandbox.company.work import Work
from qbo_sandbox.query import Property

_NUMBER = Property(("DocNumber",), "text")
_FIRST = 1001
_LONGEST = 12
"""Digits of a number that still counts as one of a sequence."""
_SHARED = ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt")
"""Forms that count through one sequence together."""


def settle_number(work: Work, entity: Entity, body: Body) -> None:
    """Give a new form its number, if the company lets QuickBooks number its forms."""
    counter = _counter(entity)
    if counter is None:
        return
    if not work.store.has_counter(counter):
        work.store.note_number(counter, max(_FIRST - 1, _highest(work, entity)))
    given = body.get("DocNumber")
    if given is not None:
        if _counts(given):
            work.store.note_number(counter, int(given))
        return
    numbers_itself = (
        work.settings.numbers_journal_entries if entity.name == "JournalEntry" else not work.settings.own_numbers
    )
    if numbers_itself:
        body["DocNumber"] = str(work.store.next_number(counter))


def check_number(work: Work, entity: Entity, record_id: int | None, body: Body) -> list[FaultError]:
    """An error when the company refuses numbers that are used already, and this one is."""
    number = body.get("DocNumber")
    if not number:
        return []
    if entity.name == "Bill":
        if not work.settings.refuses_duplicate_bill_numbers:
            return []
    elif _counter(entity) is None or not work.settings.refuses_duplicate_numbers:
        return []
    for name in _group(entity):
        for other in sorted(work.store.table(name).ids_where(_NUMBER, str(number).casefold())):
            if (name, other) != (entity.name, record_id) and _is_rival(work, entity, other, body):
                return [_duplicate(str(number), name, other)]
    return []


def _counter(entity: Entity) -> str | None:
    """The sequence a form counts through, None for transactions that QuickBooks does not number."""
    if entity.name in _SHARED:
        return "numbers of sales forms"
    return f"numbers of {entity.name}" if entity.name in ("Estimate", "PurchaseOrder", "JournalEntry") else None


def _group(entity: Entity) -> tuple[str, ...]:
    return _SHARED if entity.name in _SHARED else (entity.name,)


def _highest(work: Work, entity: Entity) -> int:
    numbers = (number for name in _group(entity) for number in work.store.table(name).column(_NUMBER))
    return max((int(str(number)) for number in numbers if _counts(number)), default=0)


def _counts(number: object) -> bool:
    text = str(number)
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST


def _is_rival(work: Work, entity: Entity, other: int, body: Body) -> bool:
    """Bills may share a number as long as they come from different vendors."""
    if entity.name != "Bill":
        return True
    theirs = work.read((entity.name, other)) or {}
    return bool((theirs.get("VendorRef") or {}).get("value") == (body.get("VendorRef") or {}).get("value"))


def _duplicate(number: str, entity: str, record_id: int) -> FaultError:
    return FaultError(
        code="6140",
        detail="Duplicate Document Number Error : You must specify a different number. This number has already been "
        f"used. DocNumber={number} is assigned to TxnType={entity} with TxnId={record_id}",
    )
