"""Names and realm ids of the sandbox's companies, the same on every start."""

from collections.abc import Iterable

_NAMES = (
    "Harbor Lane Bakery",
    "Juniper Cycle Works",
    "Northwind Garden Supply",
    "Copper Kettle Catering",
    "Blue Heron Design Studio",
    "Stonebridge Plumbing",
    "Maple & Ash Joinery",
    "Silverline Couriers",
)


class NoSuchCompany(KeyError):
    """A realm id that no company of the sandbox has; `known` are those there are."""

    def __init__(self, realm_id: str, known: Iterable[str]) -> None:
        self.known = sorted(known)
        super().__init__(f"there is no company {realm_id}")

    def __str__(self) -> str:
        return str(self.args[0])


def company_name(number: int) -> str:
    """The name of company `number`, counted from 1."""
    rounds, index = divmod(number - 1, len(_NAMES))
    return _NAMES[index] if rounds == 0 else f"{_NAMES[index]} {rounds + 1}"


def realm_id_of(number: int) -> str:
    """The realm id of company `number`: 16 digits, as Intuit's sandbox companies have."""
    return str(9_341_450_000_000_000 + number * 7_919_011)
