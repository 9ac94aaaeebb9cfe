"""Catalogue of all sentences for people in payloads, events and logs.

Inside the bridge a reason is a rule, numbers and a time (`bridge.values.Reason`). Sentences are
made when something is published, with the local clock and the owner's unit.
"""

from bridge.texts.catalogue import EVENTS, REASONS
from bridge.texts.figures import amount
from bridge.texts.wording import Texts, Wording

__all__ = [
    "EVENTS",
    "REASONS",
    "Texts",
    "Wording",
    "amount",
]
