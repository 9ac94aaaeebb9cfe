"""One treadmill's wiring: actor, outcomes, publisher."""
