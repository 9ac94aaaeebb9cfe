"""Flat-equivalent distance: the level distance that takes the same energy."""

_COST = (155.4, -30.4, -43.3, 46.3, 19.5, 3.6)
"""J per kg and m, by powers of the grade from 5 to 0 (Minetti 2002, J Appl Physiol 93:1039)."""
_STEEPEST = 0.45
"""The steepest grade measured in that study."""


def cost(incline: float) -> float:
    """Return the energy cost of running at an incline (percent), relative to level ground."""
    grade = max(-_STEEPEST, min(_STEEPEST, incline / 100))
    value = 0.0
    for factor in _COST:
        value = value * grade + factor
    return value / _COST[-1]
