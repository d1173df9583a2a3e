"""A connection file: which api, which base URL, how to sign in, and the limits to keep."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from ledgerflow.core.documents import FileModel
from ledgerflow.core.names import FileStem

_HTTP_URL = r"^https?://[^\s/?#]+[^\s]*$"
_SECRET_REF = r"^(vault:[A-Za-z0-9_./-]+|env:[A-Za-z_][A-Za-z0-9_]*)$"


def _http_url(text: str) -> str:
    if "@" in text.partition("://")[2].partition("/")[0]:
        raise ValueError("An address must not hold a user or password; how to sign in stands under auth.")
    if not re.match(_HTTP_URL, text):
        raise ValueError(f"Expected an address such as https://host/path, not {text!r}.")
    return text


def _secret_ref(given: Any) -> str:
    """A reference; what was given is never repeated, since it may be the secret itself."""
    if given is None:
        raise ValueError("Expected vault:NAME or env:VARIABLE, not an empty value.")
    if not isinstance(given, str) or not re.match(_SECRET_REF, given):
        raise ValueError("A secret never stands in a file; write vault:NAME or env:VARIABLE here.")
    return given


HttpUrl = Annotated[str, AfterValidator(_http_url), Field(json_schema_extra={"pattern": _HTTP_URL})]
SecretRef = Annotated[str, BeforeValidator(_secret_ref), Field(json_schema_extra={"pattern": _SECRET_REF})]
"""Where a secret is kept: `vault:NAME` or `env:VARIABLE`. A secret itself never stands in a file."""

DEFAULT_REDIRECT_URL = "http://127.0.0.1:8050/"


class OAuth2(FileModel):
    """Security type OAuth 2."""

    type: Literal["oauth2"] = "oauth2"
    grant: Literal["authorization_code", "client_credentials", "password", "refresh_token"] = Field(
        default="authorization_code", description="How the first token is got."
    )
    auth_url: HttpUrl | None = Field(default=None, description="Where the person signs in and consents.")
    token_url: HttpUrl | None = Field(
        default=None, description="Where codes and refresh tokens are exchanged for tokens."
    )
    revoke_url: HttpUrl | None = Field(default=None, description="Where an authorization is ended.")
    userinfo_url: HttpUrl | None = Field(default=None, description="Where the signed-in person is described.")
    client_id: str | None = Field(default=None, description="The app's id at the provider, or env:VARIABLE.")
    client_secret: SecretRef | None = Field(
        default=None, description="Where the app's secret is kept: vault:NAME or env:VARIABLE."
    )
    scope: str = Field(default="", description="What is asked for, separated by spaces.")
    state: str = Field(default="", description="A given start of the state; a random part is always added.")
    redirect_url: HttpUrl = Field(
        default=DEFAULT_REDIRECT_URL, description="Must equal one registered with the provider."
    )
    client_authentication: Literal["basic", "body"] = Field(
        default="basic", description="Where the client id and secret are sent."
    )
    pkce: bool = Field(default=False, description="Send a proof key (S256); only where the provider has it.")
    username: str | None = Field(default=None, description="For the password grant.")
    password: SecretRef | None = Field(default=None, description="For the password grant: vault:NAME or env:VARIABLE.")
    extra: dict[str, str] = Field(default_factory=dict, description="Further parameters of the authorize request.")
    company_from: str | None = Field(
        default=None,
        description="The parameter of the redirect, and of request paths, that names the company, such as realmId; "
        "known already where a provider is.",
    )

    @field_validator("company_from")
    @classmethod
    def _one_word(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
            raise ValueError(f"Expected the name of one parameter, such as realmId, not {value!r}.")
        return value


class ApiKey(FileModel):
    """Security type API key."""

    type: Literal["api_key"]
    name: str = Field(description="The header or query parameter that carries the key.")
    value: SecretRef = Field(description="Where the key is kept: vault:NAME or env:VARIABLE.")
    location: Literal["header", "query"] = "header"


class Basic(FileModel):
    """Security type basic: user name and password with every call."""

    type: Literal["basic"]
    username: str
    password: SecretRef


class Bearer(FileModel):
    """Security type bearer: a fixed token with every call."""

    type: Literal["bearer"]
    token: SecretRef


class NoAuth(FileModel):
    """No sign-in."""

    type: Literal["none"] = "none"


Auth = Annotated[OAuth2 | ApiKey | Basic | Bearer | NoAuth, Field(discriminator="type")]


class Limits(FileModel):
    """What the api allows, kept on our side; per company where there are companies."""

    per_second: float = Field(default=10, gt=0, le=1000, description="Calls in a second.")
    per_minute: float = Field(default=500, gt=0, le=100_000, description="Calls in a minute.")
    in_flight: int = Field(default=10, ge=1, le=100, description="Calls under way at once.")
    retry_within_s: float = Field(
        default=300, ge=0, le=86_400, description="How long refusals and lost connections are waited out."
    )


class ConnectionFile(FileModel):
    """`connections/<name>.yaml`."""

    api: FileStem = Field(description="The api this connection calls: a file of that name in apis/.")
    base_url: HttpUrl = Field(description="Scheme, host and port put in front of each path.")
    auth: Auth = Field(default_factory=NoAuth, description="How to sign in.")
    timeout_s: float = Field(default=120, gt=0, le=3600, description="How long one answer may take.")
    limits: Limits = Field(default_factory=Limits)
    parameters: dict[str, str | int | float | bool] = Field(
        default_factory=dict, description="Shared parameters: every request inherits them and may give its own value."
    )
    headers: dict[str, str] = Field(default_factory=dict, description="Headers sent with every request; no secrets.")

    @field_validator("base_url")
    @classmethod
    def _plain_base(cls, value: str) -> str:
        if "?" in value or "#" in value:
            raise ValueError("A base URL ends before '?' and '#'; shared parameters stand under parameters.")
        return value.rstrip("/")

    @field_validator("headers")
    @classmethod
    def _no_secret_headers(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if re.fullmatch(r"(?i)authorization|cookie|.*(api-?key|token|secret).*", name):
                raise ValueError(f"Header {name!r} would hold a secret; use the connection's auth for it.")
        return value
