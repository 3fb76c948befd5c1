"""Every problem of config and secrets at once, with its mend, exit code 78 and nothing of a secret.

Judged on the real program: what an operator reads in the journal is what these tests read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bench import Program
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from rig import Rig

from syncd.config import load
from syncd.credentials import Secret, read_google_credentials
from syncd.errors import ConfigError

LITERAL = "abcd1234.very-secret-literal"


def run(rig: Rig, path: Path) -> str:
    """Return what the program says of a config that it cannot use."""
    with Program(rig.folder, "run", "--config", str(path)) as program:
        assert program.wait() == 78, program.output
        assert "Traceback" not in program.output
        assert rig.key not in program.output
        assert "PRIVATE KEY-----" not in program.output
        return program.output


def test_wrong_values_unknown_keys_doubles_and_broken_secrets_are_told_in_one_go(rig: Rig) -> None:
    path = rig.config()
    text = path.read_text()
    for old, new in {
        "per_day = 5000": "per_dya = 5000",
        'every = "1s"': 'cron = "61 7 * * *"\ntime_zone = "Mars/Phobos"',
        rig.server.base_url + "/api/v1": "http://seleqt.example/api/v1",
    }.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text + '\n[[spreadsheet]]\nid = "sheet-under-test"\nname = "Sales"\n')
    (rig.folder / "seleqt.key").unlink()
    (rig.folder / "google.json").write_text("{}")
    lines = run(rig, path).splitlines()
    assert lines[0] == "The configuration cannot be used:"
    told = sorted(re.sub(rf"^{path}:(\d+:)? ", "", line.strip()) for line in lines[1:])
    unknown = path.read_text().splitlines().index("per_dya = 5000") + 1
    assert any(line.strip().startswith(f"{path}:{unknown}: caps.per_dya") for line in lines)
    account = rig.folder / "google.json"
    starts = [
        "caps.per_day: this key is missing",
        'caps.per_dya: this key is unknown; did you mean "per_day"?',
        f"google.credentials: is not a service-account JSON file: the file {account}. Download",
        "seleqt.base_url: must be https on seleqt.ai, or a loopback address",
        f"seleqt.key: the file {rig.folder / 'seleqt.key'} cannot be read: No such file",
        "spreadsheet: two spreadsheets have the id sheet-under-test",
        "spreadsheet: two spreadsheets have the name Sales",
        "spreadsheet[1].cron: Error validating expression '61'",
        'spreadsheet[1].time_zone: name a time zone, such as "Europe/Berlin"',
    ]
    assert len(told) == len(starts), told
    for line, start in zip(told, starts, strict=True):
        assert line.startswith(start)


def test_a_literal_secret_is_refused_and_not_repeated(rig: Rig) -> None:
    path = rig.config()
    text = path.read_text().replace('{ file = "seleqt.key" }', f'"{LITERAL}"')
    path.write_text(text)
    told = run(rig, path)
    assert "seleqt.key: a secret is never written here" in told
    assert LITERAL not in told


def cut_off(key: str) -> str:
    return key[: len(key) // 2]


def altered(key: str) -> str:
    return key.replace("A", "B")


def on_one_line(key: str) -> str:
    return key.replace("\n", "\\n")


def encrypted(key: str) -> str:
    loaded = load_pem_private_key(key.encode(), None)
    lock = BestAvailableEncryption(b"fictional")
    return loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode()


def of_another_kind(key: str) -> str:
    curve = ec.generate_private_key(ec.SECP256R1())
    return curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def none_at_all(key: str) -> str:
    return ""


@pytest.mark.parametrize(
    "spoil", [cut_off, altered, on_one_line, encrypted, of_another_kind, none_at_all]
)
def test_a_private_key_that_cannot_sign_is_told_with_its_file(
    rig: Rig, spoil: Callable[[str], str]
) -> None:
    config = load(rig.config())
    place = rig.folder / "google.json"
    account = json.loads(place.read_text())
    key = spoil(account["private_key"])
    place.write_text(json.dumps({**account, "private_key": key}))
    with pytest.raises(ConfigError) as caught:
        read_google_credentials(config.google.credentials)
    (problem,) = caught.value.problems
    assert problem.startswith("google.credentials: its private_key ")
    assert problem.endswith(
        f"the file {place}. Download a new JSON key of the service account from Google Cloud."
    )
    assert not key or key not in problem


def test_a_broken_private_key_stops_the_real_program_with_78(rig: Rig) -> None:
    path = rig.config()
    place = rig.folder / "google.json"
    account = json.loads(place.read_text())
    place.write_text(json.dumps({**account, "private_key": cut_off(account["private_key"])}))
    told = run(rig, path)
    assert f"its private_key is cut off or altered: the file {place}." in told


@pytest.mark.parametrize("name", ["client_email", "private_key", "token_uri"])
@pytest.mark.parametrize("value", [None, 7, ["x"]])
def test_a_service_account_file_without_what_is_needed_is_refused(
    rig: Rig, name: str, value: object
) -> None:
    config = load(rig.config())
    place = rig.folder / "google.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), name: value}))
    with pytest.raises(ConfigError, match=f"it has no {name}: the file "):
        read_google_credentials(config.google.credentials)


def test_a_sign_in_over_plain_http_is_refused(rig: Rig) -> None:
    config = load(rig.config())
    place = rig.folder / "google.json"
    account = {**json.loads(place.read_text()), "token_uri": "http://oauth2.googleapis.com/token"}
    place.write_text(json.dumps(account))
    with pytest.raises(ConfigError, match="token_uri is not Google's"):
        read_google_credentials(config.google.credentials)


@pytest.mark.parametrize("key", ["two words", "two\nlines", "schlüssel", "tab\tbed"])
def test_an_api_key_that_no_header_can_carry_is_refused_and_not_repeated(
    rig: Rig, key: str
) -> None:
    path = rig.config()
    (rig.folder / "seleqt.key").write_text(key)
    with Program(rig.folder, "run", "--once", "--config", str(path)) as program:
        assert program.wait() == 78
        assert f"seleqt.key: the file {rig.folder / 'seleqt.key'} holds no key" in program.output
        assert key not in program.output
        assert "Traceback" not in program.output


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('settle_after = "0s"', 'settle_after = "99999999999d"', "buying.settle_after: write a"),
        ("per_day = 5000", "per_day = 99999999999999999999", "caps.per_day: "),
        ('time_zone = "Europe/Berlin"', 'time_zone = ""', "caps.time_zone: name a time zone"),
        ('time_zone = "Europe/Berlin"', 'time_zone = "../x"', "caps.time_zone: name a time zone"),
        ('every = "1s"', 'cron = "0 7 30 2 *"', "names a time that never comes"),
        ('every = "1s"', 'cron = "0 7 * * fri-mon"', '"fri-mon" names no weekdays'),
        ('base_url = "http://127.0.0.1', 'base_url = "http://127.0.0.1:x', ".base_url: "),
        ('base_url = "http://127.0.0.1', 'base_url = "http://[::1', ".base_url: "),
    ],
)
def test_values_that_only_look_right_are_problems_and_no_crash(
    rig: Rig, old: str, new: str, problem: str
) -> None:
    path = rig.config()
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert problem in "\n".join(caught.value.problems)


def test_a_file_from_windows_is_read_as_any_other(rig: Rig) -> None:
    path = rig.config()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(path).caps.per_day == 5000


def test_commands_that_need_no_secret_ask_for_none(rig: Rig) -> None:
    rig.run()
    path = rig.config()
    (rig.folder / "seleqt.key").unlink()
    with Program(rig.folder, "batches", "list", "--config", str(path)) as program:
        assert program.wait() == 0, program.output
        assert "No batch is open." in program.output


@pytest.mark.parametrize(("mode", "told"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_secret_s_file_that_others_can_read_is_told_of(
    tmp_path: Path, mode: int, told: bool
) -> None:
    path = tmp_path / "seleqt.key"
    path.write_text("a-key")
    path.chmod(mode)
    exposure = Secret(file=path).exposure
    assert exposure == (f"others on this machine can read the file {path}" if told else "")
    assert "a-key" not in exposure
    assert Secret(file=tmp_path / "none").exposure == ""
    assert Secret(env="KEY").exposure == ""
