"""FTMS server, profiles and faults of the simulated machine."""
