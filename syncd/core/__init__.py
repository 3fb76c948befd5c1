"""The glossary. One word per thing, the same in code, logs, docs and sheet.

==============  =================================================================================
key             the text in a row's ``Key`` cell: who the row is, wherever it stands
row number      where a row stands now; valid inside one request only
fingerprint     a hash of the cells that say which person a row asks for
kind            what can be bought for a person: email, email (waterfall), phone
wish            a row's, or a list request's, demand for one kind
job             one person's wish for one kind, once it is being bought
batch           one purchase, holding up to 25 jobs of one kind
plan            what a cycle is about to do, as plain data
outcome         what a call to the vendor came back with
entry           one movement of credits: reserve, settle, release
in doubt        a purchase whose outcome nobody learned: looked up, never sent again
parked          in doubt, and looking did not settle it: a human decides, credits stay booked
outbox          cells that are being written: the write-ahead of the sheet
flight          what was written and is not yet known to stand where it belongs
token           a text that stands for another, which is then swapped in wherever it is by then
journal         the hidden worksheet that keeps the rows which a write is about to hit
stray           a text of ours that a write put into a wrong row or column
view            what syncd's own cells of a row should say now
panel           the worksheet that tells how syncd is, and where people may pause it or spend less
condition       how a spreadsheet was when a cycle last passed over it
overview        what syncd does now, told from the ledger
hook            where Seleqt calls when a purchase is done, with a token that is good for once
hint            what such a call amounts to: a reason to look at one purchase now
notice          a trouble that the operator was told, or is to be told
lease           the text on the panel that says which syncd looks after the spreadsheet
epoch           how many purchases a ledger has begun: one that is behind a sheet is a backup
cycle           one pass over one spreadsheet
==============  =================================================================================
"""

from __future__ import annotations
