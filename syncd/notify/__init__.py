"""Told when it matters: messages to the operator, and the dead-man ping.

=========  ===================================================================================
notifier   the thread: looks at the ledger now and then, and tells what is new
courier    a program of its own that hands one message to apprise, and ends
ping       a sign of life to a monitor elsewhere, which speaks up when it stays away
=========  ===================================================================================

Nothing here may fail or delay a cycle: it has a thread of its own, a connection of its own, and
each way out has a time-out. What cannot be delivered is a warning, and is tried again.
"""

from __future__ import annotations

from syncd.notify.notifier import Notifier

__all__ = ["Notifier"]
