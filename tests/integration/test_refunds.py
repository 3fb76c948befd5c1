"""``syncd batches refunds``: what Seleqt gave back, as far as the balance tells."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rig import Rig
from typer.testing import CliRunner

from syncd import cli


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, refund="batch_end", refund_delay_seconds=0.0) as made:
        yield made


def refunds(rig: Rig, *options: str) -> str:
    config = str(rig.folder / "config.toml")
    answer = CliRunner().invoke(cli.app, ["batches", "refunds", *options, "--config", config])
    assert answer.exit_code == 0, answer.output
    return answer.output


def told(rig: Rig, *options: str) -> list[dict[str, Any]]:
    found = json.loads(refunds(rig, "--json", *options))
    assert isinstance(found, list)
    return found


def test_a_refund_is_seen_with_the_next_purchase_and_what_is_missing_is_overdue(rig: Rig) -> None:
    rig.ask(*((person, "Email") for person in [*rig.people(2), rig.person(), rig.person()]))
    rig.run()
    [first] = told(rig)
    assert (first["expected"], first["observed"], first["state"]) == (6, 0, "awaited")
    rig.seleqt.knobs.change(refund="none")
    rig.ask((rig.person(), "Email"), first=10)
    rig.run()
    rig.seleqt.top_up(5000)  # no refund, whatever it is
    rig.ask((rig.people(1)[0], "Email"), first=11)
    rig.run()
    old, new = told(rig)
    assert (old["expected"], old["observed"], old["state"]) == (6, 6, "seen")
    assert (new["expected"], new["observed"], new["state"]) == (3, 0, "awaited")
    assert told(rig, "--overdue") == []
    rig.settings["buying"] = 'ask_first = []\nsettle_after = "0s"\nrefund_within = "0s"'
    rig.config()
    [late] = csv.DictReader(StringIO(refunds(rig, "--overdue", "--csv")))
    [batch] = [batch for batch in rig.batches() if batch.id == new["batch"]]
    assert late["list"] == batch.name
    assert late["prospects"] == str(batch.jobs[0].prospect_id)
    assert "Expected 9 credits, seen 6." in refunds(rig)
    assert rig.totals()["settled"] == 18  # an estimate: nothing is booked


def test_a_purchase_that_was_in_doubt_is_no_refund_when_it_is_settled(
    rig: Rig, impatient: float
) -> None:
    rig.seleqt.knobs.change(refund="none")
    people = [*rig.people(2), *(rig.person() for _ in range(2))]
    rig.ask((people[0], "Email"), (people[2], "Email"))
    rig.run()
    rig.ask((people[1], "Email"), (people[3], "Email"), first=5)
    rig.world.faults.add("drop_after", vendor="seleqt", method="POST", path=r"/enrichment/$")
    rig.run()
    rig.ask((rig.person(email="more@found.example"), "Email"), first=9)
    rig.run()
    assert [one["observed"] for one in told(rig)] == [0, 0]
    assert rig.totals()["settled"] == rig.seleqt.meter.charged() == 15
