"""Every sentence that people read in payloads, events and logs: one catalogue.

Inside the bridge a reason is a rule, numbers and a time (`bridge.values.Reason`). A sentence is
made where something is published, with the local clock and in the owner's unit.
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
