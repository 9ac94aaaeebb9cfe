"""`[workouts]`: where workouts lie, and what of a person they need to know."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bridge.config.section import Number, PathName, Section, bounded
from bridge.workouts.model import Reference

_NAMES = ", ".join(Reference)


def _known(speeds: dict[str, float]) -> dict[str, float]:
    for name in speeds:
        if name not in set(Reference):
            message = f"{name!r} is no reference; known are {_NAMES}"
            raise ValueError(message)
    return speeds


Kmh = Annotated[Number, Field(ge=1, le=25)]
References = Annotated[dict[str, Kmh], AfterValidator(_known)]


class Workouts(Section):
    """`[workouts]`. `reference_kmh` are the speeds that a runner can keep up over a distance."""

    directory: PathName | None = None
    reference_kmh: References = Field(default_factory=dict)
    max_heart_rate_bpm: Number | None = bounded(None, hard=(100, 230), wise=(140, 210))
    equal_effort: Literal["off", "acsm", "minetti"] = "off"
    heart_rate_by: Literal["speed", "incline"] = "speed"
