"""Everything this Seleqt answers instead of doing what was asked, in the vendor's four envelopes.

Documented bodies are carried over to the letter; the sentences of other refusals are assumed, as is
their status 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncd.sandbox.wire import Response, answer_json

if TYPE_CHECKING:
    from collections.abc import Iterable


class Refusal(Exception):
    """Carries the answer up to the router."""

    def __init__(
        self, status: int, body: dict[str, Any], headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        super().__init__(status, body)
        self.answer: Response = answer_json(status, body, headers=headers)


class WrongField(Exception):
    """A field or parameter is unknown, missing or of the wrong type; a knob says how that reads."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    def answer(self, *, django: bool) -> Response:
        if django:
            return answer_json(400, {self.field: [self.problem]})
        return answer_json(400, {"error": f"{self.field}: {self.problem}"})


def refuse(sentence: str, *, status: int = 400) -> Refusal:
    return Refusal(status, {"error": sentence})


def missing_key() -> Refusal:  # documented
    return Refusal(401, {"error": "Missing API key", "message": "Provide X-API-Key header"})


def invalid_key(style: str) -> Refusal:  # status documented, body not
    bodies = {
        "error_and_message": {"error": "Invalid API key", "message": "The key is not valid"},
        "error": {"error": "Invalid API key"},
        "detail": {"detail": "Invalid API key"},
    }
    return Refusal(401, bodies[style])


def access_denied() -> Refusal:  # documented
    return refuse("Access denied", status=403)


def list_not_found() -> Refusal:  # documented
    return refuse("Lead list not found", status=404)


def rate_limited(retry_after: int | None) -> Refusal:  # body documented, header not
    headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return Refusal(429, {"error": "Rate limit exceeded"}, headers)


def insufficient_credits(*, need: int, have: int) -> Refusal:  # documented, 400 and not 402
    message = f"Not enough credits. Need {need}, have {have}"
    return Refusal(400, {"success": False, "error": "insufficient_credits", "message": message})


def people_lists_only() -> Refusal:  # documented
    return refuse("Email/phone enrichment is only available for people lists")


def wrong_kind() -> Refusal:  # documented
    return refuse("enrichment_type must be FIND_EMAIL, FIND_EMAIL_WATERFALL, or FIND_PHONE")
