"""Google's refusals: one exception, one body shape.

The sandbox never answers 501, and 500 only when it is itself at fault: retrying clients would loop.
"""

from __future__ import annotations

from typing import Any

BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
}


class ApiError(Exception):
    """A refusal as the Sheets API words it: HTTP code, message and optional details."""

    def __init__(
        self, code: int, message: str, *, details: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "status": _STATUS[self.code],
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}


class DriveError(ApiError):
    """A refusal as Drive v3 words it: an ``errors`` list and no status (third party, H3)."""

    def __init__(
        self, code: int, message: str, reason: str, *, location: tuple[str, str] | None = None
    ) -> None:
        super().__init__(code, message)
        self.reason = reason
        self.location = location

    def body(self) -> dict[str, Any]:
        entry = {"message": self.message, "domain": "global", "reason": self.reason}
        if self.location is not None:
            entry["location"], entry["locationType"] = self.location
        return {"error": {"code": self.code, "message": self.message, "errors": [entry]}}


def invalid(message: str) -> ApiError:
    return ApiError(400, message)


def violations(found: list[tuple[str, str]]) -> ApiError:
    """Refuse a payload for ``(field, description)`` pairs, all told at once."""
    fields = [
        {"field": field, "description": text} if field else {"description": text}
        for field, text in found
    ]
    message = "\n".join(text for _, text in found)
    return ApiError(400, message, details=[{"@type": BAD_REQUEST, "fieldViolations": fields}])


def not_found() -> ApiError:
    return ApiError(404, "Requested entity was not found.")


def permission_denied() -> ApiError:
    return ApiError(403, "The caller does not have permission")


def protected() -> ApiError:
    return invalid(
        "You are trying to edit a protected cell or object. Please contact the spreadsheet owner "
        "to remove protection if you need to edit."
    )


def scope_missing() -> ApiError:
    """Refuse a token whose scopes do not cover the method (third party: recorded body, H3)."""
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": "sheets.googleapis.com"},
    }
    return ApiError(403, "Request had insufficient authentication scopes.", details=[detail])


def unauthenticated(*, sent: bool) -> ApiError:
    """Refuse a missing (``sent=False``) or an unknown or expired bearer token."""
    if sent:
        message = "Request had invalid authentication credentials. Expected"
    else:
        message = "Request is missing required authentication credential. Expected"
    message += (
        " OAuth 2 access token, login cookie or other valid authentication credential. "
        "See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    reason = "ACCESS_TOKEN_EXPIRED" if sent else "CREDENTIALS_MISSING"
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "sheets.googleapis.com"},
    }
    return ApiError(401, message, details=[detail])
