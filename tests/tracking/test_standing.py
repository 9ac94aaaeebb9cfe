"""When a belt counts as standing, and when as found moving."""

import pytest

from bridge.guard import Guard, Policy
from bridge.values import (
    Belt,
    Command,
    Halt,
    StartBelt,
    Verb,
)
from protocols.ftms.training_status import TrainingStatus
from tests.tracking.rig import Timeline, frame

STOPPED, PAUSED, STARTED = "02 01", "02 02", "04"


class TestZeros:
    @pytest.mark.parametrize("every", [0.2, 1.0, 3.0])
    def test_one_stale_zero_on_a_new_link_at_12_kmh_is_never_a_stand(self, every: float) -> None:
        belt = Timeline(every)
        belt.send(frame(0, 0, 0))
        assert belt.snapshot.belt is Belt.UNKNOWN
        assert belt.runs(1200) is Belt.RUNNING
        assert not any(each.stands for each in belt.belts)

    def test_two_seconds_of_zeros_at_12_kmh_are_never_a_stand(self) -> None:
        belt = Timeline()
        belt.runs(*[1200] * 10)
        for _ in range(2):
            belt.send(frame(0, 30, 10))
        assert belt.runs(1200) is Belt.RUNNING
        assert not any(each.stands for each in belt.belts)

    def test_frames_five_times_a_second_need_one_and_a_half_seconds_of_zeros(self) -> None:
        belt = Timeline(0.2)
        belt.runs(*[90] * 10)
        belt.runs(*[0] * 9)
        assert belt.belts[-2:] == [Belt.STOPPING, Belt.IDLE]

    def test_zeros_before_the_belt_can_have_run_out_are_no_stand(self) -> None:
        belt = Timeline()
        belt.runs(*[1200] * 5)
        assert belt.runs(0, 0, 0) is Belt.STOPPING
        assert belt.runs(0, 0) is Belt.IDLE

    def test_success_for_a_stop_of_ours_does_not_make_a_zero_a_stand(self) -> None:
        belt = Timeline()
        belt.runs(*[1200] * 5)
        belt.halts()
        assert belt.runs(900) is Belt.STOPPING
        belt.send(frame(0, 20, 6))
        assert not belt.snapshot.belt.stands

    def test_one_zero_and_then_silence_on_a_new_link_stays_unknown(self) -> None:
        belt = Timeline()
        belt.send(frame(0, 0, 0))
        assert belt.silence(30) is Belt.UNKNOWN

    def test_one_zero_and_then_silence_after_a_run_is_a_stand_in_ten_seconds(self) -> None:
        belt = Timeline()
        belt.runs(90, 90)
        belt.send(frame(0, 0, 2))
        assert belt.silence(10) is Belt.STOPPING
        assert belt.silence(1) is Belt.IDLE


class TestMotionAfterAStand:
    @pytest.fixture
    def belt(self) -> Timeline:
        belt = Timeline()
        assert belt.runs(0, 0, 0) is Belt.IDLE
        return belt

    def test_motion_at_12_kmh_right_after_a_stand_is_found_moving(self, belt: Timeline) -> None:
        assert belt.runs(1200) is Belt.UNKNOWN
        belt.builder.tick(belt.now + 0.9)
        assert belt.snapshot.belt is Belt.UNKNOWN
        assert belt.runs(1200) is Belt.RUNNING

    @pytest.mark.parametrize("speed", [80, 300, 350])
    def test_motion_at_a_reachable_speed_after_a_stand_is_a_start(
        self, belt: Timeline, speed: int
    ) -> None:
        assert belt.runs(speed) is Belt.RUNNING

    def test_motion_just_above_a_reachable_speed_is_found_moving(self, belt: Timeline) -> None:
        assert belt.runs(351) is Belt.UNKNOWN

    def test_motion_at_any_speed_after_a_started_status_is_a_start(self, belt: Timeline) -> None:
        assert belt.status(STARTED) is Belt.STARTING
        assert belt.runs(1200) is Belt.RUNNING

    def test_motion_at_any_speed_after_our_start_is_a_start(self, belt: Timeline) -> None:
        belt.builder.written(StartBelt(), belt.now)
        assert belt.runs(1200) is Belt.RUNNING


