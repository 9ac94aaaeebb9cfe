"""Names that the configuration and the contract share. Imports nothing."""

OWN = "treadmill-bridge"
"""First topic level reserved for bridges."""
