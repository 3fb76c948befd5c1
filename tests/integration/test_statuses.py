"""Every sentence of a Status cell: all can come about, and the page for people explains each."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rig import LEAD_HEADER, Rig, request

from syncd.core import cells, leads, lists, requests, status
from syncd.core.approval import Approval
from syncd.core.brakes import Brake
from syncd.core.credits import Booked, Cap, Caps
from syncd.core.header import Header
from syncd.core.lists import Import, LeadList, Progress
from syncd.core.matching import Directory, Doubt, Known
from syncd.core.memory import Fact, Person
from syncd.core.model import BatchState, JobState, Kind
from syncd.core.plan import make_plan
from syncd.core.purse import Terms, Wish
from syncd.core.quotes import Quote, say_quote
from syncd.core.table import Reader
from syncd.sandbox.seleqt import Kind as Sold
from syncd.sandbox.seleqt import enrichment

DOCS = Path(__file__).parents[2] / "docs"
NOW = datetime(2026, 5, 12, 12, 2, tzinfo=UTC)
BUY = r"POST .*/enrichment/$"
IN_PLACE = 'ask_first = []\nsettle_after = "0s"\npurchasing = "in-place"'
SENTENCES = status.templates()

Scene = Callable[[Rig], str]


# --- sentences that the pure core gives -----------------------------------------------------------


def say_lead(person: Person | None = None, *, foreign: bool = False, **more: Any) -> Scene:
    """Plan one row, and return what it says. Cells, terms and what is booked may be given."""
    shown = {"Prospect ID": 7, "Find": "Email", "Key": "k1", **more.pop("cells", {})}
    approvals = more.pop("approvals", {})
    wishes, booked = more.pop("wishes", {}), more.pop("booked", Booked())
    settings = {"caps": Caps(day=99, month=99), "zone": UTC, "ask_first": frozenset(), **more}

    def say(_: Rig) -> str:
        columns = leads.COLUMNS
        header = Header(row=0, at={c.name: i for i, c in enumerate(columns)}, width=len(columns))
        row = [shown.get(column.name, "") for column in columns]
        plan = make_plan(
            Reader(leads.parse_lead).read([[], row], header),
            {7: person} if person else {},
            wishes,
            booked,
            Terms(**settings),
            lambda _row, _column: foreign,
            NOW,
            approvals=approvals,
        )
        return plan.views[1]["Status"]

    return say


def approved(question: str) -> Approval:
    """Return a tick that was made for the row's own question, or for another."""
    asks = question or "prospect 7"
    return Approval(question=asks, prices={Kind.EMAIL: 3}, at=NOW)


def knows(state: JobState, by: str = "k1", batch: str = "settled", **progress: int) -> Person:
    value = "a@example.com" if state is JobState.FOUND else ""
    at = NOW.isoformat()
    fact = Fact(Kind.EMAIL, state, value, by, 3, at, BatchState(batch), **progress)
    return Person(facts=(fact,))


def full(**caps: Any) -> Scene:
    settings: dict[str, Any] = {"day": 99, "month": 99, **caps}
    return say_lead(caps=Caps(**settings))


QUOTED = Quote(size=5, lacking=4, chosen=4, known=0, costs={Kind.EMAIL: 12}, prices={Kind.EMAIL: 3})


def say_request(
    known: dict[str, Any] | None = None,
    progress: Progress | None = None,
    *,
    ticked: int = 12,
    **cells: object,
) -> Scene:
    """Say what a request's row says; ``known`` is its import: 4 chosen of 5 people.

    ``ticked`` are the credits that its tick stands for.
    """

    def say(_: Rig) -> str:
        columns = requests.COLUMNS
        header = Header(row=0, at={c.name: i for i, c in enumerate(columns)}, width=len(columns))
        typed: dict[str, object] = {"Lead list": "Spring", "Find": "Email", "Key": "q1", **cells}
        row = requests.parse_request([typed.get(column.name, "") for column in columns], header)
        done = None
        if known is not None:
            facts: dict[str, Any] = {
                "members": (1, 2, 3, 4, 5),
                "chosen": {1, 2, 3, 4},
                "quote": QUOTED,
                "begun": True,
                **known,
            }
            done = Import(key="q1", fingerprint=row.fingerprint, at=NOW, **facts)
        approval = None
        if row.started:
            asks, prices = row.question, {Kind.EMAIL: 3}
            approval = Approval(question=asks, prices=prices, at=NOW, credits=ticked)
        progress_ = progress or Progress(open=4)
        view = lists.view_request(row, done, progress_, worksheet="Leads", approval=approval)
        return view["Status"]

    return say


