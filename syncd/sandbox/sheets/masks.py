"""Field masks: ``a.b,c(d,e/f),*`` as a tree; to show part of an answer, to write part of a value.

A tree is a mapping from field name to tree; an empty tree means everything below.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import invalid

Tree = dict[str, Any]


class Shown(list[Any]):
    """A list that already shows just what its mask asks for: big grids are not walked twice."""


def parse_mask(text: str) -> Tree:
    """Read a mask in either notation; raises ValueError when it cannot be read."""
    tree, rest = _fields(text, 0)
    if rest != len(text):
        raise ValueError(text)
    return tree


def _fields(text: str, at: int) -> tuple[Tree, int]:
    tree: Tree = {}
    while True:
        at = _field(text, at, tree)
        if at >= len(text) or text[at] != ",":
            return tree, at
        at += 1


def _field(text: str, at: int, tree: Tree) -> int:
    """Read one path into the tree; a shorter path that says "everything" wins over a longer one."""
    while True:
        start = at
        while at < len(text) and text[at] not in ",()./":
            at += 1
        name = text[start:at].strip()
        if not name:
            raise ValueError(text)
        known = tree.get(name)
        everything = known is not None and not known
        below: Tree = {} if known is None else known
        if at < len(text) and text[at] in "./":
            tree[name] = below
            tree = {} if everything else below
            at += 1
            continue
        if at < len(text) and text[at] == "(":
            inner, at = _fields(text, at + 1)
            if at >= len(text) or text[at] != ")":
                raise ValueError(text)
            tree[name] = {} if everything else merge(below, inner)
            return at + 1
        tree[name] = {}
        return at


def merge(one: Tree, other: Tree) -> Tree:
    merged = dict(one)
    for name, below in other.items():
        known = merged.get(name)
        merged[name] = (
            below if known is None else {} if not known or not below else merge(known, below)
        )
    return merged


def project(value: Any, tree: Tree) -> Any:
    """Return the part of an answer a mask names. Lists are looked through."""
    if not tree or ("*" in tree and not tree["*"]):
        return value
    if isinstance(value, Shown):
        return value
    if isinstance(value, list):
        return [project(item, tree) for item in value]
    if not isinstance(value, Mapping):
        return value
    star = tree.get("*")
    shown = {}
    for name, inner in value.items():
        below = tree.get(name, star)
        if below is not None:
            shown[name] = project(inner, below)
    return shown


def asks_for(tree: Tree | None, *path: str) -> bool:
    """Tell whether a mask wants anything at or below a path (None, no mask, wants everything)."""
    if tree is None:
        return True
    for name in path:
        if not tree or "*" in tree:
            return True
        if name not in tree:
            return False
        tree = tree[name]
    return True


def request_mask(text: str | None) -> Tree:
    """Read the ``fields`` of a batchUpdate request, which must name at least one."""
    if not text:
        raise invalid(
            "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"
        )
    try:
        return parse_mask(text)
    except ValueError:
        raise invalid(f"Invalid field mask: {text}") from None


def overlay(old: Mapping[str, Any], new: Mapping[str, Any], tree: Tree) -> dict[str, Any]:
    """Return ``old`` with the fields a mask names as they are in ``new``; absent means cleared."""
    if not tree or "*" in tree:
        return dict(new)
    result = dict(old)
    for name, below in tree.items():
        fresh = new.get(name)
        if below and isinstance(fresh or {}, Mapping):
            inner = overlay(result.get(name) or {}, fresh or {}, below)
            if inner:
                result[name] = inner
            else:
                result.pop(name, None)
        elif fresh is None:
            result.pop(name, None)
        else:
            result[name] = fresh
    return result
