"""The pictures of the documents can be taken anew, and show the same sheets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")

CHROMIUM = Path("/usr/bin/chromium")
DOCS = Path(__file__).parents[2] / "docs"
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}")


def size(picture: Path) -> tuple[str, bytes]:
    """Return a PNG's name, width and height: letters look different with other fonts."""
    return picture.name, picture.read_bytes()[16:24]


def make_anew(script: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(DOCS / script), str(folder)],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(180)
def test_the_pictures_of_the_statuses_can_be_taken_anew(tmp_path: Path) -> None:
    make_anew("pictures.py", tmp_path)
    shown = {
        one
        for one in (DOCS / "pictures").iterdir()
        if not one.name.startswith(("init-", "status-"))
    }
    assert sorted(map(size, tmp_path.iterdir())) == sorted(map(size, shown))


@pytest.mark.timeout(180)
def test_what_is_told_of_init_can_be_made_anew(tmp_path: Path) -> None:
    make_anew("preparing.py", tmp_path)
    assert (tmp_path / "preparing.md").read_text() == (DOCS / "preparing.md").read_text()
    taken = sorted(map(size, (tmp_path / "pictures").iterdir()))
    assert taken == sorted(map(size, (DOCS / "pictures").glob("init-*")))
