"""Torture: the real program against the sandbox under every misfortune we can think of.

A *schedule* is one seed's story as plain data. It is played in process and in virtual time: the
production :class:`~syncd.app.App` with a ledger file, gspread and httpx, against the sandbox's
world. The vendor's own credit meter is the judge.

==============  =================================================================================
schedule        a schedule: plain data
steps           its steps, each of which says itself in words
choices         what may go wrong, as tables
draw            one seed's schedule
themes          what most schedules would never come to, brought into some
stage           the world that a schedule is played in: both vendors, the sheet, the people
mishaps         where a process dies, a disk is full, and an answer comes twice or stale
replay          what makes a run repeatable: ids, waiting and chance come from the seed
program         syncd itself, started, killed and started again
play            a schedule, played and judged after each step
operator        what operators do: settle, back up, restore, reconcile, run a second host
judge           what must always hold
rows            what the rows of the sheet must show
reached         what a run must have reached to prove anything
shrink          the shortest story that still fails
run             many schedules, on all cores
report          the result, for people
==============  =================================================================================

It refuses to fake anything between the wire and the disk, and imports no test.
"""

from __future__ import annotations
