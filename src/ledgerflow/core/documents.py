"""YAML documents of a project: checked with every fault and its place at once, and changed with their comments kept."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeGuard, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from ledgerflow.core.errors import Fault, InputRefused, nearest_name
from ledgerflow.core.wording import merged, sentence, yaml_problem

Key = tuple[str | int, ...]


class FileModel(BaseModel):
    """Anything read from a file: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


ModelT = TypeVar("ModelT", bound=BaseModel)


class Document:
    """One YAML file as text, data and places. `file` is the name people see, relative to the project."""

    def __init__(self, text: str, *, file: str) -> None:
        """Parse `text`.

        Raises:
            InputRefused: not YAML, a key given twice, or not a mapping at the top.
        """
        self.file = file
        self._yaml = YAML(typ="rt")
        self._yaml.preserve_quotes = True
        self._yaml.width = 120
        self._yaml.indent(mapping=2, sequence=4, offset=2)
        try:
            root = self._yaml.load(text)
        except YAMLError as error:
            raise self._refused([_yaml_fault(error, text, file)]) from error
        if root is None:
            root = CommentedMap()
        if not isinstance(root, CommentedMap):
            raise self._refused(
                [Fault(file=file, line=1, key="", message="Expected a mapping of keys to values at the top.")]
            )
        self._root = root
        odd = list(_odd_keys(root, ()))
        if odd:
            raise self._refused([self.fault(place, "A key must be plain text.") for place in odd])

    @property
    def data(self) -> dict[str, Any]:
        """The content as plain dictionaries, lists and scalars."""
        plain = _plain(self._root)
        assert isinstance(plain, dict)
        return plain

    def line_of(self, key: Key) -> int | None:
        """The line, counted from 1, of the deepest part of `key` that stands in the file; None for an empty file."""
        node: Any = self._root
        line: int | None = node.lc.line + 1 if len(node) else None
        for part in key:
            try:
                if isinstance(node, CommentedMap) and part in node:
                    line = node.lc.key(part)[0] + 1
                elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
                    line = node.lc.item(part)[0] + 1
                else:
                    break
            except (AttributeError, KeyError, TypeError):  # a node made in memory has no place yet
                break
            node = node[part]
        return line

    def fault(self, key: Key, message: str, *, nearest: str | None = None) -> Fault:
        """A fault placed at `key` of this file."""
        return Fault(file=self.file, line=self.line_of(key), key=dotted(key), message=message, nearest=nearest)

    def check(self, model: type[ModelT]) -> ModelT:
        """The content as `model`.

        Raises:
            InputRefused: with one fault per wrong key, each with line, key and the nearest known name.
        """
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            raise self._refused(self.faults_of(error, model)) from error

    def faults_of(self, error: ValidationError, model: type[BaseModel], *, under: Key = ()) -> list[Fault]:
        """The faults pydantic found, with their places; `under` is where the checked part stands in the file."""
        details = error.errors(include_url=False, include_input=False)
        return merged([self._one_fault(detail, model, under) for detail in details])

    def set(self, key: Key, value: Any) -> None:
        """Put `value` at `key`, making the mappings on the way; comments and order of the rest stay."""
        node: Any = self._root
        for part in key[:-1]:
            if part not in node or node[part] is None:
                node[part] = CommentedMap()
            node = node[part]
        node[key[-1]] = _with_places(value)

    def remove(self, key: Key) -> None:
        """Take `key` away; a key that is not there raises KeyError."""
        node: Any = self._root
        for part in key[:-1]:
            node = node[part]
        del node[key[-1]]

    def text(self) -> str:
        """The file's text as it should be saved."""
        out = io.StringIO()
        self._yaml.dump(self._root, out)
        return out.getvalue()

    def _one_fault(self, detail: Any, model: type[BaseModel], under: Key) -> Fault:
        key = self._place(detail, under)
        if detail["type"] == "extra_forbidden":
            known = known_keys(model, detail["loc"][:-1])
            name = str(key[-1])
            expected = f"; expected {_listed(known)}" if known else ""
            return self.fault(key, f"Unknown key {name!r}{expected}.", nearest=nearest_name(name, known))
        if detail["type"] in {"literal_error", "enum", "union_tag_invalid"}:
            if detail["type"] == "union_tag_invalid":
                key = (*key, detail["ctx"]["discriminator"].strip("'"))
            given = self._value(key)
            listed = detail["ctx"].get("expected") or detail["ctx"]["expected_tags"]
            names = [part.strip(" '") for part in listed.replace(" or ", ", ").split(",")]
            return self.fault(
                key, f"Expected {_listed(names)}, not {given!r}.", nearest=nearest_name(str(given), names)
            )
        return self.fault(key, sentence(detail, self._value(key)))

    def _place(self, detail: Any, under: Key) -> Key:
        """The key as it stands in the file: pydantic also names tags of unions and marks such as `[key]`."""
        node: Any = self._root
        for part in under:
            node = node[part]
        key = under
        last = len(detail["loc"]) - 1
        for index, part in enumerate(detail["loc"]):
            there = part in node if isinstance(node, CommentedMap) else _in_list(node, part)
            if there:
                node = node[part]
                key = (*key, part)
            elif index == last and detail["type"] == "missing":
                key = (*key, part)
        return key

    def _value(self, key: Key) -> Any:
        node: Any = self._root
        for part in key:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                return None
        return _plain(node)

    def _refused(self, faults: Sequence[Fault]) -> InputRefused:
        what = str(faults[0].text) if len(faults) == 1 else f"{len(faults)} faults in {self.file}"
        place = f"{self.file}, line {faults[0].line}" if faults[0].line else self.file
        return InputRefused(what, where=place, next_step=f"Edit {self.file} and run the command again.", faults=faults)


