"""Reading request bodies and query strings: strictly, so that a client's slip shows here first.

Unknown names, wrong types and repeated parameters are refused. The real server may well ignore
them; being stricter than it costs the sandbox nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .refusals import WrongField, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.sandbox.wire import Request


def read_body(request: Request, allowed: set[str]) -> dict[str, Any]:
    """Return the JSON object sent; an empty body is ``{}``, with all that follows from defaults."""
    if not request.body.strip():
        return {}
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise refuse("Content-Type must be application/json")
    try:
        body = json.loads(request.body)
    except ValueError:
        raise refuse("The body is not valid JSON") from None
    if not isinstance(body, dict):
        raise refuse("The body must be a JSON object")
    for name in body:
        if name not in allowed:
            raise WrongField(name, "Unknown field.")
    return body


def read_query(request: Request, allowed: set[str]) -> dict[str, str]:
    seen: dict[str, str] = {}
    for name, value in request.params:
        if name not in allowed:
            raise WrongField(name, "Unknown query parameter.")
        if name in seen:
            raise WrongField(name, "Given more than once.")
        seen[name] = value
    return seen


def number_param(params: Mapping[str, str], name: str, default: int) -> int:
    text = params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise WrongField(name, "Must be a whole number from 1 up.")
    return int(text)


def number_field(body: Mapping[str, Any], name: str, default: int) -> int:
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise WrongField(name, "Must be a whole number from 1 up.")
    return value


def text_field(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or not value.strip():
        raise WrongField(name, "This field is required and must be text.")
    return value


def choice_field(body: Mapping[str, Any], name: str, choices: tuple[str, ...], default: str) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or value not in choices:
        raise WrongField(name, f"Must be one of {', '.join(choices)}.")
    return value


def object_field(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name, {})
    if not isinstance(value, dict):
        raise WrongField(name, "Must be an object.")
    return value


def ids_field(body: Mapping[str, Any], name: str, *, or_text: bool) -> list[int]:
    """Return the ids of add-leads: an array of integers, or also "1,2,3" where that is accepted."""
    value = body.get(name, [])
    if isinstance(value, str) and or_text:
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise WrongField(name, "Must be numbers with commas between.")
        return [int(part) for part in parts]
    if not isinstance(value, list) or not all(type(one) is int for one in value):
        raise WrongField(name, "Must be an array of integers.")
    return value