def say_quoted(part: int = 0, room: int | None = None, **facts: int) -> Scene:
    """Return one sentence of a quote."""

    def say(_: Rig) -> str:
        said = say_quote(replace(QUOTED, **facts), [Kind.EMAIL], None, room)
        return said.replace(". ", ".\n").splitlines()[part]

    return say


def say_list(*found: LeadList) -> Scene:
    return lambda _: str(lists.find_list(found, "Spring"))


def spring(number: int, *, of_people: bool = True) -> LeadList:
    return LeadList(id=number, name="Spring", of_people=of_people)


# The fingerprint of the row that say_lead makes, which came with a tick.
PASTED = {cells.fingerprint(("7", "", "", "", "")): True}
ANNAS = [
    Known(one, "Anna", "Example", "Fjordline", f"linkedin.com/in/{one}") for one in (1017, 1023)
]


def say_match(people: Sequence[Known], linkedin: str = "") -> Scene:
    """Say what a row of an Anna Example at Fjordline says that has no id."""
    person = ("", "Anna", "Example", "Fjordline", linkedin)
    row = leads.LeadRow("k1", False, None, (Kind.EMAIL,), False, *[""] * 6, person)
    found = Directory(people).find(row)
    assert isinstance(found, Doubt)
    return lambda _: found.says


