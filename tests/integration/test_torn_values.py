"""What a sort of some columns leaves beside the wrong name, and what somebody copies there."""

from __future__ import annotations

from datetime import timedelta

from bench import is_flush, positional
from rig import LEAD_HEADER, Rig

from syncd.sandbox.sheets import people as hands
from syncd.sandbox.wire import Request

EMAIL, FIND = LEAD_HEADER.index("Email"), LEAD_HEADER.index("Find")


def found(rig: Rig, count: int) -> list[int]:
    people = rig.people(count)
    rig.ask(*[(person, "Email") for person in people])
    rig.run()
    assert rig.column("Email") == [f"p{number}@found.example" for number in range(count)]
    return people


def test_results_that_a_sort_of_their_column_tore_off_their_people_come_home(rig: Rig) -> None:
    found(rig, 4)
    hands.sort(rig.leads, EMAIL, False, only_columns=(EMAIL, EMAIL + 1), end_row=5)
    assert rig.column("Email")[0] == "p3@found.example"
    rig.run()
    assert rig.column("Email") == [f"p{number}@found.example" for number in range(4)]
    assert rig.column("Status") == ["Found the email."] * 4
    assert rig.seleqt.meter.charged() == 12


def test_an_address_that_somebody_copies_to_another_row_stays_there(rig: Rig) -> None:
    found(rig, 2)
    hands.copy_paste(rig.leads, 1, 2, EMAIL, EMAIL + 1, 2, EMAIL)
    rig.run()
    assert rig.column("Email") == ["p0@found.example"] * 2
    beside = "Found p1@found.example for this person; your own email stays."
    assert rig.column("Status")[1] == beside


def test_a_copied_address_is_looked_at_again_when_it_is_gone_from_its_own_person(rig: Rig) -> None:
    found(rig, 2)
    hands.copy_paste(rig.leads, 1, 2, EMAIL, EMAIL + 1, 2, EMAIL)
    with rig.app() as engine:
        rig.settle(engine)
        assert rig.column("Email") == ["p0@found.example"] * 2
        hands.delete_rows(rig.leads, 1)
        rig.settle(engine)
    assert rig.column("Email") == ["p1@found.example"]


def test_results_that_were_torn_to_people_nobody_asked_for_come_home_too(rig: Rig) -> None:
    people = found(rig, 2)
    rig.ask((rig.person(), ""), first=3)
    hands.cut_paste(rig.leads, 2, 3, EMAIL, EMAIL + 1, 3, EMAIL)
    assert rig.column("Email") == ["p0@found.example", "", "p1@found.example"]
    rig.run()
    assert rig.by_prospect("Email")[str(people[1])] == ["p1@found.example"]
    assert rig.column("Email")[2:] in ([], [""])


def test_people_who_are_sorted_past_their_keys_leave_them_where_they_are(rig: Rig) -> None:
    """Also while a lost answer keeps the keys in flight: they had been seen in their rows."""
    people = rig.people(4)
    rig.ask(*[(person, "Email") for person in people])
    with rig.app() as engine:
        rig.world.faults.add("drop_after", vendor="sheets", path=":batchUpdate$", next=1)
        while not any(keys := rig.column("Key")):
            engine.cycle()
        hands.sort(rig.leads, 0, False, only_columns=(0, EMAIL), end_row=5)
        rig.settle(engine)
    assert rig.column("Prospect ID") == people[::-1]
    assert rig.column("Key") == keys
    assert rig.column("Email") == [f"p{number}@found.example" for number in (3, 2, 1, 0)]
    assert rig.seleqt.meter.charged() == 12


def test_a_torn_address_goes_although_its_row_must_first_get_a_key(rig: Rig) -> None:
    """Its own person is served again before that row can be: by then it would pass for a copy."""
    found(rig, 2)
    rig.ask((rig.person(email="p2@found.example"), "Email"), first=3)
    with rig.app() as engine:
        hands.cut_paste(rig.leads, 1, 3, EMAIL, EMAIL + 1, 2, EMAIL)
        assert rig.column("Email") == ["", "p0@found.example", "p1@found.example"]
        rig.settle(engine)
    assert rig.column("Email") == [f"p{number}@found.example" for number in range(3)]
    assert rig.column("Status") == ["Found the email."] * 3


def test_a_torn_address_that_a_write_hits_is_not_put_back_while_somebody_is_at_its_row(
    rig: Rig,
) -> None:
    """Such a row has no view yet, which would else tell that the address is not its person's."""
    [first] = found(rig, 1)
    second = rig.person(email="p1@found.example")
    rig.ask((second, "Email + phone"), first=2)
    beside: list[dict[str, list[str]]] = []

    def tear() -> None:
        hands.sort(rig.leads, 0, False, only_columns=(0, FIND), end_row=3)
        hands.move_rows(rig.leads, 1, 1, 3)
        assert rig.by_prospect("Email")[str(second)] == ["p0@found.example"]

    def brings_an_address(asked: Request) -> bool:
        return is_flush(asked) and any(column == EMAIL for column, _ in positional(asked))

    rig.world.before(brings_an_address, tear)
    rig.world.after(is_flush, lambda: beside.append(rig.by_prospect("Email")), once=False)
    with rig.app(buying='ask_first = []\nsettle_after = "0s"\nsettle = "5s"') as engine:
        for _ in range(12):
            rig.cycle(engine)
            rig.hurry()
            rig.ahead += timedelta(seconds=1)
        rig.ahead += timedelta(seconds=9)
        rig.settle(engine)
    assert ["p0@found.example"] not in [emails[str(second)] for emails in beside]
    assert beside[-1] == {str(first): ["p0@found.example"], str(second): ["p1@found.example"]}
