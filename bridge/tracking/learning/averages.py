"""Mean and median. Pure.

Python's `statistics` returns the same, but takes 0.2 MB: it handles fractions and decimals too.
"""

from collections.abc import Collection


def average(values: Collection[float]) -> float:
    """Return the arithmetic mean of at least one value."""
    return sum(values) / len(values)


def median(values: Collection[float]) -> float:
    """Return the median of at least one value; of an even number, the mean of the middle two."""
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2
