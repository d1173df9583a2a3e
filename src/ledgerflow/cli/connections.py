"""`ledgerflow connection`, `connect` and `disconnect`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledgerflow.cli.front import Json, Project, parse_pairs, print_table, project_folder, say, show, wait_for

if TYPE_CHECKING:
    from ledgerflow.actions.connecting import Connected
    from ledgerflow.runner.workspace import Workspace

Name = Annotated[str, typer.Argument(help="The connection's name.", show_default=False)]
Company = Annotated[
    str | None, typer.Option("--company", metavar="ID", help="Which company, by its id or name; needed with several.")
]
SECRET_HELP = "'-' reads it from standard input; env:VARIABLE or vault:NAME is kept as a reference."


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True, help="Set, show and test connections: which server, how to sign in.")
    group.command("set")(set_)
    group.command("show")(show_)
    group.command("list")(list_)
    group.command("status")(status)
    group.command("test")(try_)
    app.add_typer(group, name="connection")
    app.command()(connect)
    app.command()(disconnect)


def set_(
    name: Name,
    api: Annotated[str | None, typer.Option(help="The api that is called, a file in apis/.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Scheme, host and port in front of every path.")] = None,
    auth: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Security type: oauth2, api_key, basic, bearer or none.")
    ] = None,
    grant: Annotated[
        str | None,
        typer.Option(help="OAuth 2: authorization_code, client_credentials, password or refresh_token."),
    ] = None,
    auth_url: Annotated[str | None, typer.Option(help="OAuth 2: where the person consents.")] = None,
    token_url: Annotated[str | None, typer.Option(help="OAuth 2: where tokens are given.")] = None,
    revoke_url: Annotated[str | None, typer.Option(help="OAuth 2: where an authorization is ended.")] = None,
    userinfo_url: Annotated[str | None, typer.Option(help="OAuth 2: where the person is described.")] = None,
    discovery_url: Annotated[
        str | None, typer.Option(help="OAuth 2: fetch these addresses from an OpenID discovery document.")
    ] = None,
    client_id: Annotated[str | None, typer.Option(help="OAuth 2: the app's id, or env:VARIABLE.")] = None,
    client_secret: Annotated[str | None, typer.Option(help=f"OAuth 2: the app's secret. {SECRET_HELP}")] = None,
    client_authentication: Annotated[
        str | None, typer.Option(metavar="WHERE", help="OAuth 2: id and secret go in 'basic' (header) or 'body'.")
    ] = None,
    scope: Annotated[str | None, typer.Option(help="OAuth 2: what is asked for, separated by spaces.")] = None,
    state: Annotated[str | None, typer.Option(help="OAuth 2: a given start of the state; the rest is random.")] = None,
    redirect_url: Annotated[
        str | None, typer.Option(help="OAuth 2: the way back, exactly as registered (default http://127.0.0.1:8050/).")
    ] = None,
    pkce: Annotated[bool | None, typer.Option(help="OAuth 2: send a proof key, where the provider has it.")] = None,
    company_from: Annotated[
        str | None, typer.Option(metavar="PARAMETER", help="OAuth 2: what in the redirect names the company.")
    ] = None,
    extra: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="OAuth 2: a further parameter of the consent page.")
    ] = None,
    username: Annotated[str | None, typer.Option(help="Basic, or OAuth 2 with the password grant.")] = None,
    password: Annotated[str | None, typer.Option(help=f"Its password. {SECRET_HELP}")] = None,
    key_name: Annotated[str | None, typer.Option(help="API key: the header or parameter that carries it.")] = None,
    key: Annotated[str | None, typer.Option(help=f"API key: the key. {SECRET_HELP}")] = None,
    key_in: Annotated[str | None, typer.Option(metavar="WHERE", help="API key: 'header' or 'query'.")] = None,
    token: Annotated[str | None, typer.Option(help=f"Bearer: the fixed token. {SECRET_HELP}")] = None,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="How long one answer may take.")] = None,
    per_second: Annotated[float | None, typer.Option(help="Most calls in a second.")] = None,
    per_minute: Annotated[float | None, typer.Option(help="Most calls in a minute.")] = None,
    in_flight: Annotated[int | None, typer.Option(help="Most calls under way at once.")] = None,
    retry_within: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="How long refusals and lost connections are waited out.")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter that every request inherits."),
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A header of every request; no secrets.")
    ] = None,
    unset: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Take a key out of the file, such as auth.state.")
    ] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Change a connection's settings: only what is given. Comments stay; secrets go to the vault, not to the file.

    Example: ledgerflow connection set quickbooks --client-id ABc1 --client-secret - < secret.txt
    """
    from ledgerflow.actions.connection_settings import change_connection

    values: dict[str, Any] = {
        "api": api,
        "base_url": base_url,
        "timeout_s": timeout,
        "grant": grant,
        "auth_url": auth_url,
        "token_url": token_url,
        "revoke_url": revoke_url,
        "userinfo_url": userinfo_url,
        "client_id": client_id,
        "client_secret": _secret(client_secret, "client secret"),
        "client_authentication": client_authentication,
        "scope": scope,
        "state": state,
        "redirect_url": redirect_url,
        "pkce": pkce,
        "company_from": company_from,
        "username": username,
        "password": _secret(password, "password"),
        "key_name": key_name,
        "key": _secret(key, "API key"),
        "key_in": key_in,
        "token": _secret(token, "token"),
        "per_second": per_second,
        "per_minute": per_minute,
        "in_flight": in_flight,
        "retry_within_s": retry_within,
    }
    discovered = wait_for(_discovered(discovery_url)) if discovery_url is not None else {}
    entries = {
        "extra": parse_pairs(extra or (), flag="--extra"),
        "parameter": parse_pairs(parameter or (), flag="--parameter"),
        "header": parse_pairs(header or (), flag="--header"),
    }
    given = discovered | {setting: value for setting, value in values.items() if value is not None}
    changed = change_connection(_workspace(), name, auth=auth, given=given, entries=entries, unset=unset or ())
    if not changed["changed"]:
        say(f"Nothing was given, so nothing was changed. `ledgerflow connection show {name}` shows the settings.")
    show(changed, f"{'Made' if changed['made'] else 'Saved'} {changed['file']}: {', '.join(changed['changed'])}")
    for note in changed["notes"]:
        say(note)


