"""Effort of tests with generated input: small in `make test`, large in `make test-full`."""

import os

FULL = bool(os.environ.get("FULL"))
"""True in `make test-full`."""


def effort(quick: int, full: int) -> int:
    """Return how much to try."""
    return full if FULL else quick
