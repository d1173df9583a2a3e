"""Local files as relations: one module per format, found by the file's ending."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from ledgerflow.engine.files.contract import FileFormat


@cache
def all_formats() -> dict[str, FileFormat]:
    """Every format by each of its endings, such as `.csv`: the modules here. Nothing else lists them."""
    found: dict[str, FileFormat] = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, FileFormat) and "endings" in vars(value):
                found.update(dict.fromkeys(value.endings, value()))
    return found
