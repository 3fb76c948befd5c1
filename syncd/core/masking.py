"""What no log line may hold, made unreadable: secrets, and people's addresses and phones. Pure.

An address becomes a token, the same one for the same address as long as the process runs, so that
lines can still be told to be about one person. Names cannot be told from other words: no event may
carry one, and ``tests/integration/test_canary.py`` holds it so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping

_SHORTEST = 6  # letters of a secret: one that is shorter would hide other words
_LONG = 10  # letters of a piece of an address that is no ordinary word
_SERVICE = ".iam.gserviceaccount.com"  # a service account is nobody; sheets are shared with it
_PATTERNS = (
    (re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL), "(a key)"),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+", re.IGNORECASE), r"\1 (a secret)"),
    (re.compile(r"\bya29\.[\w-]+"), "(a secret)"),  # Google's access tokens
    (re.compile(r"(/hooks/)[\w-]+"), r"\1(a secret)"),
    (re.compile(r"(\w://)[^\s/@:]*:[^\s/@]*@"), r"\1(a secret)@"),
)
_ADDRESS = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w+])\+\d(?:[ ().-]{0,2}\d){6,14}(?!\d)")


def hide(text: str) -> str:
    """Return a sentence of somebody else's as it may be kept and shown: without such things."""
    return _PHONE.sub("(a phone)", _ADDRESS.sub("(an address)", _strip(text)))


class Mask:
    """Masks texts. ``salt`` keeps tokens from being guessed; ``secrets`` may grow meanwhile."""

    def __init__(self, secrets: Collection[str], salt: bytes) -> None:
        self._secrets = secrets
        self._salt = salt
        self._known = 0
        self._literal: re.Pattern[str] | None = None

    def value(self, value: object) -> object:
        """Return anything that can be logged, masked wherever it holds text."""
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                return self.text(value)
            case Mapping():
                return {self.value(key): self.value(inner) for key, inner in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.value(inner) for inner in value]
            case _:
                return self.text(str(value))

    def text(self, text: str) -> str:
        if len(self._secrets) != self._known:
            self._known = len(self._secrets)
            self._literal = _compile(self._secrets)
        if self._literal is not None:
            text = self._literal.sub("(a secret)", text)
        text = _ADDRESS.sub(lambda found: self._token(found[0], "address"), _strip(text))
        return _PHONE.sub(lambda found: self._token(found[0], "phone"), text)

    def _token(self, text: str, what: str) -> str:
        if text.lower().endswith(_SERVICE):
            return text
        digest = hashlib.blake2b(text.lower().encode(), key=self._salt, digest_size=3)
        return f"({what} {digest.hexdigest()})"


def _split_address(secret: str) -> list[str]:
    """Return what of a secret address is not its host: its user, and the pieces of its path."""
    _, found, rest = secret.partition("://")
    if not found or "\n" in rest:
        return []
    user, _, place = rest.rpartition("@")
    pieces = [*user.split(":"), *re.split(r"[/?&=#]", place)[1:]]
    return [piece for piece in pieces if len(piece) >= _LONG]


def _strip(text: str) -> str:
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def _compile(secrets: Collection[str]) -> re.Pattern[str] | None:
    """Return what finds any of the secrets, or a part of one: errors quote parts of them."""
    parts = {
        part
        for secret in secrets
        for line in (secret, *re.split(r"\\n|[\r\n]", secret), *_split_address(secret))
        if len(part := line.strip()) >= _SHORTEST and not part.startswith(("{", "}"))
    }
    longest_first = sorted(parts, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if parts else None