def show_(name: Name, project: Project = None, json: Json = False) -> None:
    """Show a connection's settings, which secrets are there, and what is missing. Secrets themselves stay hidden."""
    from ledgerflow.actions.connections import show_connection

    shown = show_connection(_workspace(), name)

    def text() -> None:
        rows = [["file", shown["file"]], ["provider", shown["provider"] or "none"]]
        there = {f"auth.{key}": "there" if secret["there"] else "MISSING" for key, secret in shown["secrets"].items()}
        rows += [
            [key, f"{value}  ({there[key]})" if key in there else value] for key, value in _flat(shown["settings"])
        ]
        rows += [
            [f"auth.{key}", f"{value}  (from {shown['provider']})"] for key, value in shown["from_provider"].items()
        ]
        print_table(["setting", "value"], rows)
        for missing in shown["missing"]:
            say(f"missing: {missing}")
        for warning in shown["warnings"]:
            say(f"warning: {warning}")

    show(shown, text)


def list_(project: Project = None, json: Json = False) -> None:
    """List the connections of the project."""
    from ledgerflow.actions.connections import list_connections

    listed = list_connections(_workspace())
    columns = ["connection", "api", "base_url", "auth", "companies"]

    def text() -> None:
        print_table(columns, [[one.get(column, "") for column in columns] for one in listed], right=["companies"])
        for one in listed:
            if "fault" in one:
                say(f"{one['connection']}: {one['fault']}")
        if not listed:
            say("There is no connection yet. `ledgerflow api add` makes one together with its api.")

    show(listed, text)


