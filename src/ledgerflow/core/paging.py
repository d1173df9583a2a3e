"""How a request's answers follow one another: the five kinds of paging, as settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ledgerflow.core.documents import FileModel


def _dotted(path: str) -> str:
    if not all(path.split(".")):
        raise ValueError(f"{path!r} is no dotted path such as data.items.")
    return path


DottedPath = Annotated[str, AfterValidator(_dotted)]
ParameterPlace = Literal["query", "body"]


class NoPaging(FileModel):
    """One answer holds everything."""

    kind: Literal["none"] = "none"


class _Pages(FileModel):
    pages: int | None = Field(
        default=None, ge=1, description="Stop after so many pages; without it the reading goes on to the end."
    )


class _Steered(_Pages):
    parameter: str = Field(description="The parameter that says where a page starts; in a body, its dotted path.")
    place: ParameterPlace = Field(default="query", alias="in", description="Where the parameters stand.")
    limit_parameter: str | None = Field(default=None, description="The parameter that says how long a page may be.")
    limit: int | None = Field(default=None, ge=1, description="How long a page may be.")

    @model_validator(mode="after")
    def _limit_whole(self) -> _Steered:
        if (self.limit_parameter is None) != (self.limit is None):
            raise ValueError("limit and limit_parameter go together; give both or neither.")
        return self


class OffsetPaging(_Steered):
    """Each page starts at a row; the next one starts behind the rows that came."""

    kind: Literal["offset"]
    first: int = Field(default=0, ge=0, description="The number of the first row: 0 or 1.")
    total: DottedPath | None = Field(default=None, description="Where the answer says how many rows there are.")


class PageNumberPaging(_Steered):
    """Pages are numbered."""

    kind: Literal["page"]
    first: int = Field(default=1, ge=0, description="The number of the first page: 0 or 1.")
    total: DottedPath | None = Field(default=None, description="Where the answer says how many rows there are.")


class CursorPaging(_Steered):
    """Each answer names what to ask for next."""

    kind: Literal["cursor"]
    field: DottedPath = Field(description="Where the answer holds what to send next; nothing there ends the reading.")


class NextUrlPaging(_Pages):
    """Each answer holds the address of the next one."""

    kind: Literal["next_url"]
    field: DottedPath | None = Field(default=None, description="Where the answer holds the address.")
    header: str | None = Field(default=None, description="A header that holds it, such as Link (with rel=next).")

    @model_validator(mode="after")
    def _one_place(self) -> NextUrlPaging:
        if (self.field is None) == (self.header is None):
            raise ValueError("Give either field or header: where the next address stands.")
        return self


Paging = Annotated[
    NoPaging | OffsetPaging | PageNumberPaging | CursorPaging | NextUrlPaging, Field(discriminator="kind")
]
