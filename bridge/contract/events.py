"""The names that this bridge publishes: types of events, and rules of reasons."""

from bridge.texts.catalogue import REASONS, event_types

OTHER = "other"
"""Stands for an event type that this version does not know."""

EVENT_TYPES = (*event_types(), OTHER)

RULES = tuple(dict.fromkeys(key.partition("/")[0] for key in REASONS))
"""The rules of reasons; an event's type may stand in for one."""
