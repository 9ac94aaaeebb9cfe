"""Codecs between bytes and values, and FTMS procedures as state machines; no I/O, no clock."""
