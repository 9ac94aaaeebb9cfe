"""The machine as timelines: presses, seconds, and what it is at."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ftms.ranges import HeartRateRange
from simulators.physics.machine import Happening, Kind, Machine, Origin, Phase
from simulators.physics.spec import MachineSpec
from tests.simulators.physics.machines import heard, running, started


class TestStart:
    def test_a_new_machine_stands_idle(self) -> None:
        machine = Machine()
        machine.advance(10)
        assert machine.phase is Phase.IDLE
        assert machine.stands
        assert machine.true_incline_percent == 0
        assert machine.elapsed_s == machine.distance_m == 0

    def test_the_countdown_lasts_three_seconds(self) -> None:
        machine = Machine()
        assert machine.start()
        machine.advance(2.95)
        assert (machine.phase, machine.stands) == (Phase.STARTING, True)
        machine.advance(0.05)
        assert machine.phase is Phase.RUNNING

    def test_it_starts_at_the_minimum_speed(self) -> None:
        machine = started()
        machine.advance(5)
        assert machine.true_speed_kmh == pytest.approx(0.8, abs=0.01)

    def test_a_target_set_at_rest_is_where_it_starts_to(self) -> None:
        machine = Machine()
        machine.set_speed(300)
        machine.start()
        machine.advance(15)
        assert machine.true_speed_kmh == pytest.approx(3.0, abs=0.01)

    @pytest.mark.parametrize("seconds", [0, 3, 10])
    def test_a_second_start_is_refused(self, seconds: float) -> None:
        machine = Machine()
        machine.start()
        machine.advance(seconds)
        assert not machine.start()

    def test_a_new_session_counts_from_zero(self) -> None:
        machine = running(1000)
        machine.stop()
        machine.advance(20)
        assert machine.distance_m > 50
        machine.start()
        assert machine.elapsed_s == machine.distance_m == machine.runner.energy_kcal == 0


class TestStop:
    def test_the_belt_runs_out_and_stands(self) -> None:
        machine = running(600)
        assert machine.stop()
        assert machine.phase is Phase.IDLE
        machine.advance(4)
        assert not machine.stands
        machine.advance(4)
        assert machine.stands

    def test_times_freeze_at_the_stop(self) -> None:
        machine = running(600)
        elapsed = machine.elapsed_s
        machine.stop()
        machine.advance(30)
        assert machine.elapsed_s == elapsed

    def test_a_second_stop_is_refused(self) -> None:
        machine = running(600)
        machine.stop()
        assert not machine.stop()

    def test_it_ends_the_countdown(self) -> None:
        machine = Machine()
        machine.start()
        assert machine.stop()
        machine.advance(10)
        assert machine.stands

    def test_a_start_while_the_belt_runs_out_catches_it(self) -> None:
        machine = running(1600)
        machine.stop()
        machine.advance(1)
        assert machine.start()
        machine.advance(60)
        assert machine.true_speed_kmh == pytest.approx(0.8, abs=0.01)


class TestPause:
    def test_the_belt_stands_and_the_session_waits(self) -> None:
        machine = running(600)
        elapsed, distance = machine.elapsed_s, machine.distance_m
        assert machine.pause()
        machine.advance(60)
        assert machine.stands
        assert machine.phase is Phase.PAUSED
        assert machine.elapsed_s == elapsed
        assert machine.distance_m < distance + 6  # it ran out

    def test_start_resumes_with_the_times_kept(self) -> None:
        machine = running(600)
        elapsed = machine.elapsed_s
        machine.pause()
        machine.advance(10)
        assert machine.start()
        machine.advance(3 + 10)
        assert machine.elapsed_s == elapsed + 10
        assert machine.true_speed_kmh == pytest.approx(0.8, abs=0.01)

    def test_some_machines_jump_back_to_their_old_speed(self) -> None:
        machine = running(600, MachineSpec(resumes_at_old_speed=True))
        machine.pause()
        machine.advance(10)
        machine.start()
        machine.advance(20)
        assert machine.true_speed_kmh == pytest.approx(6.0, abs=0.01)

    def test_only_a_session_under_way_can_pause(self) -> None:
        machine = Machine()
        assert not machine.pause()
        machine.start()
        assert machine.pause()
        assert not machine.pause()

    def test_a_paused_session_can_be_stopped(self) -> None:
        machine = running(600)
        machine.pause()
        assert machine.stop()
        assert machine.phase is Phase.IDLE


class TestConsole:
    def test_buttons_go_one_step(self) -> None:
        machine = running(600)
        assert machine.speed_up()
        assert machine.target_speed == 610
        assert machine.speed_down()
        assert machine.speed_down()
        assert machine.target_speed == 590
        assert machine.incline_up()
        assert machine.target_incline == 5
        assert machine.incline_down()
        assert machine.target_incline == 0

    def test_buttons_end_at_the_range(self) -> None:
        machine = started()
        assert not machine.speed_down()
        assert not machine.incline_down()
        machine.set_speed(1600)
        machine.set_incline(150)
        assert not machine.speed_up()
        assert not machine.incline_up()

    def test_everybody_hears_of_a_press(self) -> None:
        machine = started()
        happenings = heard(machine)
        machine.set_speed(800)
        machine.set_incline(20, Origin.CONTROL_POINT)
        machine.pause()
        assert happenings == [
            Happening(Kind.TARGET_SPEED, Origin.CONSOLE, 800),
            Happening(Kind.TARGET_INCLINE, Origin.CONTROL_POINT, 20),
            Happening(Kind.PAUSED),
            Happening(Kind.PHASE),
        ]

    def test_a_refusal_is_not_heard_of(self) -> None:
        machine = Machine()
        happenings = heard(machine)
        machine.stop()
        machine.pause()
        machine.set_speed(9999)
        assert happenings == []

    def test_a_target_heart_rate_is_noted_where_it_is_offered(self) -> None:
        machine = Machine(MachineSpec(heart_rate=HeartRateRange(80, 180, 1)))
        assert machine.set_heart_rate(130)
        assert machine.target_heart_rate == 130
        assert not machine.set_heart_rate(181)
        assert not Machine().set_heart_rate(130)


class TestReset:
    def test_everything_goes_to_zero_and_the_belt_to_a_stand(self) -> None:
        machine = running(600)
        machine.set_incline(50)
        machine.advance(20)
        machine.reset()
        assert (machine.target_speed, machine.target_incline) == (0, 0)
        assert machine.elapsed_s == machine.distance_m == 0
        machine.advance(20)
        assert machine.stands
        assert machine.phase is Phase.IDLE
        assert machine.true_incline_percent == 0
        assert machine.elapsed_s == 0


class TestSafetyKey:
    def test_it_stops_the_belt_faster_than_a_stop(self) -> None:
        machine = running(1200)
        assert machine.pull_safety_key()
        machine.advance(5)
        assert machine.stands
        assert machine.phase is Phase.IDLE

    def test_without_it_nothing_moves(self) -> None:
        machine = Machine()
        machine.set_incline(50)
        machine.advance(2)
        machine.pull_safety_key()
        assert not machine.pull_safety_key()
        assert not machine.start()
        assert not machine.set_speed(300)
        assert not machine.set_incline(20)
        machine.advance(10)
        assert machine.true_incline_percent == pytest.approx(1.0)

    def test_putting_it_back_moves_nothing_but_allows_a_start(self) -> None:
        machine = running(600)
        machine.pull_safety_key()
        machine.advance(5)
        assert machine.insert_safety_key()
        assert not machine.insert_safety_key()
        machine.advance(10)
        assert machine.stands
        assert machine.start()

    def test_a_belt_caught_from_it_slows_gently_again(self) -> None:
        machine = running(1600)
        machine.pull_safety_key()
        machine.advance(1)
        machine.insert_safety_key()
        machine.start()
        speed = machine.true_speed_kmh
        machine.advance(2)
        assert machine.true_speed_kmh > speed - 4


def _run(machine: Machine, cuts: list[float]) -> tuple[float, ...]:
    machine.start()
    machine.set_speed(900)
    machine.set_incline(40)
    for dt in cuts:
        machine.advance(dt)
    return (machine.true_speed_kmh, machine.distance_m, machine.runner.heart_bpm)


class TestDeterminism:
    def test_one_seed_one_run(self) -> None:
        assert _run(Machine(seed=7), [60]) == _run(Machine(seed=7), [60])

    def test_another_seed_another_heart(self) -> None:
        assert _run(Machine(seed=7), [60]) != _run(Machine(seed=8), [60])

    @given(st.lists(st.floats(0, 1), max_size=10))
    def test_how_time_is_cut_changes_nothing(self, cuts: list[float]) -> None:
        pieces = [*cuts, 12.025 - sum(cuts)]
        assert _run(Machine(seed=7), pieces) == _run(Machine(seed=7), [12.025])

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
    def test_whatever_is_pressed_it_stays_within_its_specification(
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
