"""What sales teams call things: no word means two things, and every language has its words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest

from syncd.core import cells, leads, requests
from syncd.core.header import Column, Header, HeaderProblem, find_header, fold
from syncd.core.model import Kind
from syncd.core.wishes import AGAIN_CHOICES, CHOICES, Find, parse_find, read_find
from syncd.core.words import HEADERS, TICKS

LANGUAGES = ("en", "de", "fr", "es", "nl")
WORKSHEETS = {"Leads": leads.COLUMNS, "Requests": requests.COLUMNS}
SAME = {"Status", "Credits", "Quote", "Spent", "Found", "Not found"}  # in English at least


@pytest.mark.parametrize("columns", WORKSHEETS.values(), ids=WORKSHEETS)
def test_no_word_is_claimed_by_two_columns(columns: Sequence[Column]) -> None:
    words = {c.name: {fold(text) for text in (c.name, *c.aliases)} for c in columns}
    for one, other in combinations(words, 2):
        assert words[one].isdisjoint(words[other]), (one, other)


def test_every_column_has_words_in_every_language_and_none_is_for_nothing() -> None:
    assert set(HEADERS) == {c.name for columns in WORKSHEETS.values() for c in columns}
    for name, words in HEADERS.items():
        assert tuple(words) == LANGUAGES
        assert all(words.values()) or name in SAME
        assert fold(name) not in {fold(word) for said in words.values() for word in said}


@pytest.mark.parametrize("columns", WORKSHEETS.values(), ids=WORKSHEETS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_header_in_one_language_names_every_column(
    columns: Sequence[Column], language: str
) -> None:
    for last in (False, True):
        said = [(HEADERS[c.name][language] or (c.name,))[-last].upper() for c in columns]
        header = find_header([said], columns)
        assert isinstance(header, Header)
        assert list(header.at) == [c.name for c in columns]


@pytest.mark.parametrize(
    "said", ["PRÉNOM", "Prenom", "pre\u0301nom", " Prénom: ", "prénom\u00a0", "Pre-nom"]
)
def test_accents_case_and_marks_do_not_matter_in_a_header(said: str) -> None:
    names = [said if c.name == "First name" else c.name for c in leads.COLUMNS]
    header = find_header([names], leads.COLUMNS)
    assert isinstance(header, Header)
    assert ("First name" in header.at) == (said != "Pre-nom")


def test_where_the_configs_word_stands_no_other_counts() -> None:
    names = [c.name for c in leads.COLUMNS]

    def phone(*more: str, config: Sequence[str] = ()) -> int | str:
        found = find_header(
            [[*more, *names[:8], *names[10:], "Email"]], leads.COLUMNS, {"Phone": config}
        )
        return found.text if isinstance(found, HeaderProblem) else found.at["Phone"]

    assert phone("x", "Telefon") == 1
    assert phone("Phone", "Telefon", "Zentrale", config=["Zentrale"]) == 2
    assert phone("Phone", "Telefon", config=["Telefon"]) == 1
    assert "stands more than once" in str(phone("Mobile", "Telefon"))
    assert "stands more than once" in str(phone("Phone", "Telefon"))


BOTH = (Kind.EMAIL, Kind.PHONE)


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        *CHOICES.items(),
        ("E-Mail", (Kind.EMAIL,)),
        ("courriel", (Kind.EMAIL,)),
        ("Correo electrónico", (Kind.EMAIL,)),
        ("E-Mail (Wasserfall)", (Kind.EMAIL_WATERFALL,)),
        ("Email(waterfall)", (Kind.EMAIL_WATERFALL,)),
        ("TELEFON", (Kind.PHONE,)),
        ("telephone", (Kind.PHONE,)),
        ("teléfono", (Kind.PHONE,)),
        ("E-Mail + Telefon", BOTH),
        ("Telefon und E-Mail", BOTH),
        ("e-mail et téléphone", BOTH),
        ("correo y teléfono", BOTH),
        ("E-mail en telefoon", BOTH),
        ("email+phone", BOTH),
        ("Phone, email (cascade)", (Kind.EMAIL_WATERFALL, Kind.PHONE)),
        ("", ()),
        ("  ", ()),
    ],
)
def test_find_is_understood_in_five_languages(said: str, kinds: tuple[Kind, ...]) -> None:
    assert parse_find(said) == kinds


@pytest.mark.parametrize(
    ("said", "find"),
    [
        *((choice, Find((kind,), (kind,))) for kind, choice in AGAIN_CHOICES.items()),
        ("E-Mail erneut", Find((Kind.EMAIL,), (Kind.EMAIL,))),
        ("Telefon noch einmal", Find((Kind.PHONE,), (Kind.PHONE,))),
        ("courriel à nouveau", Find((Kind.EMAIL,), (Kind.EMAIL,))),
        ("correo otra vez", Find((Kind.EMAIL,), (Kind.EMAIL,))),
        ("telefoon opnieuw", Find((Kind.PHONE,), (Kind.PHONE,))),
        ("Email + phone again", Find(BOTH, (Kind.PHONE,))),  # the email is not paid for anew
        ("Email again + phone again", Find(BOTH, BOTH)),
        ("Email", Find((Kind.EMAIL,))),
        ("again", None),
    ],
)
def test_a_search_once_more_is_asked_for_in_five_languages(said: str, find: Find | None) -> None:
    assert read_find(said) == find
    assert parse_find(said) == (None if find is None or find.again else find.kinds)


@pytest.mark.parametrize(
    "said",
    ["Fax", "Phone?", "no email", "email + email (waterfall)", "email phone", "+", "email +", "1"],
)
def test_find_is_not_guessed(said: str) -> None:
    assert parse_find(said) is None


@pytest.mark.parametrize("said", [*sorted(TICKS), "JA", "Oui", "SÍ", " vrai ", True, 1])
def test_a_tick_is_a_tick_in_five_languages(said: object) -> None:
    assert cells.ticked(said)


@pytest.mark.parametrize("said", ["nein", "non", "no", "nee", "", "?", False, 0])
def test_whatever_else_is_none(said: object) -> None:
    assert not cells.ticked(said)
