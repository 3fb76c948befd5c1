from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.sandbox.sheets.entry import Typing, parse_entry
from syncd.sandbox.sheets.locales import locale_of
from syncd.sandbox.sheets.model import Formula
from syncd.sandbox.sheets.patterns import show_number

US, DE, FR = (Typing(locale_of(name)) for name in ("en_US", "de_DE", "fr_FR"))


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("5", 5, None),
        ("-1.5", -1.5, None),
        ("00123", 123, None),
        ("2,000,000.01", 2000000.01, "NUMBER"),
        ("50%", 0.5, "PERCENT"),
        ("$5.50", 5.5, "CURRENCY"),
        ("(5)", -5, None),
        ("1e3", 1000, "SCIENTIFIC"),
        ("+33612345678", 33612345678, None),
        ("TRUE", True, None),
        ("false", False, None),
        ("2020-01-01", 43831, "DATE"),
        ("1/2/2020", 43832, "DATE"),
        ("Jan 5, 2026", 46027, "DATE"),
        ("12:00", 0.5, "TIME"),
        ("2020-01-01 6:00 pm", 43831.75, "DATE_TIME"),
        ("'0123", "0123", None),
        ("'=1", "=1", None),
        ("1,5", "1,5", None),
        ("31.12.2020", "31.12.2020", None),
        ("13/13/2020", "13/13/2020", None),
        ("Ada Lovelace", "Ada Lovelace", None),
        ("nan", "nan", None),
        ("@handle", "@handle", None),
        ("✅ done 14:05", "✅ done 14:05", None),
        ("- a point", "- a point", None),
        ("", None, None),
        ("=A1", Formula("=A1"), None),
        ("+33 6 12", Formula("=+33 6 12"), None),
    ],
)
def test_text_typed_in_english_becomes_its_value(text, value, kind):
    typed = parse_entry(text, US)
    assert typed.value == value
    assert typed.value.__class__ is value.__class__
    assert (None if typed.format is None else typed.format["type"]) == kind


@pytest.mark.parametrize(
    ("text", "locale", "value"),
    [
        ("1,5", DE, 1.5),
        ("2.000.000,01", DE, 2000000.01),
        ("1.5", DE, "1.5"),
        ("31.12.2020", DE, 44196),
        ("WAHR", DE, True),
        ("1,5", FR, 1.5),
        ("1 234,5", FR, 1234.5),
        ("31/12/2020", FR, 44196),
        ("VRAI", FR, True),
        ("2020-12-31", FR, 44196),
    ],
)
def test_text_is_parsed_by_the_locale(text, locale, value):
    assert parse_entry(text, locale).value == value


def test_a_text_cell_keeps_what_is_typed():
    for text in ("5", "=A1", "+33612345678", "TRUE", "2020-01-01"):
        assert parse_entry(text, US, {"type": "TEXT"}).value == text


@pytest.mark.parametrize("on", [True, False])
def test_two_readings_of_phone_numbers_are_switches(fill, read, batch, switches, on):
    switches.plus_starts_formula = switches.text_format_keeps_text = on
    look = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    area = {"startColumnIndex": 1, "endColumnIndex": 2}
    batch({"repeatCell": {"range": area, "cell": look, "fields": "userEnteredFormat"}})
    fill([["+44 7700 900123", "+447700900123"]], option="USER_ENTERED")
    kept, parsed = "+447700900123", 447700900123
    assert read() == [["#ERROR!", kept] if on else ["+44 7700 900123", parsed]]


@given(st.integers(-(10**14), 10**14) | st.floats(-1e6, 1e6).map(lambda one: round(one, 4)))
def test_a_number_reads_as_it_shows(number):
    for locale in (US, DE, FR):
        assert parse_entry(show_number(number, None, locale.locale), locale).value == pytest.approx(
            number
        )


@given(st.text(max_size=20))
def test_any_text_can_be_typed(text):
    for locale in (US, DE, FR):
        parse_entry(text, locale)


