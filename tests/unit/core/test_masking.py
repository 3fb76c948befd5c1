"""The log's filter: secrets, addresses and phones out, everything else untouched."""

from __future__ import annotations

import pytest

from syncd.core.masking import Mask, hide

SALT = b"salt"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sent with Bearer ya29.abc-DEF", "sent with Bearer (a secret)"),
        ("token ya29.abc-DEF_9", "token (a secret)"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----!", "(a key)!"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE and cut", "(a key)"),
        ("POST /hooks/aB3_x-9 404", "POST /hooks/(a secret) 404"),
        ("https://user:pass@host.example/x", "https://(a secret)@host.example/x"),
        ("no ada@firma.example", "no (an address)"),
        ("call +1 (202) 555-0123 or +447700900123", "call (a phone) or (a phone)"),
    ],
)
def test_what_may_not_be_logged_is_taken_out(text: str, masked: str) -> None:
    assert hide(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T09:30:00+00:00",
        "batch 5ebe7e000019 accepted: 3 queued, 90 credits",
        "share it with syncd@house.iam.gserviceaccount.com",
        "https://api.seleqt.ai/api/v1/lists/301",
        "+5 credits",
    ],
)
def test_what_is_neither_stays(text: str) -> None:
    assert Mask(set(), SALT).text(text) == text


def test_an_address_is_one_token_however_it_is_written_and_another_in_another_run() -> None:
    mask = Mask(set(), SALT)
    assert mask.text("Ada@Firma.example") == mask.text("ada@firma.example")
    assert mask.text("ada@firma.example") != mask.text("bo@firma.example")
    assert mask.text("ada@firma.example") != Mask(set(), b"other").text("ada@firma.example")


def test_a_secret_is_known_from_when_it_is_read_whole_and_line_by_line() -> None:
    secrets: set[str] = set()
    mask = Mask(secrets, SALT)
    assert mask.text("sk-live-abc") == "sk-live-abc"
    secrets.add("sk-live-abc")
    secrets.add('{"private_key": "-----BEGIN\\nMIIEvQIBADAN\\nBgkqhkiG9w0\\n"}')
    assert mask.text("key sk-live-abc!") == "key (a secret)!"
    assert mask.text("odd line BgkqhkiG9w0") == "odd line (a secret)"
    secrets.add("json://ops:pass-phrase@hooks.example.com/services/T0ABCDEFGHIJ?to=alert")
    assert mask.text("no answer at /services/T0ABCDEFGHIJ of hooks.example.com") == (
        "no answer at /services/(a secret) of hooks.example.com"
    )
    assert mask.value({"a": ["sk-live-abc", 7], "b": ValueError("sk-live-abc")}) == {
        "a": ["(a secret)", 7],
        "b": "(a secret)",
    }
