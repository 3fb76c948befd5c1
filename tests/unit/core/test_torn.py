"""Values torn off their people by a sort, told from values that somebody copied."""

from __future__ import annotations

from syncd.core.header import Header
from syncd.core.leads import LeadRow, parse_lead
from syncd.core.table import Reader, Table
from syncd.core.torn import Torn

HEADER = ["Prospect ID", "Find", "Email", "Key"]
OWNERS = {"a@found.example": {1}}


def table(*emails: str) -> Table[LeadRow]:
    rows = [[n, "Email", email, f"r-{n}"] for n, email in enumerate(emails, 1)]
    header = Header(row=0, at={name: at for at, name in enumerate(HEADER)}, width=len(HEADER))
    return Reader(parse_lead).read([HEADER, *rows], header)


def is_torn(people: Table[LeadRow], number: int, seen: dict[tuple[str, str, str], bool]) -> bool:
    row = people.row(number)
    return Torn(people, lambda value: OWNERS.get(value, ()), seen).holds(row, row.owned("Email"))


def test_a_value_is_torn_where_its_own_person_does_not_show_it() -> None:
    assert is_torn(table("", "a@found.example"), 2, {})
    assert not is_torn(table("a@found.example", "a@found.example"), 2, {})
    assert not is_torn(table("a@found.example", ""), 1, {})
    assert not is_torn(table("", "mine@human.example"), 2, {})


def test_what_was_torn_stays_so_while_its_person_is_served_again() -> None:
    seen: dict[tuple[str, str, str], bool] = {}
    assert is_torn(table("", "a@found.example"), 2, seen)
    assert is_torn(table("a@found.example", "a@found.example"), 2, seen)
    assert not is_torn(table("a@found.example", "", "a@found.example"), 3, seen)


def test_what_somebody_typed_before_it_was_bought_stays_theirs() -> None:
    seen: dict[tuple[str, str, str], bool] = {}
    people = table("", "b@found.example")
    row = people.row(2)
    assert not Torn(people, lambda _: (), seen).holds(row, row.owned("Email"))
    assert not Torn(people, lambda _: {1}, seen).holds(row, row.owned("Email"))