POOR = {7: [Wish(kind=Kind.EMAIL, request="q1", request_cap=0)]}
SPENT = {7: [Wish(kind=Kind.EMAIL, request="q1", request_cap=0, quoted=True)]}
WAITS = JobState.WAITING
PURE: dict[str, Scene] = {
    "FIND_ODD": say_lead(cells={"Find": "Fax"}),
    "PROSPECT_ERROR": say_lead(cells={"Prospect ID": "#REF!"}),
    "PROSPECT_MISSING": say_lead(cells={"Prospect ID": ""}),
    "PROSPECT_ODD": say_lead(cells={"Prospect ID": "10l7"}),
    "MATCH_NONE": say_match([]),
    "MATCH_SEVERAL": say_match(ANNAS),
    "MATCH_APART": say_match(ANNAS[:1], "linkedin.com/in/other"),
    "FOUND": say_lead(knows(JobState.FOUND)),
    "FOUND_FREE": say_lead(Person(facts=(), email="a@example.com")),
    "FOUND_ROW": say_lead(knows(JobState.FOUND, by="k2")),
    "FOUND_THERE": say_lead(knows(JobState.FOUND, by="k2"), worksheet=1, places={0: "“Fair”"}),
    "SUPPLIED": say_lead(elsewhere=lambda _prospect, _field: "me@example.com"),
    "ALREADY_HAS": say_lead(cells={"Email": "me@example.com"}, foreign=True),
    "ALREADY_SEARCHED": say_lead(
        knows(JobState.MISSED), cells={"Email": "me@example.com"}, foreign=True
    ),
    "ALREADY_SEARCHING": say_lead(
        knows(WAITS, batch="accepted"), cells={"Email": "me@example.com"}, foreign=True
    ),
    "FOUND_BESIDE": say_lead(
        knows(JobState.FOUND), cells={"Email": "me@example.com"}, foreign=True
    ),
    "SEARCHING": say_lead(knows(WAITS, batch="accepted", size=25)),
    "SEARCHING_ON": say_lead(knows(WAITS, batch="accepted", decided=12, size=25)),
    "MISSED": say_lead(knows(JobState.MISSED)),
    "EXPIRED": say_lead(knows(JobState.EXPIRED)),
    "UNRECOGNISED": say_lead(knows(JobState.UNRECOGNISED)),
    "UNKNOWN": say_lead(knows(JobState.UNKNOWN)),
    "LEFT_OUT": say_lead(knows(JobState.CANCELLED)),
    "READY": say_lead(ask_first={Kind.EMAIL}),
    "READY_ANEW": say_lead(cells={"Approve": True}, pasted=PASTED),
    "READY_CHANGED": say_lead(
        ask_first={Kind.EMAIL}, cells={"Approve": True}, approvals={"k1": approved("another")}
    ),
    "READY_ONCE_MORE": say_lead(
        knows(JobState.MISSED),
        ask_first={Kind.EMAIL},
        cool_off=timedelta(0),
        cells={"Approve": True},
        approvals={"k1": approved("")},
    ),
    "QUEUED": say_lead(),
    "NOT_OFFERED": say_lead(kinds={Kind.PHONE}),
    "UNSURE": say_lead(knows(WAITS, batch="in_doubt")),
    "PARKED": say_lead(knows(WAITS, batch="parked")),
    "HOLD_WASTE": say_lead(brakes={Kind.EMAIL: Brake(2, 30)}),
    "WAITING.REQUEST": say_lead(cells={"Find": ""}, wishes=POOR),
    "WAITING_QUOTE": say_lead(cells={"Find": ""}, wishes=SPENT),
    "WAITING.WORKSHEET_DAY": full(worksheet_day=2),
    "WAITING.KIND_DAY": full(kind_day={Kind.EMAIL: 2}),
    "WAITING.DAY": full(day=2),
    "WAITING.MONTH": full(month=2),
    "WAITING.FLOOR": say_lead(
        caps=Caps(day=99, month=99, floor=10), booked=Booked(balance=12, unsettled=0)
    ),
    "REQUEST_LIST_ERROR": say_request(**{"Lead list": "#N/A"}),
    "REQUEST_LIST_MISSING": say_request(**{"Lead list": ""}),
    "REQUEST_FIND_MISSING": say_request(Find=""),
    "REQUEST_LIMIT_ODD": say_request(**{"Max leads": "a few"}),
    "REQUEST_READING": say_request(),
    "REQUEST_READY": say_request({"begun": False}),
    "REQUEST_CHANGED": say_request({}, Start=True, ticked=11),
    "REQUEST_IMPORTING": say_request(Start=True),
    "REQUEST_RUNNING": say_request({}, Start=True),
    "REQUEST_RUNNING_ON": say_request({}, Progress(open=1), Start=True),
    "REQUEST_DONE": say_request({}, Progress(), Start=True),
    "REQUEST_USED_UP": say_request(
        {"chosen": frozenset(), "before": frozenset({8})}, **{"Max leads": 1, "Start": True}
    ),
    "REQUEST_STOPPED": say_request({}),
    "REQUEST_NO_LIST": say_list(),
    "REQUEST_MANY_LISTS": say_list(spring(1), spring(2)),
    "REQUEST_COMPANIES": say_list(spring(1, of_people=False)),
    "QUOTE": say_quoted(),
    "QUOTE_FIRST": say_quoted(lacking=5),
    "QUOTE_KNOWN": say_quoted(1, known=1),
    "QUOTE_PASSED": say_quoted(1),
    "QUOTE_ROOM": say_quoted(1, known=0, size=4, room=5),
}


# --- sentences that only the running engine gives, in a cell of the sandbox's sheet ---------------


def ask(rig: Rig) -> None:
    rig.ask(*((person, "Email") for person in rig.people(1)), first=len(rig.rows()))


def say_in_row(rig: Rig, cycles: int = 3) -> str:
    with rig.app() as engine:
        for _ in range(cycles):
            rig.cycle(engine)
    return str(rig.column("Status")[-1])


def hold_after_an_odd_answer(rig: Rig) -> str:
    rig.answer(400, {"error": "Invalid enrichment_type"}, path=BUY, times=9)
    ask(rig)
    return say_in_row(rig)


def hold_without_a_key(rig: Rig) -> str:
    rig.seleqt.accounts.keys.clear()
    ask(rig)
    return say_in_row(rig)


def hold_while_seleqt_is_away(rig: Rig) -> str:
    rig.world.faults.add("503", vendor="seleqt", next=500)
    ask(rig)
    return say_in_row(rig)


def hold_while_in_doubt(rig: Rig) -> str:
    rig.world.faults.add("drop_after", vendor="seleqt", method="POST", path=r"/enrichment/$")
    rig.ask((rig.person(), "Email"))  # a miss, so that looking settles nothing
    say_in_row(rig)
    ask(rig)
    return say_in_row(rig)


def hold_with_a_ledger_that_was_replaced(rig: Rig) -> str:
    ask(rig)
    rig.run()
    (rig.folder / "ledger.db").unlink()
    ask(rig)
    return say_in_row(rig)


