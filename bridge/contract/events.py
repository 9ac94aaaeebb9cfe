"""The types of the events that this bridge publishes."""

from bridge.guard.texts import EVENTS
from bridge.texts import SENTENCES
from bridge.tracking.quirk_detector import EVENTS as OBSERVED

OTHER = "other"
"""Stands for an event type that this version does not know."""

EVENT_TYPES = (*sorted({*EVENTS, *SENTENCES, *OBSERVED, "refused"}), OTHER)
