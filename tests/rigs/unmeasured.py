"""The environment of processes whose coverage is not measured: they start and run faster."""

import os


def unmeasured(**more: str) -> dict[str, str]:
    """Return this process's environment without coverage, and with these variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return kept | more
