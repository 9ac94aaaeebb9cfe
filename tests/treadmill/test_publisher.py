"""Payloads of a treadmill besides its state, and their highest rate."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.contract.payloads import EventPayload, ReasonPayload
from bridge.guard import Decision
from bridge.guard.decision import SteepReport
from bridge.guard.limits import Bound, Hold, Limits, Wait
from bridge.history.session_log import Summary
from bridge.machines.learned import UNLEARNED, Echo, Interval, UnitVerdict
from bridge.texts import Texts
from bridge.treadmill.publisher import guard_payload
from bridge.values import LOOKING, Axis, Control, Event, Reason, Snapshot
from tests.rigs.reports_rig import ANNA, EPOCH, RUNNING, Desk


class TestAvailability:
    def test_availability_follows_the_link_and_is_retained(self) -> None:
        desk = Desk()

        desk.follow(0, Snapshot())
        desk.follow(1)
        desk.follow(2)
        desk.follow(3, Snapshot())

        assert desk.publisher.on("availability") == [
            (word, True, 1) for word in (b"offline", b"online", b"offline")
        ]

    def test_last_availability_is_offline(self) -> None:
        desk = Desk()
        desk.follow(0)

        desk.farewell()

        assert desk.publisher.on("availability")[-1] == (b"offline", True, 1)

    def test_retained_state_and_link_are_cleared_at_the_end(self) -> None:
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

    def test_new_link_after_the_end_is_published_again(self) -> None:
        desk = Desk()
        desk.follow(0)
        desk.farewell()

        desk.follow(0.1)

        assert desk.publisher.on("availability")[-1] == (b"online", True, 1)
        assert desk.publisher.last("link")["connected"]
        assert desk.publisher.last("state")["fresh"]


NO_AXIS: dict[str, object] = dict.fromkeys(
    (
        *("lag_s", "rise_per_s", "fall_per_s", "gain", "offset", "tolerance", "noise"),
        *("resolution", "step", "droop_percent", "overshoot_percent"),
    )
)
NOTHING_LEARNED = {
    "sessions": 0, "frame_s": None, "echo": None, "echo_s": None, "names_current_speed": None,
    "reported_speed_unit": None, "target_speed_unit": None, "speed": NO_AXIS, "incline": NO_AXIS,
}  # fmt: skip


class TestLink:
    def test_link_payload_names_the_machine(self) -> None:
        desk = Desk()

        desk.follow(0, replace(RUNNING, control=Control.HELD))

        ((_, retain, qos),) = desk.publisher.on("link")
        assert (retain, qos) == (True, 1)
        assert desk.publisher.last("link") == {
            "connected": True,
            "reason": None,
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
            "learned": NOTHING_LEARNED,
        }  # fmt: skip

    def test_link_payload_of_an_unknown_machine_has_every_key(self) -> None:
        desk = Desk()

        desk.follow(0, Snapshot())

        assert desk.publisher.last("link") == {
            "connected": False,
            "reason": {"rule": LOOKING.rule, "text": LOOKING.text},
            "control": "none",
            "rssi": None,
            "machine": {"name": None, "maker": None, "model": None, "firmware": None},
            "ranges": {"speed_kmh": None, "incline_percent": None},
            "features": [],
            "quirks": [],
            "learned": NOTHING_LEARNED,
        }

    def test_link_payload_has_the_learned_figures(self) -> None:
        desk = Desk()
        axis = replace(
            UNLEARNED.speed,
            lag_s=Interval(0.31, 1.8),
            fall_per_s=Interval(40.0, 80.0),
            gain=0.971,
            offset=2.0,
            spread=21.0,
            noise=5.0,
            grid=50,
            droop=0.02,
        )
        learned = replace(
            UNLEARNED,
            speed=axis,
            sessions=3,
            frame_s=0.25,
            echo=Echo.EACH,
            echo_s=0.6,
            names_current=False,
            reports=UnitVerdict.KMH,
            targets=UnitVerdict.MPH,
        )

        desk.follow(0, replace(RUNNING, learned=learned))

        assert desk.publisher.last("link")["learned"] == {
            "sessions": 3, "frame_s": 0.2, "echo": "each", "echo_s": 0.6,
            "names_current_speed": False, "reported_speed_unit": "km/h",
            "target_speed_unit": "mph",
            "speed": NO_AXIS | {
                "lag_s": {"min": 0.31, "max": 1.8}, "fall_per_s": {"min": 0.4, "max": 0.8},
                "gain": 0.97, "offset": 0.02, "tolerance": 0.21, "noise": 0.05, "step": 0.5,
                "droop_percent": 2.0,
            },
            "incline": NO_AXIS,
        }  # fmt: skip

    def test_link_payload_is_published_only_when_it_changes(self) -> None:
        desk = Desk()

        desk.follow(0)
        desk.follow(1)
        desk.follow(2, replace(RUNNING, control=Control.TAKEN))

        assert len(desk.publisher.on("link")) == 2


WARM_UP = Bound(Axis.SPEED, 600, "warm_up", ends_s=300)
ENVELOPE = Bound(Axis.SPEED, 1600, "envelope")
STALE = Hold("stale")


CLOCK = datetime(2026, 1, 15, 18, 30, tzinfo=UTC)


def worded(reason: Reason) -> ReasonPayload:
    return ReasonPayload.of(Texts().reason(reason, CLOCK))


class TestGuard:
    def test_guard_payload_always_has_every_key(self) -> None:
        said = json.loads(guard_payload(Decision(), ANNA, None, worded).encode())

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

    def test_end_of_a_rest_does_not_jitter_with_the_clock(self) -> None:
        desk = Desk()
        for second in range(4):
            left = 7200.0 - second + 0.4 * (second % 2)
            desk.follow(second, decision=Decision(rest_left_s=left))

        (only,) = desk.publisher.on("guard")
        assert json.loads(only[0])["resting_until"] == "2030-01-01T02:00:00.000Z"

        desk.follow(4, decision=Decision())
        assert desk.publisher.last("guard")["resting_until"] is None

    def test_guard_payload_has_the_lowest_bound_and_its_reason(self) -> None:
        decision = Decision(limits=Limits.of([WARM_UP, ENVELOPE]), warm_up_left_s=299.6)

        said = guard_payload(decision, replace(ANNA, profile="steady"), None, worded)

        assert (said.bounds.speed.max, said.bounds.speed.reasons) == (
            6.0,
            (worded(WARM_UP.reason),),
        )
        assert (said.warm_up_left_s, said.profile) == (300, "steady")

    def test_hold_is_published_as_a_reason_on_both_axes(self) -> None:
        said = guard_payload(Decision(limits=Limits.of([WARM_UP, STALE])), ANNA, None, worded)

        assert said.bounds.speed.reasons == (worded(WARM_UP.reason), worded(STALE.reason))
        assert (said.bounds.incline.max, said.bounds.incline.reasons) == (
            None,
            (worded(STALE.reason),),
        )

    def test_end_of_a_bound_is_published_as_clock_time(self) -> None:
        bound = Bound(Axis.SPEED, 600, "rest", ends_s=720)

        said = guard_payload(Decision(limits=Limits.of([bound])), ANNA, None, worded)

        (reason,) = said.bounds.speed.reasons
        assert (reason.rule, reason.limit) == ("rest", 6.0)
        assert reason.until == CLOCK + timedelta(minutes=12)
        assert reason.text.startswith("Rest after pain until ")

    def test_waiting_incline_has_a_reason(self) -> None:
        values = (("incline", 100), ("most", 600))
        wait = Wait(Axis.INCLINE, 99, "slower", "first", values=values)
        limits = Limits.of([ENVELOPE, wait])

        for wanted, told in ((120, 1), (90, 0), (None, 0)):
            decision = Decision(limits=limits, requested={Axis.INCLINE: wanted})
            said = guard_payload(decision, ANNA, None, worded)
            assert len(said.bounds.incline.reasons) == told

    def test_guard_payload_has_the_steep_tier_with_the_least_time_left(self) -> None:
        tiers = (SteepReport(10, 590, None), SteepReport(298.4, 1.6, 0.4))

        said = guard_payload(Decision(steep=tiers), ANNA, None, worded)

        assert (said.steep.used_s, said.steep.left_s, said.steep.opens_s) == (298, 2, 0)

    def test_guard_payload_is_retained(self) -> None:
        desk = Desk()

        desk.follow(0)

        ((_, retain, qos),) = desk.publisher.on("guard")
        assert (retain, qos) == (True, 1)

    def test_counters_are_published_every_5_s(self) -> None:
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
    def test_change_of_more_than_a_counter_is_published_at_once(self, news: Decision) -> None:
        desk = Desk()
        desk.follow(0, decision=Decision(warm_up_left_s=300))

        desk.follow(0.25, decision=news)

        assert len(desk.publisher.on("guard")) == 2

    def test_incline_bound_that_falls_is_published_at_once(self) -> None:
        desk = Desk()
        for moment, most in ((0.0, 150), (0.25, 50)):
            bound = Bound(Axis.INCLINE, most, "envelope")
            desk.follow(moment, decision=Decision(limits=Limits.of([bound])))

        assert len(desk.publisher.on("guard")) == 2

    def test_falling_cool_down_bound_is_published_at_the_rate_of_counters(self) -> None:
        desk = Desk()
        for second in range(6):
            falling = Bound(Axis.SPEED, 900 - second, "cool_down", slides=True)
            desk.follow(second, decision=Decision(limits=Limits.of([falling])))

        assert len(desk.publisher.on("guard")) == 2


class TestEvents:
    def test_event_is_published_once_and_not_retained(self) -> None:
        desk = Desk()
        event = Event("session_started")

        desk.reports.event(EventPayload.of(event, EPOCH + timedelta(seconds=1), Texts()))

        ((_, retain, qos),) = desk.publisher.on("event")
        assert (retain, qos) == (False, 1)
        assert desk.publisher.last("event") == {
            "type": "session_started",
            "time": "2030-01-01T00:00:01.000Z",
            "text": "The belt moves: a session begins.",
            "details": {},
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

    def test_session_is_retained_and_in_the_units_of_the_contract(self) -> None:
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

    def test_average_of_a_short_session_is_never_above_its_maximum(self) -> None:
        """2 s at 1 km/h, with a machine that counts ten metres at a time."""
        desk = Desk()
        short = replace(self.SUMMARY, moving_s=2.0, distance_m=10.0, max_speed=100)

        desk.reports.session(short, ANNA)

        said = desk.publisher.last("session")
        assert (said["average_speed_kmh"], said["max_speed_kmh"]) == (1.0, 1.0)

    def test_unmeasured_values_of_a_session_are_null(self) -> None:
        desk = Desk()
        nothing = replace(
            self.SUMMARY, moving_s=0.0, max_incline=None, mean_heart_rate=None, max_heart_rate=None
        )

        desk.reports.session(nothing, ANNA)

        said = desk.publisher.last("session")
        assert said["average_speed_kmh"] is None
        assert said["max_incline_percent"] is None
        assert said["average_heart_rate_bpm"] is None
