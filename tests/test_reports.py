"""What is published of a treadmill: the contract's payloads, and no more often than it says."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.guard import Decision
from bridge.guard.decision import SteepReport
from bridge.guard.limits import Bound, Hold, Limits, Wait
from bridge.guard.texts import Amount, Coming, Lasting
from bridge.mqtt.topics import Topics
from bridge.reports import Reports, guard_payload, state_payload
from bridge.sessions import Summary
from bridge.values import Axis, Belt, Control, Event, MachineInfo, Sample, Snapshot, Steps, Who
from protocols.ftms.feature import Feature, FitnessMachineFeature, Target
from protocols.ftms.ranges import InclineRange, SpeedRange
from protocols.ftms.treadmill_data import TreadmillData

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
EVERYTHING = TreadmillData(
    speed=825, incline=25, distance=1200, elapsed=600, positive_elevation_gain=123, energy=80,
    heart_rate=131, step_count=1500, power=210,
)  # fmt: skip
MACHINE = MachineInfo(
    address="F0:00:00:00:00:01",
    name="Horizon",
    maker="Johnson",
    model="7.0AT",
    features=FitnessMachineFeature(Feature.INCLINATION, Target.SPEED),
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


class TestState:
    def test_every_key_is_always_there(self) -> None:
        assert state(0, Snapshot()).keys() == STATE_KEYS
        assert state(0, RUNNING).keys() == STATE_KEYS

    def test_of_a_machine_never_met_everything_is_unknown(self) -> None:
        said = state(0, Snapshot())

        assert {key for key, value in said.items() if value is not None} == {
            "time", "belt", "fresh", "person",
        }  # fmt: skip
        assert (said["belt"], said["fresh"]) == ("unknown", False)

    def test_who_runs_and_in_what(self) -> None:
        said = state(0, RUNNING, who=ANNA)
        assert (said["person"], said["shoes"]) == ("Anna", "Ghost")

    def test_measurements_are_in_the_units_of_their_names(self) -> None:
        said = state(0, RUNNING)

        assert {key: said[key] for key in MEASUREMENTS} == {
            "speed_kmh": 8.25,
            "incline_percent": 2.5,
            "distance_m": 1200,
            "elapsed_s": 600,
            "elevation_gain_m": 12.3,
            "energy_kcal": 80,
            "heart_rate_bpm": 131,
            "step_count": 1500,
            "power_w": 210,
        }

    def test_targets_and_requests_are_the_guard_s(self) -> None:
        decision = Decision(
            phase="warm_up",
            requested={Axis.SPEED: 600, Axis.INCLINE: None},
            setpoint={Axis.SPEED: 410, Axis.INCLINE: 5},
        )

        said = state(0, RUNNING, decision)

        assert said["phase"] == "warm_up"
        assert (said["requested_speed_kmh"], said["requested_incline_percent"]) == (6.0, None)
        assert (said["target_speed_kmh"], said["target_incline_percent"]) == (4.1, 0.5)

    def test_time_is_utc_to_the_millisecond(self) -> None:
        assert state(0, RUNNING)["time"] == "2030-01-01T00:00:00.000Z"

    @pytest.mark.parametrize(("age", "fresh"), [(0, True), (3.0, True), (3.1, False), (60, False)])
    def test_it_is_fresh_until_3_s_after_the_last_sample(self, age: float, fresh: bool) -> None:
        assert state(age, RUNNING)["fresh"] is fresh

    def test_nothing_is_fresh_without_a_link(self) -> None:
        assert state(0, replace(RUNNING, connected=False))["fresh"] is False

    def test_measurements_are_told_for_10_s_and_then_are_unknown(self) -> None:
        before, after = state(10.0, RUNNING), state(10.1, RUNNING)

        assert None not in {before[key] for key in MEASUREMENTS}
        assert {after[key] for key in MEASUREMENTS} == {None}

    @pytest.mark.parametrize("belt", Belt)
    def test_without_samples_the_speed_is_0_only_where_the_belt_is_known_to_stand(
        self, belt: Belt
    ) -> None:
        said = state(60, replace(RUNNING, belt=belt))

        assert said["speed_kmh"] == (0 if belt in {Belt.IDLE, Belt.PAUSED} else None)
        assert {said[key] for key in MEASUREMENTS[1:]} == {None}

    @pytest.mark.parametrize(("speed", "told"), [(0, None), (80, 0.8)])
    def test_a_zero_is_none_where_nobody_knows_what_the_belt_does(
        self, speed: int, told: float | None
    ) -> None:
        sample = Sample(0, replace(EVERYTHING, speed=speed))
        said = state(1, replace(RUNNING, belt=Belt.UNKNOWN, sample=sample))

        assert said["speed_kmh"] == told

    def test_without_a_link_no_belt_is_known_to_stand(self) -> None:
        lost = Snapshot(connected=False, belt=Belt.IDLE)

        assert state(60, lost)["speed_kmh"] is None

    @pytest.mark.parametrize(
        ("key", "data"),
        [
            ("heart_rate_bpm", replace(EVERYTHING, heart_rate=0)),
            ("elevation_gain_m", replace(EVERYTHING, positive_elevation_gain=0x7FFF)),
            ("elevation_gain_m", replace(EVERYTHING, positive_elevation_gain=0xFFFF)),
        ],
    )
    def test_a_number_that_means_nothing_is_null(self, key: str, data: TreadmillData) -> None:
        assert state(0, replace(RUNNING, sample=Sample(0, data)))[key] is None

    @pytest.mark.parametrize(
        ("now", "a_minute", "told"), [(9.0, 164, 164), (11.0, 164, None), (1.0, 0, None)]
    )
    def test_a_cadence_is_known_for_ten_seconds_and_none_is_no_number(
        self, now: float, a_minute: int, told: int | None
    ) -> None:
        said = state(now, replace(RUNNING, steps=Steps(0.0, a_minute)))
        assert said["cadence_spm"] == told


class TestStateInTime:
    def test_it_is_retained_and_sent_at_most_once(self) -> None:
        desk = Desk()

        desk.follow(0)

        ((_, retain, qos),) = desk.publisher.on("state")
        assert (retain, qos) == (True, 0)

    @pytest.mark.parametrize(("hz", "states"), [(1.0, 4), (5.0, 16)])
    def test_what_changes_all_the_time_is_told_as_often_as_configured(
        self, hz: float, states: int
    ) -> None:
        desk = Desk(hz)

        for tick in range(16):  # 3.75 s, ever faster
            sample = Sample(tick / 4, TreadmillData(speed=100 + tick))
            desk.follow(tick / 4, replace(RUNNING, sample=sample))

        assert len(desk.publisher.on("state")) == states

    def test_the_belt_s_change_is_told_at_once(self) -> None:
        desk = Desk()
        desk.follow(0)

        desk.follow(0.1, replace(RUNNING, belt=Belt.STOPPING))
        desk.follow(0.2, replace(RUNNING, belt=Belt.IDLE))

        assert [json.loads(p)["belt"] for p, _, _ in desk.publisher.on("state")] == [
            "running", "stopping", "idle",
        ]  # fmt: skip

    def test_what_does_not_change_is_told_every_10_s(self) -> None:
        desk = Desk()
        idle = Snapshot(connected=True, belt=Belt.IDLE)

        for tick in range(4 * 21):
            desk.follow(tick / 4, idle)

        times = [json.loads(p)["time"][17:19] for p, _, _ in desk.publisher.on("state")]
        assert times == ["00", "10", "20"]


class TestAvailability:
    def test_it_follows_the_link_and_is_retained(self) -> None:
        desk = Desk()

        desk.follow(0, Snapshot())
        desk.follow(1)
        desk.follow(2)
        desk.follow(3, Snapshot())

        assert desk.publisher.on("availability") == [
            (word, True, 1) for word in (b"offline", b"online", b"offline")
        ]

    def test_the_last_word_is_offline(self) -> None:
        desk = Desk()
        desk.follow(0)

        desk.farewell()

        assert desk.publisher.on("availability")[-1] == (b"offline", True, 1)

    def test_nothing_retained_outlives_it_that_is_true_no_longer(self) -> None:
        desk = Desk()
        desk.follow(0, replace(RUNNING, control=Control.HELD))
        assert desk.publisher.last("state")["fresh"]

        desk.farewell()

        state, link = desk.publisher.last("state"), desk.publisher.last("link")
        assert (state["belt"], state["fresh"], state["person"]) == ("unknown", False, "Anna")
        known = {key for key, value in state.items() if value is not None}
        assert known == {"time", "belt", "fresh", "person", "shoes"}
        assert (link["connected"], link["control"]) == (False, "none")
        assert link["machine"]["name"] == "Horizon"

    def test_after_the_last_word_a_new_link_is_told_again(self) -> None:
        desk = Desk()
        desk.follow(0)
        desk.farewell()

        desk.follow(0.1)

        assert desk.publisher.on("availability")[-1] == (b"online", True, 1)
        assert desk.publisher.last("link")["connected"]
        assert desk.publisher.last("state")["fresh"]


class TestLink:
    def test_it_tells_who_the_machine_is(self) -> None:
        desk = Desk()

        desk.follow(0, replace(RUNNING, control=Control.HELD))

        ((_, retain, qos),) = desk.publisher.on("link")
        assert (retain, qos) == (True, 1)
        assert desk.publisher.last("link") == {
            "connected": True,
            "control": "held",
            "rssi": -61,
            "machine": {
                "name": "Horizon", "maker": "Johnson", "model": "7.0AT", "firmware": None,
            },
            "ranges": {
                "speed_kmh": {"min": 0.8, "max": 16.0, "step": 0.1},
                "incline_percent": {"min": 0.0, "max": 15.0, "step": 0.5},
            },
            "features": ["inclination", "speed"],
            "quirks": [],
        }  # fmt: skip

    def test_of_a_machine_never_met_every_key_is_there(self) -> None:
        desk = Desk()

        desk.follow(0, Snapshot())

        assert desk.publisher.last("link") == {
            "connected": False,
            "control": "none",
            "rssi": None,
            "machine": {"name": None, "maker": None, "model": None, "firmware": None},
            "ranges": {"speed_kmh": None, "incline_percent": None},
            "features": [],
            "quirks": [],
        }

    def test_it_is_told_when_it_changes_and_only_then(self) -> None:
        desk = Desk()

        desk.follow(0)
        desk.follow(1)
        desk.follow(2, replace(RUNNING, control=Control.TAKEN))

        assert len(desk.publisher.on("link")) == 2


WARM_UP = Bound(Axis.SPEED, 600, "warm_up", "warm_up", (("left", Lasting(300)),))
ENVELOPE = Bound(Axis.SPEED, 1600, "envelope", "envelope")
STALE = Hold("stale", "stale", (("age", Lasting(4)),))


CLOCK = datetime(2026, 1, 15, 18, 30, tzinfo=UTC)


class TestGuard:
    def test_every_key_is_always_there(self) -> None:
        said = json.loads(guard_payload(Decision(), ANNA, None, CLOCK).encode())

        assert said == {
            "bounds": {
                "speed": {"max": None, "reasons": []},
                "incline": {"max": None, "reasons": []},
            },
            "steep": {"used_s": None, "left_s": None, "opens_s": None},
            "warm_up_left_s": 0.0,
            "resting_until": None,
            "faults": [],
            "profile": "gentle",
        }

    def test_the_end_of_a_rest_does_not_move_with_every_breath_of_a_clock(self) -> None:
        desk = Desk()
        for second in range(4):
            left = 7200.0 - second + 0.4 * (second % 2)
            desk.follow(second, decision=Decision(rest_left_s=left))

        (only,) = desk.publisher.on("guard")
        assert json.loads(only[0])["resting_until"] == "2030-01-01T02:00:00.000Z"

        desk.follow(4, decision=Decision())
        assert desk.publisher.last("guard")["resting_until"] is None

    def test_the_lowest_bound_counts_and_gives_its_reason(self) -> None:
        decision = Decision(limits=Limits.of([WARM_UP, ENVELOPE]), warm_up_left_s=299.6)

        said = guard_payload(decision, replace(ANNA, profile="steady"), None, CLOCK)

        assert (said.bounds.speed.max, said.bounds.speed.reasons) == (6.0, (WARM_UP.text,))
        assert (said.warm_up_left_s, said.profile) == (300, "steady")

    def test_a_hold_is_a_reason_on_both_axes(self) -> None:
        said = guard_payload(Decision(limits=Limits.of([WARM_UP, STALE])), ANNA, None, CLOCK)

        assert said.bounds.speed.reasons == (WARM_UP.text, STALE.text)
        assert (said.bounds.incline.max, said.bounds.incline.reasons) == (None, (STALE.text,))

    def test_a_moment_to_come_is_told_by_the_clock(self) -> None:
        bound = Bound(Axis.SPEED, 600, "rest", "rest", (("ends", Coming(720)),))

        said = guard_payload(Decision(limits=Limits.of([bound])), ANNA, None, CLOCK)

        assert said.bounds.speed.reasons == ("rest after pain: at most 6 km/h; it ends at 18:42",)

    def test_an_incline_that_waits_says_for_what(self) -> None:
        words = (("incline", Amount(Axis.INCLINE, 100)), ("most", Amount(Axis.SPEED, 600)))
        limits = Limits.of([ENVELOPE, Wait(Axis.INCLINE, 99, "slower", "slower_first", words)])

        for wanted, told in ((120, 1), (90, 0), (None, 0)):
            decision = Decision(limits=limits, requested={Axis.INCLINE: wanted})
            said = guard_payload(decision, ANNA, None, CLOCK)
            assert len(said.bounds.incline.reasons) == told

    def test_of_several_tiers_the_one_with_the_least_left_is_told(self) -> None:
        tiers = (SteepReport(10, 590, None), SteepReport(298.4, 1.6, 0.4))

        said = guard_payload(Decision(steep=tiers), ANNA, None, CLOCK)

        assert (said.steep.used_s, said.steep.left_s, said.steep.opens_s) == (298, 2, 0)

    def test_it_is_retained(self) -> None:
        desk = Desk()

        desk.follow(0)

        ((_, retain, qos),) = desk.publisher.on("guard")
        assert (retain, qos) == (True, 1)

    def test_counters_are_told_every_5_s_while_they_run(self) -> None:
        desk = Desk()

        for second in range(11):
            desk.follow(second, decision=Decision(warm_up_left_s=300 - second))

        left = [json.loads(p)["warm_up_left_s"] for p, _, _ in desk.publisher.on("guard")]
        assert left == [300, 295, 290]

    @pytest.mark.parametrize(
        "news",
        [
            Decision(warm_up_left_s=0.0),
            Decision(warm_up_left_s=299, faults=("stale",)),
            Decision(warm_up_left_s=299, limits=Limits.of([WARM_UP])),
            Decision(warm_up_left_s=299, limits=Limits.of([STALE])),
            Decision(warm_up_left_s=299, steep=(SteepReport(600, 0, 900.0),)),
        ],
    )
    def test_what_is_more_than_a_counter_is_told_at_once(self, news: Decision) -> None:
        desk = Desk()
        desk.follow(0, decision=Decision(warm_up_left_s=300))

        desk.follow(0.25, decision=news)

        assert len(desk.publisher.on("guard")) == 2

    def test_a_bound_that_falls_on_the_incline_alone_is_told_at_once(self) -> None:
        desk = Desk()
        for moment, most in ((0.0, 150), (0.25, 50)):
            bound = Bound(Axis.INCLINE, most, "envelope", "envelope")
            desk.follow(moment, decision=Decision(limits=Limits.of([bound])))

        assert len(desk.publisher.on("guard")) == 2

    def test_the_cool_down_s_falling_bound_is_a_counter(self) -> None:
        desk = Desk()
        for second in range(6):
            falling = Bound(Axis.SPEED, 900 - second, "cool_down", "cool_down")
            desk.follow(second, decision=Decision(limits=Limits.of([falling])))

        assert len(desk.publisher.on("guard")) == 2


class TestEvents:
    def test_each_is_told_once_and_not_retained(self) -> None:
        desk = Desk()
        event = Event("limited", "Speed lowered to 6 km/h: warm-up.", {"axis": "speed"})

        desk.reports.event(event, EPOCH + timedelta(seconds=1))

        ((_, retain, qos),) = desk.publisher.on("event")
        assert (retain, qos) == (False, 1)
        assert desk.publisher.last("event") == {
            "type": "limited",
            "time": "2030-01-01T00:00:01.000Z",
            "text": "Speed lowered to 6 km/h: warm-up.",
            "details": {"axis": "speed"},
        }


class TestSession:
    SUMMARY = Summary(
        start=EPOCH,
        end=EPOCH + timedelta(minutes=31),
        moving_s=1800.04,
        distance_m=4500.0,
        elevation_gain_m=12.5,
        energy_kcal=310,
        max_speed=1020,
        max_incline=55,
        mean_heart_rate=140.26,
        max_heart_rate=166,
    )

    def test_it_is_retained_and_in_the_contract_s_units(self) -> None:
        desk = Desk()

        desk.reports.session(self.SUMMARY, ANNA)

        ((_, retain, qos),) = desk.publisher.on("session")
        assert (retain, qos) == (True, 1)
        assert desk.publisher.last("session") == {
            "start": "2030-01-01T00:00:00.000Z",
            "end": "2030-01-01T00:31:00.000Z",
            "moving_s": 1800.0,
            "distance_m": 4500.0,
            "elevation_gain_m": 12.5,
            "energy_kcal": 310,
            "max_speed_kmh": 10.2,
            "max_incline_percent": 5.5,
            "average_speed_kmh": 9.0,
            "average_heart_rate_bpm": 140.3,
            "max_heart_rate_bpm": 166,
            "person": "Anna",
            "shoes": "Ghost",
        }

    def test_what_nobody_measured_is_null(self) -> None:
        desk = Desk()
        nothing = replace(
            self.SUMMARY, moving_s=0.0, max_incline=None, mean_heart_rate=None, max_heart_rate=None
        )

        desk.reports.session(nothing, ANNA)

        said = desk.publisher.last("session")
        assert said["average_speed_kmh"] is None
        assert said["max_incline_percent"] is None
        assert said["average_heart_rate_bpm"] is None
