"""Service accounts and bearer tokens: the OAuth token endpoint, and who a request comes from."""

from __future__ import annotations

import base64
import binascii
import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from syncd.sandbox.clock import Clock

LIFETIME = timedelta(seconds=3600)
_SKEW = timedelta(minutes=5)
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_KEY_ID = "sandbox"
_SCOPE = "https://www.googleapis.com/auth/"
EVERYTHING = frozenset((_SCOPE + "spreadsheets", _SCOPE + "drive"))
_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token was issued to, for what, and until when."""

    email: str
    scopes: frozenset[str]
    expires: datetime

    def may(self, kind: str) -> bool:
        """Tell whether the scopes cover a ``read`` or ``write`` of Sheets, or ``drive``."""
        names = {scope.removeprefix(_SCOPE) for scope in self.scopes}
        full = {"drive", "drive.file"}
        wanted = {
            "drive": full | {"drive.readonly", "drive.metadata", "drive.metadata.readonly"},
            "read": full | {"spreadsheets", "spreadsheets.readonly", "drive.readonly"},
            "write": full | {"spreadsheets"},
        }
        return bool(names & wanted[kind])


class TokenRefused(Exception):
    """An OAuth error: a code such as ``invalid_grant`` and its description, answered as 400."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description

    def body(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}


@cache
def _key() -> rsa.RSAPrivateKey:
    """Make the process's key pair, once: it proves nothing and leaves nothing behind.

    A short one, because every start of a program under test reads and checks it twice.
    """
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505


class Tokens:
    """Issues bearer tokens and knows whose they are until they expire or are revoked."""

    def __init__(self, clock: Clock, source: random.Random) -> None:
        self.clock = clock
        self.random = source
        self.email = "syncd@sandbox.example"
        self._issued: dict[str, Bearer] = {}

    def service_account(self, base_url: str) -> dict[str, str]:
        pem = _key().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return {
            "type": "service_account",
            "project_id": "syncd-sandbox",
            "private_key_id": _KEY_ID,
            "private_key": pem.decode(),
            "client_email": self.email,
            "client_id": "100000000000000000000",
            "auth_uri": f"{base_url}/auth",
            "token_uri": f"{base_url}/token",
            "universe_domain": "googleapis.com",
        }

    def issue(self, email: str, scopes: frozenset[str] = EVERYTHING) -> str:
        token = "ya29." + "".join(self.random.choices(_ALPHABET, k=48))
        self._issued[token] = Bearer(email, scopes, self.clock.now() + LIFETIME)
        return token

    def revoke(self) -> None:
        self._issued.clear()

    def bearer(self, authorization: str) -> Bearer | None:
        """Return who an Authorization header stands for, or None when it is no good."""
        scheme, _, token = authorization.partition(" ")
        found = self._issued.get(token.strip())
        if scheme.lower() != "bearer" or found is None or found.expires <= self.clock.now():
            return None
        return found

    def exchange(self, form: bytes) -> dict[str, Any]:
        """Trade a signed JWT for a token (RFC 7523); raises TokenRefused."""
        fields = parse_qs(form.decode(errors="replace"))
        if fields.get("grant_type") != [_GRANT]:
            raise TokenRefused("unsupported_grant_type", "Invalid grant_type: use the JWT bearer.")
        claims = self._claims(fields.get("assertion", [""])[0])
        email = claims.get("iss")
        if not isinstance(email, str) or not email.endswith("@sandbox.example"):
            raise TokenRefused("invalid_grant", "Invalid grant: account not found")
        self._check_times(claims)
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes:
            raise TokenRefused("invalid_scope", "Empty or missing scope not allowed.")
        return {
            "access_token": self.issue(email, scopes),
            "expires_in": int(LIFETIME.total_seconds()) - 1,
            "token_type": "Bearer",
        }

    def _claims(self, assertion: str) -> dict[str, Any]:
        try:
            signed, _, signature = assertion.rpartition(".")
            header, payload = (json.loads(_decode(part)) for part in signed.split("."))
            _key().public_key().verify(
                _decode(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            raise TokenRefused("invalid_grant", "Invalid JWT Signature.") from None
        except (ValueError, binascii.Error):
            raise TokenRefused("invalid_grant", "Bad Request") from None
        if not isinstance(header, dict) or header.get("alg") != "RS256":
            raise TokenRefused("invalid_grant", "Invalid JWT: unsupported algorithm")
        return payload if isinstance(payload, dict) else {}

    def _check_times(self, claims: dict[str, Any]) -> None:
        now = self.clock.now().timestamp()
        issued, expires = claims.get("iat"), claims.get("exp")
        if (
            not isinstance(issued, int | float)
            or not isinstance(expires, int | float)
            or expires <= now - _SKEW.total_seconds()
            or issued > now + _SKEW.total_seconds()
            or expires - issued > LIFETIME.total_seconds()
        ):
            raise TokenRefused(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
                "timeframe. Check your iat and exp values in the JWT claim.",
            )


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
