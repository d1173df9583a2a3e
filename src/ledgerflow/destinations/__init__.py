"""One module per kind of file that can be written, found by the file's ending."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ledgerflow.core.documents import FileModel
from ledgerflow.core.errors import InputRefused, nearest_name
from ledgerflow.destinations.contract import FileDestination, FileTarget


@cache
def all_destinations() -> dict[str, type[FileDestination]]:
    """Every kind by each of its endings, such as `.csv`. A module here with a class is one; nothing else lists them."""
    found: dict[str, type[FileDestination]] = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, FileDestination) and "endings" in vars(value):
                found.update(dict.fromkeys(value.endings, value))
    return found


def destination_kind(path: str, *, where: str) -> type[FileDestination]:
    """The kind of destination for a file name.

    Raises:
        InputRefused: placed at `where`, when no kind has this ending.
    """
    known = all_destinations()
    ending = Path(path).suffix.lower()
    if ending not in known:
        nearest = nearest_name(ending, list(known))
        raise InputRefused(
            f"Files ending in {ending!r} cannot be written." + (f" Did you mean {nearest!r}?" if nearest else ""),
            where=where,
            next_step=f"Use a name that ends in one of {', '.join(sorted(known))}.",
        )
    return known[ending]


def file_destination(
    root: Path, path: str, settings: Mapping[str, Any], *, where: str, run_id: str = "", step: str = ""
) -> FileDestination:
    """The destination for `path`, relative to the project folder `root`, with a write step's own settings.

    Raises:
        InputRefused: placed at `where`: the ending, a path outside the project, or settings are wrong.
    """
    kind = destination_kind(path, where=where)
    whole = root / path
    if not whole.resolve().is_relative_to(root.resolve()):
        raise InputRefused(
            f"{path!r} lies outside the project.", where=where, next_step="Write to a path inside the project folder."
        )
    target = FileTarget(path=whole, place=path, where=where, run_id=run_id, step=step)
    return kind(target, checked_settings(kind, settings, where=where))


def checked_settings(kind: type[FileDestination], settings: Mapping[str, Any], *, where: str) -> FileModel:
    """A write step's settings as this kind of file knows them.

    Raises:
        InputRefused: placed at `where`; every wrong key is named.
    """
    try:
        return kind.settings_class.model_validate(dict(settings))
    except ValidationError as error:
        known = list(kind.settings_class.model_fields)
        told = []
        for detail in error.errors(include_url=False, include_input=False):
            name = ".".join(str(part) for part in detail["loc"])
            if detail["type"] == "extra_forbidden":
                nearest = nearest_name(name, known)
                told.append(f"unknown key {name!r}" + (f", did you mean {nearest!r}?" if nearest else ""))
            else:
                told.append(f"{name}: {detail['msg']}")
        raise InputRefused(
            f"A {kind.endings[0]} file cannot be written so: {'; '.join(told)}.",
            where=where,
            next_step=f"Known keys are {', '.join(known) if known else 'none beyond write, to and after'}.",
        ) from error
