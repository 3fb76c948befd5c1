"""The sandbox over a real socket: what a client library sees, and whom the server turns away."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
import requests

from syncd.sandbox import server as server_module
from syncd.sandbox.clock import VirtualClock, WallClock
from syncd.sandbox.seleqt import Delivery, Seleqt, invent_people
from syncd.sandbox.server import SandboxServer, send_webhook
from syncd.sandbox.world import World

LISTS = "/api/v1/public/lead-lists/"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Site:
    """A served world with one list of ten people, and both client libraries."""

    def __init__(self, clock=None):
        self.seleqt = Seleqt(clock or WallClock())
        self.key = self.seleqt.add_key(limit=100_000)
        ids = self.seleqt.add_people(invent_people(10, 1))
        self.leads = f"{LISTS}{self.seleqt.add_list('x', 'PEOPLE', ids).id}/leads/"
        self.spend = self.leads.replace("/leads/", "/enrichment/")
        self.world = World(self.seleqt.clock, seleqt=self.seleqt)
        self.server = SandboxServer(self.world)
        self.httpx = httpx.Client(
            base_url=self.server.base_url, headers={"X-API-Key": self.key}, trust_env=False
        )
        self.requests = requests.Session()
        self.requests.trust_env = False
        self.requests.headers["X-API-Key"] = self.key

    def call(self, library, method, path, timeout=5.0, **options):
        if library == "requests":
            url = self.server.base_url + path
            return self.requests.request(method, url, timeout=timeout, **options)
        return self.httpx.request(method, path, timeout=timeout, **options)

    def last(self):
        return self.world.journal.entries[-1]

    def close(self):
        self.httpx.close()
        self.requests.close()
        self.server.close()


@pytest.fixture
def site():
    made = Site()
    with made.server:
        yield made
        made.httpx.close()
        made.requests.close()


@pytest.fixture(params=["requests", "httpx"])
def library(request):
    return request.param


GONE = (requests.exceptions.ConnectionError, httpx.RemoteProtocolError)
LATE = (requests.exceptions.ReadTimeout, httpx.ReadTimeout)
TORN = (requests.exceptions.ChunkedEncodingError, httpx.RemoteProtocolError)


def raw_exchange(site, data):
    with socket.create_connection(("127.0.0.1", site.server.port), timeout=5) as connection:
        connection.sendall(data)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_a_kept_alive_connection_answers_without_the_40_ms_delay(site, library):
    times = []
    for _ in range(30):
        started = time.perf_counter()
        assert site.call(library, "GET", site.leads).status_code == 200
        times.append(time.perf_counter() - started)
    # The delay would hit each of them; a busy machine hits some.
    assert sorted(times)[10] < 0.03


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.0.2.1", "localhost"])
def test_any_other_address_is_refused(site, host):
    with pytest.raises(ValueError, match="127"):
        SandboxServer(site.world, host=host)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("429", 429),
        ("500", 500),
        ("503", 503),
        ("html502", 502),
        ("504", 504),
        ("html200", 200),
        ("unauthorized_once", 401),
    ],
)
def test_faults_that_are_answers_buy_nothing_and_happen_once(site, library, kind, status):
    site.world.faults.add(kind)
    answer = site.call(library, "POST", site.spend)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith(
        "text/html" if kind in ("html502", "504", "html200") else "application/json"
    )
    assert site.seleqt.meter.charges == ()
    assert site.call(library, "POST", site.spend).status_code == 200


def test_drop_before_buys_nothing_and_the_client_sees_a_closed_connection(site, library):
    site.world.faults.add("drop_before")
    with pytest.raises(GONE):
        site.call(library, "POST", site.spend)
    assert site.seleqt.meter.charges == ()
    assert site.world.journal.last == 1


def test_drop_after_buys_exactly_once_and_the_client_sees_a_closed_connection(site, library):
    site.world.faults.add("drop_after")
    with pytest.raises(GONE):
        site.call(library, "POST", site.spend)
    assert len(site.seleqt.meter.charges) == 1
    assert site.world.journal.last == 1
    assert (site.last().fault, site.last().applied) == ("drop_after", True)


def test_a_drop_on_a_kept_alive_connection_is_not_sent_again_by_the_library(site, library):
    site.call(library, "GET", site.leads)
    site.world.faults.add("drop_after", path="enrichment")
    with pytest.raises(GONE):
        site.call(library, "POST", site.spend)
    assert site.world.journal.count(call="spend") == 1
    assert site.call(library, "GET", site.leads).status_code == 200


def test_a_truncated_answer_breaks_off_in_the_body(site, library):
    site.world.faults.add("truncated")
    with pytest.raises(TORN):
        site.call(library, "POST", site.spend)
    assert len(site.seleqt.meter.charges) == 1


def test_bad_json_arrives_whole_and_cannot_be_read(site, library):
    site.world.faults.add("bad_json")
    answer = site.call(library, "GET", site.leads)
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


def test_a_slow_request_is_applied_after_its_sender_has_gone(site, library):
    site.world.faults.add("slow", seconds=0.5)
    with pytest.raises(LATE):
        site.call(library, "POST", site.spend, timeout=0.1)
    assert site.seleqt.meter.charges == ()
    deadline = time.monotonic() + 5
    while not site.seleqt.meter.charges and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(site.seleqt.meter.charges) == 1


def test_a_slow_answer_was_applied_before_its_sender_went(site, library):
    site.world.faults.add("slow_after", seconds=0.5)
    with pytest.raises(LATE):
        site.call(library, "POST", site.spend, timeout=0.1)
    assert len(site.seleqt.meter.charges) == 1


def test_a_trickled_answer_arrives_whole_in_the_end(site, library):
    site.world.faults.add("trickle", seconds=0.4)
    started = time.monotonic()
    answer = site.call(library, "GET", site.leads, timeout=0.2)
    assert len(answer.json()["prospects"]) == 10
    assert time.monotonic() - started >= 0.35


def test_one_slow_request_does_not_block_the_others(site):
    site.world.faults.add("slow", path="enrichment", seconds=1.5)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(site.call, "requests", "POST", site.spend)
        while site.world.journal.last == 0:
            time.sleep(0.01)
        started = time.monotonic()
        assert site.call("httpx", "GET", site.leads).status_code == 200
        assert time.monotonic() - started < 1.0
        assert slow.result().status_code == 200


def test_a_hook_runs_between_two_requests_over_the_socket(site):
    site.call("httpx", "GET", LISTS)
    site.world.before(2, lambda: site.seleqt.add_list("late"))
    names = [one["name"] for one in site.call("httpx", "GET", LISTS).json()["lead_lists"]]
    assert names == ["x", "late"]


def test_two_threads_of_two_hundred_requests_lose_nothing(site):
    def work(n):
        with httpx.Client(
            base_url=site.server.base_url, headers={"X-API-Key": site.key}, trust_env=False
        ) as client:
            statuses = []
            for i in range(200):
                if i % 2:
                    statuses.append(client.get(site.leads).status_code)
                else:
                    body = {"name": f"{n}-{i}", "search_type": "PEOPLE"}
                    statuses.append(client.post(LISTS, json=body).status_code)
            return statuses

    with ThreadPoolExecutor(2) as pool:
        statuses = [status for part in pool.map(work, (1, 2)) for status in part]
    assert sorted(statuses) == [200] * 200 + [201] * 200
    assert [entry.number for entry in site.world.journal.entries] == list(range(1, 401))
    names = [one.name for one in site.seleqt.catalogue.lists.values()]
    assert len(set(names)) == 201


def test_two_buyers_at_once_buy_each_person_once(site):
    with ThreadPoolExecutor(2) as pool:
        calls = [
            pool.submit(site.call, library, "POST", site.spend) for library in ("requests", "httpx")
        ]
        counts = sorted(one.result().json()["enriched_count"] for one in calls)
    assert counts == [0, 10]
    assert site.seleqt.meter.bought_twice() == {}
    assert site.seleqt.audit() == []


# --- malformed requests ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET http://127.0.0.1/api/v1/api-keys/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST /api/v1/ HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400),
        (b"POST /api/v1/ HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST /api/v1/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /api/v1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (b"what is this\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
    ],
)
def test_malformed_requests_are_answered_and_reach_no_vendor(site, head, status):
    received = raw_exchange(site, head)
    assert f" {status} ".encode() in received.split(b"\r\n")[0] or b"Error code: 400" in received
    assert site.world.journal.last == 0


def test_a_request_cut_off_in_its_body_is_not_applied(site):
    with socket.create_connection(("127.0.0.1", site.server.port), timeout=5) as connection:
        head = f"POST {site.spend} HTTP/1.1\r\nHost: x\r\nX-API-Key: {site.key}\r\n"
        connection.sendall(f"{head}Content-Length: 50\r\n\r\n{{}}".encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert site.world.journal.last == 0


def test_a_head_request_gets_no_body(site):
    connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=5)
    connection.request("HEAD", "/")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    connection.request("GET", "/control/state")
    assert connection.getresponse().status == 200
    connection.close()


def test_a_failure_of_the_sandbox_itself_is_500_and_is_logged(site, caplog):
    def explode():
        raise RuntimeError("planted")

    site.world.before(1, explode)
    assert site.call("httpx", "GET", site.leads).status_code == 500
    assert "planted" in caplog.text


# --- other web pages ---------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0", ""])
@pytest.mark.parametrize("path", ["/", "/assets/grid.css", "/control/state"])
def test_a_foreign_host_name_is_turned_away(site, host, path):
    assert site.call("httpx", "GET", path, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:80", "LOCALHOST:1"])
def test_this_machines_own_names_are_served(site, host):
    assert site.call("httpx", "GET", "/control/state", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost"]
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_foreign_origin_may_not_meddle(site, origin, method):
    site.world.faults.add("500", path="nowhere")
    answer = site.call("httpx", method, "/control/faults", headers={"Origin": origin})
    assert answer.status_code == 403
    assert len(site.world.faults.describe()) == 1


def test_the_page_itself_may_meddle(site):
    headers = {"Origin": site.server.base_url}
    assert site.call("httpx", "DELETE", "/control/faults", headers=headers).status_code == 200


def test_a_form_may_not_meddle(site):
    answer = site.call("httpx", "POST", "/control/seleqt/spend", data={"credits": "5"})
    assert answer.status_code == 400
    assert site.seleqt.balance == 1000


# --- the page ----------------------------------------------------------------------------------


def test_files_of_the_page_are_served_with_their_types(site, tmp_path, monkeypatch):
    page = tmp_path / "page"
    page.mkdir()
    for name in ("index.html", "grid.css", "grid.js", "secret.txt"):
        (page / name).write_text(f"this is {name}", encoding="utf-8")
    (tmp_path / "outside.js").write_text("no", encoding="utf-8")
    monkeypatch.setattr(server_module.resources, "files", lambda package: tmp_path)
    kinds = {
        "/": "text/html; charset=utf-8",
        "/assets/grid.css": "text/css; charset=utf-8",
        "/assets/grid.js": "text/javascript; charset=utf-8",
    }
    for path, kind in kinds.items():
        answer = site.call("httpx", "GET", path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
        assert "this is" in answer.text
    for path in (
        "/assets/secret.txt",
        "/assets/missing.js",
        "/assets/",
        "/assets/../outside.js",
        "/assets/%2e%2e/outside.js",
        "/assets//etc/passwd",
        "/favicon.ico",
    ):
        assert b" 404 " in raw_exchange(
            site, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )
    assert site.call("httpx", "POST", "/").status_code == 405


# --- closing -----------------------------------------------------------------------------------


def test_a_closed_server_is_dead_even_on_a_kept_alive_connection():
    site = Site()
    with site.server:
        assert site.call("httpx", "GET", site.leads).status_code == 200
    with pytest.raises(httpx.TransportError):
        site.call("httpx", "GET", site.leads)
    assert site.world.journal.last == 1
    site.httpx.close()
    site.requests.close()


def test_a_closed_server_applies_nothing_any_more():
    site = Site()
    with site.server:
        site.world.faults.add("slow", seconds=0.4)
        with pytest.raises(httpx.ReadTimeout):
            site.call("httpx", "POST", site.spend, timeout=0.1)
    time.sleep(0.6)
    assert site.seleqt.meter.charges == ()
    site.httpx.close()
    site.requests.close()


# --- webhooks ----------------------------------------------------------------------------------


@pytest.fixture
def receiver():
    received = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    listener = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{listener.server_port}/hook?token=abc", received
    listener.shutdown()
    listener.server_close()
    thread.join()


def test_a_webhook_is_sent_when_the_run_completes(receiver):
    url, received = receiver
    clock = VirtualClock(NOW)
    site = Site(clock)
    with site.server:
        site.call("httpx", "POST", site.spend, json={"webhook_url": url})
        time.sleep(0.2)
        assert received == []
        with site.world.lock:
            clock.advance(timedelta(seconds=60))
        deadline = time.monotonic() + 5
        while not site.server.webhooks and time.monotonic() < deadline:
            time.sleep(0.02)
        assert list(site.server.webhooks) == [(url, 204)]
    site.httpx.close()
    site.requests.close()
    [(path, kind, body)] = received
    assert (path, kind) == ("/hook?token=abc", "application/json")
    assert body["total_count"] == 10


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "https://127.0.0.1/x",
        "http://127.0.0.1.example.com/",
        "http://127.0.0.1@example.com/",
        "http://192.0.2.1/",
    ],
)
def test_a_webhook_never_leaves_this_machine(url, monkeypatch):
    def forbidden(*args, **kwargs):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", forbidden)
    assert send_webhook(Delivery(url=url, body={}, due=NOW)) == "refused: not a loopback URL"


def test_a_webhook_nobody_hears_is_noted_and_not_repeated():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused for certain
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        assert str(send_webhook(Delivery(url=url, body={}, due=NOW))).startswith("failed: ")
