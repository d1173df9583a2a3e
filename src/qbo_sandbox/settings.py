"""What a sandbox is started with, checked once at the edge."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

import qbo_facts

_PUBLISHED = qbo_facts.limits()
DEFAULT_REDIRECT_URIS = (
    "http://127.0.0.1:8050/",
    "http://localhost:8050/",
    "http://127.0.0.1:8050/oauth/callback",
    "http://localhost:8050/oauth/callback",
)


class Rotate(StrEnum):
    """When a refresh gives a new refresh token value."""

    DAILY = "daily"  # as Intuit does: once the value is 24 hours old, by the sandbox clock
    EVERY = "every"  # at each refresh: the hardest case for a client that stores tokens late


class OldValue(StrEnum):
    """What becomes of a refresh token value that has been replaced."""

    DEAD = "dead"  # refused at once, as Intuit's newer material says
    GRACE = "grace"  # answered for 24 more hours, as the older documentation says
    ENDS_CONNECTION = "ends_connection"  # using it ends the whole connection: the strictest reading


class LimitSettings(BaseModel):
    """Published limits of the accounting API, to be kept or not; they count on the sandbox clock.

    A second's calls and a minute's batches are counted per company and app, the others per company.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    per_second: Annotated[int, Field(ge=1)] = _PUBLISHED["requests_per_second_per_company"].value
    per_minute: Annotated[int, Field(ge=1)] = _PUBLISHED["requests_per_minute_per_company"].value
    batch_per_minute: Annotated[int, Field(ge=1)] = _PUBLISHED["batch_calls_per_minute_per_company_and_app"].value
    batch_per_minute_all_apps: Annotated[int, Field(ge=1)] = _PUBLISHED["batch_calls_per_minute_per_company"].value


class SandboxSettings(BaseModel):
    """Everything a sandbox can be started with; the command line, the pytest marker and Python use the same names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """TCP port on 127.0.0.1; 0 takes a free one."""
    invoices: Annotated[int, Field(ge=0)] = 200
    """How many invoices the made-up business of each company has."""
    seed: int = 1
    """The same seed makes the same businesses."""
    companies: Annotated[int, Field(ge=1, le=1000)] = 2
    redirect_uris: tuple[str, ...] = DEFAULT_REDIRECT_URIS
    data: Path | None = None
    """Folder that keeps companies, tokens and keys between starts; without it everything ends with the process."""
    limits: bool = False
    """Keep the published limits from the start."""
    rotate: Rotate = Rotate.DAILY
    old_value: OldValue = OldValue.DEAD
    client_id: str | None = None
    """Made at random when absent, and kept with `data`."""
    client_secret: str | None = None
    gzip: bool = False
    """Compress answers for clients that accept it."""
