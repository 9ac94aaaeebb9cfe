"""Wiring of one treadmill: actor, outcomes, publisher."""
