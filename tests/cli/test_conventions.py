"""Promises every command and module keeps."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from ledgerflow.cli import main

SOURCE = Path(__file__).parents[2] / "src"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.read_text(encoding="utf-8").strip())
PASSES_ITS_WORDS_ON = {"sandbox"}
"""`ledgerflow sandbox` hands every word to the sandbox's own command line, `--json` among them."""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by its words."""
    main._gather()

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        below = getattr(command, "commands", None)
        if not below:
            yield " ".join(words), command
        for name, inner in (below or {}).items():
            yield from walk(inner, (*words, name))

    yield from walk(get_command(main.app), ())


COMMANDS = dict(commands())


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_answers_as_json_and_teaches(words: str) -> None:
    command = COMMANDS[words]
    assert command.help
    options = {option for parameter in command.params for option in getattr(parameter, "opts", [])}
    assert "--json" in options or words in PASSES_ITS_WORDS_ON
    for parameter in command.params:
        assert parameter.help or words in PASSES_ITS_WORDS_ON, f"{words}: {parameter.name} has no help"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_says_what_it_is_for_and_stays_readable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert text.count("\n") <= 600, "two subjects in one module?"
