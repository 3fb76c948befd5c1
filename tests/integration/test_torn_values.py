"""What a sort of some columns leaves beside the wrong name, and what somebody copies there."""

from __future__ import annotations

from rig import LEAD_HEADER, Rig

from syncd.sandbox.sheets import people as hands

EMAIL = LEAD_HEADER.index("Email")


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
