"""The switches of the Google side: every behaviour that is assumed rather than known."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class SheetsSettings:
    """How the sandbox's Google behaves where nobody could measure; see ``docs/fidelity.md``.

    Quotas count requests per clock minute; 0 turns one off.
    """

    sort_moves_metadata: bool = True  # row metadata follows its row through a whole-row sort
    find_replace_parses: bool = True  # a replacement is parsed as if typed
    find_replace_sees_hidden: bool = True  # also in hidden rows something is found and replaced
    copy_paste_sees_hidden: bool = True  # a request copies hidden rows, too
    enforce_strict_validation: bool = False  # strict rules refuse API writes of user-entered values
    echo_shows_skipped: bool = True  # includeValuesInResponse shows cells skipped with null
    insert_inherits_validation: bool = True  # inserted rows take their neighbour's validation too
    sort_needs_all_rights: bool = True  # a range holding cells protected from one cannot be sorted
    plus_starts_formula: bool = True  # typed "+33 6" is a formula that fails, not text
    text_format_keeps_text: bool = True  # what is typed into a plain text cell is not parsed
    writes_grow_grid: bool = False  # values.update past the last row grows the grid
    drive_lag_seconds: float = 180
    metadata_cap: int = 1200  # entries of developer metadata in one worksheet
    reads_per_minute_user: int = 60
    writes_per_minute_user: int = 60
    reads_per_minute_project: int = 300
    writes_per_minute_project: int = 300
    open: bool = False  # any bearer token is good; spreadsheets may be created through the API
