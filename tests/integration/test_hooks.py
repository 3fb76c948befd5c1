"""Seleqt's webhook as a hint: what it hastens, who may give it, and where its token never goes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import until
from port import Site, serve
from rig import Rig
from structlog.testing import capture_logs

from syncd import app
from syncd.config import ConfigError, load
from syncd.core.model import BatchState
from syncd.web import hooks

TOKEN = "a-token-that-nobody-guesses-1234"


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "new_token", lambda: TOKEN)


@pytest.fixture
def site(rig: Rig, port: int, tokens: None) -> Iterator[Site]:
    """A port that Seleqt can call, and a purchase whose results take an hour by the clock."""
    rig.seleqt.knobs.change(first_result_seconds=3600.0)
    with serve(rig, ("127.0.0.1", port), public=f"127.0.0.1:{port}") as site:
        assert site.web.listening.wait(10)
        rig.ask((rig.people(1)[0], "Email"))
        until(lambda: site.engine.cycle().open_batches and rig.batches()[0].submitted_at)
        yield site


def test_a_hint_hastens_one_look_and_one_more_soon(site: Site, rig: Rig) -> None:
    rig.seleqt.knobs.change(first_result_seconds=0.0)
    before = looks(rig)
    site.engine.cycle()
    assert looks(rig) == before  # it is not time yet
    assert site.post(f"/hooks/{TOKEN}").status_code == 204
    until(lambda: site.hurried)
    assert site.hurried == ["Sales"]
    report = site.engine.cycle()
    assert looks(rig) == before + 1
    assert report.due is not None
    assert 0 < (report.due - rig.now()).total_seconds() <= 2
    site.engine.cycle()
    assert looks(rig) == before + 1
    rig.ahead = report.due - rig.now()
    site.engine.cycle()
    assert looks(rig) == before + 2


def looks(rig: Rig) -> int:
    """Return how often a purchase's list was read."""
    return sum(
        entry.vendor == "seleqt" and entry.call == "read" and "/leads/" in entry.path
        for entry in rig.world.journal.after(0)
    )


def test_seleqt_itself_finds_the_door(rig: Rig, port: int, tokens: None) -> None:
    with serve(rig, ("127.0.0.1", port), public=f"127.0.0.1:{port}") as site:
        assert site.web.listening.wait(10)
        rig.ask((rig.people(1)[0], "Email"))
        until(lambda: site.engine.cycle() and rig.server.webhooks)
        assert list(rig.server.webhooks) == [(f"http://127.0.0.1:{port}/hooks/{TOKEN}", 204)]
        until(lambda: site.hurried)


def test_a_token_is_good_for_once_also_after_a_restart(site: Site, rig: Rig, port: int) -> None:
    assert site.post(f"/hooks/{TOKEN}").status_code == 204
    assert site.post(f"/hooks/{TOKEN}").status_code == 404
    until(lambda: site.hurried)
    site.engine.cycle()
    with rig.ledger() as ledger:
        assert ledger.hooks.find(hooks.digest_of(TOKEN)) is None
    assert site.post(f"/hooks/{TOKEN}").status_code == 404
    assert len(site.hurried) == 1


def test_the_token_of_a_purchase_that_is_over_is_a_strangers(site: Site, rig: Rig) -> None:
    rig.seleqt.knobs.change(first_result_seconds=0.0)
    with rig.ledger() as ledger, ledger.transaction():
        ledger._db.execute("UPDATE batches SET state = 'refused'")
    try:
        assert site.post(f"/hooks/{TOKEN}").status_code == 404
    finally:
        with rig.ledger() as ledger, ledger.transaction():
            ledger._db.execute("UPDATE batches SET state = 'accepted'")
    assert site.hurried == []


def test_strangers_get_the_same_answer_whatever_they_try(site: Site) -> None:
    odd = ["unknown", "x" * 4000, "%00", "..%2f..%2fetc", "a/b", "%F0%9F%98%80", TOKEN.upper()]
    for token in odd:
        answer = site.post(f"/hooks/{token}")
        assert (answer.status_code, answer.content) == (404, b""), token
    assert site.hurried == []


def test_too_much_is_refused_and_is_no_hint(site: Site) -> None:
    assert site.post(f"/hooks/{TOKEN}", b"x" * (hooks.LARGEST + 1)).status_code == 413
    assert site.hurried == []
    assert site.post(f"/hooks/{TOKEN}", b"x" * hooks.LARGEST).status_code == 204


