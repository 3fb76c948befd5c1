"""Where tables are printed: as wide as the terminal, or as a page where there is none."""

from __future__ import annotations

from rich.console import Console

_WIDTH = 110  # where no terminal says how wide it is


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave like every other command where the reader has left; rich would exit with 1."""
        raise BrokenPipeError


def open_console() -> Console:
    """Return the console for what a command prints."""
    console = _Console()
    return console if console.is_terminal else _Console(width=max(_WIDTH, console.width))
