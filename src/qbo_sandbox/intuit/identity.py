"""Who signs in: the sandbox's one person, their id tokens and signing keys, and the userinfo endpoint."""

from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qbo_sandbox.clock import Clock
from qbo_sandbox.intuit.answers import json_answer, oauth_error
from qbo_sandbox.intuit.discovery import JWKS_PATH, USERINFO_PATH
from qbo_sandbox.intuit.grants import AccessRefused, Grant, GrantBook

ID_TOKEN_LIFE = timedelta(hours=1)
SUBJECT = "5b1c8a34-6d0f-4c6a-9e55-7f2b90d1a3e2"

_CLAIMS_OF_SCOPE: dict[str, dict[str, Any]] = {
    "email": {"email": "robin.quill@example.com", "emailVerified": True},
    "profile": {"givenName": "Robin", "familyName": "Quill"},
    "phone": {"phoneNumber": "+1 5550100145", "phoneNumberVerified": True},
    "address": {
        "address": {
            "streetAddress": "8 Pier Road",
            "locality": "Astoria",
            "region": "OR",
            "postalCode": "97103",
            "country": "US",
        }
    },
}


class Identity:
    """Signs id tokens and tells who the person is. The RSA key is made when first needed, to start quickly."""

    def __init__(self, *, clock: Clock, book: GrantBook, private_key_pem: str | None = None) -> None:
        self._clock = clock
        self._book = book
        self._key = None if private_key_pem is None else RSAKey.import_key(private_key_pem)

    def routes(self) -> list[Route]:
        return [
            Route(USERINFO_PATH, self._userinfo, methods=["GET"]),
            Route(JWKS_PATH, self._jwks, methods=["GET"]),
        ]

    @property
    def private_key_pem(self) -> str | None:
        """The signing key to be kept between starts; None while none was needed."""
        return None if self._key is None else self._key.as_pem(private=True).decode()

    def id_token(self, grant: Grant, *, issuer: str) -> str:
        """A signed id token for the person of `grant`: RS256, `aud` as an array, the claims Intuit documents."""
        now = int(self._clock.now().timestamp())
        claims: dict[str, Any] = {
            "sub": SUBJECT,
            "aud": [grant.consent.client_id],
            "auth_time": int(grant.granted_at.timestamp()),
            "iss": issuer,
            "exp": now + int(ID_TOKEN_LIFE.total_seconds()),
            "iat": now,
        }
        if grant.consent.realm_id is not None:
            claims["realmid"] = grant.consent.realm_id
        key = self._signing_key()
        return jwt.encode({"alg": "RS256", "kid": key.thumbprint()}, claims, key)

    async def _userinfo(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return oauth_error("invalid_request", status=401, challenge="Bearer")
        try:
            grant = self._book.access(token.strip())
        except AccessRefused:
            return oauth_error("invalid_token", status=401, challenge="Bearer")
        if "openid" not in grant.consent.scopes:
            return oauth_error("insufficient_scope", status=403)
        about = {"sub": SUBJECT}
        for scope, claims in _CLAIMS_OF_SCOPE.items():
            if scope in grant.consent.scopes:
                about |= claims
        return json_answer(about)

    async def _jwks(self, _: Request) -> Response:
        key = self._signing_key()
        public = KeySet([key]).as_dict(private=False)
        for entry in public["keys"]:
            entry |= {"kid": key.thumbprint(), "use": "sig", "alg": "RS256"}
        return json_answer(public)

    def _signing_key(self) -> RSAKey:
        if self._key is None:
            self._key = RSAKey.generate_key(2048)
            self._book.on_change()
        return self._key
