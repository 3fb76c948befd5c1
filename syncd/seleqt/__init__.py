"""The vendor's door: Seleqt's public API through httpx, and nothing else imports httpx."""

from __future__ import annotations

from syncd.seleqt.client import Seleqt, Transport
from syncd.seleqt.schemas import Answer, Count, Order

__all__ = ["Answer", "Count", "Order", "Seleqt", "Transport"]
