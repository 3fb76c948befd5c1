"""The sandbox: Google Sheets and Seleqt on one loopback port, with a credit meter.

It exists so that syncd can be tried and tested without an account, through its production clients.
It imports nothing from the rest of syncd, so that no mistake can sit on both sides, and it is
stricter than the vendors, never laxer. What is assumed about a vendor and not documented has a
switch here and a line in ``docs/fidelity.md``.

The world is a plain object with an injected clock; the server is a thin skin over it.
"""

from __future__ import annotations
