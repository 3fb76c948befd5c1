"""What the supervisor is told, over a real socket of its protocol."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from syncd.supervisor import Supervisor


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.settimeout(5)
        ear.bind(str(tmp_path / "notify"))
        yield ear


def heard(ear: socket.socket) -> list[str]:
    return ear.recv(4096).decode().splitlines()


def silent(ear: socket.socket) -> bool:
    ear.setblocking(False)
    try:
        ear.recv(1)
    except BlockingIOError:
        return True
    return False


def test_each_message_is_what_the_protocol_documents(ear: socket.socket) -> None:
    told = Supervisor({"NOTIFY_SOCKET": ear.getsockname()})
    told.ready("idle")
    assert heard(ear) == ["READY=1", "STATUS=idle"]
    told.alive()
    assert heard(ear) == ["WATCHDOG=1"]
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    told.reloading()
    state, stamp = heard(ear)
    assert state == "RELOADING=1"
    assert before <= int(stamp.removeprefix("MONOTONIC_USEC=")) <= before + 5_000_000
    told.stopping(timedelta(seconds=60))
    assert heard(ear) == ["STOPPING=1", "EXTEND_TIMEOUT_USEC=70000000", "STATUS=Stopping"]


def test_a_status_is_one_line_sent_when_it_is_new_in_any_script(ear: socket.socket) -> None:
    told = Supervisor({"NOTIFY_SOCKET": ear.getsockname()})
    told.ready("idle")
    heard(ear)
    told.tell("idle")
    assert silent(ear)
    told.tell("“Vertrieb, 営業”\nREADY=1  \ud800")
    assert heard(ear) == ["STATUS=“Vertrieb, 営業” READY=1 ?"]
    told.tell("x" * 9999)
    assert len(heard(ear)[0]) == len("STATUS=") + 500


def test_an_abstract_socket_is_reached_by_its_name() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.settimeout(5)
        ear.bind(f"\0syncd-test-{os.getpid()}")
        Supervisor({"NOTIFY_SOCKET": f"@syncd-test-{os.getpid()}"}).alive()
        assert heard(ear) == ["WATCHDOG=1"]


def test_without_a_supervisor_nothing_happens_and_a_dead_one_is_told_of_once() -> None:
    with capture_logs() as logs:
        Supervisor({}).ready("idle")
        Supervisor({"NOTIFY_SOCKET": ""}).alive()
        assert logs == []
        dead = Supervisor({"NOTIFY_SOCKET": "/nowhere/at/all"})
        dead.ready("idle")
        dead.alive()
    assert [entry["event"] for entry in logs] == ["supervisor_not_told"]


def test_the_watchdog_s_interval_is_ours_only_where_it_is_meant_for_us() -> None:
    half = {"WATCHDOG_USEC": "120000000"}
    assert Supervisor(half).watchdog == timedelta(minutes=2)
    assert Supervisor({**half, "WATCHDOG_PID": str(os.getpid())}).watchdog == timedelta(minutes=2)
    assert Supervisor({**half, "WATCHDOG_PID": "1"}).watchdog is None
    assert Supervisor({"WATCHDOG_USEC": "soon"}).watchdog is None
    assert Supervisor({}).watchdog is None
