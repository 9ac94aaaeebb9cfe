"""Flat-equivalent distance: how far one would run on the level for the same energy."""

_COST = (155.4, -30.4, -43.3, 46.3, 19.5, 3.6)
"""J per kg and m, by the grade's powers from 5 to 0 (Minetti 2002, J Appl Physiol 93:1039)."""
_STEEPEST = 0.45
"""The steepest grade that was measured there."""


def cost(incline: float) -> float:
    """Energy cost of running at an incline (percent) as a multiple of that on the level."""
    grade = max(-_STEEPEST, min(_STEEPEST, incline / 100))
    value = 0.0
    for factor in _COST:
        value = value * grade + factor
    return value / _COST[-1]
