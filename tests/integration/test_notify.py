"""Messages and pings on their way out, to a server on this machine."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bench import Program, until
from pydantic import SecretStr
from rig import Rig
from structlog.testing import capture_logs
from typer.testing import CliRunner

import syncd.attendants
from syncd.app import App
from syncd.attendants import Attendants, make_notifier
from syncd.cli import app as cli
from syncd.config import ConfigError, load
from syncd.ledger import Ledger
from syncd.notify import Notifier
from syncd.notify.courier import Failed, deliver

SECRET = "a-secret-in-the-path"


class Inbox:
    """A server that takes every POST, or answers with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.silent = threading.Event()  # set: no answer
        self.got: list[tuple[str, str]] = []  # path, body
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                inbox.got.append((self.path, body))
                if inbox.silent.is_set():
                    inbox.over.wait(20)
                self.send_response(inbox.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01])

    def __enter__(self) -> Inbox:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self._server.server_port}/{SECRET}"

    @property
    def ping_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/ping/{SECRET}"

    @property
    def messages(self) -> list[Any]:
        return [json.loads(body) for path, body in self.got if path == f"/{SECRET}"]

    @property
    def pings(self) -> list[tuple[str, str]]:
        return [
            (path.rpartition(SECRET)[2], body) for path, body in self.got if path[:6] == "/ping/"
        ]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


class Master:
    stuck: tuple[str, ...] = ()

    def find_stuck(self) -> tuple[str, ...]:
        return self.stuck

    def hasten(self, spreadsheet: str) -> None:
        raise NotImplementedError


def configure(rig: Rig, inbox: Inbox, notify: str = "") -> Path:
    (rig.folder / "notify.url").write_text(inbox.url)
    (rig.folder / "ping.url").write_text(inbox.ping_url)
    rig.settings["notify"] = notify or 'urls = [{ file = "notify.url" }]'
    return rig.config()


class Desk:
    """A notifier that looks when it is told to, beside a ledger that has been cycled once."""

    def __init__(self, rig: Rig, app: App) -> None:
        self.rig = rig
        self.notifier: Notifier = make_notifier(app, Master())
        self.engine = app.engines[0]
        self.ledger = Ledger(app.config.ledger.path)

    def look(self, *, later: timedelta = timedelta(0)) -> None:
        self.rig.ahead += later
        self.engine.cycle()  # or it would be told that nothing is read
        self.notifier.turn(self.ledger)

    def halt(self, why: str) -> None:
        with self.ledger.transaction():
            self.ledger.accounts.halt("default", why)

    def resume(self) -> None:
        with self.ledger.transaction():
            self.ledger.accounts.resume("default")


def desk(rig: Rig, config: Path) -> Iterator[Desk]:
    with App(load(config), stop=threading.Event(), clock=rig.now) as app:
        app.engines[0].cycle()
        made = Desk(rig, app)
        try:
            yield made
        finally:
            made.ledger.close()


def test_a_trouble_and_its_end_are_told_once_each_across_restarts(rig: Rig, inbox: Inbox) -> None:
    config = configure(rig, inbox)
    for each in desk(rig, config):
        each.look()
        each.halt("the books of batch 3f2a do not add up")
        each.look()
        each.look(later=timedelta(minutes=10))
    for each in desk(rig, config):
        each.look(later=timedelta(minutes=1))
        each.resume()
        each.look()
        each.look(later=timedelta(minutes=6))
    begin, end = inbox.messages
    assert begin["title"].endswith(": 1 thing to look at")
    assert begin["type"] == "warning"
    assert "the books of batch 3f2a do not add up" in begin["message"]
    assert "syncd batches resume" in begin["message"]
    assert (end["type"], end["title"].endswith(": 1 thing over")) == ("success", True)


def test_an_address_that_fails_delays_nothing_and_gets_the_message_later(
    rig: Rig, inbox: Inbox
) -> None:
    inbox.status = 500
    clock = [0.0]
    for each in desk(rig, configure(rig, inbox)):
        each.notifier.monotonic = lambda: clock[0]
        each.halt("odd")
        with capture_logs() as logs:
            each.look()
            each.look()
        assert [one["event"] for one in logs] == ["message_not_sent"]
        assert logs[0]["reason"] == "address 1 did not take the message"
        assert SECRET not in str(logs)
        assert len(inbox.messages) == 1
        inbox.status = 200
        clock[0] += 61
        each.look()
        each.look()
        assert len(inbox.messages) == 2


