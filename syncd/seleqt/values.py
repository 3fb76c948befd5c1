"""When is a text an address or a phone? Only what parses is ever written into a sheet."""

from __future__ import annotations

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from syncd.core.model import Field


def parse_email(text: str) -> str | None:
    """Return the normalised address, or None. Syntax only: no DNS is asked.

    Reserved names such as ``.example`` pass: whether mail arrives is not for us to judge.
    """
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.normalized


def parse_phone(text: str) -> str | None:
    """Return the number in E.164, or None. A number without its country cannot be told."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    # "Possible" rather than "valid": newly opened ranges are missing in every copy of the rules.
    if not phonenumbers.is_possible_number(number) or number.extension:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


PARSERS = {Field.EMAIL: parse_email, Field.PHONE: parse_phone}