class TestAStopInTheCountdown:
    @pytest.fixture
    def belt(self) -> Timeline:
        belt = Timeline()
        belt.runs(0, 0, 0)
        belt.builder.written(StartBelt(), belt.now)
        belt.halts()
        return belt

    def test_countdown_is_over_when_the_machine_reports_the_stop(self, belt: Timeline) -> None:
        assert belt.runs(0, 0) is Belt.STARTING
        assert belt.status(STOPPED) is Belt.IDLE

    def test_countdown_is_over_after_fifteen_seconds_without_motion(self, belt: Timeline) -> None:
        assert belt.runs(*[0] * 15) is Belt.STARTING
        assert belt.runs(0) is Belt.IDLE

    def test_motion_after_a_stop_in_the_countdown_is_no_stand(self, belt: Timeline) -> None:
        belt.runs(0, 0)
        assert not belt.runs(80).stands


class TestASpeedFieldFrozenAtRest:
    @pytest.fixture
    def belt(self) -> Timeline:
        belt = Timeline()
        belt.runs(*[500] * 20)
        return belt

    def test_frozen_speed_is_a_pause_once_the_counters_stood_for_three_seconds(
        self, belt: Timeline
    ) -> None:
        belt.halts(Halt.PAUSE)
        belt.status(PAUSED)
        assert belt.shows(500, 2) is Belt.STOPPING
        assert belt.shows(500, 2) is Belt.PAUSED
        assert belt.shows(500, 60) is Belt.PAUSED

    def test_frozen_speed_is_a_stop_once_the_training_status_turned_idle(self) -> None:
        belt = Timeline()
        belt.training(TrainingStatus.MANUAL)
        belt.runs(*[500] * 20)
        belt.halts()
        belt.training(TrainingStatus.IDLE)
        assert belt.shows(500, 4) is Belt.IDLE

    def test_frozen_speed_is_a_stop_after_a_stopped_status(self, belt: Timeline) -> None:
        belt.status(STOPPED)
        assert belt.shows(500, 4) is Belt.IDLE

    def test_frozen_speed_waits_for_twice_the_time_of_a_coarse_distance_step(self) -> None:
        belt = Timeline(step_m=10)
        belt.runs(*[500] * 40)
        belt.status(STOPPED)
        assert belt.shows(500, 14) is Belt.STOPPING
        assert belt.shows(500, 2) is Belt.IDLE

    def test_frozen_speed_is_no_stand_while_a_counter_advances(self, belt: Timeline) -> None:
        belt.halts()
        belt.status(STOPPED)
        belt.runs(*[500] * 9)
        assert not any(each.stands for each in belt.belts)

    def test_stopped_status_from_before_the_halt_does_not_end_it(self, belt: Timeline) -> None:
        belt.status(STOPPED)
        belt.now += 0.5
        belt.halts()
        belt.shows(500, 9)
        assert not belt.snapshot.belt.stands

    def test_frozen_speed_without_statuses_stands_ten_seconds_after_the_last_halt(
        self, belt: Timeline
    ) -> None:
        belt.halts()
        belt.shows(500, 5)
        belt.halts()
        belt.shows(500, 9)
        assert not belt.snapshot.belt.stands
        assert belt.shows(500, 2) is Belt.IDLE

    def test_counters_count_as_standing_after_three_seconds_without_an_advance(
        self, belt: Timeline
    ) -> None:
        belt.shows(500, 5)
        assert not belt.snapshot.counters_stand
        belt.runs(500)
        belt.halts()
        stand = []
        for _ in range(4):
            belt.shows(500, 1)
            stand.append(belt.snapshot.counters_stand)
        assert stand == [False, False, True, True]
        belt.runs(500, 500)
        assert not belt.snapshot.counters_stand

    def test_frozen_speed_without_counters_never_stands(self) -> None:
        belt = Timeline()
        for _ in range(20):
            belt.send(bytes.fromhex("0000 f401"))
        belt.halts()
        belt.status(STOPPED)
        for _ in range(9):
            belt.send(bytes.fromhex("0000 f401"))
        assert not belt.snapshot.belt.stands
        assert not belt.snapshot.counters_stand

    def test_console_start_with_a_frozen_speed_is_starting_until_counters_advance(
        self, belt: Timeline
    ) -> None:
        belt.halts(Halt.PAUSE)
        belt.status(PAUSED)
        belt.shows(500, 10)
        assert belt.status(STARTED) is Belt.STARTING
        assert belt.shows(500, 3) is Belt.STARTING
        assert belt.runs(80, 120) is Belt.RUNNING

    def test_motion_that_only_the_counters_show_is_found_moving(self, belt: Timeline) -> None:
        belt.status(STOPPED)
        assert belt.shows(500, 10) is Belt.IDLE
        assert belt.runs(500) is Belt.UNKNOWN
        assert belt.runs(500) is Belt.RUNNING


