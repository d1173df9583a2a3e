"""`ledgerflow api`: add apis, define their requests, try them."""

from __future__ import annotations

import sys
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledgerflow.cli.front import (
    Json,
    Project,
    exit_code,
    parse_pairs,
    print_table,
    project_folder,
    say,
    show,
    wait_for,
)

if TYPE_CHECKING:
    from ledgerflow.actions.trying import Tried
    from ledgerflow.runner.workspace import Workspace

Api = Annotated[str, typer.Argument(help="The api's name.", show_default=False)]
RequestName = Annotated[str, typer.Argument(help='The request\'s name, such as "Read invoice".', show_default=False)]
BODY_HELP = "A JSON text, @FILE, or '-' for standard input."


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True, help="Add apis, define their requests, try them.")
    group.command("add")(add)
    group.command("list")(list_)
    group.command("show")(show_)
    group.command("try")(try_)
    group.command("export")(export)
    requests = typer.Typer(no_args_is_help=True, help="Add, list and remove the requests of an api.")
    requests.command("add")(request_add)
    requests.command("list")(request_list)
    requests.command("remove")(request_remove)
    group.add_typer(requests, name="request")
    app.add_typer(group, name="api")


def add(
    name: Annotated[
        str | None, typer.Argument(help="A provider that ships its definition: quickbooks.", show_default=False)
    ] = None,
    custom: Annotated[
        str | None, typer.Option(metavar="NAME", help="Any other api: only its base URL is known yet.")
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="With --custom: scheme, host and port of the api.")] = None,
    provider: Annotated[
        str | None,
        typer.Option(help="With --custom: the provider it belongs to, where the base URL does not tell."),
    ] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Connect to the provider's sandbox server.")] = False,
    as_name: Annotated[str | None, typer.Option("--as", metavar="NAME", help="Another name for it here.")] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Add an api to the project: its document in apis/, and a connection to call it by.

    Examples: ledgerflow api add quickbooks --sandbox
    ledgerflow api add --custom orders --base-url https://api.example.com
    """
    from ledgerflow.actions.apis import add_custom_api, add_shipped_api
    from ledgerflow.core.errors import InputRefused

    if (name is None) == (custom is None):
        raise InputRefused(
            "Name a provider, or give --custom NAME.",
            where="ledgerflow api add",
            next_step="Write `ledgerflow api add quickbooks`, or `ledgerflow api add --custom NAME --base-url URL`.",
        )
    if custom is not None:
        if base_url is None or sandbox or as_name is not None:
            raise InputRefused(
                "A custom api needs --base-url, and neither --sandbox nor --as.",
                where="ledgerflow api add --custom",
                next_step=f"Write `ledgerflow api add --custom {custom} --base-url URL`.",
            )
        added = add_custom_api(_workspace(), custom, base_url=base_url, provider_name=provider)
    else:
        if base_url is not None or provider is not None:
            raise InputRefused(
                "--base-url and --provider go with --custom.",
                where="ledgerflow api add",
                next_step=f"Leave them out, or write --custom {name}.",
            )
        environment = "sandbox" if sandbox else None
        added = add_shipped_api(_workspace(), str(name), name=as_name, environment=environment)
    show(added, f"Added {added['api']}: {' and '.join(added['files'])}, calling {added['base_url']}")
    if added["provider"] is not None:
        say(f"next: ledgerflow connection set {added['api']} --client-id ID --client-secret -")
        say(f"      ledgerflow connect {added['api']}")
    else:
        say(f'next: ledgerflow api request add {added["api"]} "NAME" GET /path')


def list_(project: Project = None, json: Json = False) -> None:
    """List the project's apis."""
    from ledgerflow.actions.apis import list_apis

    apis = list_apis(_workspace())

    def table() -> None:
        print_table(
            ["api", "title", "requests", "connections"],
            [
                [
                    one["api"],
                    one.get("title", one.get("fault")),
                    one.get("requests"),
                    ", ".join(one.get("connections", [])),
                ]
                for one in apis
            ],
            right=["requests"],
        )
        if not apis:
            say("No api yet. next: ledgerflow api add quickbooks")

    show(apis, table)


