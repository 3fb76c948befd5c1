"""What the name of a list, a row's sum and a minute tell of a forgotten purchase."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.leads import LeadRow
from syncd.core.list_names import ListName, compose_name, read_list_name
from syncd.core.model import Batch, BatchState, Kind
from syncd.core.recall import Forgotten, date, read_bill

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ROW = LeadRow("r-1", False, 7, (), False, "", "", "", "", "", "", ())


def batch(kind: Kind, made_at: datetime, request: str) -> Batch:
    return Batch(
        id="0a554e9119cc",
        account="a",
        worksheet=1,
        kind=kind,
        state=BatchState.PLANNED,
        jobs=(),
        booked_day="2026-11-24",
        reserved=0,
        created_at=made_at,
        request=request,
    )


@given(
    st.sampled_from(Kind),
    st.integers(0, 10**9),
    st.just("") | st.from_regex(r"r-[0-9A-Z]{12}", fullmatch=True) | st.text(),
    st.sampled_from(["", " (2)"]),
)
def test_a_name_tells_what_it_was_made_of(
    kind: Kind, seconds: int, request: str, added: str
) -> None:
    at = NOW.astimezone(timezone(timedelta(hours=1))) + timedelta(seconds=seconds)
    name = compose_name(batch(kind, at, request))
    told = read_list_name(name + added)
    assert told is not None
    assert (told.batch, told.kind) == ("0a554e9119cc", kind)
    assert told.made_at == at.replace(second=0, microsecond=0)
    assert told.request in {request, ""}
    assert len(name) <= 60


def test_a_name_that_was_cut_short_is_still_ours_and_tells_less() -> None:
    name = compose_name(batch(Kind.EMAIL_WATERFALL, NOW, "r-F1P5179NG11N"))
    told = [read_list_name(name[:end]) for end in range(len("syncd-0a554e9119cc"), len(name))]
    assert all(one is not None and one.request == "" for one in told)
    assert told[0] == ListName(batch="0a554e9119cc")
    assert told[20] == ListName(batch="0a554e9119cc", kind=Kind.EMAIL_WATERFALL)
    assert read_list_name("syncd-balance") is None
    odd = read_list_name("syncd-0a554e9119cc-email-20269924T0130Z")
    assert odd == ListName(batch="0a554e9119cc", kind=Kind.EMAIL)


def test_a_sum_tells_what_was_paid_for() -> None:
    paid = {
        credits: bill.kinds if (bill := read_bill(ROW._replace(credits=credits), 1)) else None
        for credits in ("", "0", "3", "6", "9", "30", "33", "36", "x", "-3")
    }
    email, dear, phone = Kind.EMAIL, Kind.EMAIL_WATERFALL, Kind.PHONE
    assert paid == {
        **dict.fromkeys(("", "0", "x", "-3")),
        "3": (email,),
        "6": (dear,),
        "9": (dear,),
        "30": (phone,),
        "33": (phone, email),
        "36": (phone, dear),
    }


def test_a_purchase_counts_on_its_own_day_and_near_midnight_on_the_later_one() -> None:
    def day(made_at: datetime | None) -> str:
        found = Forgotten(
            batch="b", list_id=1, kind=Kind.EMAIL, people=(1,), shown=0, made_at=made_at
        )
        return date(found, "2026-11-24", NOW, UTC)

    assert day(None) == day(NOW) == day(NOW + timedelta(days=9)) == "2026-11-24"
    assert day(datetime(2026, 11, 20, 12, tzinfo=UTC)) == "2026-11-20"
    assert day(datetime(2026, 11, 20, 23, 30, tzinfo=UTC)) == "2026-11-21"
