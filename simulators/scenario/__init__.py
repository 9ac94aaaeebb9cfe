"""Scenarios: timelines of a treadmill as files, and their player (docs/simulator.md)."""
