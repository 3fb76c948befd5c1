"""Secrets: where they are, and whether what lies there can be used.

They come from a systemd credential, a file or the environment, and are never written down in the
config. Nothing of a secret is ever repeated: a problem names its place only.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from syncd.errors import ConfigError

SEEN: set[str] = set()
"""Every secret that this process has read, for the filter of the log."""

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Secret(BaseModel):
    """Where a secret is: exactly one of the three."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    credential: str | None = None
    file: Path | None = None
    env: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _refuse_literal(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError(  # noqa: TRY004  (pydantic turns ValueErrors into problems)
                "a secret is never written here: say where it is, as in "
                '{ credential = "NAME" }, { file = "PATH" } or { env = "NAME" }'
            )
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Secret:
        if sum(place is not None for place in (self.credential, self.file, self.env)) != 1:
            raise ValueError("name exactly one of credential, file and env")
        return self

    @property
    def place(self) -> str:
        """Where it is, for a sentence."""
        if self.env is not None:
            return f"the environment variable {self.env}"
        return f"the credential {self.credential}" if self.credential else f"the file {self.file}"

    def read(self) -> SecretStr:
        """Return the secret. Raises ConfigError, which names the place and never the content."""
        if self.env is not None:
            text = os.environ.get(self.env, "")
        else:
            folder = os.environ.get("CREDENTIALS_DIRECTORY")
            if self.credential and folder is None:
                raise ConfigError(
                    [f"{self.place} is missing: systemd has set no CREDENTIALS_DIRECTORY here"]
                )
            path = self.file or Path(folder or "") / str(self.credential)
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or "not text"
                raise ConfigError([f"{self.place} cannot be read: {reason}"]) from None
        if not text.strip():
            missing = ", or its file in LoadCredential= is missing" if self.credential else ""
            raise ConfigError([f"{self.place} is empty{missing}"])
        SEEN.add(text.strip())
        return SecretStr(text.strip())

    @property
    def exposure(self) -> str:
        """Say who else can read it, where that is a file of this machine; or nothing."""
        try:
            mode = self.file.stat().st_mode if self.file else 0
        except OSError:
            return ""  # told where it is read
        return f"others on this machine can read {self.place}" if mode & 0o077 else ""

    def under(self, folder: Path) -> Secret:
        """Return it with a relative file taken from that folder."""
        return self.model_copy(update={"file": folder / self.file}) if self.file else self


def read_seleqt_key(secret: Secret) -> SecretStr:
    """Return the API key. Raises ConfigError naming the place only."""
    try:
        key = secret.read()
    except ConfigError as error:
        raise ConfigError([f"seleqt.key: {problem}" for problem in error.problems]) from None
    if not re.fullmatch(r"[!-~]+", key.get_secret_value()):
        raise ConfigError(
            [f"seleqt.key: {secret.place} holds no key: one word in plain letters, on one line"]
        )
    return key


def read_notice_url(secret: Secret) -> SecretStr:
    """Return an address for messages, as apprise writes them. Raises ConfigError."""
    return _read_address(secret, "notify.urls", "[a-z][a-z0-9+.-]*")


def read_ping_url(secret: Secret) -> SecretStr:
    """Return the dead-man ping's address. Raises ConfigError."""
    return _read_address(secret, "notify.ping", "https?")


def _read_address(secret: Secret, key: str, schemes: str) -> SecretStr:
    try:
        address = secret.read()
    except ConfigError as error:
        raise ConfigError([f"{key}: {problem}" for problem in error.problems]) from None
    if not re.fullmatch(rf"(?i:{schemes})://[!-~]+", address.get_secret_value()):
        raise ConfigError([f"{key}: {secret.place} holds no address: one, on one line"])
    return address


def read_google_credentials(secret: Secret) -> dict[str, Any]:
    """Return the service-account file's content. Raises ConfigError naming the place only."""

    def refuse(what: str) -> ConfigError:
        mend = "Download a new JSON key of the service account from Google Cloud."
        return ConfigError([f"google.credentials: {what}: {secret.place}. {mend}"])

    try:
        info = json.loads(secret.read().get_secret_value())
    except ConfigError as error:
        raise ConfigError([f"google.credentials: {text}" for text in error.problems]) from None
    except (ValueError, RecursionError):
        raise refuse("is not a service-account JSON file") from None
    if not isinstance(info, dict) or info.get("type") != "service_account":
        raise refuse("is not a service-account JSON file")
    for name in ("client_email", "private_key", "token_uri"):
        if not isinstance(info.get(name), str):
            raise refuse(f"is not a service-account JSON file, it has no {name}")
    try:
        key = load_pem_private_key(info["private_key"].encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # their texts may quote the key
        raise refuse("its private_key is cut off or altered") from None
    if not isinstance(key, RSAPrivateKey):
        raise refuse("its private_key is none of Google's")
    uri = urlsplit(info["token_uri"])
    vendor = uri.scheme == "https" and (uri.hostname or "").endswith(".googleapis.com")
    if uri.hostname not in LOOPBACK and not vendor:
        raise refuse("its token_uri is not Google's")
    return info
