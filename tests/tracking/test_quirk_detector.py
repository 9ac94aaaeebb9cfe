"""Quirks detected by observation. Speeds in 0.01 km/h, times in seconds."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bridge.drivers.ftms.decoder import activity
from bridge.machines import Edge, Profile, Quirk
from bridge.tracking.quirk_detector import Observer
from bridge.values import (
    Axis,
    Belt,
    Event,
    Halt,
    HaltBelt,
    MachineInfo,
    Measurement,
    SetTarget,
    StartBelt,
)
from bridge.values.status import Started, Stopped
from protocols.ftms.training_status import TrainingStatus
from protocols.ranges import SpeedRange
from tests.rigs.wording import text_of

MACHINE = MachineInfo("F0:00:00:00:00:01", speed_range=SpeedRange(80, 1600, 10), can_control=True)
MANUAL = Path(__file__).parents[2] / "docs" / "mqtt.md"


@dataclass
class Watch:
    """A timeline: samples once a second, orders, and what was found out."""

    machine: MachineInfo = MACHINE
    now: float = 100.0
    belt: Belt = Belt.IDLE
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.observer = Observer(self.machine, self.now)

    def shows(self, *speeds: int, belt: Belt = Belt.RUNNING) -> "Watch":
        self.belt = belt
        for speed in speeds:
            self.now += 1
            self.observer.sample(Measurement(speed=speed), self.now)
            self._tick()
        return self

    def waits(self, seconds: int, belt: Belt | None = None) -> "Watch":
        self.belt = belt or self.belt
        for _ in range(seconds):
            self.now += 1
            self._tick()
        return self

    def _tick(self) -> None:
        self.observer.tick(self.belt, self.now)
        self.events += self.observer.take_events()

    def starts(self) -> "Watch":
        self.observer.written(StartBelt(), self.now)
        return self

    def stops(self) -> "Watch":
        self.observer.written(HaltBelt(Halt.STOP), self.now)
        return self

    def kinds(self) -> list[str]:
        return [event.type for event in self.events]

    @property
    def quirks(self) -> set[str]:
        return set(self.observer.machine.quirks)


@pytest.mark.parametrize("quirk", Quirk)
def test_every_quirk_is_in_the_manual(quirk: Quirk) -> None:
    assert f"`{quirk}`" in MANUAL.read_text()


def test_machine_without_deviations_has_no_quirks() -> None:
    watch = Watch().shows(0, 0, belt=Belt.IDLE).starts().shows(0, 80, 100)
    watch.observer.training(activity(TrainingStatus.IDLE))
    watch.observer.training(activity(TrainingStatus.MANUAL))
    watch.shows(150, 250, 350, 400, *[400] * 20)
    watch.shows(350, 300, *[300] * 20).stops().shows(200, 100, 0, 0)
    assert (watch.quirks, watch.events) == (set(), [])


def test_quirk_is_reported_once() -> None:
    watch = Watch()
    assert watch.observer.add(Quirk.NO_STATUS)
    assert not watch.observer.add(Quirk.NO_STATUS)
    assert watch.observer.machine.quirks == ("no_status",)


class TestStart:
    def test_start_without_motion_is_reported_after_15_s(self) -> None:
        watch = Watch().shows(0, belt=Belt.IDLE).starts().shows(*[0] * 15, belt=Belt.STARTING)
        assert watch.events == []
        watch.shows(0, 0, belt=Belt.IDLE)
        assert watch.kinds() == ["no_motion"]
        assert watch.events[0].ends_start
        assert Quirk.START_WITHOUT_MOTION in watch.quirks

    def test_console_start_without_motion_is_reported(self) -> None:
        watch = Watch().shows(0, belt=Belt.IDLE)
        watch.observer.status(Started(watch.now), watch.now, replay=False)
        watch.shows(*[0] * 17, belt=Belt.STARTING)
        assert watch.kinds() == ["no_motion"]

    def test_stopped_status_ends_the_wait_for_motion(self) -> None:
        watch = Watch().shows(0, belt=Belt.IDLE).starts()
        watch.observer.status(Stopped(watch.now), watch.now, replay=False)
        assert watch.shows(*[0] * 17, belt=Belt.IDLE).events == []

    def test_motion_ends_the_wait_for_a_start(self) -> None:
        watch = Watch().shows(0, belt=Belt.IDLE).starts().shows(*[0] * 6, 80, *[0] * 20)
        assert watch.events == []

    def test_stop_ends_the_wait_for_motion(self) -> None:
        watch = Watch().shows(0, belt=Belt.IDLE).starts().shows(0).stops().shows(*[0] * 20)
        assert watch.events == []


class TestData:
    def test_missing_data_are_reported_after_30_s(self) -> None:
        watch = Watch().waits(30, Belt.UNKNOWN)
        assert watch.events == []
        watch.waits(40)
        assert watch.kinds() == ["no_data"]
        assert watch.quirks == {Quirk.NO_DATA, Quirk.SILENT_AT_REST}
        assert watch.events[0].ends_start

    def test_missing_data_after_a_start_are_reported_after_15_s(self) -> None:
        watch = Watch().starts().waits(16, Belt.STARTING)
        assert watch.kinds() == ["no_data"]

    @pytest.mark.parametrize(
        ("status", "kind", "text"),
        [
            (TrainingStatus.MANUAL, "no_data", "only zeros"),
            (TrainingStatus.IDLE, "no_motion", "did not move"),
        ],
    )
    def test_zero_speeds_from_a_machine_that_reports_a_run_are_no_quirk(
        self, status: TrainingStatus, kind: str, text: str
    ) -> None:
        watch = Watch()
        blank = Measurement(speed=0, distance=0)
        watch.observer.training(activity(status))
        watch.starts()
        for _ in range(16):
            watch.now += 1
            watch.observer.sample(blank, watch.now)
            watch.observer.tick(Belt.STARTING, watch.now)
        watch.waits(1)
        assert watch.kinds() == [kind]
        assert text in text_of(watch.events[0])

    def test_zeros_of_a_started_belt_that_is_judged_unknown_are_reported(self) -> None:
        watch = Watch().starts()
        for _ in range(13):
            watch.observer.sample(Measurement(speed=0, elapsed=0), watch.now + 1)
            watch.waits(1, Belt.UNKNOWN)
        assert watch.waits(2).events == []
        assert watch.waits(1).kinds() == ["no_data"]
        assert "only zeros" in text_of(watch.events[0])

    @pytest.mark.parametrize(("parts", "lie"), [(4, False), (5, True)])
    def test_five_partial_records_without_an_end_are_reported_as_wrong_flags(
        self, parts: int, *, lie: bool
    ) -> None:
        watch = Watch()
        for _ in range(parts):
            watch.observer.part()
        watch.waits(31, Belt.UNKNOWN)
        assert watch.kinds() == ["no_data"]
        assert ("speed_first = true" in text_of(watch.events[0])) is lie

    def test_silence_at_rest_is_a_quirk_without_an_event(self) -> None:
        watch = Watch().shows(0, belt=Belt.IDLE).waits(10)
        assert watch.quirks == set()
        watch.waits(1)
        assert (watch.quirks, watch.events) == ({Quirk.SILENT_AT_REST}, [])

    def test_silence_of_a_running_belt_is_no_quirk(self) -> None:
        assert Watch().shows(500).waits(60, Belt.RUNNING).quirks == set()

    def test_split_records_are_a_quirk(self) -> None:
        watch = Watch()
        watch.observer.part()
        watch.observer.sample(Measurement(incline=3), watch.now)
        assert watch.quirks == {Quirk.SPLIT_RECORDS}

    @pytest.mark.parametrize(
        ("told", "beyond"),
        [
            (SpeedRange(60, 380, 10), True),
            (SpeedRange(0, 0, 0), False),
            (SpeedRange(60, 500, 100), False),  # 2 % and a step
        ],
    )
    def test_belt_faster_than_its_range_is_a_quirk(self, told: SpeedRange, beyond: bool) -> None:
        for within in ((), (380, 395)):
            watch = Watch(replace(MACHINE, speed_range=told)).shows(*within, 610, 610)
            assert Quirk.SPEED_BEYOND_RANGE not in watch.quirks
            assert (Quirk.SPEED_BEYOND_RANGE in watch.shows(610).quirks) is beyond
        assert not Watch(replace(MACHINE, speed_range=None)).shows(*[2000] * 5).quirks


class TestStatus:
    def test_status_right_after_subscription_counts_as_replayed(self) -> None:
        watch = Watch()
        watch.observer.status(Started(watch.now), watch.now, replay=True)
        watch.shows(0, belt=Belt.IDLE).shows(*[0] * 20)
        assert (watch.quirks, watch.events) == ({Quirk.STATUS_REPLAYED}, [])

    def test_constant_training_status_is_a_quirk_after_a_while(self) -> None:
        watch = Watch()
        watch.observer.training(activity(TrainingStatus.OTHER))
        assert watch.shows(*[500] * 11).quirks == set()
        watch.observer.training(activity(TrainingStatus.OTHER))
        assert watch.shows(500).quirks == {Quirk.TRAINING_STATUS_CONSTANT}

    def test_a_training_status_that_changed_is_not_constant(self) -> None:
        watch = Watch()
        for status in (TrainingStatus.MANUAL, TrainingStatus.OTHER):
            watch.observer.training(activity(status))
        assert watch.shows(*[500] * 12).quirks == set()

    def test_empty_training_status_is_a_quirk(self) -> None:
        watch = Watch()
        watch.observer.training(None)
        watch.shows(*[500] * 12)
        assert watch.quirks == {Quirk.EMPTY_TRAINING_STATUS}


class TestRefusals:
    def test_three_refusals_without_a_success_are_reported_with_advice(self) -> None:
        watch = Watch()
        reports = []
        for _ in range(5):
            watch.observer.refused()
            reports.append(len(watch.waits(1).events))
        assert reports == [0, 0, 1, 1, 1]
        assert watch.kinds() == ["refuses_everything"]
        assert "app" in text_of(watch.events[0])
        assert not watch.events[0].ends_start

    def test_one_success_shows_that_a_machine_obeys(self) -> None:
        watch = Watch()
        watch.observer.written(SetTarget(Axis.INCLINE, 10), watch.now)
        for _ in range(5):
            watch.observer.refused()
        assert watch.waits(1).events == []

    def test_single_refusal_by_a_declared_locked_machine_is_reported(self) -> None:
        edge = Edge(Profile(needs_unlock=True))
        watch = Watch(replace(MACHINE, edge=edge))
        watch.observer.refused()
        assert watch.waits(1).kinds() == ["refuses_everything"]
        assert "maker's app has unlocked it" in text_of(watch.events[0])
        watch.observer.written(SetTarget(Axis.INCLINE, 10), watch.now)
        assert Quirk.REFUSES_EVERYTHING not in watch.quirks

    def test_retried_machine_refuses_everything_again_after_one_refusal(self) -> None:
        watch = Watch()
        for _ in range(3):
            watch.observer.refused()
        watch.observer.try_again()
        assert Quirk.REFUSES_EVERYTHING not in watch.quirks
        watch.observer.refused()
        assert Quirk.REFUSES_EVERYTHING in watch.quirks
        assert watch.waits(1).kinds() == ["refuses_everything"]

    def test_refusals_by_an_observed_machine_are_no_quirk(self) -> None:
        watch = Watch(replace(MACHINE, can_control=False))
        for _ in range(5):
            watch.observer.refused()
        assert watch.waits(1).events == []

    def test_a_machine_that_never_answers_is_reported_once(self) -> None:
        watch = Watch()
        for _ in range(2):
            watch.observer.unanswered()
            assert watch.waits(1).kinds() == ["no_answers"]