class TestAResidualSpeedAtRest:
    def test_residual_speed_on_a_first_link_is_no_run(self) -> None:
        belt = Timeline()
        assert belt.shows(100, 60) is Belt.UNKNOWN
        assert Belt.RUNNING not in belt.belts

    def test_residual_speed_on_a_first_link_stands_after_a_stopped_status(self) -> None:
        belt = Timeline()
        belt.shows(100, 5)
        belt.halts()
        belt.status(STOPPED)
        assert belt.shows(100, 8) is Belt.IDLE
        assert belt.shows(100, 60) is Belt.IDLE

    def test_learned_residual_speed_stands_on_each_later_link(self) -> None:
        belt = Timeline()
        belt.runs(*[500] * 20)
        belt.status(STOPPED)
        belt.runs(300, 200)
        assert belt.shows(100, 10) is Belt.IDLE
        belt.link()
        belt.belts.clear()
        assert belt.shows(100, 12) is Belt.IDLE
        assert Belt.RUNNING not in belt.belts

    def test_learned_residual_speed_ends_a_run_without_a_status(self) -> None:
        belt = Timeline()
        belt.runs(*[500] * 20)
        belt.status(STOPPED)
        belt.shows(100, 12)
        belt.runs(150, 300, *[500] * 20)
        assert belt.snapshot.belt is Belt.RUNNING
        belt.runs(300, 200)
        assert belt.shows(100, 12) is Belt.IDLE

    def test_walk_at_a_residual_speed_runs_as_soon_as_a_counter_advances(self) -> None:
        belt = Timeline()
        assert belt.runs(100) is Belt.UNKNOWN
        assert belt.runs(100) is Belt.RUNNING

    def test_a_walk_without_counters_runs_at_once(self) -> None:
        assert Timeline().send(bytes.fromhex("0000 6400")) is Belt.RUNNING

    def test_a_walk_from_a_stand_runs_at_once(self) -> None:
        belt = Timeline()
        belt.runs(0, 0, 0)
        assert belt.runs(100) is Belt.RUNNING


def test_a_machine_that_reports_every_three_seconds_is_not_silent_between_its_frames() -> None:
    belt = Timeline(3.0)
    belt.runs(*[500] * 40)
    assert belt.snapshot.learned.frame_s == 3.0
    assert belt.silence(13) is Belt.RUNNING
    assert belt.silence(1) is Belt.UNKNOWN


def test_halt_ends_though_the_speed_freezes_and_no_status_comes() -> None:
    belt = Timeline()
    belt.runs(*[500] * 20)
    guard = Guard(Policy(unit_is_kmh=True), belt.now)
    guard.decide(belt.snapshot, belt.now)
    stop = Command("c1", Verb.STOP, "test", belt.now)
    guard.submit(stop, belt.snapshot, belt.now)
    written, events = [], []
    for second in range(20):
        decision = guard.decide(belt.snapshot, belt.now)
        events += [event.type for event in decision.events]
        if decision.halt:
            written.append(second)
            belt.halts()
        belt.shows(500, 1)
    assert written == [0, 1, 2]
    assert belt.snapshot.belt is Belt.IDLE
    assert events[-2:] == ["stop_ignored", "session_ended"]
