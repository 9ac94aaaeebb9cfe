"""Tracking: state and learned model of one machine, from its data and our writes."""
