"""The dead-man ping: a monitor elsewhere is told that syncd lives, and speaks up when it is not.

The address works like those of healthchecks.io: itself for "all is well", with ``/start`` when the
daemon starts and with ``/fail`` while something is wrong. A ping that fails is a warning, once.
"""

from __future__ import annotations

import httpx
import structlog
from pydantic import SecretStr

log = structlog.get_logger()

_PATIENCE = 10.0  # seconds
_LONGEST = 2000  # letters of a report


class Ping:
    """Pings one address, which is a secret."""

    def __init__(self, url: SecretStr) -> None:
        self._url = url
        self._complained = False

    def start(self) -> str:
        """Tell that the daemon starts; return why that failed, or nothing, as the others do."""
        return self._send("/start", "")

    def well(self, report: str) -> str:
        return self._send("", report)

    def fail(self, report: str) -> str:
        return self._send("/fail", report)

    def _send(self, path: str, report: str) -> str:
        url = self._url.get_secret_value().rstrip("/") + path
        try:
            answer = httpx.post(url, content=report[:_LONGEST].encode(), timeout=_PATIENCE)
            reason = "" if answer.is_success else f"status {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = type(error).__name__  # its text may hold the address
        if reason and not self._complained:
            log.warning("ping_failed", reason=reason, hint="see notify.ping; syncd works on")
        elif self._complained and not reason:
            log.info("ping_works_again")
        self._complained = bool(reason)
        return reason
