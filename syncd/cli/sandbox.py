"""``syncd sandbox``."""

from __future__ import annotations


def sandbox() -> None:
    """Placeholder while the scene is written."""
