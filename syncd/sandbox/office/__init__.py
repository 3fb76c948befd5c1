"""An office full of people who edit a Leads worksheet while a program works on it, and the judge.

The sandbox knows no program: header names, sentences and what may be asked for are given to it
(:class:`Layout`, :class:`Words`). Who a row is, and what people typed into it, is remembered in the
notes of the cells, which travel with them and which no program here ever writes.
"""

from __future__ import annotations

from .judge import Findings, judge
from .layout import Layout, Words
from .leads import Leads, Line
from .people import Person, Pool, Wish
from .staff import Office, Worker
from .truth import Truth
from .witness import Witness

__all__ = [
    "Findings",
    "Layout",
    "Leads",
    "Line",
    "Office",
    "Person",
    "Pool",
    "Truth",
    "Wish",
    "Witness",
    "Words",
    "Worker",
    "judge",
]
