"""What a spreadsheet's locale decides: separators, date order, words. Unknown ones follow en_US."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Locale:
    """Date patterns are Google's: ``yyyy mm dd hh mm ss am/pm``."""

    decimal: str = "."
    group: str = ","
    order: str = "mdy"
    date: str = "m/d/yyyy"
    time: str = "h:mm:ss am/pm"
    true: str = "TRUE"
    false: str = "FALSE"
    currency: str = '"$"#,##0.00'
    months: tuple[str, ...] = (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    )
    days: tuple[str, ...] = (
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    )


_GERMAN = Locale(
    decimal=",",
    group=".",
    order="dmy",
    date="dd.mm.yyyy",
    time="hh:mm:ss",
    true="WAHR",
    false="FALSCH",
    currency="#,##0.00\\ [$€-407]",
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    days=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
)
_FRENCH = Locale(
    decimal=",",
    group="\u202f",
    order="dmy",
    date="dd/mm/yyyy",
    time="hh:mm:ss",
    true="VRAI",
    false="FAUX",
    currency="#,##0.00\\ [$€-1]",
    months=(
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    days=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
)
_BRITISH = Locale(order="dmy", date="dd/mm/yyyy", time="hh:mm:ss", currency="[$£]#,##0.00")

_KNOWN = {"de": _GERMAN, "fr": _FRENCH, "en_GB": _BRITISH, "en": Locale()}


def locale_of(name: str) -> Locale:
    return _KNOWN.get(name) or _KNOWN.get(name.partition("_")[0]) or _KNOWN["en"]
