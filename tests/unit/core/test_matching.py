"""Who is meant by a row without an id: one person exactly, or nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core import status
from syncd.core.leads import LeadRow
from syncd.core.matching import Directory, Doubt, Known, apply, profile_of
from syncd.core.model import Kind

ANNA = Known(17, "Anna", "Example", "Fjordline AS", "https://www.linkedin.com/in/anna-example")
BO = Known(23, "Bo", "Example", "Nordlicht GmbH", "https://www.linkedin.com/in/bo")
CY = Known(31, "Cy", "Müller", "Hafen", "")
PEOPLE = [ANNA, BO, CY]


def row(
    first: str = "", last: str = "", company: str = "", linkedin: str = "", *, asks: bool = True
) -> LeadRow:
    wanted = (Kind.EMAIL,) if asks else ()
    person = ("", first, last, company, linkedin)
    problem = status.PROSPECT_MISSING if asks else ""
    return LeadRow("k1", False, None, wanted, False, "", "", "", "", "", problem, person)


def find(*cells: str, people: list[Known] | None = None) -> int | str | None:
    found = Directory(PEOPLE if people is None else people).find(row(*cells))
    return found.says if isinstance(found, Doubt) else found


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/in/anna-example",
        "http://linkedin.com/in/anna-example/",
        "linkedin.com/in/Anna-Example",
        "HTTPS://DE.LinkedIn.com/in/anna-example?trk=people#top",
        " https://no.linkedin.com/in/anna%2Dexample/ ",
    ],
)
def test_a_profile_is_one_however_its_address_is_written(url: str) -> None:
    assert find("", "", "", url) == ANNA.id


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("linkedin.com/in/m%C3%BCller", "linkedin.com/in/müller", True),
        ("linkedin.com/in/m%c3%bcller", "linkedin.com/in/mu\u0308ller", True),
        ("linkedin.com/in/anna", "linkedin.com/in/anna-2", False),
        ("linkedin.com/in/anna", "linkedin.com/company/anna", False),
    ],
)
def test_profiles_are_told_apart(one: str, other: str, *, same: bool) -> None:
    assert (profile_of(one) == profile_of(other)) is same


@pytest.mark.parametrize(
    "text", ["", "anna", "https://example.com/in/anna", "linkedin.com", "linkedin.com.example/in/a"]
)
def test_whatever_is_no_profile_matches_nobody(text: str) -> None:
    assert profile_of(text) == ""
    assert find("", "", "", text) is None


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    profile_of(text)
    profile_of(f"linkedin.com/{text}")


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (("Anna", "Example", "Fjordline AS"), ANNA.id),
        ((" anna ", "EXAMPLE", "Fjordline\u00a0 AS"), ANNA.id),
        (("Cy", "Mu\u0308ller", "\uff28afen"), CY.id),
        (("Anna", "Example", "Fjordline"), status.MATCH_NONE),  # another company, for all we know
        (("Ann", "Example", "Fjordline AS"), status.MATCH_NONE),
        (("Anna", "Example", ""), None),
        (("", "", "Fjordline AS"), None),
        (("Cy", "Müller", "Hafen", "linkedin.com/in/whoever"), CY.id),  # his was not known
    ],
)
def test_a_name_counts_with_its_company_and_exactly(
    cells: tuple[str, ...], found: int | str | None
) -> None:
    assert find(*cells) == found


NAMESAKE = Known(40, "Anna", "Example", "Fjordline AS", "")


def test_namesakes_are_shown_and_the_profile_tells_them_apart() -> None:
    people = [*PEOPLE, NAMESAKE]
    assert find("Anna", "Example", "Fjordline AS", people=people) == (
        "Several people match: 17 Anna Example, Fjordline AS; 40 Anna Example, Fjordline AS. "
        "Type the Prospect ID of one."
    )
    assert find("Anna", "Example", "Fjordline AS", ANNA.linkedin_url, people=people) == ANNA.id
    twins = [ANNA._replace(id=number) for number in range(50, 56)]
    assert str(find("", "", "", ANNA.linkedin_url, people=twins)).count(";") == 3


@pytest.mark.parametrize(
    "cells",
    [
        ("Bo", "Example", "Nordlicht GmbH", ANNA.linkedin_url),  # his name, her profile
        ("Zoe", "Other", "Elsewhere", ANNA.linkedin_url),
        ("Zoe", "", "", ANNA.linkedin_url),
        ("Anna", "Example", "Fjordline AS", "linkedin.com/in/somebody-else"),
    ],
)
def test_profile_and_name_of_two_people_are_nobody(cells: tuple[str, ...]) -> None:
    says = str(find(*cells))
    assert says.startswith("LinkedIn URL and name are not of one person: 17 Anna Example")


def test_a_changed_employer_does_not_stand_against_the_profile() -> None:
    assert find("Anna", "Example", "Newer Ltd", ANNA.linkedin_url) == ANNA.id


def test_a_row_is_that_persons_and_has_no_problem_then() -> None:
    matched = apply(row("Anna"), 17)
    assert (matched.prospect_id, matched.problem) == (17, "")
    assert matched.person == row("Anna").person
    assert matched.fingerprint == row("Anna").fingerprint


def test_a_row_that_asks_for_nothing_is_told_of_no_doubt() -> None:
    assert apply(row("Anna", asks=False), Doubt("why")).problem == ""
    assert apply(row("Anna"), Doubt("why")).problem == "why"
    assert apply(row("Anna"), None).problem == status.PROSPECT_MISSING