def status(
    name: Annotated[str | None, typer.Argument(help="One connection (default: all of them).")] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Show until when each company's authorization lasts, and warn of those that end.

    The access token is renewed by itself. The refresh token's end moves with every use; the hard end does not.
    """
    from ledgerflow.actions.connections import connection_status

    told = connection_status(_workspace(), name)

    def text() -> None:
        rows = []
        for connection in told:
            companies = connection.get("companies", [])
            if not companies:
                rows.append([connection["connection"], "", connection["state"], "", "", ""])
            for one in companies:
                shown = f"{one['name']} ({one['company']})" if one["name"] else one["company"]
                times = [_short(one[key]) for key in ("access_until", "refresh_ends", "hard_end")]
                rows.append([connection["connection"], shown, one["state"], *times])
        columns = ["connection", "company", "state", "access until", "refresh ends", "hard end"]
        print_table(columns, rows)
        for connection in told:
            for line in _advice(connection):
                say(line)

    show(told, text)


def try_(name: Name, company: Company = None, project: Project = None, json: Json = False) -> None:
    """Try a connection: get a good token, and make one real call where one is known that changes nothing."""
    from ledgerflow.actions.connections import try_connection

    told = wait_for(try_connection(_workspace(), name, company=company))
    call = told["call"]
    if call is not None:
        shown = told["name"] or told["company"]
        text = f"{name} works: {call['method']} {call['path']} answered {call['status']} for {shown}."
    elif told["token"] is not None:
        text = f"{name} has a good token. No call is known that could be tried; `ledgerflow api try` makes one."
    else:
        text = f"{name} has its secret. No call is known that could be tried; `ledgerflow api try` makes one."
    show(told, text)
    for warning in told["warnings"]:
        say(f"warning: {warning}")


def connect(
    name: Name,
    address: Annotated[
        str | None, typer.Argument(metavar="[ADDRESS]", help="With --paste: the address the browser ended at.")
    ] = None,
    company: Annotated[
        str | None, typer.Option("--company", metavar="ID", help="Connect this company again, and refuse another.")
    ] = None,
    paste: Annotated[
        bool, typer.Option("--paste", help="Take the redirected address as argument, from a prompt or standard input.")
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the consent page in the browser.")] = True,
    print_address: Annotated[
        bool, typer.Option("--print-address", help="Begin, print the consent page's address, and leave.")
    ] = False,
    refresh_token: Annotated[
        str | None,
        typer.Option(help="Take over an authorization by its refresh token; '-' reads it from standard input."),
    ] = None,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="How long to wait for the person.", min=1)] = 300,
    project: Project = None,
    json: Json = False,
) -> None:
    """Authorize a connection: open the consent page and receive the way back at the redirect URL.

    The redirect is received here, or by `ledgerflow serve` when that runs at the redirect URL. Without a browser on
    this machine: open the printed address anywhere, then run it with --paste and the address the browser ended at.
    """
    from ledgerflow.actions import connecting
    from ledgerflow.actions.awaiting import wait_for_redirect
    from ledgerflow.runner.workspace import GRANTS_WITHOUT_PERSON

    workspace = _workspace()
    if refresh_token is not None:
        given = _secret(refresh_token, "refresh token") or ""
        _show_connected(wait_for(connecting.adopt(workspace, name, given, company=company)))
        return
    if address is not None:
        _show_connected(wait_for(connecting.finish_pasted(workspace, name, address)))
        return
    grant = getattr(workspace.connection(name).file.auth, "grant", "")
    if grant in GRANTS_WITHOUT_PERSON:
        _show_connected(wait_for(connecting.connect_without_person(workspace, name, company=company)))
        return
    begun = connecting.begin(workspace, name, company=company)
    if print_address:
        show({"connection": name, "address": begun.address, "redirect_url": begun.pending.redirect_url}, begun.address)
        say(f"then: ledgerflow connect {name} --paste 'the address the browser ended at'")
        return
    _show_address(begun.address, open_it=browser and not paste)
    if paste:
        text = _line(f"The address the browser ended at ({begun.pending.redirect_url}...): ")
        _show_connected(wait_for(connecting.finish_pasted(workspace, name, text)))
        return
    say(f"Waiting for the way back at {begun.pending.redirect_url} (at most {timeout:g} s; Ctrl-C stops).")
    _show_connected(wait_for(wait_for_redirect(workspace, begun, wait_s=timeout, say=say)))


def disconnect(
    name: Name,
    company: Company = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget the authorization here even if the provider cannot be told.")
    ] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """End an authorization at the provider and forget it here."""
    from ledgerflow.actions.connections import disconnect as end

    ended = wait_for(end(_workspace(), name, company=company, forget=forget))
    shown = f"{ended['name']} ({ended['company']})" if ended["name"] else ended["company"]
    show(ended, f"{shown} is disconnected from {name}.")
    if ended["note"]:
        say(ended["note"])


def _workspace() -> Workspace:
    from ledgerflow.wiring import open_workspace

    return open_workspace(project_folder())


def _secret(given: str | None, what: str) -> str | None:
    """A secret as given, or a line of standard input for `-`; a person is asked without showing it."""
    if given != "-":
        return given
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass(f"{what}: ")
    return sys.stdin.readline().rstrip("\r\n")


def _line(question: str) -> str:
    """A line from the person, or from standard input."""
    if sys.stdin.isatty():
        print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline()


async def _discovered(url: str) -> dict[str, Any]:
    from ledgerflow.net.exchange import fetch_json

    document = await fetch_json(url)
    names = {
        "authorization_endpoint": "auth_url",
        "token_endpoint": "token_url",
        "revocation_endpoint": "revoke_url",
        "userinfo_endpoint": "userinfo_url",
    }
    return {ours: document[theirs] for theirs, ours in names.items() if isinstance(document.get(theirs), str)}


def _show_address(address: str, *, open_it: bool) -> None:
    """The address goes to stderr even under --json, since somebody has to open it."""
    from ledgerflow.net.browser import can_open, open_address

    print(f"Open this address and press Connect:\n{address}", file=sys.stderr, flush=True)
    if open_it and can_open() and open_address(address):
        say("(your browser should be showing it now)")


def _show_connected(connected: Connected) -> None:
    shown = f"{connected.name} ({connected.company})" if connected.name else connected.company
    show(connected.as_json(), f"{shown} is connected to {connected.connection}{' again' if connected.again else ''}.")
    if connected.refresh_ends is not None:
        say(f"It lasts until {connected.refresh_ends:%Y-%m-%d}, and longer with every use.")
    for warning in connected.warnings:
        say(f"warning: {warning}")


def _advice(connection: dict[str, Any]) -> list[str]:
    """What to do, a line for each."""
    lines = [f"{connection['connection']}: {warning}" for warning in connection.get("warnings", [])]
    if connection.get("next"):
        lines.append(
            f"{connection['connection']}: {connection.get('what', connection['state'])}; next: {connection['next']}"
        )
    for one in connection.get("companies", []):
        lines += [
            f"{connection['connection']}, {one['name'] or one['company']}: {warning}" for warning in one["warnings"]
        ]
        if one["next"]:
            lines.append(f"  next: {one['next']}")
    return lines


def _flat(settings: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Nested settings as dotted keys; empty ones are left out."""
    flat: list[tuple[str, Any]] = []
    for key, value in settings.items():
        if isinstance(value, dict):
            flat += _flat(value, f"{before}{key}.")
        elif value not in (None, ""):
            flat.append((before + key, value))
    return flat


def _short(moment: str | None) -> str:
    """A time as people read it: `2026-11-23 09:30`, UTC."""
    return moment[:16].replace("T", " ") if moment else ""
