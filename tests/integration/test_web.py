"""The web port on a real socket, beside the real engine and its ledger."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from port import LOCAL, Site, serve
from prometheus_client.parser import text_string_to_metric_families
from rig import Rig
from structlog.testing import capture_logs

from syncd.web import server

ALERTS = Path(__file__).parents[2] / "docs" / "alerts.yml"


@pytest.fixture
def site(rig: Rig) -> Iterator[Site]:
    with serve(rig) as site:
        assert site.web.listening.wait(10)
        yield site


def lines(answer: httpx.Response) -> list[dict[str, object]]:
    return [json.loads(line) for line in answer.text.splitlines()]


def test_it_is_not_ready_until_each_sheet_was_read_and_then_it_is(site: Site) -> None:
    before = site.get("/readyz")
    assert before.status_code == 503
    verdict, reason = [one for one in lines(before) if one.get("cause") != "plan_mode"]
    assert verdict["ready"] is False
    assert (reason["cause"], reason["spreadsheet"]) == ("never", "Sales")
    site.engine.cycle()
    time.sleep(1.1)  # what was read is kept for a second
    after = site.get("/readyz")
    assert after.status_code == 200
    assert lines(after)[0]["ready"] is True


def test_a_stopped_ledger_is_not_ready_and_says_what_to_do(site: Site, rig: Rig) -> None:
    site.engine.cycle()
    with rig.ledger() as ledger, ledger.transaction():
        ledger.accounts.halt("default", "the books do not add up")
    answer = site.get("/readyz")
    assert answer.status_code == 503
    halted = next(one for one in lines(answer) if one.get("cause") == "halted")
    assert "the books do not add up" in str(halted["says"])
    assert "syncd batches resume" in str(halted["do"])


def test_who_makes_no_progress_is_not_alive(site: Site) -> None:
    assert site.get("/livez").status_code == 200
    site.stuck.append("cycle of Sales")
    answer = site.get("/livez")
    assert answer.status_code == 503
    assert lines(answer) == [{"live": False}, {"says": "cycle of Sales"}]
    assert site.get("/readyz").status_code == 503


def test_the_metrics_tell_credits_rows_requests_and_caps_and_no_person(
    site: Site, rig: Rig
) -> None:
    person = rig.person(email="wilma.secret@found.example", first_name="Wilma")
    rig.ask((person, "Email"))
    rig.settle(site.engine)
    text = site.get("/metrics").text
    series = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert series["syncd_credits_settled_total", ("kind", "email")] == 3
    assert series["syncd_cap_left_credits", ("period", "day")] == 4997
    assert series["syncd_rows", ("spreadsheet", "Sales"), ("state", "found")] == 1
    assert series["syncd_request_seconds_count", ("call", "buy"), ("vendor", "seleqt")] == 1
    assert series["syncd_balance_credits",] == 9997
    assert series["syncd_ready",] == 1
    assert len({name for name, *_ in series if name.startswith("syncd_")}) < 45
    assert "wilma" not in text.lower()
    key = str(rig.column("Key")[0])
    assert key.startswith("r-")
    assert key not in text


def test_each_alert_asks_for_metrics_and_labels_that_there_are(site: Site, rig: Rig) -> None:
    site.engine.cycle()
    rig.ask((rig.people(1)[0], "Email"))
    rig.settle(site.engine)
    told: dict[str, dict[str, set[str]]] = {"up": {"job": {"syncd"}}}
    for family in text_string_to_metric_families(site.get("/metrics").text):
        for sample in family.samples:
            labels = told.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    expressions = re.findall(r"^ +expr: (.+)$", ALERTS.read_text(), re.MULTILINE)
    assert len(expressions) >= 15
    for expression in expressions:
        asked = re.findall(r"\b(up|syncd_\w+)(?:\{([^}]*)\})?", expression)
        assert asked, expression
        for name, matchers in asked:
            assert name in told, expression
            for label, pattern in re.findall(r'(\w+)=~?"([^"]+)"', matchers):
                found = told[name].get(label, set())
                assert any(re.fullmatch(pattern, value) for value in found), expression
    if promtool := shutil.which("promtool"):  # of Debian's package prometheus
        subprocess.run([promtool, "check", "rules", ALERTS], check=True, capture_output=True)


def test_a_page_of_another_name_gets_nothing(site: Site) -> None:
    for host in ("evil.example", "evil.example:9464", "127.0.0.1.evil.example", "", "localhost@x"):
        for path in ("/", "/metrics", "/readyz", "/hooks/x"):
            assert site.get(path, Host=host).status_code == 403, (host, path)
    for host in ("localhost", "127.0.0.1:1", "[::1]:9464", "LOCALHOST:80"):
        assert site.get("/livez", Host=host).status_code == 200, host


def test_what_a_proxy_forwards_gets_the_hooks_and_nothing_else(site: Site) -> None:
    for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        assert site.get("/metrics", **{header: "203.0.113.7"}).status_code == 403
        assert site.post("/hooks/unknown", **{header: "203.0.113.7"}).status_code == 404


def test_what_is_not_there_is_not_there(site: Site) -> None:
    assert site.get("/nothing").status_code == 404
    assert site.get("/hooks/x").status_code == 405
    assert site.post("/metrics").status_code == 405


def test_nobody_may_keep_or_frame_what_is_told(site: Site) -> None:
    for path in ("/", "/metrics", "/nothing", "/livez"):
        headers = site.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Connection"] == "close"


NONSENSE = (
    b"\x16\x03\x01\x02\x00\x01\x00",  # TLS
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET\r\n\r\n",
    b"POST /hooks/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 70_000,
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
)


def test_nonsense_is_refused_and_the_next_is_served(site: Site) -> None:
    for sent in NONSENSE:
        with capture_logs() as logs, site.connect() as connection:
            connection.sendall(sent)
            answer = connection.recv(100)
        assert answer.startswith(b"HTTP/1.1 4"), sent[:80]
        assert logs == []
        assert site.get("/livez").status_code == 200


def test_who_is_slow_is_cut_off_and_holds_up_nobody(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.web.protocol.LONGEST", 0.3)
    with site.connect() as head, site.connect() as body:
        head.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        body.sendall(b"POST /hooks/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n1")
        assert site.get("/livez").status_code == 200
        assert _ends(head)
        assert _ends(body)


def _ends(connection: socket.socket) -> bool:
    connection.settimeout(3)
    try:
        while connection.recv(1000):
            pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return True


def test_only_so_many_may_wait_at_a_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncd.web.protocol.MOST", 3)
    idle = [site.connect() for _ in range(3)]
    with pytest.raises(httpx.TransportError):
        site.get("/livez")
    for one in idle:
        one.close()
    time.sleep(0.1)
    assert site.get("/livez").status_code == 200


def test_a_taken_port_is_told_once_and_had_as_soon_as_it_is_free(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_AGAIN", 0.05)
    with socket.socket() as taken:
        taken.bind(LOCAL)
        taken.listen()
        port = taken.getsockname()[1]
        with capture_logs() as logs, serve(rig, ("127.0.0.1", port)) as site:
            assert not site.web.listening.wait(0.3)
            site.engine.cycle()  # the work goes on
            taken.close()
            assert site.web.listening.wait(5)
            assert site.get("/livez").status_code == 200
    told = [one for one in logs if one["event"] == "web_not_started"]
    assert len(told) == 1
    assert f"127.0.0.1 port {port}: Address already in use" in told[0]["reason"]


def test_a_unix_socket_serves_and_is_gone_afterwards_and_a_stale_one_is_replaced(
    rig: Rig, tmp_path: Path
) -> None:
    path = tmp_path / "web.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    with serve(rig, path) as site:
        assert site.web.listening.wait(5)
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
            assert client.get("http://localhost/livez").status_code == 200
    assert not path.exists()


def test_a_file_in_the_sockets_place_is_left_alone(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "web.sock"
    path.write_text("mine")
    with capture_logs() as logs, serve(rig, path) as site:
        assert not site.web.listening.wait(0.3)
    assert path.read_text() == "mine"
    assert any("is no socket" in str(one.get("reason")) for one in logs)


def test_a_ledger_that_cannot_be_read_fails_the_page_and_nothing_else(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(rig) as site:
        assert site.web.listening.wait(5)
        monkeypatch.setattr("syncd.web.facts.Facts.days", _break)
        with capture_logs() as logs:
            answer = site.get("/")
            assert answer.status_code == 500
            assert "broken" not in answer.text
            assert site.get("/livez").status_code == 200
        assert [one["event"] for one in logs] == ["web_request_failed"]


def _break(*_: object) -> None:
    raise OSError("broken")
