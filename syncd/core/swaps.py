"""How a text gets into its cell: in exchange for a text that stands there, or else in two steps.

Google finds a position when a write is made, and a text when the write is applied. A write to a
position may therefore meet another row, and for the second until that is repaired somebody, or a
mail merge, reads one person's address beside another's name. So what tells of a person is never
written to a position. It is *swapped* in: wherever in the column the old text stands by then, it
becomes the new one. That needs an old text which all who show it are to lose for the same new one.
Where there is none, a *token* is written to the position first; astray, it says nothing of anybody.

The figures of both ways, measured with people who edit inside syncd's requests, are in
``benchmarks/README.md``; a swap costs one more cycle, and no more requests per cycle.

Not so keys and the dates in Updated: a wrong one is no news of a person, and is repaired as well.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from syncd.core.leads import Lead
from syncd.core.table import Table

_TOKEN = re.compile("⏳ [A-Z2-7]{8}")
# A replacement may be parsed as if typed (assumed: switch find_replace_parses): what cannot be
# taken for a number, a date or a formula comes out as it is; a plain count reads the same.
_INERT = re.compile(r"[^\W\d_]|“|\w[\w.+-]*@|\d+\Z|\d+ [a-z]")


class Step(NamedTuple):
    """What to put into a cell now. ``old`` is what it replaces by content; empty: by position.

    ``typed`` is the replacement where that must be typed otherwise to become the value. ``here``:
    only in the row's own cell, and only while that shows the old text.
    """

    value: str
    old: str = ""
    typed: str = ""
    here: bool = False


class Failures(NamedTuple):
    """The columns in which swaps were seen to fail.

    In some, replacements are ``parsed`` as if typed; in others, hidden rows are ``passed_over``.
    """

    parsed: frozenset[str] = frozenset()
    passed_over: frozenset[str] = frozenset()


def make_token(column: str, text: str, salt: int) -> str:
    """Return what stands for a text until it is swapped in.

    The salt changes when an answer is lost: a write that is applied late then brings tokens which
    nothing is swapped for.
    """
    digest = hashlib.blake2b(f"{salt}\x1f{column}\x1f{text}".encode(), digest_size=5).digest()
    return f"⏳ {base64.b32encode(digest).decode()}"


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def find_steps(
    table: Table[Any],
    column: str,
    wanted: Mapping[int, str],
    *,
    astray: Collection[object],
    failures: Failures,
    salt: int,
    half_way: frozenset[int] = frozenset(),
    late: Collection[str] = (),
) -> dict[int, Step]:
    """Return the next step of each cell of a column that should show another text.

    ``wanted`` is by 0-based row. Rows that are left out wait for the next write: their old text
    also stands ``astray`` in a wrong row, or is about to leave other rows that show it, or the row
    is ``half_way``: another of its cells gets a token now, and none is to be told of before. So do
    those that should show a text of ``late``: a swap whose answer was lost may yet be applied, and
    takes that text from whoever shows it then.

    1. Gather the rows by the text that they show, and then by the text that they should show.
    2. An old text that all are to lose for the same new one is swapped.
    3. Of one that they are to lose for several, the most wait, and the others get tokens.
    4. Whatever cannot be swapped is written to its position.
    5. Swaps are made one after the other: none may bring what another takes, so that gets a token.
    """
    shown = Counter(row.owned(column) for row in table.rows)
    groups: dict[str, dict[str, list[int]]] = {}
    for number, text in wanted.items():
        groups.setdefault(table.row(number).owned(column), {}).setdefault(text, []).append(number)
    steps: dict[int, Step] = {}
    for old, texts in groups.items():
        if old in astray:
            continue
        # A number is found by how it is shown, which is not known.
        told = bool(old) and not old.isdigit() and column not in failures.passed_over
        complete = told and shown[old] == sum(map(len, texts.values()))
        most = max(texts, key=lambda text: len(texts[text]))
        for text, numbers in texts.items():
            if text in late:
                continue
            # An apostrophe makes text of what is typed, and stays where all is text anyway. Its
            # token is another: so a restarted syncd, too, knows that one was needed here.
            quoted = f"'{text}"
            parsed = column in failures.parsed or old == make_token(column, quoted, salt)
            parsed = parsed and text != "" and not _INERT.match(text)
            token = make_token(column, quoted if parsed else text, salt)
            if not survives(column, text) or column in failures.passed_over:
                step = Step(text)
            elif complete and text == most:
                if len(texts) > 1 or not half_way.isdisjoint(numbers):
                    continue
                step = Step(text, old, quoted if parsed and old != quoted else "")
            else:
                # A copied row shares the token.
                value = text if not text or old == token else token
                step = Step(value, old if told else "", here=told)
            steps.update(dict.fromkeys(numbers, step))
    taken = {step.old for step in steps.values() if step.old and not step.here}
    for number, step in steps.items():
        value = step.value
        while step.old and value in taken:
            value = make_token(column, value, salt)
        if value != step.value:
            steps[number] = step._replace(value=value, typed="")
    return steps


def survives(column: str, text: str) -> bool:
    """Return whether the text can be a replacement, and come out as it is."""
    # A phone does so in a cell of plain text, which `syncd init` makes of that column; or quoted.
    return not text or _INERT.match(text) is not None or column == Lead.PHONE
