"""What every posting does to accounts, customers, vendors and stock, in whole cents."""

from __future__ import annotations

from collections import defaultdict


class Books:
    """Running totals by id. Debits are positive, so all accounts together always come to zero."""

    def __init__(self) -> None:
        self.accounts: defaultdict[int, int] = defaultdict(int)
        self.customers: defaultdict[int, int] = defaultdict(int)
        self.vendors: defaultdict[int, int] = defaultdict(int)
        self.bought: defaultdict[int, int] = defaultdict(int)
        """Units of stock bought, by item id."""
        self.sold: defaultdict[int, int] = defaultdict(int)
        """Units of stock sold, by item id."""

    def post(self, debit: int, credit: int, cents: int) -> None:
        """Move an amount from the account `credit` to the account `debit`."""
        self.accounts[debit] += cents
        self.accounts[credit] -= cents
