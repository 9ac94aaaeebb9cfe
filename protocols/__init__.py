"""Bytes to values and back, and FTMS procedures as state machines; no I/O, no clock, no waiting."""
