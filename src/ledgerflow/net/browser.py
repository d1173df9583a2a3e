"""Opens an address in the person's browser, where there are a person and a display."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser


def can_open() -> bool:
    """Is somebody sitting here, at a screen? A text browser in the terminal does not count: it would take it over."""
    if not sys.stderr.isatty():
        return False
    if sys.platform in {"darwin", "win32"}:
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_address(address: str) -> bool:
    """Open it in a new tab; True when a browser took it."""
    try:
        return webbrowser.open(address, new=2)
    except (webbrowser.Error, OSError, subprocess.SubprocessError):
        return False