def say_in_request(rig: Rig, people: Collection[int], steps: int = 12, most: object = "") -> str:
    rig.seleqt.add_list("Spring", ids=people)
    typed = {"Lead list": "Spring", "Find": "Email", "Max leads": most, "Start": True}
    rig.fill(rig.requests, [request(**typed)], first=1)
    with rig.app(buying=IN_PLACE) as engine:
        for _ in range(steps):
            rig.ahead += timedelta(minutes=1)
            rig.hurry()
            rig.cycle(engine)
    return str(rig.column("Status", rig.requests)[0])


def hold_without_all_worksheets(rig: Rig) -> str:
    rig.fill(rig.leads, [["", "Given name"]])
    rig.leads.put_value(0, LEAD_HEADER.index("Email"), "Something else")
    return say_in_request(rig, rig.people(1), steps=2)


def hold_in_place(rig: Rig) -> str:
    missed = rig.person()
    rig.ask((missed, "Email"))
    rig.run()
    return say_in_request(rig, [missed, *rig.people(2)])


def hold_while_others_search(rig: Rig) -> str:
    rig.seleqt.knobs.change(first_result_seconds=3600.0)
    people = rig.people(2)
    theirs = rig.seleqt.add_list("Theirs", ids=people[:1])
    order = enrichment.Order(
        list=theirs,
        account=rig.seleqt.account,
        key="",
        kind=Sold.EMAIL,
        filters={},
        cause="outside enrichment",
    )
    with rig.world.lock:
        rig.seleqt.enrichment.start(order, rig.seleqt.clock.now())
    return say_in_request(rig, people, steps=10, most=2)  # it is tried again every ten minutes


def hold_in_plan_mode(rig: Rig) -> str:
    rig.is_armed = False
    ask(rig)
    return say_in_row(rig)


def hold_while_paused(rig: Rig) -> str:
    rig.decide("Pause", True)
    ask(rig)
    return say_in_row(rig)


def hold_with_an_odd_limit(rig: Rig) -> str:
    rig.decide("At most today", "abc")
    ask(rig)
    return say_in_row(rig)


ENGINE: dict[str, Scene] = {
    "HOLD_PLAN": hold_in_plan_mode,
    "HOLD_PAUSED": hold_while_paused,
    "HOLD_LIMIT_ODD": hold_with_an_odd_limit,
    "HOLD_HALTED": hold_after_an_odd_answer,
    "HOLD_KEY": hold_without_a_key,
    "HOLD_VENDOR": hold_while_seleqt_is_away,
    "HOLD_DOUBT": hold_while_in_doubt,
    "HOLD_PAST": hold_with_a_ledger_that_was_replaced,
    "HOLD_WORKSHEET": hold_without_all_worksheets,
    "HOLD_IN_PLACE": hold_in_place,
    "HOLD_BUSY": hold_while_others_search,
    "REQUEST_EMPTY": lambda rig: say_in_request(rig, [], steps=2),
}


def test_every_sentence_has_its_scene() -> None:
    assert PURE.keys() | ENGINE.keys() == SENTENCES.keys()


@pytest.mark.parametrize("name", SENTENCES)
def test_every_sentence_can_come_about(name: str, tmp_path: Path, impatient: float) -> None:
    if name in PURE:
        said = PURE[name](None)  # type: ignore[arg-type]
    else:
        with Rig(tmp_path, panel=True) as rig:
            said = ENGINE[name](rig)
    meant = [one for one, text in SENTENCES.items() if status.pattern(text).fullmatch(said)]
    assert meant == [name], said
    assert status.is_ours(said)


# --- the list itself ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", SENTENCES.values())
def test_a_sentence_is_plain(text: str) -> None:
    assert re.fullmatch(r"[A-Z“{].*\.", text)
    text = re.sub(r"\{[a-z_]+\}", "", text)
    assert not re.search(r"_|\b(HTTP|API|JSON|null|error|batch|cap|cool-off|retry|tab)\b", text)
    assert len(text) < 140


