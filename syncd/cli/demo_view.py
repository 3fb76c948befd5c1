"""What the demo shows on the terminal: rows, credits, and what each row waits for."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from syncd.core import status
from syncd.core.leads import Lead
from syncd.core.requests import Request
from syncd.core.swaps import is_token
from syncd.errors import LedgerError
from syncd.ledger import Ledger
from syncd.terms import ACCOUNT

if TYPE_CHECKING:
    from syncd.sandbox.scene import Scene

_REFRESH = 0.5  # seconds
_OUTCOMES = (
    ("found", status.FOUND),
    *(("free", one) for one in (status.FOUND_FREE, status.FOUND_ROW, status.FOUND_THERE)),
    *(("own", one) for one in (status.ALREADY_HAS, status.ALREADY_SEARCHED, status.SUPPLIED)),
    ("missed", status.MISSED),
    ("odd", status.UNRECOGNISED),
    ("unknown", status.UNKNOWN),
    ("ready", status.READY),
    ("searching", status.SEARCHING_ON),
    ("searching", status.SEARCHING),
    ("queued", status.QUEUED),
    ("unsure", status.UNSURE),
    *(("waiting", sentence) for sentence in status.WAITING.values()),
    *(
        ("waiting", sentence)
        for sentence in (
            status.HOLD_DOUBT,
            status.HOLD_VENDOR,
            status.HOLD_KEY,
            status.HOLD_PAUSED,
            status.HOLD_LIMIT_ODD,
        )
    ),
)
_COLOURS = {
    "found": "green",
    "free": "green",
    "own": "green",
    "missed": "yellow",
    "waiting": "cyan",
    "ready": "cyan",
    "searching": "blue",
    "queued": "blue",
    "writing": "blue",
    "mistake": "red",
    "odd": "red",
    "unknown": "red",
}


_PATTERNS = [(outcome, status.pattern(sentence)) for outcome, sentence in _OUTCOMES]


def read_outcome(said: str) -> str:
    """Return in a word what a status says; several kinds are joined by ``+``."""
    if not said:
        return ""
    if is_token(said):
        return "writing"
    words = []
    while said:
        for outcome, pattern in _PATTERNS:
            if match := pattern.match(said):
                words.append(outcome)
                said = said[match.end() :].lstrip()
                break
        else:
            return "mistake"
    return "+".join(words)


def _rows(worksheet: Any) -> list[dict[str, str]]:
    """Return a worksheet's rows as texts by header, from the sandbox's own model."""
    header = [str(worksheet.cell(0, c).value or "") for c in range(len(worksheet.columns))]
    rows = []
    for number in range(1, len(worksheet.rows)):
        values = [worksheet.cell(number, c).value for c in range(len(header))]
        if any(value not in (None, "", False) for value in values):
            texts = [_text(value) for value in values]
            rows.append(dict(zip(header, texts, strict=True)))
    return rows


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None or value is False else str(value)


def watch(scene: Scene, place: Path, base_url: str, daemon: subprocess.Popen[bytes]) -> int:
    """Show the world until the daemon ends, or somebody presses Ctrl-C; return its exit code."""
    console = Console()
    console.print(f"The sheet, in your browser: [bold]{base_url}/[/bold]", highlight=False)
    console.print(f"Config, ledger and log:     {place}", highlight=False)
    console.print("Type, tick and sort there; press Ctrl-C here to end.\n", highlight=False)
    previous = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if console.is_terminal:
            with Live(console=console, refresh_per_second=4, screen=False) as live:
                _follow(daemon, lambda: live.update(_picture(scene, place, console.height)))
        else:
            _follow(daemon, _line_printer(scene, console))
    except KeyboardInterrupt:
        daemon.send_signal(signal.SIGTERM)
        console.print("Stopping: what is in flight is recorded first.")
    finally:
        signal.signal(signal.SIGTERM, previous)
    code = daemon.wait()
    if code:
        console.print(f"syncd ended with exit code {code}; its log is {place / 'syncd.log'}.")
    return code


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _follow(daemon: subprocess.Popen[bytes], show: Callable[[], object]) -> None:
    while daemon.poll() is None:
        show()
        time.sleep(_REFRESH)
    show()


def _line_printer(scene: Scene, console: Console) -> Callable[[], None]:
    """Return a printer for pipes and files: one line whenever the picture changed."""
    last = ""

    def show() -> None:
        nonlocal last
        with scene.world.lock:
            outcomes = _count(scene)
            charged = scene.world.seleqt.meter.charged()
        said = ", ".join(f"{number} {word}" for word, number in outcomes.most_common())
        line = f"{charged:>4} credits  {said}"
        if line != last:
            console.print(line, highlight=False, soft_wrap=True)
            last = line

    return show


def _count(scene: Scene) -> Counter[str]:
    rows = _rows(scene.spreadsheet.worksheets[0])
    return Counter(read_outcome(row.get(Lead.STATUS, "")) or "no status" for row in rows)


def _picture(scene: Scene, place: Path, height: int) -> Group:
    with scene.world.lock:
        leads = _rows(scene.spreadsheet.worksheets[0])
        requests = _rows(scene.spreadsheet.worksheets[1])
        charged, balance = scene.world.seleqt.meter.charged(), scene.world.seleqt.balance
    outcomes = Counter(read_outcome(row.get(Lead.STATUS, "")) or "no status" for row in leads)
    heading = Text.assemble(
        (f"{charged} credits charged", "bold"),
        f" by the sandbox's meter, {_booked(place)}, {balance} left\n",
        *(
            part
            for word, number in outcomes.most_common()
            for part in ((f"{number} {word}", _COLOURS.get(word, "dim")), "   ")
        ),
    )
    table = Table(box=None, pad_edge=False, expand=True)
    for title, ratio in (("Person", 3), ("Find", 2), ("Email / Phone", 5), ("Status", 7)):
        table.add_column(title, ratio=ratio, no_wrap=True, overflow="ellipsis")
    room = max(5, height - 12 - len(requests))
    for row in sorted(leads, key=_interest)[:room]:
        colour = _COLOURS.get(read_outcome(row[Lead.STATUS]).partition("+")[0], "dim")
        table.add_row(
            f"{row[Lead.FIRST_NAME]} {row[Lead.LAST_NAME]}",
            row[Lead.FIND],
            row[Lead.EMAIL] or row[Lead.PHONE],
            Text(row[Lead.STATUS] or "—", style=colour),
        )
    hidden = len(leads) - room
    more = Text(f"… and {hidden} rows more, in the browser\n" if hidden > 0 else "", style="dim")
    asked = Table(box=None, pad_edge=False, expand=True)
    for title, ratio in (("Lead list", 3), ("Quote", 5), ("Spent", 1), ("Status", 7)):
        asked.add_column(title, ratio=ratio, no_wrap=True, overflow="ellipsis")
    for row in requests:
        asked.add_row(
            *(row[n] for n in (Request.LEAD_LIST, Request.QUOTE, Request.SPENT)),
            row[Request.STATUS],
        )
    return Group(heading, table, more, asked)


def _interest(row: dict[str, str]) -> int:
    """Rows that move or need somebody come first."""
    moving = ("searching", "writing", "queued", "unsure")
    order = (*moving, "ready", "waiting", "mistake", "unknown", "odd")
    word = read_outcome(row.get(Lead.STATUS, "")).rpartition("+")[2]
    return order.index(word) if word in order else len(order)


def _booked(place: Path) -> str:
    try:
        with Ledger(place / "ledger.db", read_only=True) as ledger:
            totals = ledger.accounts.totals(ACCOUNT)
    except LedgerError:
        return "no ledger yet"
    reserved = f", {totals['reserved']} reserved" if totals["reserved"] else ""
    return f"{totals['settled']} settled in the ledger{reserved}"


def print_summary(scene: Scene, place: Path, before: tuple[int, int]) -> bool:
    """Print what became of every seeded row and credit; return whether all is as it must be.

    ``before`` is the journal's last number and the meter before the second, idle pass.
    """
    console = Console()
    leads, requests = (_rows(worksheet) for worksheet in scene.spreadsheet.worksheets[:2])
    seeded = leads[: len(scene.expected)]
    outcomes = [read_outcome(row[Lead.STATUS]) for row in seeded]
    wrong = [
        f"row {number}: expected {wanted}, it says “{row[Lead.STATUS]}”"
        for number, (row, outcome, wanted) in enumerate(
            zip(seeded, outcomes, scene.expected, strict=True), 2
        )
        if outcome != wanted
    ]
    table = Table(title="What became of the rows", title_justify="left")
    table.add_column("Outcome")
    table.add_column("Rows", justify="right")
    table.add_column("Expected", justify="right")
    expected, seen = Counter(scene.expected), Counter(outcomes)
    for word in dict.fromkeys([*expected, *seen]):
        table.add_row(word or "no status", str(seen[word]), str(expected[word]))
    console.print(table)
    request = requests[0]
    got = (int(request[Request.FOUND] or 0), int(request[Request.NOT_FOUND] or 0))
    if got != scene.expected_request:
        wrong.append(f"list request: expected {scene.expected_request}, got {got}")
    console.print(
        f"List request “{request[Request.LEAD_LIST]}”: {len(leads) - len(seeded)} people imported, "
        f"{got[0]} found, {got[1]} not found, {request[Request.SPENT]} credits. "
        f"{request[Request.STATUS]}",
        highlight=False,
    )
    wrong += _check_money(scene, place, before, console)
    for line in wrong:
        console.print(f"[red]{line}[/red]")
    return not wrong


def _check_money(scene: Scene, place: Path, before: tuple[int, int], console: Console) -> list[str]:
    meter = scene.world.seleqt.meter
    with Ledger(place / "ledger.db", read_only=True) as ledger:
        totals = ledger.accounts.totals(ACCOUNT)
    second = meter.charged() - before[1]
    calls = Counter(entry.call for entry in scene.world.journal.after(before[0]))
    # The second pass may be due to tell the panel that somebody looked: at most once a minute.
    reads, writes = calls["read"], max(0, calls["write"] - 1)
    console.print(
        f"Credits: {meter.charged()} charged by the sandbox's meter, {totals['settled']} settled "
        f"in the ledger, {totals['reserved']} still reserved.",
        highlight=False,
    )
    console.print(
        f"The same again, on the same ledger and sheet: {second} credits, "
        f"{reads} Sheets {'read' if reads == 1 else 'reads'}, {writes} writes but for the panel's "
        "heartbeat.",
        highlight=False,
    )
    wrong = []
    if meter.charged() != totals["settled"] or totals["reserved"]:
        wrong.append("the meter and the ledger disagree")
    if meter.bought_twice():
        wrong.append(f"bought twice: {meter.bought_twice()}")
    if second or writes:
        wrong.append("the second pass was not idle")
    return wrong
