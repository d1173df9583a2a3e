"""The kinds of steps explained from their own settings and examples: for the command line and `docs/steps.md`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledgerflow.core.errors import InputRefused, nearest_name
from ledgerflow.core.step import Step
from ledgerflow.steps import Transformation, all_steps
from ledgerflow.steps.contract import Example

_HEAD = """# Steps

A flow is a mapping of step names to steps. The one key that names a kind says what the step does; its value is the
step it takes rows from. Expressions are SQL as DuckDB knows it, over the columns of the input; `$name` is a parameter.
This page is made from the code: `ledgerflow steps > docs/steps.md`.
"""


def explain_steps(kind: str | None = None) -> list[dict[str, Any]]:
    """Each kind of step, or the one named: what it does, its keys, its example.

    Raises:
        InputRefused: there is no such kind; the nearest one is suggested.
    """
    known = all_steps()
    if kind is not None and kind not in known:
        nearest = nearest_name(kind, list(known))
        raise InputRefused(
            f"There is no kind of step {kind!r}." + (f" Did you mean {nearest!r}?" if nearest else ""),
            where=f"known kinds: {', '.join(known)}",
            next_step="Name one of these, or none for all.",
        )
    return [_explained(known[name]) for name in ([kind] if kind else known)]


def steps_page(explained: Iterable[Mapping[str, Any]], *, head: bool = True) -> str:
    """The explanations as Markdown."""
    return (_HEAD if head else "") + "".join(_section(step) for step in explained)


def _explained(kind: type[Step]) -> dict[str, Any]:
    keys = {
        field.alias or name: {"needed": field.is_required(), "description": field.description or ""}
        for name, field in kind.model_fields.items()
    }
    example = kind.example if issubclass(kind, Transformation) else None
    return {
        "kind": kind.kind,
        "does": [" ".join(part.split()) for part in (kind.__doc__ or "").strip().split("\n\n")],
        "keys": keys,
        "example": None if example is None else _example(example),
    }


def _example(example: Example) -> dict[str, Any]:
    return {
        "settings": dict(example.settings),
        "given": {name: [dict(row) for row in rows] for name, rows in example.given.items()},
        "gives": [dict(row) for row in example.expect],
    }


def _section(step: Mapping[str, Any]) -> str:
    text = f"\n## {step['kind']}\n\n" + "\n\n".join(step["does"]) + "\n\n| Key | |\n| --- | --- |\n"
    for key, told in step["keys"].items():
        needed = "" if told["needed"] else " (optional)"
        text += f"| `{key}`{needed} | {_cell(told['description'])} |\n"
    if step["example"] is None:
        return text
    text += f"\n```yaml\nexample: {_flow_style(step['example']['settings'])}\n```\n"
    for name, rows in step["example"]["given"].items():
        text += f"\n`{name}`:\n\n{_table(rows)}"
    return text + f"\ngives:\n\n{_table(step['example']['gives'])}"


def _flow_style(value: Any) -> str:
    """A setting as it may stand on one line of a flow file."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow_style(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow_style(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return f'"{text}"' if isinstance(value, str) and any(mark in text for mark in ",:{}[]#'&*>|") else text


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines: list[list[Any]] = [names, ["---"] * len(names), *([row.get(name) for name in names] for row in rows)]
    return "".join("| " + " | ".join(_cell(value) for value in line) + " |\n" for line in lines)


def _cell(value: Any) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
