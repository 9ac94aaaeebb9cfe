"""The published state of a treadmill: its content and its rate."""

import json
from dataclasses import replace

import pytest

from bridge.guard import Decision
from bridge.machines.learned import LearnedMachine
from bridge.values import Axis, Belt, Measurement, Sample, Snapshot, Steps
from tests.rigs.reports_rig import ANNA, EVERYTHING, MEASUREMENTS, RUNNING, STATE_KEYS, Desk, state


class TestState:
    def test_state_payload_always_has_every_key(self) -> None:
        assert state(0, Snapshot()).keys() == STATE_KEYS
        assert state(0, RUNNING).keys() == STATE_KEYS

    def test_state_of_an_unknown_machine_is_unknown(self) -> None:
        said = state(0, Snapshot())

        assert {key for key, value in said.items() if value is not None} == {
            "time", "belt", "fresh", "person",
        }  # fmt: skip
        assert (said["belt"], said["fresh"]) == ("unknown", False)

    def test_state_names_the_person_and_the_shoes(self) -> None:
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

    def test_state_payload_has_the_requests_and_setpoints_of_the_guard(self) -> None:
        decision = Decision(
            phase="warm_up",
            requested={Axis.SPEED: 600, Axis.INCLINE: None},
            setpoint={Axis.SPEED: 410, Axis.INCLINE: 5},
        )

        said = state(0, RUNNING, decision)

        assert said["phase"] == "warm_up"
        assert (said["requested_speed_kmh"], said["requested_incline_percent"]) == (6.0, None)
        assert (said["target_speed_kmh"], said["target_incline_percent"]) == (4.1, 0.5)

    def test_state_time_is_utc_in_milliseconds(self) -> None:
        assert state(0, RUNNING)["time"] == "2030-01-01T00:00:00.000Z"

    @pytest.mark.parametrize(("age", "fresh"), [(0, True), (3.0, True), (3.1, False), (60, False)])
    def test_state_is_fresh_for_3_s_after_a_sample(self, age: float, fresh: bool) -> None:
        assert state(age, RUNNING)["fresh"] is fresh

    def test_slow_frames_extend_freshness_and_measurement_age(self) -> None:
        slow = replace(RUNNING, learned=LearnedMachine(frame_s=3.0))
        assert [state(age, slow)["fresh"] for age in (6.5, 6.6)] == [True, False]
        assert [state(age, slow)["speed_kmh"] is None for age in (13.0, 13.1)] == [False, True]

    def test_state_without_a_link_is_not_fresh(self) -> None:
        assert state(0, replace(RUNNING, connected=False))["fresh"] is False

    def test_measurements_older_than_10_s_are_published_as_null(self) -> None:
        before, after = state(10.0, RUNNING), state(10.1, RUNNING)

        assert None not in {before[key] for key in MEASUREMENTS}
        assert {after[key] for key in MEASUREMENTS} == {None}

    @pytest.mark.parametrize("belt", Belt)
    def test_speed_without_samples_is_0_only_for_a_standing_belt(self, belt: Belt) -> None:
        said = state(60, replace(RUNNING, belt=belt))

        assert said["speed_kmh"] == (0 if belt in {Belt.IDLE, Belt.PAUSED} else None)
        assert {said[key] for key in MEASUREMENTS[1:]} == {None}

    @pytest.mark.parametrize(("speed", "told"), [(0, None), (80, 0.8)])
    def test_zero_speed_in_an_unknown_belt_state_is_published_as_null(
        self, speed: int, told: float | None
    ) -> None:
        sample = Sample(0, replace(EVERYTHING, speed=speed))
        said = state(1, replace(RUNNING, belt=Belt.UNKNOWN, sample=sample))

        assert said["speed_kmh"] == told

    def test_speed_is_published_as_null_without_a_link(self) -> None:
        for sample in (None, Sample(0, replace(EVERYTHING, speed=0))):
            for belt in (Belt.IDLE, Belt.UNKNOWN):
                lost = Snapshot(connected=False, belt=belt, sample=sample)
                assert [state(age, lost)["speed_kmh"] for age in (1, 60)] == [None, None]

    @pytest.mark.parametrize(
        ("key", "data"),
        [
            ("heart_rate_bpm", replace(EVERYTHING, heart_rate=0)),
            ("elevation_gain_m", replace(EVERYTHING, elevation_gain=None)),
        ],
    )
    def test_zero_heart_rate_and_missing_gain_are_published_as_null(
        self, key: str, data: Measurement
    ) -> None:
        assert state(0, replace(RUNNING, sample=Sample(0, data)))[key] is None

    @pytest.mark.parametrize(
        ("now", "a_minute", "told"), [(9.0, 164, 164), (11.0, 164, None), (1.0, 0, None)]
    )
    def test_old_or_zero_cadence_is_published_as_null(
        self, now: float, a_minute: int, told: int | None
    ) -> None:
        said = state(now, replace(RUNNING, steps=Steps(0.0, a_minute)))
        assert said["cadence_spm"] == told


class TestStatePublishing:
    def test_state_is_retained_with_qos_0(self) -> None:
        desk = Desk()

        desk.follow(0)

        ((_, retain, qos),) = desk.publisher.on("state")
        assert (retain, qos) == (True, 0)

    @pytest.mark.parametrize(("hz", "states"), [(1.0, 4), (5.0, 16)])
    def test_changing_state_is_published_at_the_configured_rate(
        self, hz: float, states: int
    ) -> None:
        desk = Desk(hz)

        for tick in range(16):  # 3.75 s, ever faster
            sample = Sample(tick / 4, Measurement(speed=100 + tick))
            desk.follow(tick / 4, replace(RUNNING, sample=sample))

        assert len(desk.publisher.on("state")) == states

    def test_change_of_the_belt_is_published_at_once(self) -> None:
        desk = Desk()
        desk.follow(0)

        desk.follow(0.1, replace(RUNNING, belt=Belt.STOPPING))
        desk.follow(0.2, replace(RUNNING, belt=Belt.IDLE))

        assert [json.loads(p)["belt"] for p, _, _ in desk.publisher.on("state")] == [
            "running", "stopping", "idle",
        ]  # fmt: skip

    def test_unchanged_state_is_published_every_10_s(self) -> None:
        desk = Desk()
        idle = Snapshot(connected=True, belt=Belt.IDLE)

        for tick in range(4 * 21):
            desk.follow(tick / 4, idle)

        times = [json.loads(p)["time"][17:19] for p, _, _ in desk.publisher.on("state")]
        assert times == ["00", "10", "20"]
