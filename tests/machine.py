"""A machine of its own for the unit: systemd as process 1, over this machine's files.

``systemd-nspawn`` boots an overlay of the root, so that nothing here changes; its network has
nothing but loopback. A rig made inside :meth:`Machine.network` listens there, and is judged here.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from bench import until

ROOT = Path(__file__).parents[1]
_CLONE_NEWNET = 0x40000000
_ONE_AT_A_TIME = Path("/run/lock/syncd-test-machine")  # they would share their control groups


def why_not() -> str:
    """Return why no machine can be booted here, or nothing."""
    if os.geteuid() != 0:
        return "only root can boot a machine"
    if shutil.which("systemd-nspawn") is None:
        return "systemd-nspawn is not installed (Debian's systemd-container)"
    return ""


class Machine:
    """Runs while the block does. ``folder`` must lie on a file system of this machine's own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self._folder = folder
        self._log = folder / "console.log"
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._leader = 0
        self.transcript: list[str] = []

    def __enter__(self) -> Machine:
        self._lock = os.open(_ONE_AT_A_TIME, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        for part in ("root", "upper", "work"):
            (self._folder / part).mkdir()
        layers = f"lowerdir=/,upperdir={self._folder}/upper,workdir={self._folder}/work"
        subprocess.run(
            ["mount", "-t", "overlay", "overlay", "-o", layers, str(self.root)], check=True
        )
        try:
            self._install()
            self._boot()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._leader:
            with suppress(ProcessLookupError):
                os.kill(self._leader, signal.SIGKILL)  # and with process 1 all others
        if self._nspawn is not None:
            self._nspawn.wait(30)
        subprocess.run(["umount", "--lazy", str(self.root)], check=True)
        os.close(self._lock)

    # -- to look in, and to change -------------------------------------------------------------

    def run(self, command: str, *, check: bool = True) -> str:
        """Run a command inside; return what it printed, errors included."""
        inside = ["nsenter", "--target", str(self._leader), "--all", "--", *shlex.split(command)]
        environ = {"PATH": os.environ["PATH"], "SYSTEMD_PAGER": "cat", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            inside, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        output = done.stdout.decode()
        assert done.returncode == 0 or not check, f"{command} failed:\n{output}"
        return output.rstrip()

    def show(self, command: str) -> str:
        """The same for the transcript, where it may fail."""
        output = self.run(command, check=False)
        self.tell(f"    # {command}")
        self.transcript.extend(f"    {line}".rstrip() for line in output.splitlines())
        return output

    def tell(self, text: str) -> None:
        """Put a line into the transcript."""
        self.transcript.append(text)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    @contextmanager
    def network(self) -> Iterator[None]:
        """Let what this thread opens inside the block belong to the machine's network."""
        libc = ctypes.CDLL(None, use_errno=True)
        paths = "/proc/thread-self/ns/net", f"/proc/{self._leader}/ns/net"
        ours, theirs = (os.open(path, os.O_RDONLY) for path in paths)
        try:
            assert libc.setns(theirs, _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            yield
        finally:
            assert libc.setns(ours, _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            os.close(ours)
            os.close(theirs)

    # -- to make -------------------------------------------------------------------------------

    def _install(self) -> None:
        """Put this very syncd where the unit expects it, and the unit where the README says."""
        # Whatever of a syncd is here already: it is gone in the overlay alone.
        (self.root / "usr/local/bin/syncd").unlink(missing_ok=True)
        for there in ("opt/syncd", "etc/syncd", "var/lib/syncd", "var/lib/private/syncd"):
            shutil.rmtree(self.root / there, ignore_errors=True)
        home = self.root / "opt/syncd"
        packages = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
        for part in ("bin", packages):
            (home / part).mkdir(parents=True)
        python = Path("/opt/python") / Path(sys.executable).resolve().relative_to(sys.base_prefix)
        (home / "bin/python").symlink_to(python)
        (home / "pyvenv.cfg").write_text(f"home = {python.parent}\n")
        (home / packages / "places.pth").write_text("/opt/source\n/opt/packages\n")
        self.write(
            "/etc/systemd/system.conf.d/python.conf",
            "[Manager]\nDefaultEnvironment=LD_LIBRARY_PATH=/opt/python/lib\n",
        )
        script = "#!/opt/syncd/bin/python\nfrom syncd.cli import main\n\nmain()\n"
        self.write("/opt/syncd/bin/syncd", script, 0o755)
        (self.root / "usr/local/bin/syncd").symlink_to("/opt/syncd/bin/syncd")
        for unit in (ROOT / "systemd").iterdir():
            shutil.copy(unit, self.root / "etc/systemd/system")
        (self.root / "etc/machine-id").write_text("5e9c" * 8 + "\n")
        # Nothing of what else is installed here is to start there.
        (self.root / "etc/systemd/system/timers.target").unlink(missing_ok=True)
        (self.root / "etc/systemd/system/timers.target").symlink_to("/dev/null")

    def _boot(self) -> None:
        command = [
            *("systemd-nspawn", "--quiet", f"--directory={self.root}", "--machine=syncd-test"),
            *("--private-network", "--register=no", "--keep-unit", "--link-journal=no"),
            # Wherever they are here: a service sees nobody's home, and may read no other's files.
            f"--bind-ro={sys.base_prefix}:/opt/python",
            f"--bind-ro={ROOT / 'syncd'}:/opt/source/syncd",
            f"--bind-ro={sysconfig.get_path('purelib')}:/opt/packages",
            *("--console=pipe", "--boot", "--", "--unit=basic.target"),
        ]
        with self._log.open("wb") as log:
            self._nspawn = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children")

        def is_up() -> bool:
            assert self._nspawn is not None
            assert self._nspawn.poll() is None, self._log.read_text()
            for child in children.read_text().split():
                with suppress(OSError):
                    if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                        self._leader = int(child)
                        return "running" in self.run("systemctl is-system-running", check=False)
            return False

        until(is_up)
