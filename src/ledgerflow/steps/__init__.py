"""One module per kind of step: its settings, its SQL, one example that is its first test."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from ledgerflow.core.step import Step
from ledgerflow.steps.contract import Transformation


@cache
def all_steps() -> dict[str, type[Step]]:
    """Every kind of step, by the key that names it. Nothing else lists them: a module here with a class is one."""
    found: dict[str, type[Step]] = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Step) and "kind" in vars(value):
                found[value.kind] = value
    return {kind: found[kind] for kind in sorted(found, key=_place)}


def _place(kind: str) -> tuple[int, str]:
    """Reading comes first and writing last, as in a flow."""
    return {"read": 0, "write": 2}.get(kind, 1), kind


__all__ = ["Transformation", "all_steps"]
