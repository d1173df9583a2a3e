"""Counts calls as Intuit's partner programme does: data going out is metered, data coming in is not."""

from collections import Counter, defaultdict
from typing import Any

from qbo_sandbox.company import is_metered


class Meter:
    """Calls per company: by kind, metered or not, and those refused before the company saw them."""

    def __init__(self) -> None:
        self._calls: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._refused: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def count(self, *, realm_id: str, kind: str) -> None:
        """A call that reached the company, whatever it answered."""
        self._calls[realm_id][kind] += 1

    def count_refused(self, *, realm_id: str, status: int) -> None:
        """A call that the gateway refused with `status`."""
        self._refused[realm_id][str(status)] += 1

    def reset(self) -> None:
        self._calls.clear()
        self._refused.clear()

    def reading(self) -> dict[str, Any]:
        """Totals over all companies, and the same per company under `companies`."""
        realms = sorted(self._calls.keys() | self._refused.keys())
        per_company = {realm: _summary(self._calls[realm], self._refused[realm]) for realm in realms}
        total = _summary(
            sum((self._calls[realm] for realm in realms), Counter()),
            sum((self._refused[realm] for realm in realms), Counter()),
        )
        return total | {"companies": per_company}


def _summary(calls: Counter[str], refused: Counter[str]) -> dict[str, Any]:
    metered = sum(n for kind, n in calls.items() if is_metered(kind))
    return {
        "calls": calls.total(),
        "metered": metered,
        "unmetered": calls.total() - metered,
        "by_kind": dict(sorted(calls.items())),
        "refused": dict(sorted(refused.items())),
    }
