"""Scenarios: stories of a treadmill as files, and what plays them (docs/simulator.md)."""