def test_no_sentence_stands_anywhere_else_in_the_code() -> None:
    """Outside the list, no text of the core is several words with a full stop."""
    package = Path(status.__file__).parent
    # The operator is told of a header's problem, of what preparing a sheet takes, of big pastes and
    # of brakes, and by the overview, notices and findings; the panel's texts stand in no Status.
    elsewhere = {"status.py", "header.py", "layout.py", "setup.py", "bulletin.py", "events.py"}
    elsewhere |= {"overview.py", "notices.py", "findings.py", "pasting.py", "brakes.py"}
    strays = [
        f"{path.name}: {text}"
        for path in package.glob("*.py")
        if path.name not in elsewhere
        for text in re.findall(
            r'f?"([^"\n]+ [^"\n]+\.)"', re.sub(r'""".*?"""', "", path.read_text(), flags=re.S)
        )
    ]
    assert strays == []


# What cells show that this version, or one before it, wrote.
SHOWN = [
    "Searching for the email since 14:02.",
    "Searching for the email since 14:02, 12 of 25 done.",
    "Searching for the email since 09:00, 3 of 25 done. Searching for the phone since 09:01.",
    "Searching: the people are in Leads.",
    "Searching: the people are in Leads & more.",
    "Searching: 12 of 40 people done. They are in Leads.",
    "Max leads says “a few”. Type a whole number, or leave it empty.",
    "Find says “Fax”. Pick one of the choices in the list.",
]
HUMAN = [
    "Searching for the email since Monday.",
    "Searching for the email since Monday, a few of them done.",
    "Searching: some of my people done. They are in Leads.",
    "Bob: Max leads says “a few”. Type a whole number, or leave it empty.",
    "Find the email of Ada.",
]


@pytest.mark.parametrize("text", SHOWN)
def test_what_any_version_wrote_is_known_for_ours(text: str) -> None:
    assert status.is_ours(text)


@pytest.mark.parametrize("text", HUMAN)
def test_what_people_write_is_not_taken_for_ours(text: str) -> None:
    assert not status.is_ours(text)


# --- progress -------------------------------------------------------------------------------------


def come(rig: Rig, *people: int, kind: Sold = Sold.EMAIL) -> None:
    """Let the search for those people come to its end."""
    with rig.world.lock:
        lead_list = next(iter(rig.seleqt.catalogue.lists.values()))
        for person in people:
            value = rig.seleqt.catalogue.prospects[person].truth.found(kind)
            rig.seleqt.catalogue.record(lead_list, person).finish(kind, value)


def test_a_search_tells_how_far_it_is_and_a_poll_without_news_writes_nothing(rig: Rig) -> None:
    people = rig.people(5, stuck=frozenset({Sold.EMAIL}))
    rig.ask(*((person, "Email") for person in people))

    def writes(engine: Any, polls: int) -> int:
        mark = rig.mark
        for _ in range(polls):
            rig.hurry()
            rig.cycle(engine)
        return rig.requests_made("sheets", "write", since=mark)

    with rig.app(clock=lambda: NOW + rig.ahead) as engine:
        assert writes(engine, 3) == 3  # keys, a token, and that the search began
        assert rig.column("Status") == ["Searching for the email since 14:02."] * 5
        assert writes(engine, 4) == 0
        rig.ahead = timedelta(minutes=3)
        assert writes(engine, 4) == 0
        come(rig, *people[:2])
        assert writes(engine, 6) == 2  # with the two values: tokens, and their texts
        assert set(rig.column("Status")[2:]) == {
            "Searching for the email since 14:02, 2 of 5 done."
        }
        rig.ahead = timedelta(minutes=20)  # and a full look at all rows
        assert writes(engine, 4) == 0
        come(rig, *people[2:])
        assert writes(engine, 6) == 2
    assert rig.column("Status") == ["Found the email."] * 5


def test_a_big_search_on_the_users_own_list_tells_of_at_most_fifty_steps() -> None:
    said = {
        say_lead(knows(WAITS, batch="accepted", decided=done, size=990))(None)  # type: ignore[arg-type]
        for done in range(990)
    }
    assert 25 <= len(said) <= 50
    assert "Searching for the email since 12:02, 39 of 990 done." in said


