"""The driver for the Fitness Machine Service."""
