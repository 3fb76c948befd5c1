"""The web port: health, metrics, a status page, and the door for Seleqt's completion webhooks.

=========  ===================================================================================
server     the socket and the thread; everything that may go wrong with them stays there
protocol   how long a connection may last, and how many there may be
gate       who may ask: this machine, by its own name; hooks alone may come through a proxy
site       the routes
health     is it alive, may it buy: for probes
facts      what is told of the ledger, read no more often than it is worth
meters     figures for Prometheus: from the ledger, and counted at the two transports
page       the status page
picture    its picture of credits against caps
hooks      tokens that come back: hints to look at a batch now
=========  ===================================================================================

Off unless the config names an address, and then on loopback or a Unix socket only. A daemon without
it imports none of this. Nothing here ever buys, and nothing here may stop what does.
"""

from __future__ import annotations

from syncd.web.server import Web

__all__ = ["Web"]