def test_a_list_request_tells_how_many_people_are_done(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()  # the worksheet has been tried, so that two searches may be open at once
    stuck = frozenset({Sold.EMAIL, Sold.PHONE})
    people = rig.people(4, phone="+12025550123", stuck=stuck)
    rig.seleqt.add_list("Spring", ids=people)
    typed = {"Lead list": "Spring", "Find": "Email + phone", "Start": True}
    rig.fill(rig.requests, [request(**typed)], first=1)
    said = []
    with rig.app() as engine:
        for kind in (None, Sold.EMAIL, Sold.PHONE):
            if kind:
                come(rig, people[0], kind=kind)
            for _ in range(6):
                rig.hurry()
                rig.cycle(engine)
            said += rig.column("Status", rig.requests)
    assert said == [
        "Searching: the people are in Leads.",
        "Searching: the people are in Leads.",  # the phone is still searched for
        "Searching: 1 of 4 people done. They are in Leads.",
    ]


# --- the page -------------------------------------------------------------------------------------

EXAMPLES: dict[str, Any] = {
    "kind": Kind.EMAIL,
    "prospect": 1017,
    "time": datetime(2026, 5, 12, 14, 2, tzinfo=UTC),
    "day": date(2026, 5, 12),
    "again": date(2026, 8, 10),
    "lead_list": "Spring fair",
    "worksheet": "Leads",
    "column": "Max leads",
}
FIGURES = {
    "READY": {"credits": 30, "kind": Kind.PHONE},
    "READY_CHANGED": {"credits": 30, "kind": Kind.PHONE},
    "READY_ONCE_MORE": {"credits": 30, "kind": Kind.PHONE},
    "FOUND_BESIDE": {"value": "anna@x.example"},
    "FOUND_THERE": {"place": "the worksheet “Trade fair”"},
    "HOLD_WASTE": {"count": 2, "size": 30},
    "SUPPLIED": {"value": "anna@x.example"},
    "MISSED": {"choices": "“Email again” (3 credits) or “Email (waterfall)” (6 credits)"},
    "QUOTE": {"count": 412, "size": 500, "credits": 1236},
    "QUOTE_FIRST": {"count": 412, "size": 500, "chosen": 100, "credits": 300},
    "QUOTE_KNOWN": {"count": 88},
    "QUOTE_PASSED": {"count": 7},
    "QUOTE_ROOM": {"credits": 500},
    "SEARCHING_ON": {"done": 12, "size": 25},
    "REQUEST_RUNNING_ON": {"done": 12, "size": 40},
    "FIND_ODD": {"typed": "Fax"},
    "PROSPECT_ERROR": {"typed": "#REF!"},
    "PROSPECT_ODD": {"typed": "10l7"},
    "MATCH_SEVERAL": {"people": "1017 Anna Example, Fjordline; 1023 Anna Example, Fjordline"},
    "MATCH_APART": {"people": "1017 Anna Example, Fjordline"},
    "REQUEST_LIST_ERROR": {"typed": "#N/A"},
    "REQUEST_LIMIT_ODD": {"typed": "a few"},
    "HOLD_PAUSED": {"worksheet": "Syncd"},
    "HOLD_LIMIT_ODD": {"worksheet": "Syncd", "label": "At most today", "typed": "abc"},
    f"WAITING.{Cap.KIND_DAY.name}": {"kind": Kind.PHONE},
}


def test_the_page_explains_every_sentence_word_for_word_and_no_other() -> None:
    page = (DOCS / "statuses.md").read_text()
    explained = re.findall(r"^\| (?!---|Status says|Quote says)([^|]+?) \|", page, re.MULTILINE)
    written = {
        name: status.sentence(text, **{"credits": 3, **EXAMPLES, **FIGURES.get(name, {})})
        for name, text in SENTENCES.items()
    }
    assert sorted(explained) == sorted(written.values())
    rows = [line for line in page.splitlines() if line.startswith("| ") and "---" not in line]
    assert all(len(line.split(" | ")) == 3 for line in rows)
    prose = "\n".join(line for line in page.splitlines() if not line.startswith("|"))
    quoted = re.findall(r"`([^`]+)`", prose)
    assert [text for text in quoted if status.is_ours(text)] == []


def test_the_pages_show_each_picture_and_each_picture_is_small() -> None:
    pages = [DOCS.parent / "README.md", *DOCS.glob("*.md")]
    pattern = r"!\[[^\]]{20,}\]\((?:docs/)?(pictures/[a-z-]+\.png)\)"
    shown = [one for page in pages for one in re.findall(pattern, page.read_text())]
    there = [f"pictures/{path.name}" for path in (DOCS / "pictures").iterdir()]
    assert sorted(shown) == sorted(there)
    for name in there:
        picture = (DOCS / name).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 130_000
