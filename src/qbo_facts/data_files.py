"""Reads the YAML files beside this module, each at most once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"

# The C parser reads an entity in about two milliseconds, the Python one in forty.
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def read_data(name: str) -> dict[str, Any]:
    """The content of `data/<name>.yaml`; treat it as read-only, it is shared."""
    content = yaml.load((DATA / f"{name}.yaml").read_bytes(), Loader=_Loader)
    if not isinstance(content, dict):
        raise TypeError(f"data/{name}.yaml holds no mapping")
    return content


@cache
def file_names(folder: str) -> tuple[str, ...]:
    """Names of the YAML files of a data folder, without ending, in alphabetical order."""
    return tuple(sorted(path.stem for path in (DATA / folder).glob("*.yaml")))