def test_a_message_that_some_address_took_is_not_sent_again(rig: Rig, inbox: Inbox) -> None:
    (rig.folder / "odd.url").write_text("nonsense://here")
    both = 'urls = [{ file = "odd.url" }, { file = "notify.url" }]'
    with capture_logs() as logs:
        for each in desk(rig, configure(rig, inbox, both)):
            each.halt("odd")
            each.look()
            each.look(later=timedelta(minutes=20))
    assert len(inbox.messages) == 1
    reasons = [one["reason"] for one in logs if one["event"] == "message_not_sent"]
    assert reasons == ["address 1 is none that apprise understands"]


def test_rows_that_wait_for_a_word_are_told_of_beside_what_else_is_wrong(
    rig: Rig, inbox: Inbox
) -> None:
    rig.settings["buying"] = "big_paste = 10"
    rig.fill(rig.requests, [["Find", "Find"]])  # so the spreadsheet has a problem all the while
    for each in desk(rig, configure(rig, inbox)):
        each.look()
        each.look(later=timedelta(minutes=11))
        rig.ask(*((one, "Email") for one in rig.people(12)))
        each.look()
        assert len(inbox.messages) == 1
        each.look(later=timedelta(minutes=11))
        with each.ledger.transaction():
            each.ledger.pastes.confirm(1)
        each.look(later=timedelta(minutes=1))
        each.look(later=timedelta(minutes=6))
    problem, asked, over = (one["message"] for one in inbox.messages)
    assert "Find" in problem
    assert asked == (
        "- Sales: 12 rows came into “Leads” at once, and wait: they would cost up to 36 credits.\n"
        "  Tick Approve in those that are meant, or for all of them: syncd approve “Sales”."
    )
    assert over.startswith("- Sales: 12 rows came into “Leads” at once")


def test_what_lasts_is_not_written_down_at_each_look(rig: Rig, inbox: Inbox) -> None:
    for each in desk(rig, configure(rig, inbox)):
        each.halt("odd")
        each.look()
        written = each.ledger._db.conn.total_changes
        each.look(later=timedelta(minutes=1))
        assert each.ledger._db.conn.total_changes == written


def test_who_does_not_answer_is_left_alone_after_a_while(inbox: Inbox) -> None:
    inbox.silent.set()
    with pytest.raises(Failed) as caught:
        deliver([SecretStr(inbox.url)], title="t", text="x", is_good=True, patience=2.5)
    assert caught.value.reason == "nothing was heard of the message within 2.5 seconds"