def dotted(key: Key) -> str:
    """A key as people read it: `steps.invoices.where`, `scopes[2]`."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def known_keys(model: type[BaseModel], loc: Key) -> list[str]:
    """The keys that `model` allows at `loc`, a place as pydantic names it; empty when any key is allowed there."""
    current: Any = model
    for part in loc:
        current = _inside(current, part)
    fields = current.model_fields if _is_model(current) else {}
    return [field.alias or name for name, field in fields.items()]


def _inside(annotation: Any, part: str | int) -> Any:
    """The annotation one step further: a field of a model, an element of a container, the tagged member of a union."""
    if _is_model(annotation):
        field = annotation.model_fields.get(str(part))
        return field.annotation if field else None
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        return arguments[1]
    if get_origin(annotation) in (list, tuple):
        return arguments[0]
    for member in arguments:
        if _is_model(member) and any(_is_tag(field.annotation, part) for field in member.model_fields.values()):
            return member
    for member in arguments:
        if (found := _inside(member, part)) is not None:
            return found
    return None


def _yaml_fault(error: YAMLError, text: str, file: str) -> Fault:
    """Why a text is not YAML, in plain words, at its line; values of the file are not repeated."""
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Fault(file=file, line=line, key="", message="A control character stands here; take it out.")
    if not isinstance(error, MarkedYAMLError):
        return Fault(file=file, line=None, key="", message="This is not YAML.")
    message, at_start = yaml_problem(str(error.problem or error.context or ""))
    mark = (error.context_mark if at_start else None) or error.problem_mark or error.context_mark
    return Fault(file=file, line=mark.line + 1 if mark else None, key="", message=message)


def _odd_keys(node: Any, place: Key) -> Iterator[Key]:
    """The places of mappings with a key that is no plain scalar; numbers are let by, some documents have them."""
    if isinstance(node, CommentedMap):
        if any(not isinstance(key, str | int | float) for key in node):
            yield place
        for key, value in node.items():
            if isinstance(key, str | int):
                yield from _odd_keys(value, (*place, key))
    elif isinstance(node, CommentedSeq):
        for index, value in enumerate(node):
            yield from _odd_keys(value, (*place, index))


def _is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_tag(annotation: Any, part: str | int) -> bool:
    return get_origin(annotation) is Literal and part in get_args(annotation)


def _in_list(node: Any, part: str | int) -> bool:
    return isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node)


def _listed(names: Sequence[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"one of {', '.join(quoted)}"


def _with_places(value: Any) -> Any:
    """Plain mappings and lists as the document keeps them, so that faults in them are placed too."""
    if isinstance(value, dict):
        return CommentedMap({key: _with_places(inner) for key, inner in value.items()})
    if isinstance(value, list):
        return CommentedSeq([_with_places(inner) for inner in value])
    return value


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key) if not isinstance(key, (int, bool)) else key: _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node
