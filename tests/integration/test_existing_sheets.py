"""Sheets that teams had before syncd: their words, their columns, their country's way to write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from rig import LEAD_HEADER, SPREADSHEET, Rig, lead

from syncd.core import status
from syncd.core.words import HEADERS
from syncd.sandbox.sheets import people as hands
from syncd.sandbox.sheets.model import Formula

FOUND = status.FOUND.format(what="email")

# A header as a team has it, what stands in Find and Approve, and the country of the sheet.
TEAMS = {
    "de": ("E-Mail", "ja", "de_DE"),
    "fr": ("courriel", "oui", "fr_FR"),
    "es": ("Correo electrónico", "sí", "es_ES"),
    "nl": ("E-mail", "ja", "nl_NL"),
}


def named(name: str, language: str) -> str:
    """Return a column's last word in a language, as people write headers."""
    words = HEADERS[name][language]
    return (words[-1] if words else name).capitalize()


def type_row(rig: Rig, worksheet: object, row: int, texts: Sequence[str]) -> None:
    with rig.world.lock:
        for position, text in enumerate(texts):
            if text:
                hands.type_cell(worksheet, row, position, text)


@pytest.mark.parametrize("language", TEAMS)
def test_a_sheet_in_its_own_language_is_served(tmp_path: Path, language: str) -> None:
    find, tick, locale = TEAMS[language]
    with Rig(tmp_path) as rig:
        rig.book.locale = locale
        person = rig.person(email="p0@found.example")
        rig.settings["buying"] = 'ask_first = ["email"]\nsettle_after = "0s"'
        cells = {"Prospect ID": str(person), "Find": find, "Approve": tick}
        type_row(rig, rig.leads, 0, [named(name, language) for name in LEAD_HEADER])
        type_row(rig, rig.leads, 1, [cells.get(name, "") for name in LEAD_HEADER])
        rig.run()
        assert rig.column(named("Email", language)) == ["p0@found.example"]
        assert rig.column(named("Status", language)) == [FOUND]


def test_several_worksheets_each_have_their_own_words_and_columns_and_others_stay(
    tmp_path: Path,
) -> None:
    with Rig(tmp_path) as rig:
        german = rig.book.add_worksheet(77, "Interessenten", 50, 26)
        rig.settings["_spreadsheet"] = (
            f'id = "{SPREADSHEET}"\nname = "Sales"\nleads = ["Leads", "Interessenten"]'
        )
        one, two = rig.people(2)
        rig.ask((one, "Email"))
        names = ["Umsatz", *[named(name, "de") for name in reversed(LEAD_HEADER)], "Notiz"]
        row: list[object] = [Formula("=7*6"), *[""] * len(LEAD_HEADER), "call on Monday"]
        row[len(LEAD_HEADER)] = two
        row[names.index("Finden")] = "E-Mail"
        rig.fill(german, [["Unsere Kontakte"], names, row])
        rig.run()
        assert rig.column("Email") == ["p0@found.example"]
        shown = rig.rows(german)
        assert shown[0][0] == "Unsere Kontakte"
        assert dict(zip(names, shown[2], strict=False))["Mailadresse"] == "p1@found.example"
        assert german.cell(2, 0).value == Formula("=7*6")
        assert german.cell(2, len(names) - 1).value == "call on Monday"


# -- a country's way to write --------------------------------------------------------------------

ODD = status.PROSPECT_ODD


@pytest.mark.parametrize(
    ("locale", "typed", "says"),
    [
        ("de_DE", "1.017", FOUND),  # shown so, and a number
        ("de_DE", "1017,0", FOUND),
        ("de_DE", "'1017", FOUND),
        ("de_DE", "'1.017", ODD.format(typed="1.017")),  # a text: nobody knows what it means
        ("de_DE", "1,017", ODD.format(typed="1.017")),  # one and a bit
        ("de_DE", "1.2.2026", ODD.format(typed="01.02.2026")),  # a date is not its day number
        ("en_US", "1,017", FOUND),
        ("en_US", "1.017", ODD.format(typed="1.017")),
        ("en_US", "1/2/2026", ODD.format(typed="1/2/2026")),
        ("fr_FR", "1\u202f017", FOUND),
        ("fr_FR", "1017,0", FOUND),
    ],
)
def test_an_id_is_what_the_cell_holds_however_the_country_shows_it(
    tmp_path: Path, locale: str, typed: str, says: str
) -> None:
    with Rig(tmp_path) as rig:
        rig.book.locale = locale
        rig.person(id=1017, email="p@found.example")
        rig.person(id=46054, email="wrong@found.example")  # 1 Feb 2026, as Google counts days
        rig.person(id=46024, email="wrong@found.example")
        type_row(rig, rig.leads, 1, lead(**{"Prospect ID": typed, "Find": "Email"}))  # type: ignore[arg-type]
        rig.run()
        assert rig.column("Status") == [says]
        assert rig.seleqt.meter.charged() == (3 if says == FOUND else 0)


def test_limits_of_a_request_are_read_as_the_country_writes_them(tmp_path: Path) -> None:
    with Rig(tmp_path) as rig:
        rig.book.locale = "de_DE"
        rig.seleqt.add_list("Messe", ids=rig.people(4))
        texts = ["Messe", "E-Mail", "1.000", "6,0", "WAHR"]
        type_row(rig, rig.requests, 1, texts)
        rig.run()
        assert rig.seleqt.meter.charged() == 6


def test_numbers_dates_and_phones_of_a_german_sheet_stay_as_they_are(tmp_path: Path) -> None:
    with Rig(tmp_path) as rig:
        rig.book.locale = "de_DE"
        person = rig.person(email="p@found.example", phone="+447700900123")
        at = len(LEAD_HEADER)
        type_row(rig, rig.leads, 0, [*[""] * at, "Umsatz", "Termin"])
        cells = lead(**{"Prospect ID": str(person), "Find": "E-Mail + Telefon"})
        type_row(rig, rig.leads, 1, [*map(str, cells), "1.234,50", "24.12.2026"])
        before = [rig.leads.cell(1, position) for position in (at, at + 1)]
        rig.run()
        assert [rig.leads.cell(1, position) for position in (at, at + 1)] == before
        assert before[0].value == 1234.5
        assert rig.column("Email") == ["p@found.example"]
