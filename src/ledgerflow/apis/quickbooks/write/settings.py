"""What a write step may say about writing to QuickBooks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from ledgerflow.core.documents import FileModel


class QuickBooksWrite(FileModel):
    """The keys of a write step beyond those every write has (`write`, `to`, `after`, `fields`, `company`)."""

    operation: Literal["create", "update"] = Field(
        default="create", description="Make new records, or change records that are there."
    )
    references: dict[str, str | None] = Field(
        default_factory=dict,
        description=(
            "Fields whose text is a name instead of an id, and the property of the other record that holds the name "
            "(CustomerRef: DisplayName). Without a property, or given as a list of fields, the usual one is taken."
        ),
    )
    group_by: tuple[str, ...] = Field(
        default=(), description="Input columns; rows with equal values in them make one record with several lines."
    )
    key: str | None = Field(
        default=None,
        description="The field by which a record that is there is found when no Id is given, such as DocNumber.",
    )
    on_missing: Literal["set_aside", "skip", "create"] = Field(
        default="set_aside", description="update: what to do with a row whose record is not there."
    )
    on_existing: Literal["write", "skip", "set_aside"] = Field(
        default="write",
        description="create: what to do with a row whose `key` a record already has. `write` does not look.",
    )
    allow_duplicate_numbers: bool = Field(
        default=False, description="Let several records carry one DocNumber, also where the company warns about it."
    )

    @field_validator("references", mode="before")
    @classmethod
    def _fields_alone(cls, value: object) -> object:
        return dict.fromkeys(value) if isinstance(value, list | tuple) else value

    @field_validator("group_by", mode="before")
    @classmethod
    def _one_column(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _belongs_together(self) -> QuickBooksWrite:
        if self.on_existing != "write" and self.operation != "create":
            raise ValueError("on_existing belongs to operation: create; an update looks for its record anyway")
        if self.on_existing != "write" and self.key is None:
            raise ValueError("on_existing needs a key: the field that tells whether the record is there already")
        if self.on_missing != "set_aside" and self.operation != "update":
            raise ValueError("on_missing belongs to operation: update")
        return self
