"""A full state of a treadmill, and the entities of its announcement."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from bridge.contract.payloads import GuardPayload, StatePayload
from bridge.contract.topics import Topics
from bridge.drivers.ftms.describe import features_of
from bridge.guard import Policy
from bridge.home_assistant import MEASURED, Setting, announce
from bridge.values import Belt, MachineInfo
from protocols.ftms.feature import Feature, FitnessMachineFeature, Target
from protocols.ranges import InclineRange, SpeedRange
from tests.home_assistant.templates import render

NOW = datetime(2030, 1, 1, tzinfo=UTC)


FULL = MachineInfo(
    address="F0:00:00:00:00:01",
    name="T-1",
    maker="Maker",
    model="T",
    firmware="1.2",
    features=features_of(
        FitnessMachineFeature(Feature(0x1FFFF), Target.SPEED | Target.INCLINATION)
    ),
    speed_range=SpeedRange(80, 2000, 10),
    incline_range=InclineRange(-30, 200, 5),
    can_control=True,
)


PLAIN = replace(FULL, features=features_of(FitnessMachineFeature()), incline_range=None)


NAMES = ("Ann", 'O"Brien', "Zoë 😀 }} {% x")


EVERYTHING = StatePayload(
    time=NOW, belt=Belt.RUNNING, phase="active", fresh=True, speed_kmh=8.24, incline_percent=2.5,
    distance_m=1609, elapsed_s=119, elevation_gain_m=30.5, energy_kcal=80, heart_rate_bpm=131,
    cadence_spm=171.0, step_count=1509, power_w=214, target_speed_kmh=8.2,
    target_incline_percent=2.5, requested_speed_kmh=8.5, requested_incline_percent=2.5,
    person="Ann", shoes="old",
)  # fmt: skip


WARM_UP = {"rule": "warm_up", "text": "Warm-up: at most 6 km/h until 20:55.", "limit": 6.0}


RANGE = {"rule": "range", "text": "The machine's own limit is 6 km/h.", "limit": 6.0}


BUSY = TypeAdapter(GuardPayload).validate_python(
    {
        "bounds": {"speed": {"max": 6.0, "reasons": [WARM_UP, RANGE]}},
        "steep": {"used_s": 60, "left_s": 541, "opens_s": None},
        "warm_up_left_s": 291,
        "resting_until": NOW,
        "faults": ["stale"],
        "profile": "gentle",
    }
)


def setting(**changes: Any) -> Setting:
    policy = Policy(allow_remote_start=True, min_incline=-30)
    known = Setting("home", Topics(), policy, "km/h", NAMES, ("old", "new"))
    return replace(known, **changes)


def components(
    known: Setting | None = None,
    machine: MachineInfo | None = FULL,
    seen: frozenset[str] = MEASURED,
) -> dict[str, dict[str, Any]]:
    found: Any = announce(known or setting(), machine, seen)["cmps"]
    return dict(found)


def shown(key: str, payload: object, known: Setting | None = None) -> str:
    """Return the state of an entity for a payload."""
    return render(components(known)[key]["value_template"], json.loads(payload.encode()))  # type: ignore[attr-defined]
