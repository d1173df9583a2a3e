"""Connections as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ledgerflow.actions.connections import connection_status, show_connection
from ledgerflow.core.errors import InputRefused
from ledgerflow.runner.workspace import Workspace
from ledgerflow.server.answers import CompanyAnswer, ConnectionAnswer, ConnectionsAnswer, ProblemAnswer
from ledgerflow.server.pages import connect_link
from ledgerflow.server.problems import problem_answer

_STANDINGS: Mapping[str, Literal["connected", "ends soon", "reconnect"]] = {
    "good": "connected",
    "ends soon": "ends soon",
    "reconnect needed": "reconnect",
}


def connections_answer(workspace: Workspace) -> ConnectionsAnswer:
    """Every connection of the project; one whose file has faults tells them and hides none of the others."""
    return ConnectionsAnswer(connections=[_connection(workspace, name) for name in workspace.files.names("connection")])


def _connection(workspace: Workspace, name: str) -> ConnectionAnswer:
    try:
        shown = show_connection(workspace, name)
        (status,) = connection_status(workspace, name)
    except InputRefused as error:
        return _faulty(workspace, name, problem_answer(error))
    settings = shown["settings"]
    warnings = list(status["warnings"])
    missing = shown["missing"]
    keys = [one for one in missing if one.startswith("auth.")]
    warnings += [one for one in missing if one not in keys]
    if keys:
        warnings.append(f"Not set yet: {', '.join(keys)}. `ledgerflow connection set {name} --help` shows how.")
    needs_person = settings["auth"]["type"] == "oauth2" and settings["auth"]["grant"] == "authorization_code"
    return ConnectionAnswer(
        name=name,
        file=shown["file"],
        api=settings["api"],
        provider=shown["provider"],
        base_url=settings["base_url"],
        security=settings["auth"]["type"],
        companies=[_company(one) for one in status["companies"]],
        connect_path=connect_link(name) if needs_person and not missing else None,
        warnings=warnings,
        problem=None,
    )


def _faulty(workspace: Workspace, name: str, problem: ProblemAnswer) -> ConnectionAnswer:
    return ConnectionAnswer(
        name=name,
        file=workspace.files.path("connection", name),
        api="",
        provider=None,
        base_url="",
        security="",
        companies=[],
        connect_path=None,
        warnings=[],
        problem=problem,
    )


def _company(one: Mapping[str, Any]) -> CompanyAnswer:
    ends = [end for end in (one["refresh_ends"], one["hard_end"]) if end is not None]
    return CompanyAnswer(
        id=one["company"],
        name=one["name"],
        standing=_STANDINGS[one["state"]],
        explanation=" ".join(one["warnings"]),
        connected_at=one["connected_at"],
        until=min(ends) if ends else one["access_until"],
    )
