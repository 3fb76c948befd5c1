"""What the office is told of syncd: its headers, what Find may say, and its sentences."""

from __future__ import annotations

from syncd.core import leads, status
from syncd.core.wishes import CHOICES
from syncd.sandbox.office import Layout, Words
from syncd.sandbox.seleqt import Kind

LAYOUT = Layout(
    prospect=leads.Lead.PROSPECT_ID.value,
    texts=("First name", "Last name", "Company", "Job title", "Notes"),
    find=leads.Lead.FIND.value,
    approve=leads.Lead.APPROVE.value,
    email=leads.Lead.EMAIL.value,
    phone=leads.Lead.PHONE.value,
    status=leads.Lead.STATUS.value,
    credits=leads.Lead.CREDITS.value,
    others=(leads.Lead.UPDATED.value,),
    key=leads.Lead.KEY.value,
    finds={str(choice): [Kind(kind.value) for kind in kinds] for choice, kinds in CHOICES.items()},
    asks_first=[Kind.PHONE],
    aliases={str(column.name): column.aliases for column in leads.COLUMNS if column.aliases},
)
WORDS = Words(
    found=status.FOUND,
    found_free=(status.FOUND_FREE, status.FOUND_ROW, status.FOUND_THERE),
    has=(status.ALREADY_HAS, status.ALREADY_SEARCHED, status.FOUND_BESIDE),
    elsewhere=(status.SUPPLIED,),
    missed=status.MISSED,
    searching=(status.SEARCHING, status.SEARCHING_ON),
    unknown=status.UNKNOWN,
    ready=status.READY,
    changed=(status.READY_CHANGED, status.READY_ONCE_MORE),
    waiting=(status.QUEUED, status.UNSURE, status.PARKED, *status.WAITING.values()),
)
