"""Small pages of HTML for a person's browser: everything escaped, nothing loaded from elsewhere, no scripts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from ledgerflow.core.errors import LedgerflowError

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #fff; --desk: #f2f4f7; --line: #dde2e9;
  --good: #14804a; --bad: #b3261e; --link: #1b5fc1; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf0; --soft: #a3adba; --paper: #1b2028; --desk: #12151a;
  --line: #323a46; --good: #5ccf94; --bad: #ff8a80; --link: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--desk); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI",
  Roboto, sans-serif; }
main { max-width: 44rem; margin: 10vh auto; padding: 2rem 2.25rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 12px; }
main.wide { max-width: 64rem; margin: 4vh auto; }
h1 { font-size: 1.35rem; margin: 0 0 .75rem; }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
.good::before { content: "\\2713\\00a0"; color: var(--good); }
.bad::before { content: "\\2715\\00a0"; color: var(--bad); }
p { margin: .5rem 0; }
.soft, dt, th { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1rem; margin: 1rem 0; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .925rem; }
th, td { text-align: left; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 500; }
a { color: var(--link); }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, monospace; background: var(--desk); padding: .1em .3em;
  border-radius: 4px; }
""".strip()

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'sha256-"
        + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
        + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Sent with every page: it may load nothing, run nothing, be framed by nobody, be kept nowhere."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another page of ours."""

    text: str
    href: str


def page(title: str, body: str, *, wide: bool = False) -> str:
    """A whole page around `body`, which is HTML already."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main{' class=wide' if wide else ''}>{body}</main></body></html>\n"
    )


def message_page(heading: str, paragraphs: Sequence[str], *, details: Mapping[str, str], good: bool | None) -> str:
    """A page that says one thing, with its details as a list; marked as good or bad news unless `good` is None."""
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{_prose(value)}</dd>" for name, value in details.items())
    mark = {True: ' class="good"', False: ' class="bad"', None: ""}[good]
    body = f"<h1{mark}>{_prose(heading)}</h1>"
    body += "".join(f"<p>{_prose(paragraph)}</p>" for paragraph in paragraphs)
    return page(heading, body + (f"<dl>{listed}</dl>" if listed else ""))


def error_page(error: LedgerflowError) -> str:
    """An error in its three parts."""
    return message_page(error.what, [], details={"Where": error.where, "Next": error.next_step}, good=False)


def table(columns: Sequence[str], rows: Sequence[Sequence[str | Link]]) -> str:
    """A table as HTML."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    lines = "".join(f"<tr>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _prose(text: str) -> str:
    """A sentence as HTML; what stands between backticks is set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _cell(cell: str | Link) -> str:
    if isinstance(cell, Link):
        return f'<a href="{escape(cell.href)}">{escape(cell.text)}</a>'
    return escape(cell)
