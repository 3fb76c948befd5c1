"""Invented people: repeatable, fictional, as lucky as told."""

from __future__ import annotations

import re

import phonenumbers
import pytest

from syncd.sandbox.seleqt import invent_people


def test_the_same_seed_invents_the_same_people():
    assert invent_people(50, 3) == invent_people(50, 3)
    assert invent_people(50, 3) != invent_people(50, 4)


def test_addresses_are_plain_and_end_in_example():
    for person in invent_people(300, 1, email_rate=1.0):
        assert re.fullmatch(r"[a-z]+\.[a-z]+\.\d+@[a-z]+\.example", person.truth.email)


def test_phones_parse_and_lie_in_ranges_kept_for_fiction():
    for person in invent_people(300, 1, phone_rate=1.0):
        assert re.fullmatch(r"\+1\d{3}55501\d\d|\+447700900\d{3}", person.truth.phone)
        assert phonenumbers.is_possible_number(phonenumbers.parse(person.truth.phone))


def test_no_two_people_share_an_address_or_an_id():
    people = invent_people(500, 2, email_rate=1.0)
    assert len({person.truth.email for person in people}) == 500
    assert len({person.id for person in people}) == 500


@pytest.mark.parametrize(
    ("rate", "least", "most"), [(0.0, 0, 0), (0.5, 420, 580), (1.0, 1000, 1000)]
)
def test_the_rates_hold(rate, least, most):
    people = invent_people(1000, 9, email_rate=rate, waterfall_rate=rate, phone_rate=rate)
    assert least <= sum(person.truth.email is not None for person in people) <= most
    assert least <= sum(person.truth.phone is not None for person in people) <= most


def test_a_waterfall_finds_at_least_what_the_plain_search_finds():
    people = invent_people(300, 4, email_rate=0.5, waterfall_rate=0.2)
    assert all(person.truth.email == person.truth.waterfall for person in people)
