"""The status page: connections with their companies, flows, and what is next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from ledgerflow.core.page import Link, page, table


def status_page(project: str, connections: Sequence[Mapping[str, Any]], flows: Sequence[Mapping[str, Any]]) -> str:
    """The page. `connections` are as `connection_status` tells them; `flows` have `flow`, `description`, `last_run`."""
    body = f"<h1>{escape(project)}</h1><h2>Connections</h2>"
    rows = [row for connection in connections for row in _connection_rows(connection)]
    if rows:
        body += table(("Connection", "Company", "State", "Lasts until", ""), rows)
    else:
        body += "<p class=soft>None yet. <code>ledgerflow api add quickbooks</code> makes one.</p>"
    body += "".join(f"<p>{escape(line)}</p>" for connection in connections for line in _warnings(connection))
    body += "<h2>Flows</h2>"
    if flows:
        rows = [[flow["flow"], flow["description"], flow["last_run"]] for flow in flows]
        body += table(("Flow", "What it does", "Last run"), rows)
    else:
        body += "<p class=soft>None yet. A flow is a file in <code>flows/</code>.</p>"
    return page(f"{project} - Ledgerflow", body, wide=True)


def connect_link(connection: str, company: str | None = None) -> str:
    """Where a sign-in starts."""
    query = f"?{urlencode({'company': company})}" if company else ""
    return f"/connect/{quote(connection, safe='')}{query}"


def _connection_rows(connection: Mapping[str, Any]) -> list[list[str | Link]]:
    name = connection["connection"]
    companies = connection.get("companies", [])
    if not companies:
        start = Link("Connect", connect_link(name)) if connection["state"] == "not connected" else ""
        return [[name, "", connection["state"], "", start]]
    rows: list[list[str | Link]] = []
    for one in companies:
        shown = f"{one['name']} ({one['company']})" if one["name"] else one["company"]
        until = (one["refresh_ends"] or one["access_until"] or "")[:10]
        rows.append([name, shown, one["state"], until, Link("Connect again", connect_link(name, one["company"]))])
    return rows


def _warnings(connection: Mapping[str, Any]) -> list[str]:
    lines = [f"{connection['connection']}: {warning}" for warning in connection.get("warnings", [])]
    if "what" in connection:
        lines.append(f"{connection['connection']}: {connection['what']} {connection['next']}")
    for one in connection.get("companies", []):
        lines += [f"{one['name'] or one['company']}: {warning}" for warning in one["warnings"]]
    return lines
