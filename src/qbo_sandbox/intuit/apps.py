"""The app registered with the sandbox: its key pair and the redirect URIs it may use."""

import hmac
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One registered app. Redirect URIs are compared byte for byte, as Intuit does."""

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    name: str = "Your app"

    def has_secret(self, given: str) -> bool:
        return hmac.compare_digest(self.client_secret.encode(), given.encode())


def new_client_id() -> str:
    """A random client id of the length and alphabet of Intuit's."""
    return "AB" + secrets.token_hex(24)


def new_client_secret() -> str:
    return secrets.token_hex(20)
