"""One treadmill's reports, their payloads, and a machine for them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.contract.topics import Topics
from bridge.drivers.ftms.describe import features_of
from bridge.guard import Decision
from bridge.treadmill.publisher import Reports, state_payload
from bridge.values import Belt, MachineInfo, Measurement, Sample, Snapshot, Who
from protocols.ftms.feature import Feature, FitnessMachineFeature, Target
from protocols.ranges import InclineRange, SpeedRange

EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
STATE_KEYS = {
    "time", "belt", "phase", "fresh", "speed_kmh", "incline_percent", "distance_m", "elapsed_s",
    "elevation_gain_m", "energy_kcal", "heart_rate_bpm", "cadence_spm", "step_count", "power_w",
    "target_speed_kmh", "target_incline_percent", "requested_speed_kmh",
    "requested_incline_percent", "person", "shoes",
}  # fmt: skip
MEASUREMENTS = (
    "speed_kmh", "incline_percent", "distance_m", "elapsed_s", "elevation_gain_m", "energy_kcal",
    "heart_rate_bpm", "step_count", "power_w",
)  # fmt: skip
EVERYTHING = Measurement(
    speed=825, incline=25, distance=1200, elapsed=600, elevation_gain=123, energy=80,
    heart_rate=131, step_count=1500, power=210,
)  # fmt: skip
MACHINE = MachineInfo(
    address="F0:00:00:00:00:01",
    name="Horizon",
    maker="Johnson",
    model="7.0AT",
    features=features_of(FitnessMachineFeature(Feature.INCLINATION, Target.SPEED)),
    speed_range=SpeedRange(80, 1600, 10),
    incline_range=InclineRange(0, 150, 5),
    rssi=-61,
)
RUNNING = Snapshot(connected=True, machine=MACHINE, belt=Belt.RUNNING, sample=Sample(0, EVERYTHING))


NOBODY = Who()
ANNA = Who("Anna", "Ghost", "gentle")


@dataclass
class Publisher:
    """Takes down what is published."""

    said: list[tuple[str, bytes, bool, int]] = field(default_factory=list)

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 0, **how: object
    ) -> None:
        self.said.append((topic, payload, retain, qos))

    def on(self, name: str) -> list[tuple[bytes, bool, int]]:
        return [(p, r, q) for topic, p, r, q in self.said if topic == f"treadmills/den/{name}"]

    def last(self, name: str) -> Any:
        return json.loads(self.on(name)[-1][0])


@dataclass
class Desk:
    """One treadmill's reports, and a clock that the test sets."""

    hz: float = 1.0

    def __post_init__(self) -> None:
        self.publisher = Publisher()
        self.reports = Reports("den", Topics("treadmills"), self.publisher, self.hz)

    def follow(
        self, now: float, snapshot: Snapshot = RUNNING, decision: Decision | None = None
    ) -> None:
        utc = EPOCH + timedelta(seconds=now)
        self.reports.follow(snapshot, decision or Decision(), ANNA, now, utc)

    def farewell(self) -> None:
        self.reports.farewell(RUNNING, ANNA, EPOCH)


def state(
    now: float, snapshot: Snapshot, decision: Decision | None = None, who: Who = NOBODY
) -> dict[str, Any]:
    payload = state_payload(snapshot, decision or Decision(), who, now, EPOCH)
    return dict(json.loads(payload.encode()))
