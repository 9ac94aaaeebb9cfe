"""Treadmill Data of several tests, as a value and as octets by hand."""

from dataclasses import replace
from typing import Any

from protocols.ftms.treadmill_data import TreadmillData

FULL = TreadmillData(
    speed=820,
    average_speed=750,
    distance=70_000,
    incline=-15,
    ramp_angle=-9,
    positive_elevation_gain=171,
    negative_elevation_gain=26,
    pace=14,
    average_pace=12,
    energy=300,
    energy_per_hour=600,
    energy_per_minute=10,
    heart_rate=142,
    metabolic_equivalent=85,
    elapsed=1800,
    remaining=600,
    force_on_belt=-20,
    power=260,
)
FULL_FRAME = bytes.fromhex(
    "fe1f"  # flags: everything but More Data and reserved bits
    "3403"  # 8.20 km/h
    "ee02"  # 7.50 km/h on average
    "701101"  # 70 000 m
    "f1fff7ff"  # −1.5 %, −0.9 °
    "ab001a00"  # 17.1 m up, 2.6 m down
    "0e0c"  # 1.4 and 1.2 km/min
    "2c0158020a"  # 300 kcal, 600 per hour, 10 per minute
    "8e"  # 142 bpm
    "55"  # 8.5 METs
    "08075802"  # 1800 s gone, 600 s to go
    "ecff0401"  # −20 N, 260 W
)


def record(**changes: Any) -> TreadmillData:
    return replace(TreadmillData(speed=0), **changes)
