"""Who may buy for a spreadsheet: one syncd at a time, and none whose ledger is behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.lease import Claim, Lease, judge, lasting, parse_lease

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
HEX = st.text("0123456789abcdef", min_size=4, max_size=16)
LEASES = st.builds(
    Lease,
    ledger=HEX,
    host=HEX,
    epoch=st.integers(0, 10**12 - 1),
    until=st.integers(0, 10**10).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)


def lease(*, host: str = "aaaa", ledger: str = "1111", epoch: int = 5, minutes: int = 3) -> Lease:
    return Lease(ledger=ledger, host=host, epoch=epoch, until=NOW + timedelta(minutes=minutes))


def claim(shown: Lease | None, **epochs: int) -> Claim:
    known = {"1111": 5} | {name.removeprefix("of_"): epoch for name, epoch in epochs.items()}
    return judge(shown, ledger="1111", host="aaaa", epochs=known, now=NOW)


@given(LEASES)
def test_a_lease_is_read_as_it_was_written(one: Lease) -> None:
    assert parse_lease(str(one)) == one
    assert parse_lease(f" {one} ") == one


@given(st.text())
def test_whatever_people_type_is_no_lease_and_no_error(text: str) -> None:
    assert parse_lease(text) is None


def test_a_time_that_cannot_be_is_no_lease() -> None:
    assert parse_lease("1111/aaaa #5 until 2026-13-99 09:00:00 UTC") is None


def test_only_ones_own_lease_that_holds_lets_one_buy() -> None:
    assert claim(lease()) is Claim.OURS
    assert claim(None) is Claim.FREE
    assert claim(lease(minutes=0)) is Claim.FREE
    assert claim(lease(ledger="2222"), of_2222=5) is Claim.FREE


def test_anothers_lease_holds_a_minute_longer_as_clocks_differ() -> None:
    assert claim(lease(host="bbbb")) is Claim.OTHERS
    assert claim(lease(host="bbbb", minutes=0)) is Claim.OTHERS
    assert claim(lease(host="bbbb", minutes=-1)) is Claim.FREE


def test_a_ledger_that_is_behind_the_sheet_may_not_buy() -> None:
    assert claim(lease(epoch=6)) is Claim.UNKNOWN_PAST
    assert claim(lease(epoch=6, minutes=-99)) is Claim.UNKNOWN_PAST
    assert claim(lease(ledger="2222", minutes=-99)) is Claim.UNKNOWN_PAST
    assert claim(lease(ledger="2222", epoch=7), of_2222=6) is Claim.UNKNOWN_PAST
    assert claim(lease(epoch=4)) is Claim.OURS  # the sheet is behind: its last write was lost


@given(LEASES, LEASES, HEX, HEX)
def test_of_two_hosts_at_most_one_may_buy(one: Lease, other: Lease, a: str, b: str) -> None:
    for shown in (one, other):
        ours = [
            judge(shown, ledger=shown.ledger, host=host, epochs={shown.ledger: 10**12}, now=NOW)
            for host in {a, b, shown.host}
        ]
        assert ours.count(Claim.OURS) <= 1


def test_a_lease_outlasts_three_writes_of_the_panel() -> None:
    assert lasting(timedelta(minutes=1)) == timedelta(minutes=3)
    assert lasting(timedelta(hours=1)) == timedelta(hours=3)
