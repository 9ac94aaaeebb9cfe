"""The person on the simulated belt: steps, energy and heart rate."""

from dataclasses import dataclass
from math import exp, sqrt
from random import Random
from typing import Final

REFERENCE_KG: Final = 75.0
"""Weight that a machine's numbers refer to."""
_OXYGEN_AT_REST = 3.5
"""ml/min per kg: 1 MET."""
_KCAL_PER_LITRE_OF_OXYGEN = 5.0
_WALKS_BELOW_KMH = 7.5
_FLUTTER_S = 10.0
"""Time constant in seconds of the heart rate's random component."""
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
    """Share of the oxygen reserve that can be sustained without tiring."""
    endurance_s: float = 3600.0
    """Seconds at the full reserve until exhaustion."""
    drift_bpm: float = 12.0
    """Increase of an effort's heart rate, in bpm, when tired out."""


class Runner:
    """A person who walks or runs at the belt's speed while on it."""

    def __init__(self, spec: RunnerSpec, seed: int) -> None:
        self.spec = spec
        self.on_belt = True
        """False: the feet are on the rails beside the belt."""
        self.energy_kcal = 0.0
        """Time on the moving belt since the session began."""
        self.met = 1.0
        self.steps = 0.0
        """Taken since the session began."""
        self.cadence_spm = 0.0
        """Steps per minute; 0 while standing."""
        self.fatigue = 0.0
        """From 0 (fresh) to 1 (exhausted)."""
        self._speed_kmh = 0.0
        self._steady_bpm = spec.rest_bpm
        self._flutter_bpm = 0.0
        self._random = Random(seed)  # noqa: S311  (a model's randomness, not a secret)

    @property
    def heart_bpm(self) -> float:
        """Current heart rate."""
        return self._steady_bpm + self._flutter_bpm

    @property
    def kcal_per_minute(self) -> float:
        """Current energy expenditure."""
        oxygen_litres = self.met * _OXYGEN_AT_REST * self.spec.mass_kg / 1000
        return oxygen_litres * _KCAL_PER_LITRE_OF_OXYGEN

    @property
    def weight_kg(self) -> float:
        """Load on the belt."""
        return self.spec.mass_kg if self.on_belt else 0.0

    @property
    def stride_m(self) -> float:
        """Length of two steps; 0 while standing."""
        if self.cadence_spm == 0:
            return 0.0
        return 2 * self._speed_kmh * _METRES_PER_MINUTE_IN_1_KMH / self.cadence_spm

    def step_off(self) -> None:
        """Step onto the rails; the belt runs on."""
        self.on_belt = False

    def step_on(self) -> None:
        """Step back onto the belt."""
        self.on_belt = True

    def begin_session(self) -> None:
        """Reset the session's counters; tiredness stays."""
        self.energy_kcal = self.steps = 0.0

    def move(self, belt_kmh: float, incline_percent: float, dt: float) -> None:
        """Advance by `dt` seconds, on the belt or on the rails."""
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
        # A mean-reverting random walk has the same spread for any step length.
        keep = exp(-dt / _FLUTTER_S)
        chance = self._random.gauss(0, spec.heart_flutter * sqrt(1 - keep * keep))
        self._flutter_bpm = self._flutter_bpm * keep + chance

    def _tire(self, reserve: float, dt: float) -> None:
        """Tire above the threshold, recover below it."""
        spec = self.spec
        change = (reserve - spec.threshold) / (1 - spec.threshold) * dt / spec.endurance_s
        self.fatigue = min(1.0, max(0.0, self.fatigue + change))


def _cadence_spm(speed_kmh: float) -> float:
    """Return steps per minute at a speed: about 110 walking at 5 km/h, 165 to 185 running."""
    if speed_kmh <= 0:
        return 0.0
    if speed_kmh < _WALKS_BELOW_KMH:
        return 60 + 10 * speed_kmh
    return 145 + 2.5 * speed_kmh


def _oxygen(speed_kmh: float, incline_percent: float) -> float:
    """Return oxygen uptake in ml/min per kg, by ACSM's equations for walking and running."""
    metres_per_minute = speed_kmh * _METRES_PER_MINUTE_IN_1_KMH
    grade = max(0.0, incline_percent / 100)
    level, climb = (0.1, 1.8) if speed_kmh < _WALKS_BELOW_KMH else (0.2, 0.9)
    return _OXYGEN_AT_REST + metres_per_minute * (level + climb * grade)
