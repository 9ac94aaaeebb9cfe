"""Belt behind its motor, under a weight, and the deck (see `machines.after`)."""

import pytest

from protocols.ftms.ranges import InclineRange
from simulators.physics.machine import Machine
from simulators.physics.runner import RunnerSpec
from simulators.physics.spec import MachineSpec
from tests.simulators.physics.machines import Between, after, check, near, started

# The belt lags its motor by the inertia of 0.3 s: by 0.24 km/h up, and by 0.36 km/h down.
AT_8_KMH, AT_10_KMH = "start, 3, speed 800, 30", "start, 3, speed 1000, 30"
TIMELINES: dict[str, tuple[str, dict[str, object]]] = {
    "belt_gains_eight_tenths_of_a_kmh_each_second": (
        "start, 8, speed 1000, 5",
        {"true_speed_kmh": pytest.approx(0.8 + 4.0 - 0.24, abs=0.05)},
    ),
    "belt_loses_one_point_two_kmh_each_second": (
        f"{AT_10_KMH}, speed 200, 4",
        {"true_speed_kmh": pytest.approx(10 - 4.8 + 0.36, abs=0.05)},
    ),
    "speed_between_two_steps_is_the_lower_step": ("speed 829", {"target_speed": 820}),
    "speed_out_of_range_is_refused": (
        "start, 3, refused speed 0, refused speed 79, refused speed 1601",
        {"target_speed": 80},
    ),
    # --- deck
    "deck_rises_half_a_percent_each_second": ("incline 50, 4", {"true_incline_percent": near(2)}),
    "deck_stops_at_its_target": ("incline 50, 14", {"true_incline_percent": 5.0}),
    "deck_falls_half_a_percent_each_second": (
        "incline 50, 14, incline 0, 2",
        {"true_incline_percent": near(4)},
    ),
    "deck_stays_at_a_stop": (
        f"{AT_8_KMH}, incline 50, 20, stop, 20",
        {"true_incline_percent": 5.0},
    ),
    "incline_out_of_range_is_refused": (
        "refused incline -5, refused incline 151",
        {"target_incline": 0},
    ),
    # --- weight
    "belt_slows_for_a_moment_when_the_runner_steps_on": (
        f"{AT_8_KMH}, step_off, 10, step_on, 0.5",
        {"true_speed_kmh": Between(7.0, 7.9)},
    ),
    "motor_makes_up_for_the_runner": (
        f"{AT_8_KMH}, step_off, 10, step_on, 10.5",
        {"true_speed_kmh": near(8.0)},
    ),
    "belt_surges_for_a_moment_when_the_runner_steps_off": (
        f"{AT_8_KMH}, step_off, 0.5",
        {"true_speed_kmh": Between(8.05, 8.4)},
    ),
    "surge_of_an_empty_belt_ends": (f"{AT_8_KMH}, step_off, 10.5", {"true_speed_kmh": near(8.0)}),
    "stepping_onto_a_standing_belt_moves_nothing": ("step_off, 1, step_on, 1", {"stands": True}),
}


@pytest.mark.parametrize(("timeline", "expected"), TIMELINES.values(), ids=TIMELINES)
def test_drive_follows_the_given_timelines(timeline: str, expected: dict[str, object]) -> None:
    check(after(timeline), expected)


def test_belt_never_overshoots() -> None:
    machine = after("speed 1000", started())
    for _ in range(600):
        machine.advance(0.05)
        assert machine.true_speed_kmh <= 10.0


def test_ascent_is_counted() -> None:
    machine = after("incline 100, 20, start, speed 360, 103")
    assert machine.climb_m == pytest.approx(machine.distance_m / 10)
    assert machine.descent_m == 0


def test_descent_is_counted_separately() -> None:
    spec = MachineSpec(incline=InclineRange(-50, 150, 5))
    machine = after("incline -50, 10, start, 60", spec=spec)
    assert machine.descent_m == pytest.approx(machine.distance_m / 20)
    assert machine.climb_m == 0


class TestLoad:
    """The belt under a weight, and without it."""

    def test_empty_belt_follows_its_motor_faster(self) -> None:
        loaded = after("start, 8, speed 1000, 5")
        empty = after("step_off, start, 8, speed 1000, 5")
        # 0.1 s less of lag at 0.8 km/h per s.
        assert empty.true_speed_kmh - loaded.true_speed_kmh == pytest.approx(0.08, abs=0.01)

    def test_heavier_runner_makes_the_belt_slower_to_follow(self) -> None:
        spec = MachineSpec(runner=RunnerSpec(mass_kg=150))
        heavy = after("start, 8, speed 1000, 5", spec=spec)
        assert heavy.true_speed_kmh == pytest.approx(4.8 - 0.4 * 0.8, abs=0.03)

    def test_weak_motor_is_slower_under_the_runner(self) -> None:
        machine = after("start, 3, speed 800, 60", Machine(MachineSpec(droop=0.03)))
        assert machine.true_speed_kmh == near(8.0 * 0.97)
        after("step_off, 20", machine)
        assert machine.true_speed_kmh == near(8.0)
