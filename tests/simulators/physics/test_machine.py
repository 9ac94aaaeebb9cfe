"""The machine as timelines: presses, seconds, and its state after them (see `machines.after`)."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.ftms.ranges import HeartRateRange
from simulators.physics.machine import Machine, Phase
from simulators.physics.spec import MachineSpec
from tests.rigs.effort import effort
from tests.simulators.physics.machines import (
    RUNS,
    after,
    check,
    happenings_of,
    near,
    running,
)

IDLE: dict[str, object] = {"phase": Phase.IDLE}
PAUSED: dict[str, object] = {"phase": Phase.PAUSED}
TIMELINES: dict[str, tuple[str, dict[str, object]]] = {
    "new_machine_is_idle": (
        "10",
        IDLE | {"stands": True, "true_incline_percent": 0, "elapsed_s": 0, "distance_m": 0},
    ),
    "belt_stands_in_the_countdown": ("start, 2.95", {"phase": Phase.STARTING, "stands": True}),
    "countdown_lasts_three_seconds": ("start, 3", {"phase": Phase.RUNNING}),
    "belt_starts_at_the_minimum_speed": ("start, 8", {"true_speed_kmh": near(0.8)}),
    "belt_starts_to_a_target_set_at_rest": ("speed 300, start, 15", {"true_speed_kmh": near(3.0)}),
    "second_start_is_refused": (
        "start, refused start, 3, refused start, 7, refused start",
        {"phase": Phase.RUNNING},
    ),
    # --- stop
    "belt_slows_after_a_stop": (f"{RUNS}, stop, 4", IDLE | {"stands": False}),
    "belt_stands_after_a_stop": (f"{RUNS}, stop, 8", IDLE | {"stands": True}),
    "times_freeze_at_the_stop": (f"{RUNS}, stop, 30", {"elapsed_s": near(30)}),
    "second_stop_is_refused": (f"{RUNS}, stop, refused stop", IDLE),
    "stop_ends_the_countdown": ("start, stop, 10", IDLE | {"stands": True}),
    "start_of_a_slowing_belt_is_accepted": (
        f"{RUNS}, speed 1600, 30, stop, 1, start, 60",
        {"true_speed_kmh": near(0.8)},
    ),
    # --- pause
    "pause_stops_the_belt_and_keeps_the_session": (
        f"{RUNS}, pause, 60",
        PAUSED | {"stands": True, "elapsed_s": near(30)},
    ),
    "start_after_a_pause_keeps_the_times": (
        f"{RUNS}, pause, 10, start, 13",
        {"elapsed_s": near(40), "true_speed_kmh": near(0.8)},
    ),
    "only_a_session_under_way_can_pause": ("refused pause, start, pause, refused pause", PAUSED),
    "paused_session_can_be_stopped": (f"{RUNS}, pause, stop", IDLE),
    # --- console
    "speed_up_is_one_step": (f"{RUNS}, speed_up", {"target_speed": 610}),
    "speed_down_is_one_step": (f"{RUNS}, speed_down", {"target_speed": 590}),
    "incline_up_is_one_step": (f"{RUNS}, incline_up", {"target_incline": 5}),
    "incline_down_is_one_step": (f"{RUNS}, incline 10, incline_down", {"target_incline": 5}),
    "buttons_end_at_the_range": (
        "start, 3, refused speed_down, refused incline_down, speed 1600, incline 150, "
        "refused speed_up, refused incline_up",
        {"target_speed": 1600, "target_incline": 150},
    ),
    # --- reset
    "reset_zeroes_targets_and_times": (
        f"{RUNS}, incline 50, 20, reset",
        {"target_speed": 0, "target_incline": 0, "elapsed_s": 0, "distance_m": 0},
    ),
    "reset_stops_belt_and_deck": (
        f"{RUNS}, incline 50, 20, reset, 20",
        IDLE | {"stands": True, "true_incline_percent": 0, "elapsed_s": 0},
    ),
    # --- safety key
    "safety_key_stops_the_belt_faster_than_a_stop": (
        f"{RUNS}, speed 1200, 30, pull_safety_key, 5",
        IDLE | {"stands": True},
    ),
    "nothing_moves_without_the_safety_key": (
        "incline 50, 2, pull_safety_key, refused pull_safety_key, refused start, "
        "refused speed 300, refused incline 20, 10",
        {"true_incline_percent": near(1.0), "stands": True},
    ),
    "inserted_safety_key_moves_nothing": (
        f"{RUNS}, pull_safety_key, 5, insert_safety_key, refused insert_safety_key, 10",
        {"stands": True},
    ),
    "inserted_safety_key_allows_a_start": (
        f"{RUNS}, pull_safety_key, 5, insert_safety_key, start",
        {"phase": Phase.STARTING},
    ),
}


@pytest.mark.unmeasured
@pytest.mark.parametrize(("timeline", "expected"), TIMELINES.values(), ids=TIMELINES)
def test_machine_follows_the_given_timelines(timeline: str, expected: dict[str, object]) -> None:
    check(after(timeline), expected)


def test_declared_machine_resumes_at_its_old_speed() -> None:
    timeline = f"{RUNS}, pause, 10, start, 20"
    machine = after(timeline, spec=MachineSpec(resumes_at_old_speed=True))
    assert machine.true_speed_kmh == near(6.0)


def test_new_session_counts_from_zero() -> None:
    machine = after("stop, 20", running(1000))
    assert machine.distance_m > 50
    machine.start()
    assert machine.elapsed_s == machine.distance_m == machine.runner.energy_kcal == 0


def test_pause_adds_only_the_distance_until_the_belt_stands() -> None:
    assert 0 < after(f"{RUNS}, pause, 60").distance_m - after(RUNS).distance_m < 6


def test_belt_restarted_after_the_safety_key_slows_gently() -> None:
    machine = after("pull_safety_key, 1, insert_safety_key, start", running(1600))
    speed = machine.true_speed_kmh
    machine.advance(2)
    assert machine.true_speed_kmh > speed - 4


class TestListeners:
    def test_listeners_get_no_refusal(self) -> None:
        machine = Machine()
        happenings = happenings_of(machine)
        after("refused stop, refused pause, refused speed 9999", machine)
        assert happenings == []

    def test_heart_rate_target_needs_its_range(self) -> None:
        machine = Machine(MachineSpec(heart_rate=HeartRateRange(80, 180, 1)))
        assert machine.set_heart_rate(130)
        assert machine.target_heart_rate == 130
        assert not machine.set_heart_rate(181)
        assert not Machine().set_heart_rate(130)


def _run(machine: Machine, cuts: list[float]) -> tuple[float, ...]:
    after("start, speed 900, incline 40", machine)
    for dt in cuts:
        machine.advance(dt)
    return (machine.true_speed_kmh, machine.distance_m, machine.runner.heart_bpm)


class TestDeterminism:
    def test_another_seed_gives_another_heart_rate(self) -> None:
        assert _run(Machine(seed=7), [60]) != _run(Machine(seed=8), [60])

    @settings(max_examples=effort(25, 100))
    @given(st.lists(st.floats(0, 1), max_size=10))
    def test_size_of_the_time_steps_changes_no_run(self, cuts: list[float]) -> None:
        pieces = [*cuts, 12.025 - sum(cuts)]
        assert _run(Machine(seed=7), pieces) == _run(Machine(seed=7), [12.025])

    @settings(max_examples=effort(25, 100))
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(
                    [
                        Machine.start,
                        Machine.stop,
                        Machine.pause,
                        Machine.speed_up,
                        Machine.incline_up,
                        Machine.pull_safety_key,
                        Machine.insert_safety_key,
                        Machine.reset,
                        lambda machine: machine.set_speed(1600),
                        lambda machine: machine.set_incline(150),
                    ]
                ),
                st.floats(0, 10),
            ),
            max_size=12,
        )
    )
    def test_any_presses_keep_the_machine_within_its_specification(
        self, presses: list[tuple[Callable[[Machine], bool], float]]
    ) -> None:
        machine = Machine()
        for press, seconds in presses:
            press(machine)
            machine.advance(seconds)
            assert 0 <= machine.true_speed_kmh <= 16.0
            assert 0 <= machine.true_incline_percent <= 15.0
            if machine.phase in {Phase.IDLE, Phase.PAUSED}:
                before = machine.true_speed_kmh
                machine.advance(0.5)
                assert machine.true_speed_kmh <= before
