"""Who may ask the web port: this machine, by its own name.

A page from outside may point its own name at 127.0.0.1 (DNS rebinding): the ``Host`` header tells.
What a proxy forwards comes from elsewhere, so it gets nothing but the hooks, whose public name is
the proxy's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
HOOKS = "/hooks/"
_HOST = re.compile(r"(\[[0-9a-f:]+\]|[a-z0-9._-]+)(:\d{1,5})?")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def refuse(path: str, headers: Mapping[str, str], *, public: str = "") -> str:
    """Return why a request is refused, or nothing. ``public`` is the name that hooks come by."""
    name = _name(headers.get("host", ""))
    if path.startswith(HOOKS):
        if name in LOCAL_NAMES or (public and name == public):
            return ""
        return "Only requests to this machine's own name are served."
    if name not in LOCAL_NAMES:
        return "Only requests to this machine's own name are served."
    if any(header in headers for header in _FORWARDED):
        return "Requests from elsewhere are refused."
    return ""


def _name(host: str) -> str:
    found = _HOST.fullmatch(host.lower())
    return found[1].strip("[]") if found else ""
