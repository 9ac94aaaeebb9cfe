"""Equal effort on hills: converts a level speed to one on an incline. Only ever slower."""

from typing import Literal

Model = Literal["off", "acsm", "minetti"]

_WALK_KMH = 6.0
"""Limit of ACSM's equation for walking: 100 m/min."""
_MOST = 0.45
"""Limit of the inclines in Minetti's study, either way."""


def eased(kmh: float, percent: float, model: Model) -> float:
    """Return the speed (km/h) that costs on an incline what `kmh` costs on level ground.

    A descent changes nothing. Sources: ACSM's guidelines, equations of walking and running (without
    resting cost); Minetti et al. 2002, J Appl Physiol 93:1039.
    """
    grade = min(percent / 100, _MOST)
    if model == "off" or grade <= 0:
        return kmh
    if model == "minetti":
        return kmh * _cost(0.0) / _cost(grade)
    along, up = (0.1, 1.8) if kmh <= _WALK_KMH else (0.2, 0.9)
    return kmh * along / (along + up * grade)


def _cost(i: float) -> float:
    """Energy cost of running in J/kg/m on the incline `i`, a fraction."""
    return 155.4 * i**5 - 30.4 * i**4 - 43.3 * i**3 + 46.3 * i**2 + 19.5 * i + 3.6
