"""Bodies that the control endpoint takes; unknown keys are refused, so that a typing mistake is not a silent no-op."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from qbo_sandbox.settings import OldValue, Rotate


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MoveClock(_Body):
    """Exactly one of the two: a step, or the moment that is now."""

    advance_s: float | None = None
    """Seconds; may be negative."""
    set: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "MoveClock":
        if (self.advance_s is None) == (self.set is None):
            raise ValueError("give advance_s (seconds) or set (a time with its zone), one of them")
        return self


class ChangeRotation(_Body):
    """Absent keys stay as they are."""

    rotate: Rotate | None = None
    old_value: OldValue | None = None


class OneCompany(_Body):
    """A company by its realm id; absent is all of them where the call says so, else the first."""

    realm_id: str | None = None


class AskTokens(OneCompany):
    scopes: Annotated[frozenset[str], Field(min_length=1)] | None = None
    """Absent: the accounting scope."""


class AddCompany(_Body):
    name: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    realm_id: Annotated[str, Field(pattern=r"^[0-9]{1,19}$")] | None = None
    invoices: Annotated[int, Field(ge=0, le=2_000_000)] | None = None
    seed: int | None = None