@pytest.mark.parametrize(
    ("value", "kind", "pattern", "shown"),
    [
        (0.0009765625, None, "", "0.0009765625"),
        (1 / 3, None, "", "0.3333333333"),
        (33612345678, None, "", "33612345678"),
        (1e15, None, "", "1.00E+15"),
        (1234.5, "NUMBER", "#,##0.00", "1,234.50"),
        (-1234.5, "NUMBER", "#,##0.00;(#,##0.00)", "(1,234.50)"),
        (0.5, "PERCENT", "0%", "50%"),
        (5, "CURRENCY", '"$"#,##0.00', "$5.00"),
        (43831, "DATE", "yyyy-mm-dd", "2020-01-01"),
        (43831.75, "DATE_TIME", "", "1/1/2020 6:00:00 PM"),
        (0.5, "TIME", "hh:mm", "12:00"),
        (43831.5, "DATE_TIME", "dd.mm.yyyy hh:mm:ss", "01.01.2020 12:00:00"),
        (43831, "DATE", "dddd, mmmm d", "Wednesday, January 1"),
        (1234567, "SCIENTIFIC", "0.00E+00", "1.23E+06"),
        (7, "NUMBER", "000", "007"),
        (2.5, "NUMBER", "0", "3"),
    ],
)
def test_numbers_show_by_their_pattern(value, kind, pattern, shown):
    number_format = None if kind is None else {"type": kind, "pattern": pattern}
    assert show_number(value, number_format, US.locale) == shown


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("=1+2*3", "7"),
        ("=-2^2", "4"),
        ("=(1+2)*3", "9"),
        ('="a"&"b"&1', "ab1"),
        ("=A1", "5"),
        ("=SUM(A1:A3)", "12"),
        ("=SUM(A:A)", "12"),
        ("=COUNT(A1:B3)", "3"),
        ("=COUNTA(A1:B3)", "4"),
        ('=COUNTIF(A1:A3,">3")', "2"),
        ('=COUNTIF(B1:B3,"tex*")', "1"),
        ('=IF(A1>4,"big","small")', "big"),
        ("=AND(TRUE,A1=5)", "TRUE"),
        ("=OR(FALSE,A1=6)", "FALSE"),
        ("=NOT(TRUE)", "FALSE"),
        ('=CONCATENATE("x",A1)', "x5"),
        ('=HYPERLINK("https://x.example","here")', "here"),
        ("=ISBLANK(C1)", "TRUE"),
        ('=TEXT(1234.5,"#,##0.0")', "1,234.5"),
        ("=50%", "0.5"),
        ('="Text"="text"', "TRUE"),
        ("=FOO(1)", "#NAME?"),
        ("=nonsense", "#NAME?"),
        ("=1/0", "#DIV/0!"),
        ("=1+", "#ERROR!"),
        ('="a"+1', "#VALUE!"),
        ("=Gone!A1", "#REF!"),
        ("=A9000", "#REF!"),
        ("=D1", "#REF!"),
        ("=Sheet1!A2", "3"),
        ('=IFERROR(1/0,"none")', "none"),
        ("=IF(1,2,3,4)", "#N/A"),
        ("=TODAY()", "46349"),
    ],
)
def test_formulas_are_worked_out(fill, read, formula, shown):
    fill([[5, "text"], [3], [4]])
    fill([[formula]], at="Sheet1!D1", option="USER_ENTERED")
    assert read("Sheet1!D1", "FORMATTED_VALUE") == [[shown]]
    assert read("Sheet1!D1", "FORMULA") == [[formula]]


def test_formulas_follow_what_they_point_to(fill, read, batch):
    fill([[1], [2], ["=A1+A2"], ["=SUM(A1:A2)"], ["=$A$1"]], option="USER_ENTERED")
    rows = {"dimension": "ROWS"}
    batch({"insertDimension": {"range": {**rows, "startIndex": 1, "endIndex": 2}}})
    assert [row[0] for row in read("A4:A6", "FORMULA")] == ["=A1+A3", "=SUM(A1:A3)", "=$A$1"]
    batch({"deleteDimension": {"range": {**rows, "startIndex": 0, "endIndex": 1}}})
    assert [row[0] for row in read("A3:A5", "FORMULA")] == ["=#REF!+A2", "=SUM(A1:A2)", "=#REF!"]
    batch({"updateSheetProperties": {"properties": {"title": "My leads"}, "fields": "title"}})
    fill([["='My leads'!A2"]], at="'My leads'!C1", option="USER_ENTERED")
    batch({"updateSheetProperties": {"properties": {"title": "Leads"}, "fields": "title"}})
    assert read("Leads!C1", "FORMULA") == [["=Leads!A2"]]


def test_now_follows_the_clock_and_the_time_zone(fill, read, clock):
    from datetime import timedelta  # noqa: PLC0415 - only here

    fill([['=TEXT(NOW(),"yyyy-mm-dd hh:mm")']], option="USER_ENTERED")
    assert read() == [["2026-11-23 10:00"]]
    clock.advance(timedelta(hours=1))
    fill([["x"]], at="Sheet1!B1")  # computed anew at the next change
    assert read("A1") == [["2026-11-23 11:00"]]
