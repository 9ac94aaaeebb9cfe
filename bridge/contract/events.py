"""Published names: types of events, and rules of reasons."""

from bridge.texts.catalogue import REASONS, event_types

OTHER = "other"
"""Stands for an event type unknown to this version."""

EVENT_TYPES = (*event_types(), OTHER)

RULES = tuple(dict.fromkeys(key.partition("/")[0] for key in REASONS))
"""Rules of reasons; an event's type may replace one."""
