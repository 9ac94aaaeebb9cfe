"""Steps to which machines round a target. Pure; wire units: 0.01 km/h, 0.1 %."""

from protocols.units import MPH

STEPS = {
    "speed": (100.0, 50.0, 20 * MPH, 32.0, 20.0, 10 * MPH, 16.0, 10.0),
    "incline": (10.0, 5.0, 1.0),
}
"""Steps that machines have, coarsest first."""
ON_STEP = 1
"""Tolerance of unit conversions."""


def rounds(axis: str, target: int, value: int, least: int) -> bool:
    """Return True if a machine of some step may take `target` for `value`.

    `least` is its lowest target, which may be between two steps.
    """
    for step in STEPS[axis]:
        below = value % step
        if min(below, step - below) <= ON_STEP:
            below = 0.0
        elif value != least:
            continue
        if abs(target - value + below) < step:
            return True
    return False


def is_named(target: int, value: int, step: int, fine: int) -> bool:
    """Return True if a machine of this step may name `target` as `value`.

    A target on that step is named within the machine's own step, `fine`.
    """
    return abs(value - target) < (step if target % step else min(step, fine))


def is_on(value: int, step: float) -> bool:
    """Return True if this value is a multiple of the step."""
    return abs(value - step * round(value / step)) <= ON_STEP
