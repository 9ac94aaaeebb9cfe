"""A person's data for workouts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.values import Units
from bridge.workouts.effort import Model


class Reference(StrEnum):
    """A person's speed over a distance, of which a step takes a share."""

    MILE = "1_mile"
    KM_5 = "5_km"
    KM_10 = "10_km"
    HALF_MARATHON = "half_marathon"
    MARATHON = "marathon"

    @property
    def words(self) -> str:
        """Name for people."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Runner:
    """A person's data for workouts.

    `references` are speeds in km/h, `max_heart_rate` beats per minute; None if not configured.
    `incline_first`: what the heart-rate control changes first. `units`: the owner's.
    """

    references: Mapping[Reference, float] = field(default_factory=dict)
    max_heart_rate: int | None = None
    equal_effort: Model = "off"
    incline_first: bool = False
    units: Units = Units.KMH


NOBODY = Runner()
