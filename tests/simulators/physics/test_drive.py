"""What moves: the belt behind its motor, under a weight, and the deck."""

import pytest

from protocols.ftms.ranges import InclineRange
from simulators.physics.machine import Machine
from simulators.physics.runner import RunnerSpec
from simulators.physics.spec import MachineSpec
from tests.simulators.physics.machines import running, started


class TestBelt:
    def test_it_gains_eight_tenths_of_a_kmh_each_second(self) -> None:
        machine = started()
        machine.advance(5)
        machine.set_speed(1000)
        machine.advance(5)
        # The belt lags its motor by the inertia: 0.8 + 5 s * 0.8, less 0.3 s * 0.8.
        assert machine.true_speed_kmh == pytest.approx(4.8 - 0.24, abs=0.05)

    def test_it_never_overshoots(self) -> None:
        machine = started()
        machine.set_speed(1000)
        for _ in range(600):
            machine.advance(0.05)
            assert machine.true_speed_kmh <= 10.0

    def test_it_loses_one_point_two_kmh_each_second(self) -> None:
        machine = running(1000)
        machine.set_speed(200)
        machine.advance(4)
        assert machine.true_speed_kmh == pytest.approx(10 - 4.8 + 0.36, abs=0.05)

    def test_a_speed_between_two_steps_means_the_lower(self) -> None:
        machine = Machine()
        machine.set_speed(829)
        assert machine.target_speed == 820

    @pytest.mark.parametrize("speed", [0, 79, 1601])
    def test_a_speed_out_of_range_is_refused(self, speed: int) -> None:
        machine = started()
        assert not machine.set_speed(speed)
        assert machine.target_speed == 80


class TestDeck:
    def test_it_moves_half_a_percent_each_second(self) -> None:
        machine = Machine()
        machine.set_incline(50)
        machine.advance(4)
        assert machine.true_incline_percent == pytest.approx(2.0)
        machine.advance(10)
        assert machine.true_incline_percent == 5.0
        machine.set_incline(0)
        machine.advance(2)
        assert machine.true_incline_percent == pytest.approx(4.0)

    def test_it_stays_at_a_stop(self) -> None:
        machine = running(600)
        machine.set_incline(50)
        machine.advance(20)
        machine.stop()
        machine.advance(20)
        assert machine.true_incline_percent == 5.0

    def test_an_incline_out_of_range_is_refused(self) -> None:
        machine = Machine()
        assert not machine.set_incline(-5)
        assert not machine.set_incline(151)

    def test_climbing_counts(self) -> None:
        machine = Machine()
        machine.set_incline(100)
        machine.advance(20)
        machine.start()
        machine.set_speed(360)
        machine.advance(103)
        assert machine.climb_m == pytest.approx(machine.distance_m / 10)
        assert machine.descent_m == 0

    def test_descending_counts_apart(self) -> None:
        machine = Machine(MachineSpec(incline=InclineRange(-50, 150, 5)))
        machine.set_incline(-50)
        machine.advance(10)
        machine.start()
        machine.advance(60)
        assert machine.descent_m == pytest.approx(machine.distance_m / 20)
        assert machine.climb_m == 0


class TestLoad:
    """The belt under a weight, and without it."""

    def test_an_empty_belt_follows_its_motor_faster(self) -> None:
        loaded, empty = started(), started()
        empty.runner.step_off()
        for machine in (loaded, empty):
            machine.advance(5)
            machine.set_speed(1000)
            machine.advance(5)
        # 0.1 s less of lag at 0.8 km/h per s.
        assert empty.true_speed_kmh - loaded.true_speed_kmh == pytest.approx(0.08, abs=0.01)

    def test_a_heavier_runner_makes_it_slower_to_follow(self) -> None:
        heavy = started(MachineSpec(runner=RunnerSpec(mass_kg=150)))
        heavy.advance(5)
        heavy.set_speed(1000)
        heavy.advance(5)
        assert heavy.true_speed_kmh == pytest.approx(4.8 - 0.4 * 0.8, abs=0.03)

    def test_it_sags_under_who_steps_on_and_the_motor_makes_up_for_it(self) -> None:
        machine = running(800)
        machine.runner.step_off()
        machine.advance(10)
        machine.runner.step_on()
        machine.advance(0.5)
        assert machine.true_speed_kmh < 7.9
        machine.advance(10)
        assert machine.true_speed_kmh == pytest.approx(8.0, abs=0.01)

    def test_it_surges_for_a_moment_when_they_step_off(self) -> None:
        machine = running(800)
        machine.runner.step_off()
        machine.advance(0.5)
        assert 8.05 < machine.true_speed_kmh < 8.4
        machine.advance(10)
        assert machine.true_speed_kmh == pytest.approx(8.0, abs=0.01)

    def test_a_weak_motor_droops_for_as_long_as_they_are_on(self) -> None:
        machine = started(MachineSpec(droop=0.03))
        machine.set_speed(800)
        machine.advance(60)
        assert machine.true_speed_kmh == pytest.approx(8.0 * 0.97, abs=0.01)
        machine.runner.step_off()
        machine.advance(20)
        assert machine.true_speed_kmh == pytest.approx(8.0, abs=0.01)

    def test_stepping_onto_a_standing_belt_moves_nothing(self) -> None:
        machine = Machine()
        machine.runner.step_off()
        machine.advance(1)
        machine.runner.step_on()
        machine.advance(1)
        assert machine.stands
