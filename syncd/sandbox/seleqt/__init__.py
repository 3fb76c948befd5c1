"""Seleqt's public API, imitated: lead lists, enrichment, credits, webhooks.

Documented behaviour is imitated to the letter; everything unknown is a knob (``knobs.py``)
and a line in ``docs/fidelity.md``. It sells nothing real: every person in it is invented.
"""

from __future__ import annotations

from .knobs import Knobs
from .meter import Charge, Meter, Refund, TopUp
from .prospects import Kind, Prospect, Truth, invent_people
from .vendor import Seleqt
from .webhooks import Delivery

__all__ = [
    "Charge",
    "Delivery",
    "Kind",
    "Knobs",
    "Meter",
    "Prospect",
    "Refund",
    "Seleqt",
    "TopUp",
    "Truth",
    "invent_people",
]
