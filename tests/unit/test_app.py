"""What the composition root works out by itself."""

from __future__ import annotations

from pathlib import Path

from syncd.app import name_host


def test_a_ledger_is_the_same_before_and_after_systemd_moves_its_folder() -> None:
    public, private = Path("/var/lib/syncd/ledger.db"), Path("/var/lib/private/syncd/ledger.db")
    assert name_host(public) == name_host(private)
    assert name_host(public) != name_host(public.with_name("other.db"))
