"""The pages a person sees: consent, and the error page that never redirects. Plain HTML that works without scripts."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from qbo_sandbox.headers import new_tid

_STYLE = """
:root { color-scheme: light dark; --line: #c8ccd0; --text: #1f2a33; --page: #f4f5f7; --card: #fff; --go: #0f6b2f; }
@media (prefers-color-scheme: dark) {
  :root { --line: #4a545c; --text: #eef1f3; --page: #14191d; --card: #1f262b; --go: #2f9a55; }
}
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 8vh auto; padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1.25rem 0; padding: .5rem 1rem; }
legend { font-weight: 600; padding: 0 .4rem; }
.company { display: flex; gap: .75rem; align-items: center; padding: .5rem 0; }
.company small, .note { opacity: .8; }
.actions { display: flex; gap: .75rem; justify-content: flex-end; }
button { font: inherit; padding: .6rem 1.4rem; border-radius: .4rem; border: 1px solid var(--line);
  background: transparent; color: inherit; cursor: pointer; }
button.go { background: var(--go); border-color: var(--go); color: #fff; font-weight: 600; }
button:focus-visible, input:focus-visible { outline: 3px solid #3a7bd5; outline-offset: 2px; }
.fault { border-left: 4px solid #c62828; padding: .25rem 1rem; margin: 1rem 0; }
code { overflow-wrap: anywhere; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def consent_page(
    *,
    app_name: str,
    person: str,
    opens: Sequence[str],
    companies: Sequence[tuple[str, str]],
    ticket: str,
    redirect_uri: str,
    fault: str | None = None,
) -> HTMLResponse:
    """The page on which a person picks one of `companies` (realm id, name) and connects or cancels.

    An empty `companies` means that no company is asked for. `fault` tells what was missing in the last answer.
    """
    alert = "" if fault is None else f'<p class="fault" role="alert">{escape(fault)}</p>'
    choices = "".join(
        f'<div class="company"><input type="radio" name="realm_id" id="company-{escape(realm)}" '
        f'value="{escape(realm)}" required{" checked" if len(companies) == 1 else ""}>'
        f'<label for="company-{escape(realm)}">{escape(name)}</label> <small>{escape(realm)}</small></div>'
        for realm, name in companies
    )
    picker = f"<fieldset><legend>Choose a company</legend>{choices}</fieldset>" if companies else ""
    wishes = "".join(f"<li>{escape(text)}</li>" for text in opens)
    body = f"""
<h1>Connect {escape(app_name)} to QuickBooks</h1>
<p class="note">Local sandbox: every company here is made up. Signed in as {escape(person)}.</p>
{alert}
<p>{escape(app_name)} asks to:</p>
<ul>{wishes}</ul>
<form method="post" aria-label="Connect {escape(app_name)} to QuickBooks">
<input type="hidden" name="ticket" value="{escape(ticket)}">
{picker}
<p class="note">You return to <code>{escape(redirect_uri)}</code></p>
<div class="actions">
<button type="submit" name="decision" value="cancel" formnovalidate>Cancel</button>
<button type="submit" name="decision" value="connect" class="go">Connect</button>
</div>
</form>"""
    return _page(f"Connect {app_name} to QuickBooks", body, status=200 if fault is None else 400, leads_to=redirect_uri)


def error_page(*, message: str, next_step: str, status: int = 400) -> HTMLResponse:
    """Intuit's dead end for requests that must not be redirected; `next_step` is for the app's developer."""
    body = f"""
<h1>Sorry, this app did not connect</h1>
<p class="fault" role="alert">{escape(message)}</p>
<p>{escape(next_step)}</p>"""
    return _page("This app did not connect", body, status=status, leads_to=None)


def _page(title: str, body: str, *, status: int, leads_to: str | None) -> HTMLResponse:
    """The frame of every page. Browsers hold a redirect after a form to `form-action`, so the app's origin is in it."""
    targets = "'self'"
    if leads_to is not None:
        parts = urlsplit(leads_to)
        targets += f" {parts.scheme}://{parts.netloc}"
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {targets}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>{body}\n</main>\n</body>\n</html>\n",
        status_code=status,
        headers={
            "content-security-policy": policy,
            "x-frame-options": "DENY",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
            "intuit_tid": new_tid(),
        },
    )
