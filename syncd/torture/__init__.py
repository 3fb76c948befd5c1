"""Torture: the real program against the sandbox under every misfortune we can think of.

A *schedule* is one seed's story as plain data. It is played in process and in virtual time: the
production :class:`~syncd.app.App` with a ledger file, gspread and httpx, against the sandbox's
world. The vendor's own credit meter is the judge.

==============  =================================================================================
schedule        a schedule and its steps: plain data, each step says itself in words
draw            one seed's schedule
stage           the world that a schedule is played in: both vendors, the sheet, the people
mishaps         where a process dies, a disk is full, and an answer comes twice or stale
replay          what makes a run repeatable: ids, waiting and chance come from the seed
program         syncd itself, started, killed and started again
play            a schedule, played and judged after each step
judge           what must always hold
reached         what a run must have reached to prove anything
shrink          the shortest story that still fails
run             many schedules, on all cores
report          the result, for people
==============  =================================================================================

It refuses to fake anything between the wire and the disk, and imports no test.
"""

from __future__ import annotations
