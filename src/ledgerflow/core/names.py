"""The names people give to things, and the types that keep them apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, NewType

from pydantic import AfterValidator, Field

ConnectionName = NewType("ConnectionName", str)
ApiName = NewType("ApiName", str)
FlowName = NewType("FlowName", str)
CompanyId = NewType("CompanyId", str)
"""For QuickBooks the `realmId`; `default` where an authorization belongs to no company."""
RunId = NewType("RunId", str)

NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"
NAME_RULE = "letters, digits, '_' and '-', starting with a letter, at most 64 of them"


def _file_stem(text: str) -> str:
    if not is_name(text):
        raise ValueError(f"{text!r} is not a name; use {NAME_RULE}.")
    return text


FileStem = Annotated[str, AfterValidator(_file_stem), Field(json_schema_extra={"pattern": NAME_PATTERN})]

NO_COMPANY = CompanyId("default")


def is_name(text: str) -> bool:
    """Can `text` name a project, api, connection, flow or step?"""
    return re.match(NAME_PATTERN, text) is not None


@dataclass(frozen=True, slots=True)
class ResourceName:
    """What a read or write names: `quickbooks.Invoice`, `quickbooks.Read invoice`, `files.in/orders.csv`."""

    connection: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> ResourceName:
        """Split at the first dot. Raises ValueError with a sentence for people when there is none."""
        connection, dot, resource = text.partition(".")
        if not dot or not connection or not resource:
            raise ValueError(
                f"Expected CONNECTION.RESOURCE, such as quickbooks.Invoice or files.in/orders.csv, not {text!r}."
            )
        return cls(connection, resource)

    def __str__(self) -> str:
        return f"{self.connection}.{self.resource}"


FILES = "files"
"""The built-in connection whose resources are files, by their path from the project folder."""
