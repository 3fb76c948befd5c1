"""What every API method is given and gives back, and the files they all work on."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from syncd.sandbox.clock import Clock
from syncd.sandbox.wire import Request

from .edit import Edit
from .errors import invalid
from .masks import Tree
from .model import Spreadsheet
from .rights import allow, known
from .settings import SheetsSettings
from .structure import check_total

_ID = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
Answer = tuple[int, Any, tuple[tuple[str, str], ...]]


class Files:
    """The spreadsheets there are, and how new ones come to be."""

    def __init__(
        self, clock: Clock, settings: SheetsSettings, source: random.Random, account: str
    ) -> None:
        self.clock = clock
        self.settings = settings
        self.random = source
        self.account = account
        self.spreadsheets: dict[str, Spreadsheet] = {}

    def new_id(self) -> str:
        return "1" + "".join(self.random.choices(_ID, k=43))

    def create(
        self,
        title: str,
        *,
        owner: str,
        spreadsheet_id: str | None = None,
        locale: str = "en_US",
        time_zone: str = "Europe/Berlin",
        worksheets: Sequence[tuple[str, int, int]] = (("Sheet1", 1000, 26),),
    ) -> Spreadsheet:
        new_id = spreadsheet_id or self.new_id()
        spreadsheet = Spreadsheet(
            new_id, title, owner=owner, clock=self.clock, settings=self.settings
        )
        spreadsheet.locale, spreadsheet.time_zone = locale, time_zone
        for index, (name, rows, columns) in enumerate(worksheets):
            sheet_id = 0 if index == 0 else self.random.randrange(1, 2**31 - 1)
            check_total(spreadsheet.cell_count() + rows * columns)
            spreadsheet.add_worksheet(sheet_id, name, rows, columns)
        self.spreadsheets[new_id] = spreadsheet
        return spreadsheet


@dataclass(frozen=True, slots=True)
class Context:
    """One authenticated request's surroundings. ``user`` None may do everything (open mode)."""

    files: Files
    settings: SheetsSettings
    clock: Clock
    random: random.Random
    user: str | None
    tree: Tree | None

    @property
    def owner(self) -> str:
        return self.user or self.files.account

    def spreadsheet(self, spreadsheet_id: str, *, writing: bool) -> Spreadsheet:
        """Return a spreadsheet the user may read, or write; refuses with 404 or 403."""
        spreadsheet = known(self.files.spreadsheets, spreadsheet_id)
        allow(spreadsheet, self.user, writing=writing)
        return spreadsheet

    def edit(self, spreadsheet: Spreadsheet) -> Edit:
        return Edit(spreadsheet, self.settings, self.random, self.user)


@dataclass(frozen=True, slots=True)
class Call:
    """A method chosen by its path: what it does, and the type it answers (None: unchecked)."""

    run: Callable[[Context, Request], Answer]
    answer: str | None


def read_json(request: Request) -> Any:
    """Return the body; an empty one is an empty object (recorded: ``:clear`` sends none)."""
    if not request.body.strip():
        return {}
    try:
        return from_json(request.body, allow_inf_nan=False)
    except ValueError as problem:
        raise invalid(f"Invalid JSON payload received. {str(problem).capitalize()}\n") from None
