"""What the facts find wrong with a body, in the words of QuickBooks' faults."""

import re

from qbo_facts import Violation
from qbo_sandbox.company.faults import FaultError, missing

_INDEX = re.compile(r"\[\d+\]")


def fault_errors(violations: tuple[Violation, ...]) -> list[FaultError]:
    """One error for each violation, in the same order."""
    return [_fault_error(violation) for violation in violations]


def without_indexes(path: str) -> str:
    """`Line[0].Amount` as QuickBooks names it: `Line.Amount`."""
    return _INDEX.sub("", path)


def _fault_error(violation: Violation) -> FaultError:
    path = without_indexes(violation.path)
    value = violation.value
    match violation.kind:
        case "required":
            alternatives = [" and ".join(map(without_indexes, paths)) for paths in violation.alternatives]
            error = missing(" or ".join(alternatives) or path)
            return FaultError(code=error.code, detail=error.detail, element=path)
        case "unknown":
            name = path.rsplit(".", 1)[-1]
            detail = f'Property Name:Unrecognized field "{name}" specified is unsupported or invalid'
            return FaultError(code="2010", detail=detail)
        case "type":
            return FaultError(code="2010", detail=f"Property Name:{path} specified is unsupported or invalid")
        case "length":
            return FaultError(
                code="2050",
                detail="String length specified does not match the supported length. "
                f"Min:0 Max:{violation.limit} supported. Supplied length:{len(str(value))}",
                element=path,
            )
        case "characters":
            return FaultError(code="2040", detail=f"Element contains invalid characters: {value}", element=path)
        case "enum":
            return FaultError(code="2170", detail=f"Invalid Enumeration : {value}", element=path)
        case "number":
            return FaultError(code="2090", detail=f"Invalid Number : {value}", element=path)
        case "date":
            return FaultError(code="2070", detail=f"Invalid Date : Supplied value:{value}", element=path)
        case "not_supported":
            return FaultError(code="500", detail=f"Operation {value} is not supported.")
