"""Bluetooth: radios, scanning, and the connection to one machine."""
