"""The machine's measurements, as the 2ACD notifications of its model."""

from collections.abc import Mapping
from dataclasses import replace
from math import atan, degrees
from typing import Any, Final

from protocols.ftms.feature import Feature
from protocols.ftms.treadmill_data import MORE_DATA, VENDOR_STEPS, TreadmillData
from protocols.running_speed import RscMeasurement
from protocols.units import from_kmh, from_percent
from simulators.ftms.profile import Counts, Data, Profile
from simulators.physics.machine import Machine

_STANDARD_GRAVITY: Final = 9.80665
_M_PER_S_IN_1_KMH: Final = 1 / 3.6
_FLAGS_OCTETS: Final = 2
_UINT16: Final = 1 << 16
_UINT24: Final = 1 << 24
_NOT_AVAILABLE: Final = 0xFFFF
"""Counters wrap where their fields end; a 16-bit one that may be absent wraps before 0xFFFF."""
_RUNS_FROM_KMH: Final = 7.5
_RSC_SPEED: Final = 256
_RSC_DISTANCE: Final = 10
"""Units of the Running Speed and Cadence Measurement per m/s and per m."""

# Fields of each feature. Paces are omitted, because their width is disputed.
_FIELDS: Final[Mapping[Feature, tuple[str, ...]]] = {
    Feature.AVERAGE_SPEED: ("average_speed",),
    Feature.TOTAL_DISTANCE: ("distance",),
    Feature.INCLINATION: ("incline", "ramp_angle"),
    Feature.ELEVATION_GAIN: ("positive_elevation_gain", "negative_elevation_gain"),
    Feature.PACE: ("pace", "average_pace"),
    Feature.EXPENDED_ENERGY: ("energy", "energy_per_hour", "energy_per_minute"),
    Feature.HEART_RATE: ("heart_rate",),
    Feature.METABOLIC_EQUIVALENT: ("metabolic_equivalent",),
    Feature.ELAPSED_TIME: ("elapsed",),
    Feature.REMAINING_TIME: ("remaining",),
    Feature.FORCE_ON_BELT: ("force_on_belt", "power"),
}
_MAYBE: Final = frozenset(name for names in _FIELDS.values() for name in names) | {"step_count"}
_NOTHING: Final[dict[str, Any]] = dict.fromkeys(sorted(_MAYBE | {"speed"}), 0)


class Telemetry:
    """Measures one machine, and encodes the measurements as its model does."""

    def __init__(self, machine: Machine, profile: Profile) -> None:
        self._machine = machine
        self._data = profile.data
        self._per_step = 0.5 if profile.running.counts is Counts.STRIDES else 1.0
        features = Feature(profile.features.features & (1 << 17) - 1)
        kept = {name for feature, names in _FIELDS.items() if feature in features for name in names}
        self._left_out: dict[str, Any] = dict.fromkeys(sorted(_MAYBE - kept))
        self._said_zero = True
        self.locked = profile.lock.data
        """True if every number is 0, because the machine is locked (D18)."""

    @property
    def record(self) -> TreadmillData:
        """Return all measurements of the claimed features, as one record."""
        return replace(self._measured(), **self._left_out)

    def frames(self, mtu: int) -> list[bytes]:
        """Return the notifications of one record, for a link with this ATT MTU."""
        if not self._data.parts:
            return [self._cut(part) for part in self.record.split(mtu)]
        measured = self._measured()
        return [self._cut(self._frame(measured, flags)) for flags in self._data.parts]

    @property
    def running(self) -> RscMeasurement:
        """Return the current Running Speed and Cadence Measurement."""
        machine = self._machine
        return RscMeasurement(
            speed=round(machine.true_speed_kmh * _M_PER_S_IN_1_KMH * _RSC_SPEED),
            cadence=round(machine.runner.cadence_spm * self._per_step),
            running=machine.true_speed_kmh >= _RUNS_FROM_KMH,
            distance=int(machine.distance_m * _RSC_DISTANCE),
        )

    def is_due(self) -> bool:
        """Return True if a record is due; some machines are silent at rest (D17)."""
        resting = self._data.silent_at_rest and self._machine.stands
        due = not resting or (self._data.last_zero and not self._said_zero)
        self._said_zero = resting
        return due

    def _frame(self, measured: TreadmillData, flags: int) -> bytes:
        lies = VENDOR_STEPS | (MORE_DATA if self._data.speed_first else 0)
        frame = measured.frame(flags & ~lies)
        word = int.from_bytes(frame[:_FLAGS_OCTETS], "little") | flags & lies
        octets = self._data.step_octets if flags & VENDOR_STEPS else 0
        steps = (measured.step_count or 0) % (1 << 8 * octets)
        return (
            word.to_bytes(_FLAGS_OCTETS, "little")
            + frame[_FLAGS_OCTETS:]
            + steps.to_bytes(octets, "little")
        )

    def _cut(self, frame: bytes) -> bytes:
        frame += bytes(self._data.surplus_octets)
        return frame[: self._data.torn_at] if self._data.torn_at else frame

    def _measured(self) -> TreadmillData:
        machine, runner, data = self._machine, self._machine.runner, self._data
        grade = machine.true_incline_percent / 100
        belt_kmh = machine.target_speed_kmh if data.reports_target else machine.true_speed_kmh
        elapsed = machine.elapsed_s
        average_kmh = machine.distance_m / elapsed / _M_PER_S_IN_1_KMH if elapsed else 0.0
        slope_newton = runner.spec.mass_kg * _STANDARD_GRAVITY * grade
        measured = TreadmillData(
            speed=from_kmh(belt_kmh / data.speed_unit.kmh),
            average_speed=min(0xFFFF, from_kmh(average_kmh / data.speed_unit.kmh)),
            distance=int(machine.distance_m)
            // data.distance_step_m
            * data.distance_step_m
            % _UINT24,
            incline=from_percent(machine.true_incline_percent * data.incline_factor),
            ramp_angle=round(degrees(atan(grade)) * 10),
            positive_elevation_gain=int(machine.climb_m * 10) % _NOT_AVAILABLE,
            negative_elevation_gain=(
                int(machine.descent_m * 10) % _NOT_AVAILABLE
                if data.negative_gain is None
                else data.negative_gain
            ),
            pace=min(0xFF, round(belt_kmh / 60 * 10)),
            average_pace=min(0xFF, round(average_kmh / 60 * 10)),
            energy=int(runner.energy_kcal) % _NOT_AVAILABLE,
            energy_per_hour=round(runner.kcal_per_minute * 60),
            energy_per_minute=round(runner.kcal_per_minute),
            heart_rate=round(runner.heart_bpm),
            metabolic_equivalent=round(runner.met * 10),
            elapsed=int(elapsed) % _UINT16,
            remaining=round(machine.remaining_s),
            force_on_belt=round(slope_newton),
            power=round(slope_newton * machine.true_speed_kmh * _M_PER_S_IN_1_KMH),
            step_count=int(runner.steps) % _UINT24,
        )
        return replace(measured, **(_NOTHING if self.locked else {}) | _constants(data))


def _constants(data: Data) -> dict[str, Any]:
    fixed = {} if data.incline_constant is None else {"incline": data.incline_constant}
    return {**fixed, **dict.fromkeys(data.zero, 0), **dict.fromkeys(data.not_available)}
