"""`[workouts]`: the folder of workouts, and a person's reference values."""

import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bridge.config.invalid import written
from bridge.config.section import Number, PathName, Section, bounded, is_number
from bridge.config.variable import Variable
from bridge.workouts.person import Reference

SLOWEST, FASTEST = 1.0, 25.0
"""Allowed reference speeds of a runner, in km/h."""
_NAMES = ", ".join(Reference)


def _are_known(speeds: object) -> object:
    """Refuse unknown references and implausible speeds; each error names its key."""
    if not isinstance(speeds, dict):
        message = 'write a table such as { "5_km" = 11, "10_km" = 10.5 }'
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors only
    for name, value in speeds.items():
        if name not in set(Reference):
            message = f"{name!r} is not a reference; known references: {_NAMES}"
            raise ValueError(message)
        if not SLOWEST <= _number(value) <= FASTEST:
            message = f"{name} is {written(value)}; write {SLOWEST:g} to {FASTEST:g} km/h"
            raise ValueError(message)
    return speeds


def _number(value: object) -> float:
    """Return a speed as a number, also one from the environment; NaN if it is none."""
    given = is_number(value)
    if isinstance(given, Variable):
        try:
            return float(given)
        except ValueError:
            return math.nan
    return given if isinstance(given, int | float) else math.nan


References = Annotated[dict[str, float], BeforeValidator(_are_known)]


class Workouts(Section):
    """`[workouts]`. `reference_kmh` is the speed that a runner can hold over each distance."""

    directory: PathName | None = None
    reference_kmh: References = Field(default_factory=dict)
    max_heart_rate_bpm: Number | None = bounded(None, hard=(100, 230), wise=(140, 210))
    equal_effort: Literal["off", "acsm", "minetti"] = "off"
    heart_rate_by: Literal["speed", "incline"] = "speed"
