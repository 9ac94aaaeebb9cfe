"""Tracking: what is known of one machine, from what it sends and what it was told."""