def test_who_sends_half_a_body_and_stops_gives_no_hint(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.web.protocol.LONGEST", 0.2)
    head = f"POST /hooks/{TOKEN} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n1"
    with site.connect() as connection:
        connection.sendall(head.encode())
        assert connection.recv(100) == b""
    assert site.hurried == []
    assert site.post(f"/hooks/{TOKEN}").status_code == 204


def test_a_crowd_of_strangers_is_turned_away_unasked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "STRANGERS", 5)
    statuses = [site.post("/hooks/unknown").status_code for _ in range(8)]
    assert statuses == [404] * 5 + [429] * 3
    monkeypatch.setattr(hooks, "_MINUTE", 0.0)
    assert site.post(f"/hooks/{TOKEN}").status_code == 204


def test_what_is_said_in_a_hint_is_never_believed(site: Site, rig: Rig) -> None:
    lie = b'{"success": true, "results": [{"id": 1, "data": {"email": "lie@attacker.example"}}]}'
    assert site.post(f"/hooks/{TOKEN}", lie).status_code == 204
    until(lambda: site.hurried)
    for _ in range(3):
        site.engine.cycle()
    assert rig.batches()[0].state is BatchState.ACCEPTED
    assert rig.column("Email") == [""]


def test_the_token_stands_nowhere_but_in_the_request_to_seleqt(
    rig: Rig, port: int, tokens: None, tmp_path: Path
) -> None:
    rig.seleqt.knobs.change(webhook_echo="always")
    with (
        capture_logs() as logs,
        serve(rig, ("127.0.0.1", port), public=f"127.0.0.1:{port}") as site,
    ):
        assert site.web.listening.wait(10)
        rig.ask((rig.people(1)[0], "Email"))
        rig.settle(site.engine)
        said = [site.get(path).text for path in ("/", "/metrics", "/readyz")]
        until(lambda: rig.server.webhooks)
    assert TOKEN in str(rig.server.webhooks)
    assert TOKEN not in f"{logs}{said}{rig.rows()}"
    for file in tmp_path.iterdir():
        assert TOKEN.encode() not in file.read_bytes(), file


def test_an_address_without_a_place_for_a_token_is_sent_as_it_is(rig: Rig) -> None:
    rig.settings["seleqt"] = (
        'key = { file = "seleqt.key" }\nbase_url = "BASE/api/v1"\nrequests_per_minute = 0\n'
        'webhook_url = "http://127.0.0.1:9/somebody-else"'
    )
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    until(lambda: rig.server.webhooks)
    assert rig.server.webhooks[0][0] == "http://127.0.0.1:9/somebody-else"
    with rig.ledger() as ledger:
        assert ledger._db.execute("SELECT COUNT(*) FROM hooks").fetchone() == (0,)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"web": 'listen = "0.0.0.0:9464"'}, "web.listen: must be an address of this machine only"),
        ({"web": 'listen = "192.0.2.7:9464"'}, "web.listen: must be an address of this machine"),
        ({"web": 'listen = "127.0.0.1"'}, "web.listen: must be an address of this machine only"),
        ({"web": 'listen = "127.0.0.1:70000"'}, "web.listen: must be an address of this machine"),
        ({"web": 'listen = "unix:"'}, "web.listen: needs a path"),
        ({"web": f'listen = "unix:/{"x" * 108}"'}, "web.listen: needs a path of at most 107"),
        ({"web": 'lissen = ""'}, 'web.lissen: this key is unknown; did you mean "listen"?'),
        ({"hook": "https://hooks.example.com/{token}"}, "name an address in web.listen"),
        ({"hook": "http://hooks.example.com/{token}"}, "seleqt.webhook_url: must be https"),
        ({"hook": "https://hooks.example.com/?t={token}"}, "seleqt.webhook_url: must be https"),
        ({"hook": "https://{token}.example.com/x"}, "seleqt.webhook_url: must be https"),
    ],
)
def test_what_is_wrong_with_the_port_or_the_hook_is_told(
    rig: Rig, settings: dict[str, str], says: str
) -> None:
    if hook := settings.pop("hook", ""):
        settings["seleqt"] = f'key = {{ file = "seleqt.key" }}\nwebhook_url = "{hook}"'
    rig.settings |= settings
    with pytest.raises(ConfigError) as caught:
        load(rig.config())
    assert says in str(caught.value)
