"""Names the kinds of call that Intuit's own endpoints take, for misbehaviours to be aimed at."""

from urllib.parse import parse_qs

from qbo_sandbox.intuit import discovery

_KIND_OF_PATH = {
    discovery.AUTHORIZE_PATH: "authorize",
    discovery.REVOKE_PATH: "revoke",
    discovery.USERINFO_PATH: "userinfo",
    discovery.JWKS_PATH: "jwks",
    discovery.PRODUCTION_PATH: "discovery",
    discovery.SANDBOX_PATH: "discovery",
}


def kind_of_intuit_call(path: str, body: bytes) -> str:
    """`exchange_code` or `refresh_token` for the token endpoint, the endpoint's name for others, else `other`."""
    if path == discovery.TOKEN_PATH:
        grant_type = parse_qs(body.decode(errors="replace")).get("grant_type", [""])[0]
        return "exchange_code" if grant_type == "authorization_code" else "refresh_token"
    return _KIND_OF_PATH.get(path.rstrip("/"), "other")
