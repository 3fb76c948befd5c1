"""The dead-man ping: a monitor elsewhere is told that syncd lives, and speaks up when it is not.

The address works like those of healthchecks.io: itself for "all is well", with ``/start`` when the
daemon starts and with ``/fail`` while something is wrong.
"""

from __future__ import annotations

import httpx
from pydantic import SecretStr

START, WELL, FAIL = "/start", "", "/fail"
_PATIENCE = 10.0  # seconds for each step of a request
_LONGEST = 2000  # letters of a report


def ping(url: SecretStr, what: str, report: str = "") -> str:
    """Tell the monitor; return why that failed, without the address, or nothing."""
    address = url.get_secret_value().rstrip("/") + what
    try:
        answer = httpx.post(address, content=report[:_LONGEST].encode(), timeout=_PATIENCE)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__  # its text may hold the address
    return "" if answer.is_success else f"status {answer.status_code}"
