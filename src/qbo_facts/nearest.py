"""The known name that a mistyped one most likely meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name`, or None if none is close; letter case does not count against it."""
    from difflib import get_close_matches  # loaded only when something is misspelled

    by_lower_case = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.6)
    return by_lower_case[close[0]] if close else None
