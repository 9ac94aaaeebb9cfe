"""The person on the simulated belt: steps, what they cost, and what the heart makes of it."""

from dataclasses import dataclass
from math import exp, sqrt
from random import Random
from typing import Final

REFERENCE_KG: Final = 75.0
"""The weight that a machine's numbers are given for."""
_OXYGEN_AT_REST = 3.5
"""ml/min per kg: 1 MET."""
_KCAL_PER_LITRE_OF_OXYGEN = 5.0
_WALKS_BELOW_KMH = 7.5
_FLUTTER_S = 10.0
"""Time constant of the heart rate's chance."""
_METRES_PER_MINUTE_IN_1_KMH = 1000 / 60


@dataclass(frozen=True, slots=True)
class RunnerSpec:
    """The numbers of a person."""

    mass_kg: float = REFERENCE_KG
    rest_bpm: float = 62.0
    maximum_bpm: float = 185.0
    oxygen_maximum: float = 45.0
    """ml/min per kg, at the maximum heart rate."""
    heart_lag: float = 30.0
    """Time constant in seconds with which the heart follows the effort."""
    heart_flutter: float = 1.0
    """Standard deviation of the heart rate at a steady effort, in bpm."""
    threshold: float = 0.6
    """The part of the oxygen reserve that can be kept up without tiring."""
    endurance_s: float = 3600.0
    """Seconds at the whole of the reserve until nothing is left."""
    drift_bpm: float = 12.0
    """What being tired out adds to the heart rate of an effort."""


class Runner:
    """Walks or runs as the belt makes them do, while they are on it."""

    def __init__(self, spec: RunnerSpec, seed: int) -> None:
        self.spec = spec
        self.on_belt = True
        """False: the feet are on the rails beside the belt."""
        self.energy_kcal = 0.0
        """Spent on the moving belt since the session began."""
        self.met = 1.0
        self.steps = 0.0
        """Taken since the session began."""
        self.cadence_spm = 0.0
        """Steps a minute; 0 while they stand."""
        self.fatigue = 0.0
        """From 0, fresh, to 1, tired out."""
        self._speed_kmh = 0.0
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

    @property
    def weight_kg(self) -> float:
        """What rests on the belt."""
        return self.spec.mass_kg if self.on_belt else 0.0

    @property
    def stride_m(self) -> float:
        """The length of two steps; 0 while they stand."""
        if self.cadence_spm == 0:
            return 0.0
        return 2 * self._speed_kmh * _METRES_PER_MINUTE_IN_1_KMH / self.cadence_spm

    def step_off(self) -> None:
        """Put the feet on the rails; the belt goes on below."""
        self.on_belt = False

    def step_on(self) -> None:
        """Back on the belt."""
        self.on_belt = True

    def begin_session(self) -> None:
        """What counts by the session begins at 0; tiredness does not."""
        self.energy_kcal = self.steps = 0.0

    def move(self, belt_kmh: float, incline_percent: float, dt: float) -> None:
        """Keep up with the belt for `dt` seconds, or stand beside it."""
        spec = self.spec
        self._speed_kmh = speed_kmh = belt_kmh if self.on_belt else 0.0
        oxygen = _oxygen(speed_kmh, incline_percent)
        self.met = oxygen / _OXYGEN_AT_REST
        self.cadence_spm = _cadence_spm(speed_kmh)
        self.steps += self.cadence_spm * dt / 60
        if speed_kmh > 0:
            self.energy_kcal += self.kcal_per_minute * dt / 60
        reserve = (oxygen - _OXYGEN_AT_REST) / (spec.oxygen_maximum - _OXYGEN_AT_REST)
        self._tire(reserve, dt)
        drift = spec.drift_bpm * self.fatigue if reserve > 0 else 0.0
        effort_bpm = (spec.maximum_bpm - spec.rest_bpm) * reserve + drift
        goal = min(spec.maximum_bpm, spec.rest_bpm + effort_bpm)
        self._steady_bpm += (goal - self._steady_bpm) * (1 - exp(-dt / spec.heart_lag))
        # A mean-reverting walk keeps its spread whatever the length of the steps.
        keep = exp(-dt / _FLUTTER_S)
        chance = self._random.gauss(0, spec.heart_flutter * sqrt(1 - keep * keep))
        self._flutter_bpm = self._flutter_bpm * keep + chance

    def _tire(self, reserve: float, dt: float) -> None:
        """Above the threshold they tire, below it they recover."""
        spec = self.spec
        change = (reserve - spec.threshold) / (1 - spec.threshold) * dt / spec.endurance_s
        self.fatigue = min(1.0, max(0.0, self.fatigue + change))


def _cadence_spm(speed_kmh: float) -> float:
    """Steps a minute at a speed: some 110 in a walk of 5 km/h, 165 to 185 in a run."""
    if speed_kmh <= 0:
        return 0.0
    if speed_kmh < _WALKS_BELOW_KMH:
        return 60 + 10 * speed_kmh
    return 145 + 2.5 * speed_kmh


def _oxygen(speed_kmh: float, incline_percent: float) -> float:
    """Oxygen uptake in ml/min per kg: ACSM's equations for walking and for running."""
    metres_per_minute = speed_kmh * _METRES_PER_MINUTE_IN_1_KMH
    grade = max(0.0, incline_percent / 100)
    level, climb = (0.1, 1.8) if speed_kmh < _WALKS_BELOW_KMH else (0.2, 0.9)
    return _OXYGEN_AT_REST + metres_per_minute * (level + climb * grade)
