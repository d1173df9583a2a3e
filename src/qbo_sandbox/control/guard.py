"""Keeps the control endpoint for this machine: no other host, no web page of another site, no rebound host name."""

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request

_LOCAL_NAMES = frozenset({"localhost", "testserver"})


def why_refused(request: Request) -> str | None:
    """The reason to refuse a control call, or None.

    Called in process there may be no client address; then nobody but this process can be calling.
    """
    client = request.client
    if client is not None and not _is_local(client.host):
        return "the control endpoint answers on the loopback interface alone"
    host = request.headers.get("host", "localhost")
    if not _is_local(urlsplit(f"//{host}").hostname or ""):
        return f"the control endpoint is not known as {host}: call it as 127.0.0.1 or localhost"
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return "a web page of another site may not use the control endpoint"
    return None


def _is_local(host: str) -> bool:
    if host in _LOCAL_NAMES or host.endswith((".localhost", ".test")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
