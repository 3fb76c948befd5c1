"""Fills ``docs/systemd.md``: the unit on a real systemd, as its acceptance test lives through it.

``python docs/systemd.py``, as root where systemd-nspawn is installed. Needs the ``test`` extra;
nothing leaves this machine. All people are invented.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
BEGIN = "with systemd 252 in a container and lets this very unit live through them.\n"


def main() -> None:
    """Run the test, and put its transcript behind the text that is written by hand."""
    document = ROOT / "docs" / "systemd.md"
    with tempfile.NamedTemporaryFile("r") as transcript:
        test = ["-m", "pytest", "-q", "-n0", "tests/acceptance/test_systemd.py"]
        environ = {**os.environ, "SYNCD_TRANSCRIPT": transcript.name, "SYNCD_NO_SKIPS": "1"}
        subprocess.run([sys.executable, *test], cwd=ROOT, env=environ, check=True)  # noqa: S603  (our own test)
        written, _, _ = document.read_text().partition(BEGIN)
        document.write_text(written + BEGIN + transcript.read())


if __name__ == "__main__":
    main()
