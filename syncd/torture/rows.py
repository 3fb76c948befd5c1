"""What the rows of the sheet must show, and what must never stand in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncd.core import status
from syncd.core.swaps import is_token
from syncd.sandbox.office.leads import plain, read_note
from syncd.torture.stage import Stage
from syncd.torture.wording import LAYOUT

_STAYS = status.FOUND_BESIDE.partition("{value}")[2].partition("{what}")[0]


def check_cells(stage: Stage) -> Iterator[str]:
    """Nothing of syncd's stands in Email or Phone but what parses, or a token's claim."""
    for line in stage.leads.look().lines():
        for column in (LAYOUT.email, LAYOUT.phone):
            entry = line.entry(column)
            shown = plain(entry)
            if not shown or read_note(entry) is not None or is_token(shown):
                continue
            # Google may take a phone for a number; that is repaired when its echo is seen.
            if not is_value(shown) and not is_value(f"+{shown}"):
                yield f"{column} of {line.prospect} shows {shown!r}"


def find_undelivered(stage: Stage, found: Mapping[tuple[int, str], str]) -> Iterator[str]:
    """Every row shows what the ledger has for it, or what a human has typed instead."""
    for line in stage.leads.look().lines():
        fields = {kind.column for kind in LAYOUT.finds.get(line.find, ())}
        for field, column in (("email", LAYOUT.email), ("phone", LAYOUT.phone)):
            entry = line.entry(column)
            typed = read_note(entry)
            if typed is not None and plain(entry) != typed.text:
                yield f"a human's {typed.text!r} is gone, {plain(entry)!r} stands there"
            if line.prospect is None or typed is not None:
                continue
            value, shown = found.get((line.prospect, field)), plain(entry)
            # A copied row that was given to somebody else, say: syncd says that it stays.
            if shown in stage.copied and _STAYS in line.shown(LAYOUT.status):
                continue
            if field in fields and value and shown != value:
                yield f"the row of {line.prospect} shows {shown!r}, and {value!r} was found"
            if is_token(shown):
                yield f"the row of {line.prospect} still shows the token {shown!r}"


def find_disowned(stage: Stage) -> Iterator[str]:
    """Nobody whom the vendor has is called unknown; one whose lists are short may seem to."""
    seleqt = stage.seleqt
    if seleqt.knobs.add_leads_cap is not None:
        return
    for line in stage.leads.look().lines():
        if line.prospect in seleqt.catalogue.prospects:
            said = line.shown(LAYOUT.status)
            if status.UNKNOWN.partition("{")[0] in said:
                yield f"the row of {line.prospect} says {said!r}, and Seleqt has them"


def is_value(text: str) -> bool:
    """Tell an address or phone of the stage's people from anything else."""
    return text.endswith("@found.example") or (text.startswith("+1") and text[1:].isdigit())
