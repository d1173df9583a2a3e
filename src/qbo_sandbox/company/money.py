"""Amounts: exact, to the cent, half a cent up."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

ZERO = Decimal("0.00")
_CENT = Decimal("0.01")
_exact = Context(prec=80, rounding=ROUND_HALF_UP)


def amount(value: Any) -> Decimal:
    """A number out of a record; 0 where there is none."""
    if isinstance(value, Decimal):
        return value
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else Decimal(0)


def cents(value: Decimal) -> Decimal:
    """Rounded to two places."""
    return _exact.quantize(value, _CENT)


def total(values: Iterable[Any]) -> Decimal:
    """The sum, rounded once at the end."""
    reached = Decimal(0)
    for value in values:
        reached = _exact.add(reached, amount(value))
    return cents(reached)


def product(left: Decimal, right: Decimal) -> Decimal:
    """The product, rounded to cents."""
    return cents(_exact.multiply(left, right))


def percentage(base: Decimal, percent: Decimal) -> Decimal:
    """So many hundredths of `base`, rounded to cents."""
    return cents(_exact.divide(_exact.multiply(base, percent), Decimal(100)))
