"""One cycle over one spreadsheet: read, plan, buy, deliver. It owns the order of commits.

==============  =================================================================================
cycle           the steps of one pass, and what the next one must hurry for
quiet           what tells that nothing has changed: reading the sheet is all, then
workbook        the spreadsheet as tables, found again by sheet id
panel           what people decided on the panel, and what it tells them
leasing         which syncd looks after the spreadsheet: its own lease, or another's
keyring         which worksheet a key belongs to; rows that moved to another
survey          tables + ledger -> what to buy and what every row should say
demand          what the sheet wants now: list requests, purchases that were not sent
arrivals        rows still being typed, and those that came in great number at once
braking         kinds that are paused where hardly anybody is found
matching        rows without a Prospect ID, and the people of imported lists they mean
supplies        what people typed themselves, in whatever row
ownership       whose text stands in one of syncd's own cells: ours or a human's
resting         rows that need no plan, as nothing about them has changed
importing       list requests: reading a vendor list, remembering its people
buying          one purchase after another: the commits around the one POST
filling         the vendor list that a purchase is made on
reconciling     purchases that a restored ledger does not know, and booking them
hints           who says that a purchase is done, so that it is looked at now
rehearsal       what would be bought, planned to the end on a copy of the ledger
recording       what became of a batch: decided, committed, logged
standing        whether anything may be bought for the account now, and why not
delivery        views into cells: outbox, write, echo, repair
diary           how the spreadsheet is, kept in the ledger for whoever asks
changes         what to write into which cells, and whether an echo shows it there
hits            the rows that a write hits, as the journal keeps them, and what it replaced
flights         what was written and is not yet known to stand where it belongs
==============  =================================================================================

Data goes one way: sheet -> plan -> ledger -> vendor -> ledger -> sheet.
"""

from __future__ import annotations

from syncd.engine.buying import Buyer
from syncd.engine.cycle import Engine, Report
from syncd.engine.standing import Desk, Standing

__all__ = ["Buyer", "Desk", "Engine", "Report", "Standing"]
