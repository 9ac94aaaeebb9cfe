"""Formats of recorded Bluetooth traffic."""
