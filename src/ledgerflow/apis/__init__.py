"""One folder per provider that Ledgerflow knows by heart; a custom api without one works from its document alone."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from ledgerflow.apis.contract import Provider


@cache
def all_providers() -> dict[str, Provider]:
    """Every provider by name: each folder here with an `api.py` that holds `PROVIDER`. Nothing else lists them."""
    folders = [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]
    modules = [f"{__name__}.{folder}.api" for folder in folders]
    found = [import_module(module).PROVIDER for module in modules if find_spec(module) is not None]
    return {provider.name: provider for provider in found}
