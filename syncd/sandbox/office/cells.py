"""Edits of single cells: each takes the worksheet and a die, does one edit, and says what it did.

One that cannot be done just now raises ValueError.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from .leads import Leads, Line
from .people import Person, Pool


def type_text(leads: Leads, dice: random.Random) -> str:
    """Type into one of people's own cells: a name typed anew is another fingerprint."""
    line = _somebody(leads, dice)
    name = dice.choice(leads.layout.texts)
    text = f"{name.lower()} {dice.randrange(100_000)}"
    leads.type(line.number, name, text)
    return f"type {text!r} for {line.prospect}"


def type_value(leads: Leads, dice: random.Random) -> str:
    """Type an own address: into an empty cell, or over what stands there."""
    line = _somebody(leads, dice)
    text = f"own{dice.randrange(10**6)}@typed.example"
    shown = line.shown(leads.layout.email)
    leads.type(line.number, leads.layout.email, text)
    return f"type {text!r} for {line.prospect}, over {shown!r}"


def clear_value(leads: Leads, dice: random.Random) -> str:
    """Clear a value, whoever wrote it."""
    line = _somebody(leads, dice)
    name = dice.choice([leads.layout.email, leads.layout.phone])
    if not line.shown(name):
        raise ValueError("nothing to clear")
    leads.type(line.number, name, "")
    return f"clear the {name} of {line.prospect}, {line.shown(name)!r}"


def change_prospect(leads: Leads, dice: random.Random) -> str:
    """Type another id into a row: of somebody who is here already."""
    line, other = _somebody(leads, dice), _somebody(leads, dice)
    leads.type(line.number, leads.layout.prospect, str(other.prospect))
    return f"turn {line.prospect} into {other.prospect}"


def change_find(leads: Leads, dice: random.Random) -> str:
    line = _somebody(leads, dice)
    find = dice.choice(["", *leads.layout.finds])
    leads.type(line.number, leads.layout.find, find)
    return f"let {line.prospect} ask for {find or 'nothing'}"


def tick(leads: Leads, dice: random.Random) -> str:
    """Tick the approval of a row, or take it back."""
    line = _somebody(leads, dice)
    leads.tick(line.number, not line.approved)
    return f"{'untick' if line.approved else 'tick'} {line.prospect}"


def paste_people(leads: Leads, people: list[Person]) -> str:
    """Paste new rows below everything."""
    look = leads.look()
    leads.room(look.end + len(people))
    leads.paste(look.end, [_texts(leads, person) for person in people])
    approved = [n for n, person in enumerate(people) if person.wish.approved]
    for number in approved:
        leads.tick(look.end + number, True)
    return f"paste {len(people)} people at {look.end}"


def type_slowly(leads: Leads, pool: Pool, dice: random.Random) -> Iterator[str]:
    """Type a new row cell by cell, the id digit by digit; one step at each ``next``.

    The typist follows the row by what was typed into it first, and gives up when that is gone.
    """
    person = pool.invent()
    layout = leads.layout
    mark = f"draft {person.prospect}"
    look = leads.look()
    leads.room(look.end)
    leads.type(look.end, layout.texts[-1], mark)
    yield f"begin to type {person.prospect} at {look.end}"
    digits = str(person.prospect)
    steps = [(layout.prospect, digits[: end + 1]) for end in range(len(digits))]
    steps += [(name, text) for name, text in person.texts.items() if name != layout.texts[-1]]
    steps.insert(0 if dice.random() < 0.5 else len(steps), (layout.find, person.wish.find))
    for name, text in steps:
        found = [line for line in leads.look().lines() if line.typed(layout.texts[-1]) == mark]
        if not found:
            return
        leads.type(found[0].number, name, text)
        yield f"type {text!r} as {name} of {person.prospect}"


def _texts(leads: Leads, person: Person) -> dict[str, str]:
    layout = leads.layout
    texts = {layout.prospect: str(person.prospect), **person.texts, layout.find: person.wish.find}
    return {name: text for name, text in texts.items() if text}


def _somebody(leads: Leads, dice: random.Random) -> Line:
    """Return the row of somebody."""
    look = leads.look()
    for _ in range(20):
        if look.end > look.first:
            line = look.line(dice.randrange(look.first, look.end))
            if line.prospect is not None:
                return line
    raise ValueError("nobody is here")
