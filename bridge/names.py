"""Names that the configuration and the contract share. Imports nothing."""

OWN = "treadmill-bridge"
"""The first level of topics that are for bridges alone."""
