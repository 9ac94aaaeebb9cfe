"""The person on the simulated belt: what the effort costs, and what the heart makes of it."""

from dataclasses import dataclass
from math import exp, sqrt
from random import Random

_OXYGEN_AT_REST = 3.5
"""ml/min per kg: 1 MET."""
_KCAL_PER_LITRE_OF_OXYGEN = 5.0
_WALKS_BELOW_KMH = 7.5
_FLUTTER_S = 10.0
"""Time constant of the heart rate's chance."""


@dataclass(frozen=True, slots=True)
class RunnerSpec:
    """The numbers of a person."""

    mass_kg: float = 75.0
    rest_bpm: float = 62.0
    maximum_bpm: float = 185.0
    oxygen_maximum: float = 45.0
    """ml/min per kg, at the maximum heart rate."""
    heart_lag: float = 30.0
    """Time constant in seconds with which the heart follows the effort."""
    heart_flutter: float = 1.0
    """Standard deviation of the heart rate at a steady effort, in bpm."""


class Runner:
    """Walks or runs as the belt makes them do."""

    def __init__(self, spec: RunnerSpec, seed: int) -> None:
        self.spec = spec
        self.energy_kcal = 0.0
        """Spent on the moving belt since the session began."""
        self.met = 1.0
        self.steps = 0.0
        """Taken since the session began."""
        self._steady_bpm = spec.rest_bpm
        self._flutter_bpm = 0.0
        self._random = Random(seed)  # noqa: S311  (a model's chance, not a secret)

    @property
    def heart_bpm(self) -> float:
        """The heart rate now."""
        return self._steady_bpm + self._flutter_bpm

    @property
    def kcal_per_minute(self) -> float:
        """What the effort costs now."""
        oxygen_litres = self.met * _OXYGEN_AT_REST * self.spec.mass_kg / 1000
        return oxygen_litres * _KCAL_PER_LITRE_OF_OXYGEN

    def move(self, speed_kmh: float, incline_percent: float, dt: float) -> None:
        """Keep up with the belt for `dt` seconds."""
        spec = self.spec
        oxygen = _oxygen(speed_kmh, incline_percent)
        self.met = oxygen / _OXYGEN_AT_REST
        self.steps += cadence_spm(speed_kmh) * dt / 60
        if speed_kmh > 0:
            self.energy_kcal += self.kcal_per_minute * dt / 60
        reserve = (oxygen - _OXYGEN_AT_REST) / (spec.oxygen_maximum - _OXYGEN_AT_REST)
        goal = spec.rest_bpm + (spec.maximum_bpm - spec.rest_bpm) * min(1.0, reserve)
        self._steady_bpm += (goal - self._steady_bpm) * (1 - exp(-dt / spec.heart_lag))
        # A mean-reverting walk keeps its spread whatever the length of the steps.
        keep = exp(-dt / _FLUTTER_S)
        chance = self._random.gauss(0, spec.heart_flutter * sqrt(1 - keep * keep))
        self._flutter_bpm = self._flutter_bpm * keep + chance


def cadence_spm(speed_kmh: float) -> float:
    """Steps a minute at a speed: some 110 in a walk of 5 km/h, 160 to 185 in a run."""
    if speed_kmh <= 0:
        return 0.0
    if speed_kmh < _WALKS_BELOW_KMH:
        return 60 + 10 * speed_kmh
    return 145 + 2.5 * speed_kmh


def _oxygen(speed_kmh: float, incline_percent: float) -> float:
    """Oxygen uptake in ml/min per kg: ACSM's equations for walking and for running."""
    metres_per_minute = speed_kmh * 1000 / 60
    grade = max(0.0, incline_percent / 100)
    level, climb = (0.1, 1.8) if speed_kmh < _WALKS_BELOW_KMH else (0.2, 0.9)
    return _OXYGEN_AT_REST + metres_per_minute * (level + climb * grade)