def show_(
    name: Api,
    resources: Annotated[bool, typer.Option("--resources", help="Show only what can be read by name.")] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Show an api's requests, and what its provider reads by name."""
    from ledgerflow.actions.apis import show_api

    shown = show_api(_workspace(), name)

    def text() -> None:
        if not resources:
            _print_requests(shown["requests"])
        if shown["resources"]:
            print(f"Resources, read by name as in `ledgerflow read {name}.{shown['resources'][0]}`:")
            print("  " + ", ".join(shown["resources"]))

    show(shown, text)


def export(
    name: Api,
    to: Annotated[Path | None, typer.Option(help="A file to write; .json gives JSON, anything else YAML.")] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Print the api's whole OpenAPI document: what its provider ships and what was added here."""
    import json as jsons

    from ledgerflow.actions.apis import export_api
    from ledgerflow.cli.front import wants_json

    document = export_api(_workspace(), name)
    as_json = wants_json() if to is None else to.suffix == ".json"
    text = jsons.dumps(document, indent=2, ensure_ascii=False) + "\n" if as_json else _yaml(document)
    if to is None:
        print(text, end="")
        return
    to.write_text(text, encoding="utf-8")
    show({"file": str(to), "paths": len(document["paths"])}, f"Wrote {to}: {len(document['paths'])} paths")


def request_add(
    api: Api,
    name: RequestName,
    method: Annotated[str, typer.Argument(help="GET, POST, PUT, PATCH or DELETE.", show_default=False)],
    path: Annotated[
        str,
        typer.Argument(help="The path behind the base URL, parameters in braces: /invoice/{id}.", show_default=False),
    ],
    query: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=DEFAULT]", help="A query parameter; without a default it has to be given."),
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A header that is sent; no secrets.")
    ] = None,
    body: Annotated[
        str | None,
        typer.Option(
            help=f"What is sent unless a try gives another. {BODY_HELP} A text {{name}} in it is a parameter."
        ),
    ] = None,
    content_type: Annotated[str, typer.Option(help="The body's type.")] = "application/json",
    records: Annotated[
        str | None, typer.Option(metavar="PATH", help="Where an answer holds its records: QueryResponse.Invoice.")
    ] = None,
    paging: Annotated[
        str | None,
        typer.Option(
            metavar="KIND,...",
            help="How answers follow one another: offset, page, cursor, next_url or none, with settings, as in "
            "page,parameter=page or cursor,parameter=cursor,field=meta.next.",
        ),
    ] = None,
    description: Annotated[str | None, typer.Option(help="A sentence about it.")] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Add a request to an api.

    Example: ledgerflow api request add quickbooks "Read invoice" GET /v3/company/{realmId}/invoice/{id}
    """
    from ledgerflow.actions.requests import add_request

    added = add_request(
        _workspace(),
        api,
        name=name,
        method=method,
        path=path,
        query=query or (),
        headers=parse_pairs(header or (), flag="--header"),
        body=_given_body(body),
        content_type=content_type,
        records=records,
        paging=paging,
        description=description,
    )
    show(added, f"Added {added['name']!r} to {added['file']}: {added['method']} {added['path']}")
    values = " ".join(f"-p {one}=VALUE" for one in added["required"])
    say(f'next: ledgerflow api try {api} "{added["name"]}" {values}'.rstrip())


def request_list(api: Api, project: Project = None, json: Json = False) -> None:
    """List the requests of an api."""
    from ledgerflow.actions.requests import list_requests

    requests = list_requests(_workspace(), api)
    show(requests, lambda: _print_requests(requests))


def request_remove(api: Api, name: RequestName, project: Project = None, json: Json = False) -> None:
    """Take a request out of an api."""
    from ledgerflow.actions.requests import remove_request

    removed = remove_request(_workspace(), api, name)
    show(removed, f"Removed {removed['removed']!r} from {removed['file']}")


def try_(
    api: Api,
    name: RequestName,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A value of the request.")
    ] = None,
    body: Annotated[str | None, typer.Option(help=f"What to send instead of the request's own. {BODY_HELP}")] = None,
    company: Annotated[str | None, typer.Option(metavar="ID", help="Which company; needed with several.")] = None,
    connection: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which connection; needed with several.")
    ] = None,
    save_layout: Annotated[
        bool, typer.Option("--save-layout", help="Keep the columns of the answer's records with the request.")
    ] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Send a request for real and show status, headers and body; a refusal is shown whole, with what it means.

    Example: ledgerflow api try quickbooks "Read invoice" -p id=12
    """
    from ledgerflow.actions.trying import try_request

    tried = wait_for(
        try_request(
            _workspace(),
            api,
            name,
            parameters=parse_pairs(parameter or (), flag="--parameter"),
            body=_given_body(body),
            connection_name=connection,
            company=company,
            save_layout=save_layout,
            say=say,
        )
    )
    show(tried.as_json(), lambda: _print_try(tried))
    if tried.error is not None:
        raise typer.Exit(exit_code(tried.error))


def _workspace() -> Workspace:
    from ledgerflow.wiring import open_workspace

    return open_workspace(project_folder())


def _print_requests(requests: list[dict[str, Any]]) -> None:
    def values(one: dict[str, Any]) -> str:
        named = [each if each in one["required"] else f"[{each}]" for each in one["parameters"]]
        return ", ".join([*named, *(["(body)"] if one["body"] else [])])

    rows = [[one["name"], one["method"], one["path"], values(one)] for one in requests]
    print_table(["request", "method", "path", "values"], rows)


def _print_try(tried: Tried) -> None:
    """Status and headers on stderr, the body on stdout, so that it can be piped on."""
    answer = tried.answer
    if answer is not None:
        say(f"{tried.method} {answer.url}")
        phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
        again = f", sent {answer.tries} times" if answer.tries > 1 else ""
        say(
            f"{answer.status} {phrase} in {answer.elapsed_s:.3f} s, {len(answer.body):,} bytes{again}".replace(
                "  ", " "
            )
        )
        for name, value in tried.headers.items():
            say(f"{name}: {value}")
        say("")
        _print_body(tried.body_text)
    if tried.layout_saved is not None:
        say(f"Saved the layout: {len(tried.layout_saved)} columns ({', '.join(tried.layout_saved)})")
    if tried.error is not None:
        say("")
        say(f"ledgerflow: {tried.error.what}")
        say(f"  where: {tried.error.where}")
        say(f"  next:  {tried.error.next_step}")


def _print_body(text: str) -> None:
    """The body, coloured where a person looks at it."""
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.console import Console
    from rich.syntax import Syntax

    Console().print(Syntax(text, "json", background_color="default", word_wrap=True))


def _given_body(given: str | None) -> str | None:
    """The body itself, from `@FILE` or standard input where that is said."""
    if given == "-":
        return sys.stdin.read()
    if given is None or not given.startswith("@"):
        return given
    from ledgerflow.core.errors import InputRefused

    path = Path(given[1:])
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputRefused(
            f"The body cannot be read: {error}.", where=f"--body {given}", next_step="Name a text file that is there."
        ) from error


def _yaml(document: dict[str, Any]) -> str:
    import io

    from ruamel.yaml import YAML

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    out = io.StringIO()
    writer.dump(document, out)
    return out.getvalue()
