"""How hard tests with made-up input try: quickly in `make test`, thoroughly in `make test-full`."""

import os

FULL = bool(os.environ.get("FULL"))
"""True in `make test-full`."""


def effort(quick: int, full: int) -> int:
    """Return how much to try."""
    return full if FULL else quick
