"""Connect to web APIs, keep the authorization alive, run dataflows that read and write."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RecordRefused, RetryLater
    from ledgerflow.library import Project, Rows, open

__all__ = [
    "InputRefused",
    "LedgerflowError",
    "Project",
    "ReconnectNeeded",
    "RecordRefused",
    "RetryLater",
    "Rows",
    "open",
]

_HOMES = dict.fromkeys(("Project", "Rows", "open"), "ledgerflow.library")
_HOMES |= {name: "ledgerflow.core.errors" for name in __all__ if name not in _HOMES}


def __getattr__(name: str) -> Any:
    """Names load when first used, so that `import ledgerflow` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ledgerflow' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
