"""Faults of the company: an exception that carries them, and the words Intuit uses."""

from dataclasses import dataclass
from typing import Any

import qbo_facts

_MADE_INACTIVE = (
    "Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultError:
    """One entry of a fault. `element` None leaves the key out, as answers about queries do."""

    code: str
    detail: str
    element: str | None = ""

    def as_json(self) -> dict[str, str]:
        entry = {"Message": qbo_facts.fault(self.code).message, "Detail": self.detail, "code": self.code}
        return entry if self.element is None else entry | {"element": self.element}


class Refused(Exception):
    """The company does not do what was asked; everything found wrong is in `errors`, at least one."""

    def __init__(self, *errors: FaultError) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{error.code}: {error.detail}" for error in errors))

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return qbo_facts.fault(self.errors[0].code).status

    def as_json(self) -> dict[str, Any]:
        """What stands under `Fault`."""
        kind = qbo_facts.fault(self.errors[0].code).type
        return {"Error": [error.as_json() for error in self.errors], "type": kind}


class NoSuchResource(Refused):
    """The path leads to nothing that QuickBooks has; told with HTTP 404."""

    @property
    def status(self) -> int:
        return 404


def unsupported(operation: str) -> Refused:
    """500: what QuickBooks, or this company, does not offer."""
    return Refused(FaultError(code="500", detail=f"Operation {operation} is not supported."))


def no_such_resource(path: str) -> NoSuchResource:
    """500 with HTTP 404: the path begins with no resource."""
    detail = f"Operation Could not find resource for relative : {path} is not supported."
    return NoSuchResource(FaultError(code="500", detail=detail))


def not_found() -> Refused:
    """610: no record of this Id, or no more."""
    return Refused(FaultError(code="610", detail=f"Object Not Found : {_MADE_INACTIVE}"))


def stale() -> Refused:
    """5010: the SyncToken is not the record's."""
    who = "another user"
    return Refused(
        FaultError(
            code="5010",
            detail=f"Stale Object Error : You and {who} were working on this at the same time. "
            f"{who.capitalize()} finished before you did, so your work was not saved.",
        )
    )


def business(sentence: str) -> FaultError:
    """6000: a rule of bookkeeping or of the company's settings."""
    return FaultError(code="6000", detail=f"Business Validation Error: {sentence}")


def missing(path: str) -> FaultError:
    """2020: a value that is needed."""
    return FaultError(code="2020", detail=f"Required parameter {path} is missing in the request", element=path)


def bad_reference(path: str) -> FaultError:
    """2500: a reference to a record that there is not."""
    return FaultError(code="2500", detail=f"Invalid Reference Id : {path}", element=path)


def inactive_reference(path: str) -> FaultError:
    """2500: a reference to a record that has been made inactive."""
    return FaultError(code="2500", detail=f"Invalid Reference Id : {_MADE_INACTIVE}", element=path)


def category_reference(path: str) -> FaultError:
    """2500: a transaction that sells or buys a category."""
    detail = "Invalid Reference Id : Categories cannot be used in transactions."
    return FaultError(code="2500", detail=detail, element=path)
