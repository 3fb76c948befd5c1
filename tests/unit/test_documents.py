"""What is written for people is held equal to what the program does."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel
from typer.testing import CliRunner

from syncd.cli import app
from syncd.config import Config, load
from syncd.core import status
from syncd.credentials import Secret

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.toml"
LOGS = ROOT / "docs" / "logs.md"


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield every key that the loader knows, dotted; tables inside a list keep its name."""
    for name, field in model.model_fields.items():
        inner: Any = field.annotation
        while getattr(inner, "__args__", None) and not isinstance(inner, type):
            inner = inner.__args__[0]
        if getattr(inner, "__origin__", None) is list:
            inner = inner.__args__[0]
        if isinstance(inner, type) and issubclass(inner, BaseModel) and inner is not Secret:
            yield from keys(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def uncommented() -> dict[str, Any]:
    """Parse the example with its optional keys switched on; cron stays off, it excludes every."""
    text = re.sub(r"^#(?! |cron)(?=[a-z_]+ = )", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    return tomllib.loads(text)


def test_the_example_names_exactly_the_keys_that_the_loader_knows() -> None:
    named = set()
    for part, content in uncommented().items():
        for entry in content if isinstance(content, list) else [content]:
            named |= {f"{part}.{key}" for key in entry}
    named.add("spreadsheet.cron")
    assert named == set(keys(Config))


def test_the_example_loads_as_it_is() -> None:
    config = load(EXAMPLE)
    assert config.caps.per_day == 500


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    as_it_is = load(EXAMPLE).model_dump()
    text = re.sub(r"^#(?! |cron)(?=[a-z_]+ = )", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    path = tmp_path / "config.toml"
    # These have no default worth showing: their example is an example.
    for line in (
        "webhook_url",
        "per_worksheet_and_day",
        "per_kind_and_day",
        "aliases",
        "folder",
        "listen",
        "urls",
        "ping",
    ):
        text = re.sub(rf"^{line} = .*$", "", text, flags=re.MULTILINE)
    path.write_text(text.replace('every = "30s"', ""))
    switched_on = load(path).model_dump()
    as_it_is["ledger"] = switched_on["ledger"] = None
    assert switched_on == as_it_is


def entries() -> Iterator[tuple[str, str, str]]:
    """Yield each key of the example with its value and the comment right above it."""
    comment = ""
    for line in EXAMPLE.read_text().splitlines():
        if found := re.match(r"#?([a-z_]+) = (.+)", line):
            yield found[1], found[2], comment
            comment = ""
        else:
            comment = f"{comment} {line[1:].strip()}" if line.startswith("# ") else ""


@pytest.mark.parametrize(("key", "value", "comment"), list(entries()))
def test_each_key_of_the_example_is_explained_with_its_unit(
    key: str, value: str, comment: str
) -> None:
    assert comment.strip().endswith((".", "edit"))
    if value.isdigit() or re.search(r"= \d", value):
        assert re.search(r"[Cc]redits|Requests|People|Purchases|writes|Copies", comment)
    elif re.fullmatch(r'"\d+[smhd]"', value):
        assert re.search(r"How (long|old)|When|take this long|this often", comment)


def test_an_optional_key_without_a_default_says_so() -> None:
    without = {key for key, _, comment in entries() if "y default" in comment}
    assert without == {
        "aliases",
        "cron",
        "folder",
        "listen",
        "per_kind_and_day",
        "per_worksheet_and_day",
        "ping",
        "urls",
    }


def test_the_unit_hands_over_the_credentials_that_the_example_names() -> None:
    unit = (ROOT / "systemd" / "syncd.service").read_text()
    given = dict(re.findall(r"^LoadCredential=(.+):(.+)$", unit, re.MULTILINE))
    named = re.findall(r'^[a-z]+ = \{ credential = "(.+)" \}', EXAMPLE.read_text(), re.MULTILINE)
    assert list(given) == named
    # So that what the unit does can be tried with CREDENTIALS_DIRECTORY=/etc/syncd.
    assert {name: f"/etc/syncd/{name}" for name in named} == given


def commands(group: typer.Typer, prefix: str = "syncd") -> Iterator[str]:
    for command in group.registered_commands:
        assert command.callback is not None
        yield f"{prefix} {command.name or command.callback.__name__}"
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from commands(inner.typer_instance, f"{prefix} {inner.name}")


@pytest.mark.parametrize("command", list(commands(app)))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`{command}" in (ROOT / "README.md").read_text()


def test_every_command_has_its_screen() -> None:
    """``syncd init`` has a page of its own, ``docs/preparing.md``."""
    pages = "\n".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))
    shown = re.findall(r"^\$ (syncd .+)$", pages, re.MULTILINE)
    missing = [
        one
        for one in commands(app)
        if one != "syncd init" and not any(f"{line} ".startswith(f"{one} ") for line in shown)
    ]
    assert missing == []


def test_every_command_and_option_that_is_written_down_exists() -> None:
    known = {command.split(" ", 1)[1] for command in commands(app)}
    texts = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), EXAMPLE, *ROOT.glob("systemd/*.service")]
    written = {
        (found[1], found[2] or "")
        for text in texts
        for found in re.finditer(
            r"(?<!etc/)\bsyncd ((?:batches |ledger )?[a-z][a-z-]*)((?: [A-Z]+| --[a-z-]+)*)",
            code(text),
        )
    }
    assert {"run", "demo", "sandbox", "batches resolve"} <= {command for command, _ in written}
    for command, options in written:
        assert command in known
        usage = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200"}).output
        for option in re.findall(r"--[a-z-]+", options):
            assert re.search(rf"{option}\b", usage), f"syncd {command} {option}"


def code(path: Path) -> str:
    """Return what a text shows as code; a unit or config file is nothing else."""
    text = path.read_text()
    if path.suffix != ".md":
        return "\n".join(line for line in text.splitlines() if line.startswith("ExecStart"))
    found = re.findall(r"```sh\n(.*?)```|`([^`\n]+)`", text, re.DOTALL)
    return "\n".join(block or span for block, span in found)


def test_what_the_readme_quotes_from_status_cells_is_what_syncd_writes() -> None:
    table = (ROOT / "README.md").read_text().partition("| it says | it means |")[2]
    quoted = re.findall(r"^\| ([A-Z].*?) \|", table.partition("\n\n")[0], re.MULTILINE)
    assert len(quoted) == 6
    assert [said for said in quoted if not status.is_ours(said)] == []


def test_the_readme_has_the_two_commands_on_one_line_each() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len([line for line in lines if line.startswith("python3 -m venv .venv &&")]) == 2


def test_every_dependency_says_why_it_is_here() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    part = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    entries = [line for line in part.splitlines() if line.startswith('  "')]
    assert entries
    assert not [line for line in entries if "#" not in line]


def logged() -> dict[str, set[str]]:
    """Return the fields of every event that the code logs."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "syncd").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name("log")), args=args, keywords=named):
                    names = [one.value for one in args if isinstance(one, ast.Constant)]
                    if names and "sandbox" not in path.parts:
                        fields = {one.arg for one in named if one.arg} - {"exc_info"}
                        found.setdefault(str(names[0]), set()).update(fields)
    return found


def test_docs_logs_names_every_event_with_its_fields() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .+? \| (.*?) ?\|", LOGS.read_text(), re.MULTILINE)
    told = {event: set(re.findall(r"`(\w+)`", fields)) for event, fields in rows}
    assert told == logged()
