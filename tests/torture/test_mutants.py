"""The page of planted bugs says what the code does, and the quickest of them are caught again."""

from __future__ import annotations

import pytest
from mutants import MUTANTS, PAGE, UNCAUGHT, Mutant, catch, read_page, write_page

from syncd.torture.run import play_seed, workshop

CAUGHT = read_page(PAGE.read_text())
QUICK = 5  # schedules that a bug may take to be caught here: longer ones are for the script
TRIED = [one for one in MUTANTS if one.what in CAUGHT and 0 < CAUGHT[one.what].schedules <= QUICK]


def test_the_page_names_every_planted_bug() -> None:
    assert list(CAUGHT) == [one.what for one in MUTANTS]
    dashes = {what for what, found in CAUGHT.items() if not found.schedules}
    assert dashes == UNCAUGHT.keys()
    assert len(MUTANTS) - len(dashes) >= 25
    rooms = {one.room for one in MUTANTS}
    assert rooms == {"plan", "ledger", "lifecycle", "engine", "client", "flush"}


def test_the_page_is_what_the_script_writes() -> None:
    assert write_page(list(CAUGHT.values())) == PAGE.read_text()


@pytest.mark.parametrize("mutant", TRIED, ids=lambda one: one.what)
def test_a_planted_bug_is_caught_as_the_page_says(mutant: Mutant) -> None:
    assert catch(mutant, QUICK) == CAUGHT[mutant.what]


def test_the_same_schedules_pass_without_a_bug() -> None:
    with workshop() as folder:
        assert [play_seed(seed, folder).violations for seed in range(QUICK)] == [[]] * QUICK
