"""Headers that Intuit's hosts put on their answers."""

import secrets
import time

QBO_VERSION = "1991.139"


def new_tid() -> str:
    """A transaction id as support asks for it, for header `intuit_tid`."""
    return f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
