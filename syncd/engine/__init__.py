"""One cycle over one spreadsheet: read, plan, buy, deliver. It owns the order of commits.

==============  =================================================================================
cycle           the steps of one pass, and what the next one must hurry for
workbook        the spreadsheet as tables, found again by sheet id
survey          tables + ledger -> what to buy and what every row should say
importing       list requests: reading a vendor list, remembering its people
buying          one purchase after another: the commits around the one POST
filling         the vendor list that a purchase is made on
recording       what became of a batch: decided, committed, logged
standing        whether anything may be bought for the account now, and why not
delivery        views into cells: outbox, write, echo, repair
==============  =================================================================================

Data goes one way: sheet -> plan -> ledger -> vendor -> ledger -> sheet.
"""

from __future__ import annotations

from syncd.engine.buying import Buyer
from syncd.engine.cycle import Engine, Report
from syncd.engine.standing import Desk, Standing

__all__ = ["Buyer", "Desk", "Engine", "Report", "Standing"]
