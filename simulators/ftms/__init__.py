"""The simulated machine's FTMS server, its profiles and its faults."""
