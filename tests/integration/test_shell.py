"""Every command keeps the habits of a shell, whichever commands there are."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from syncd.cli import app, main
from syncd.cli.manual import walk

ROOT = typer.Context(typer.main.get_command(app), info_name="syncd")
COMMANDS = {found.command_path.removeprefix("syncd "): found for found in walk(ROOT)}
PLAIN = {"help", "torture", "demo", "sandbox"}  # need no config
# The doctor tells of a config as of anything else, as one line of many; run has its own tests.


def syncd(*command: str, **more: Any) -> Result:
    return CliRunner().invoke(app, [*command], prog_name="syncd", **more)


def fill_in(name: str) -> list[str]:
    """Return the command with something for each argument that it must have."""
    required = [one for one in COMMANDS[name].command.params if one.required]
    words = ["x" if one.param_type_name == "argument" else one.opts[0] for one in required]
    return [*name.split(), *words]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_plainly(name: str) -> None:
    told = syncd(*name.split(), "--help")
    assert told.exit_code == 0
    assert told.output.startswith(f"Usage: syncd {name} ")
    assert "\x1b" not in told.output
    assert syncd("help", *name.split()).output == told.output
    assert syncd(*name.split(), "-h").output == told.output
    explained = re.findall(r"^  (\S.*?)(?:  |$)", told.output, re.MULTILINE)
    assert explained, "says nothing"
    for one in COMMANDS[name].command.params:
        assert getattr(one, "help", "") or one.name in {"help"}, f"{name}: {one.name} has no help"


@pytest.mark.parametrize("name", COMMANDS)
def test_wrong_words_to_any_command_are_wrong_usage_and_no_traceback(name: str) -> None:
    for wrong in (["--no-such-option"], ["--config"], ["a", "b", "c"]):
        if name == "help" and wrong[0] != "--no-such-option":
            continue
        told = syncd(*name.split(), *wrong)
        assert told.exit_code == 2, told.output
        assert "Error: " in told.stderr
        assert isinstance(told.exception, SystemExit)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - PLAIN - {"run", "doctor"}))
def test_every_command_names_a_config_that_is_not_there(name: str, tmp_path: Path) -> None:
    command = [*fill_in(name), "--config", str(tmp_path / "none.toml")]
    done = run_main(*command)
    assert (done.code, "none.toml: cannot be read: No such file" in done.err) == (78, True)
    assert list(tmp_path.iterdir()) == []


class Done:
    def __init__(self, code: int, err: str) -> None:
        self.code, self.err = code, err


def run_main(*command: str, out: Any = None) -> Done:
    """Run the program's own entry in this process, as CliRunner leaves that out."""
    err = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["syncd", *command])
        patch.setattr(sys, "stderr", err)
        patch.setattr(sys, "stdout", out or io.StringIO())
        patch.setattr(signal, "signal", lambda *_: None)
        try:
            main()
            code: Any = 0
        except SystemExit as error:
            code = error.code
    return Done(code or 0, err.getvalue())


@pytest.fixture
def nobody_reads() -> Iterator[Any]:
    """Give a standard output whose reader has left."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", buffering=1 << 16, closefd=False) as out:
        yield out
    os.close(writer)


@pytest.mark.parametrize("name", [*COMMANDS, ""])
def test_a_pipe_that_closes_ends_any_command_quietly(name: str, nobody_reads: Any) -> None:
    done = run_main(*name.split(), "--help", out=nobody_reads)
    assert (done.code, done.err) == (141, "")


def start(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "syncd", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_what_was_printed_into_a_closed_pipe_is_quiet_to_the_very_end() -> None:
    with start("help", "--man") as syncd:
        assert syncd.stdout is not None
        assert syncd.stderr is not None
        syncd.stdout.close()
        assert syncd.stderr.read() == ""
    assert syncd.returncode == 141


def test_output_that_does_not_fit_on_its_disk_is_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "syncd", "help", "--man"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    said = "syncd: the output cannot be written: its disk is full\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_ctrl_c_is_quiet_and_says_so_by_its_code(tmp_path: Path) -> None:
    with start("torture", "--schedules", "5000", "--processes", "1") as syncd:
        assert syncd.stderr is not None
        time.sleep(2)
        syncd.send_signal(signal.SIGINT)
        said = syncd.stderr.read()
    assert (syncd.returncode, "Traceback" in said) == (130, False)


def test_the_version_is_told() -> None:
    told = syncd("--version")
    assert (told.exit_code, told.output) == (0, "syncd 0.1.0\n")


def test_the_manual_page_has_every_command_and_option_and_is_sound(tmp_path: Path) -> None:
    page = syncd("help", "--man").output
    for name, found in COMMANDS.items():
        part = page.split(f".SS syncd {name.replace('-', chr(92) + '-')}")[1].split(".S")[0]
        for one in found.command.params:
            for option in getattr(one, "opts", []) if one.param_type_name == "option" else []:
                assert option.replace("-", "\\-") in part
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    read = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8"], input=page, capture_output=True, text=True, check=True
    )
    assert read.stderr == ""


def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    program = tmp_path / "syncd"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m syncd "$@"\n')
    program.chmod(0o755)
    bash = """
        eval "$(_SYNCD_COMPLETE=source_bash syncd)"
        ask() { COMP_CWORD=2; _syncd_completion syncd; echo "${COMPREPLY[*]}"; }
        COMP_WORDS=(syncd batches re); ask
        COMP_WORDS=(syncd backup --j); ask
    """
    told = subprocess.run(
        ["bash", "-c", bash],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    assert told.stdout.split() == ["refunds", "resolve", "resume", "--json"]
