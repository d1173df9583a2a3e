"""Read CSV files: the dialect is found out, the types are exact."""

from __future__ import annotations

import codecs
import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints, field_validator
from sqlglot import exp

from ledgerflow.core.documents import FileModel
from ledgerflow.engine.files.contract import ColumnKind, FileFormat, LocalFile
from ledgerflow.engine.files.texts import Spelling, typed, unique_names
from ledgerflow.engine.relation import Relation

if TYPE_CHECKING:
    import duckdb

    from ledgerflow.core.errors import InputRefused

DELIMITERS = (",", ";", "\t", "|")
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PIECE_BYTES = 1 << 20
_LONGEST_LINE_BYTES = 16 << 20
OneCharacter = Annotated[str, StringConstraints(min_length=1, max_length=1)]


class CsvSettings(FileModel):
    """The keys of a read step that reads a CSV file. Without them the file's own look decides."""

    delimiter: OneCharacter | None = Field(default=None, description="What stands between values (default: found out).")
    encoding: str | None = Field(
        default=None, description="Such as windows-1252 (default: UTF-8, or what its mark says)."
    )
    header: bool = Field(default=True, description="Does the first line hold the names of the columns?")
    skip: int = Field(default=0, ge=0, description="Lines to leave out before that.")
    quote: OneCharacter = Field(default='"', description="What stands around values that hold a delimiter.")
    decimal: OneCharacter = Field(default=".", description="The decimal mark of numbers.")
    thousands: OneCharacter | None = Field(default=None, description="The mark between thousands, if there is one.")
    date_format: str | None = Field(default=None, description="How days are written, such as %d/%m/%Y.")
    columns: dict[str, ColumnKind] = Field(
        default_factory=dict, description="Types of columns that are not to be found out, such as Number: text."
    )

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                codecs.lookup(value)
            except LookupError:
                raise ValueError(f"Unknown encoding {value!r}; such as utf-8, utf-16 or windows-1252.") from None
        return value


class CsvFormat(FileFormat):
    """CSV and its relatives with tabs or semicolons."""

    endings = (".csv", ".tsv", ".txt")
    settings = CsvSettings

    def relation(self, connection: duckdb.DuckDBPyConnection, file: LocalFile, settings: FileModel) -> Relation:
        import duckdb

        assert isinstance(settings, CsvSettings)
        file.must_be_there()
        path = _as_utf8(file, settings)
        first = _first_record_text(path, file, settings)
        delimiter = settings.delimiter or likely_delimiter(first, quote=settings.quote)
        cells = next(csv.reader(first.splitlines(keepends=True), delimiter=delimiter, quotechar=settings.quote), [])
        if not cells:
            raise file.refused(f"{file.place} is empty.", "Put rows into it; its first line names the columns.")
        names = unique_names(cells if settings.header else [None] * len(cells))
        if unknown := [name for name in settings.columns if name not in names]:
            raise file.refused(
                f"{file.place} has no column {unknown[0]!r}.", f"Name one of its columns: {', '.join(names)}."
            )
        texts = exp.select("*").from_(_read_csv(path, names, delimiter=delimiter, settings=settings))
        spelling = Spelling(
            decimal=settings.decimal, thousands=settings.thousands or "", day_format=settings.date_format
        )
        try:
            return typed(connection, texts, names, spelling=spelling, wanted=settings.columns)
        except duckdb.Error as error:
            raise unreadable(file, error) from error


def likely_delimiter(line: str, *, quote: str = '"') -> str:
    """The delimiter that appears most in the first line outside quotes; a comma when none does."""
    outside = "".join(line.split(quote)[::2])
    return max(DELIMITERS, key=lambda mark: (outside.count(mark), mark == ","))


def unreadable(file: LocalFile, error: Exception) -> InputRefused:
    """What is wrong with a CSV file that the engine does not get through."""
    message = str(error)
    first, _, rest = message.partition("\n")
    line = first.rpartition(" ")[2] if "Line:" in first else ""
    place = f"line {line} of {file.place}" if line else file.place
    if "unicode" in message or "utf-8" in message:
        return file.refused(
            f"The text in {place} is not UTF-8.", "Say how it is encoded, such as encoding: windows-1252."
        )
    if counts := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", rest):
        said = f"it has {counts[2]} values where {counts[1]} are expected"
    elif "unterminated quote" in rest:
        said = "a quote is not closed"
    else:
        said = rest.strip().split("\n", 1)[0].strip() or first
    return file.refused(
        f"{place} does not have the form of the others: {said}.",
        "Mend the line, or say how the file is written: delimiter, quote, header, skip.",
    )


def _read_csv(path: Path, names: list[str], *, delimiter: str, settings: CsvSettings) -> exp.Expr:
    """The file as a table of texts, with every part of the dialect said, so that nothing is guessed."""
    kinds = exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.Literal.string(name), expression=exp.Literal.string("VARCHAR")) for name in names
        ]
    )
    options: dict[str, exp.Expr] = {
        "auto_detect": exp.false(),
        "delim": exp.Literal.string(delimiter),
        "quote": exp.Literal.string(settings.quote),
        "escape": exp.Literal.string(settings.quote),
        "header": exp.true() if settings.header else exp.false(),
        "skip": exp.Literal.number(settings.skip),
        "nullstr": exp.Literal.string(""),
        "max_line_size": exp.Literal.number(_LONGEST_LINE_BYTES),
        "columns": kinds,
    }
    given = [exp.EQ(this=exp.var(name), expression=value) for name, value in options.items()]
    return exp.Anonymous(this="READ_CSV", expressions=[exp.Literal.string(str(path)), *given])


def _as_utf8(file: LocalFile, settings: CsvSettings) -> Path:
    """The file itself when it is UTF-8, else a copy in the scratch folder that is."""
    encoding = settings.encoding or _marked_encoding(file.path)
    if encoding is None or codecs.lookup(encoding).name == "utf-8":
        return file.path
    file.scratch.mkdir(parents=True, exist_ok=True)
    copy = file.scratch / f"{file.table}.csv"
    try:
        with (
            file.path.open("r", encoding=encoding, newline="") as given,
            copy.open("w", encoding="utf-8", newline="") as made,
        ):
            while piece := given.read(_PIECE_BYTES):
                made.write(piece)
    except UnicodeError as error:
        raise file.refused(
            f"{file.place} is not encoded in {encoding}.",
            "Correct the key encoding; windows-1252 and utf-16 are usual.",
        ) from error
    return copy


def _marked_encoding(path: Path) -> str | None:
    with path.open("rb") as given:
        start = given.read(4)
    return next((encoding for mark, encoding in _MARKS.items() if start.startswith(mark)), None)


def _first_record_text(path: Path, file: LocalFile, settings: CsvSettings) -> str:
    """The first record with the line breaks inside its quotes."""
    try:
        with path.open("r", encoding="utf-8", newline="") as given:
            for _ in range(settings.skip):
                given.readline(_LONGEST_LINE_BYTES)
            text = given.readline(_LONGEST_LINE_BYTES)
            while text.count(settings.quote) % 2 and (more := given.readline(_LONGEST_LINE_BYTES)):
                text += more
            return text.rstrip("\r\n")
    except UnicodeError as error:
        raise file.refused(
            f"{file.place} is not UTF-8.", "Say how it is encoded, such as encoding: windows-1252."
        ) from error
