"""Numbers and times in JSON text that a double or a microsecond cannot hold, found without decoding the text."""

from __future__ import annotations

import re
from decimal import Decimal

EXACT_WHOLE = 10**9
"""A number below this with at most 6 digits behind the point has at most 15 digits, so it survives a double."""
MOST_SCALE = 9
"""The digits behind the point that a declared DECIMAL keeps."""
_EXACT_DIGITS = 15
_MAYBE_TOO_LONG = 19
"""An integer of fewer digits fits 64 bits."""

_KEPT = b"0123456789.,:-eEtz["
_DELETED = bytes(code for code in range(256) if code not in _KEPT)
_PLAIN = bytes.maketrans(b"123456789E", b"000000000e")
_MARKS = (b".0000000", b"0e-0", b"0t00:00:00", b"00z")
"""What is left, once every digit is a 0 and most other characters are gone, of a number with more than 6 digits
behind the point or a negative exponent, and of a time with as many, or with a small t or z."""
_LONG_RUN = b"0000000000"
_NUMBER = re.compile(rb"(?<=[:\[, \t-])(?:\d+(?:\.\d+)?[eE]|\d{10,}|\d+\.\d{7,})")
_ODD_TIME = re.compile(rb'"\d{4}-\d\d-\d\d(?:t|T[0-9:.]*(?:z|\.\d{7}))')
_WHOLE_NUMBER = re.compile(rb"(\d+)(?:\.(\d+))?([eE])?")
_TEXT_OR_NUMBER = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?', re.DOTALL)


def has_odd_numbers(text: bytes, *, long_whole: bool) -> bool:
    """Might `text` hold a number of more than 6 digits behind the point or with a negative exponent that does not
    keep its value, or a time that SQL reads otherwise than we do?

    With `long_whole` also a number of ten digits or more before the point. False is certain; True may be a mistake,
    when a text happens to hold what looks like such a number. The cost is that of a few searches in memory.
    """
    plain = text.translate(_PLAIN, _DELETED)
    marks = (*_MARKS, _LONG_RUN) if long_whole else _MARKS
    return any(mark in plain for mark in marks) and (
        any(map(_is_odd, (text[found.start() :][:400] for found in _NUMBER.finditer(text))))
        or _ODD_TIME.search(text) is not None
    )


def quote_odd_numbers(records: bytes) -> bytes:
    """`records` with each number that neither a double nor a 64-bit integer holds written as a text, digit by digit."""
    return _TEXT_OR_NUMBER.sub(lambda found: _quoted_if_odd(found[0]), records)


def is_exact(number: str) -> bool:
    """Does a JSON number keep its value when it is read as a 64-bit integer or a double?"""
    if number.lstrip("-").isdigit():
        return -(2**63) <= int(number) < 2**63
    value = float(number)
    return abs(value) != float("inf") and Decimal(repr(value)) == Decimal(number)


def _is_odd(number: bytes) -> bool:
    found = _WHOLE_NUMBER.match(number)
    if found is None or found[3] is not None:
        return True
    whole, fraction = found[1], found[2] or b""
    if not fraction:
        return len(whole) >= _MAYBE_TOO_LONG and int(whole) >= 2**63
    return len(whole) + len(fraction) > _EXACT_DIGITS or len(fraction) > MOST_SCALE


def _quoted_if_odd(token: bytes) -> bytes:
    return token if token[:1] == b'"' or is_exact(token.decode()) else b'"%b"' % token
