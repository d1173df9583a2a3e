"""`ledgerflow vault`: the key that locks secrets and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ledgerflow.cli.front import Json, Project, print_table, project_folder, say, show
from ledgerflow.core.errors import InputRefused

if TYPE_CHECKING:
    from ledgerflow.runner.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True, help="The vault that keeps secrets and tokens, and its key.")
    for command in (status, rotate, reset):
        group.command()(command)
    group.command("new-key")(new_key)
    app.add_typer(group, name="vault")


def status(project: Project = None, json: Json = False) -> None:
    """Show the vault's keys: where each is kept, whether it is there, how many secrets it locks."""
    keys = _workspace().vault.status()
    told = [
        {
            "key": key.key_id,
            "kept_in": key.source,
            "place": key.place,
            "made_at": key.made_at.isoformat(timespec="seconds"),
            "current": key.current,
            "there": key.there,
            "secrets": key.secrets,
        }
        for key in keys
    ]

    def text() -> None:
        rows = [[one["key"], one["place"], "yes" if one["there"] else "MISSING", one["secrets"]] for one in told]
        print_table(["key", "kept in", "there", "secrets"], rows, right=["secrets"])
        if not told:
            say("The vault is empty; its key is made with the first secret.")

    show(told, text)


def rotate(
    to: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Keep the new key in env, keyring or file (default: as now).")
    ] = None,
    keep_old: Annotated[
        bool, typer.Option("--keep-old", help="Keep the old key too, for backups that were made with it.")
    ] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Lock every secret with a new key, in one step that a crash cannot spoil."""
    from ledgerflow.store.vault_keys import SOURCE_KINDS

    kind = next((kind for kind in SOURCE_KINDS if kind == to), None)
    if to is not None and kind is None:
        raise InputRefused(
            f"Expected one of {', '.join(SOURCE_KINDS)}, not {to!r}.", where="--to", next_step="Give one of them."
        )
    done = _workspace().vault.rotate(to=kind, keep_old=keep_old)
    told = {"key": done.key_id, "kept_in": done.source, "place": done.place, "secrets": done.secrets}
    show(told, f"{done.secrets} secrets are locked with key {done.key_id} now, kept in {done.place}.")


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Yes, drop them all.")] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Drop every secret and token: the way on when the vault's key is lost. Set and connect again afterwards."""
    if not yes:
        raise InputRefused(
            "This drops every secret and token of the project.",
            where="ledgerflow vault reset",
            next_step="Add --yes to do it; then set the secrets and connect again.",
        )
    workspace = _workspace()
    for company in workspace.companies.all():
        workspace.companies.remove(company.connection, company.company)
    count = workspace.vault.reset()
    show({"dropped": count}, f"{count} secrets were dropped.")
    say("next: ledgerflow connection set NAME --client-secret -; ledgerflow connect NAME")


def new_key(json: Json = False) -> None:
    """Print a new random key for $LEDGERFLOW_VAULT_KEY. It is kept nowhere."""
    from ledgerflow.store.vault_keys import KEY_VARIABLE, key_text
    from ledgerflow.store.vault_keys import new_key as make

    key = key_text(make())
    show({"key": key, "variable": KEY_VARIABLE}, key)


def _workspace() -> Workspace:
    from ledgerflow.wiring import open_workspace

    return open_workspace(project_folder())