def test_a_stop_ends_the_messenger_though_the_daemon_holds_signals_back(inbox: Inbox) -> None:
    inbox.silent.set()
    hold = "import sys, os; from syncd import signals; signals.hold(); os.execv(sys.executable, "
    command = [sys.executable, "-c", hold + "[sys.executable, '-m', 'syncd.notify.courier'])"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as messenger:
        assert messenger.stdin is not None
        json.dump({"urls": [inbox.url], "title": "", "text": "x", "kind": "info"}, messenger.stdin)
        messenger.stdin.close()
        until(lambda: inbox.messages)
        messenger.terminate()
        assert messenger.wait(5) == -signal.SIGTERM


def test_an_address_that_is_none_is_told_by_its_place_alone(inbox: Inbox) -> None:
    urls = [SecretStr(inbox.url), SecretStr(f"nonsense://{SECRET}")]
    with pytest.raises(Failed) as caught:
        deliver(urls, title="Title", text="Line 1\nLine 2", is_good=False)
    assert caught.value.reason == "address 2 is none that apprise understands"
    assert inbox.messages[0]["message"] == "Line 1\nLine 2"


def test_the_ping_says_that_all_is_well_or_what_is_not(rig: Rig, inbox: Inbox) -> None:
    config = configure(rig, inbox, 'ping = { file = "ping.url" }\nping_every = "10m"')
    for each in desk(rig, config):
        each.look()
        each.look(later=timedelta(minutes=9))
        each.halt("odd")
        each.look(later=timedelta(minutes=1))
        each.resume()
        each.look(later=timedelta(minutes=10))
    assert [path for path, _ in inbox.pings] == ["", "/fail", ""]
    assert "Buying is stopped: odd" in inbox.pings[1][1]
    assert inbox.messages == []


def test_a_ping_that_fails_is_one_warning_without_its_address(rig: Rig, inbox: Inbox) -> None:
    inbox.status = 404
    config = configure(rig, inbox, 'ping = { file = "ping.url" }\nping_every = "1m"')
    with capture_logs() as logs:
        for each in desk(rig, config):
            each.look()
            each.look(later=timedelta(minutes=1))
            inbox.status = 200
            each.look(later=timedelta(minutes=1))
    events = [one["event"] for one in logs if one["event"].startswith("ping")]
    assert events == ["ping_failed", "ping_works_again"]
    assert SECRET not in str(logs)


def test_the_daemon_tells_and_pings_by_itself(rig: Rig, inbox: Inbox) -> None:
    rig.settings["caps"] = 'time_zone = "Europe/Berlin"\nper_day = 0\nper_month = 0'
    config = configure(rig, inbox, 'urls = [{ file = "notify.url" }]\nping = { file = "ping.url" }')
    hurried = "import syncd.notify.notifier as n; n.LOOK = 0.3"
    with Program(rig.folder, "run", "-c", str(config), code=hurried) as daemon:
        until(lambda: inbox.messages and inbox.pings[1:])
        assert "Today's credits are used up: 0 of 0." in inbox.messages[0]["message"]
        assert [path for path, _ in inbox.pings[:2]] == ["/start", ""]
        code, _ = daemon.leave()
        assert code == 0
        assert SECRET not in daemon.output


def test_a_secret_that_has_gone_stops_nothing(rig: Rig, inbox: Inbox) -> None:
    config = load(configure(rig, inbox))
    (rig.folder / "notify.url").unlink()
    attendants = Attendants()
    with capture_logs() as logs, App(config, stop=threading.Event(), clock=rig.now) as app:
        attendants.attend(app, Master())
        attendants.dismiss()
    assert [one["event"] for one in logs] == ["notifier_not_started"]


def test_a_bug_in_what_serves_or_tells_stops_nothing(
    rig: Rig, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syncd.attendants, "make_notifier", lambda *_: {}["a bug"])
    config = load(configure(rig, inbox))
    with capture_logs() as logs, App(config, stop=threading.Event(), clock=rig.now) as app:
        Attendants().attend(app, Master())
    assert [one["event"] for one in logs] == ["attendant_not_started"]


def test_an_operator_can_try_it(rig: Rig, inbox: Inbox) -> None:
    config = configure(rig, inbox, 'urls = [{ file = "notify.url" }]\nping = { file = "ping.url" }')
    shown = CliRunner().invoke(cli, ["notify", "-c", str(config)])
    assert (shown.exit_code, inbox.got) == (0, [])
    assert SECRET not in shown.output
    tried = CliRunner().invoke(cli, ["notify", "--test", "-c", str(config)])
    assert (tried.exit_code, len(inbox.messages), len(inbox.pings)) == (0, 1, 1)
    inbox.status = 500
    failed = CliRunner().invoke(cli, ["notify", "--test", "-c", str(config)])
    assert failed.exit_code == 1
    assert "address 1 did not take the message" in failed.output
    assert "The ping did not arrive: status 500" in failed.output


def test_where_nobody_is_told_it_says_so(rig: Rig) -> None:
    tried = CliRunner().invoke(cli, ["notify", "--test", "-c", str(rig.config())])
    assert tried.exit_code == 1
    assert "Nobody is told" in tried.output


@pytest.mark.parametrize(
    ("notify", "content", "says"),
    [
        ('urls = ["json://x"]', "", "a secret is never written here"),
        ('urls = [{ file = "missing" }]', "", "notify.urls: the file"),
        ('urls = [{ file = "notify.url" }]', "two\nlines://x", "holds no address"),
        ('ping = { file = "notify.url" }', "ftp://x", "notify.ping: the file"),
        ('causes = ["caps"]', "", "notify.causes"),
        ('ping_every = "5s"', "", "notify.ping_every: must be at least 1m"),
    ],
)
def test_what_is_wrong_with_the_config_is_told_without_its_content(
    rig: Rig, notify: str, content: str, says: str
) -> None:
    rig.settings["notify"] = notify
    (rig.folder / "notify.url").write_text(content)
    with pytest.raises(ConfigError) as caught:
        load(rig.config(), secrets=True)
    assert says in str(caught.value)
    assert "x" not in str(caught.value).replace("next", "") or not content
