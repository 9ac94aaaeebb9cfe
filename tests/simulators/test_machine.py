"""The machine as timelines: presses, seconds, and what the belt, deck and runner do."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ftms.control_point import OpCode
from protocols.ftms.ranges import HeartRateRange, InclineRange
from simulators.machine import Happening, Kind, Machine, MachineSpec, Origin, Phase
from simulators.programme import Leg, Programme
from simulators.runner import RunnerSpec


def started(spec: MachineSpec | None = None) -> Machine:
    """Just out of the countdown."""
    machine = Machine(spec)
    assert machine.start()
    machine.advance(machine.spec.countdown)
    assert machine.phase is Phase.RUNNING
    return machine


def running(speed: int, spec: MachineSpec | None = None) -> Machine:
    """At a steady speed, in 0.01 km/h."""
    machine = started(spec)
    assert machine.set_speed(speed)
    machine.advance(30)
    assert machine.true_speed_kmh == pytest.approx(speed / 100, abs=0.01)
    return machine


def heard(machine: Machine) -> list[Happening]:
    happenings: list[Happening] = []
    machine.listen(happenings.append)
    return happenings


def phase(machine: Machine) -> Phase:
    return machine.phase


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


class TestProgramme:
    PROGRAMME = Programme((Leg(60, 400), Leg(30, 800, 20), Leg(60, 400)))

    def test_the_console_plays_it_by_itself_and_ends_it(self) -> None:
        machine = Machine()
        happenings = heard(machine)
        assert machine.play(self.PROGRAMME)
        machine.advance(3 + 30)
        assert (machine.target_speed, machine.target_incline) == (400, 0)
        assert machine.remaining_s == pytest.approx(120, abs=0.1)
        machine.advance(50)
        assert (machine.target_speed, machine.target_incline) == (800, 20)
        machine.advance(80)
        assert machine.phase is Phase.IDLE
        assert machine.remaining_s == 0
        speeds = [each.value for each in happenings if each.kind is Kind.TARGET_SPEED]
        assert speeds == [400, 800, 400]
        assert Kind.STOPPED in {each.kind for each in happenings}

    def test_a_press_counts_until_its_next_leg(self) -> None:
        machine = Machine()
        machine.play(self.PROGRAMME)
        machine.advance(3 + 30)
        machine.set_speed(200)
        machine.advance(20)
        assert machine.target_speed == 200
        machine.advance(20)
        assert machine.target_speed == 800

    def test_a_pause_interrupts_it(self) -> None:
        machine = Machine()
        machine.play(self.PROGRAMME)
        machine.advance(3 + 30)
        machine.pause()
        machine.advance(100)
        machine.start()
        machine.advance(3 + 29)
        assert machine.target_incline == 0
        machine.advance(2)
        assert machine.target_incline == 20

    @pytest.mark.parametrize("end", [Machine.stop, Machine.pull_safety_key, Machine.reset])
    def test_a_stop_ends_it(self, end: Callable[[Machine], bool]) -> None:
        machine = Machine()
        machine.play(self.PROGRAMME)
        machine.advance(20)
        end(machine)
        machine.insert_safety_key()
        machine.advance(20)
        machine.start()
        machine.advance(60)
        assert machine.target_speed == 80

    def test_only_an_idle_machine_begins_one(self) -> None:
        machine = running(500)
        assert not machine.play(self.PROGRAMME)
        machine.stop()
        machine.pull_safety_key()
        assert not machine.play(self.PROGRAMME)


class TestGoals:
    @pytest.mark.parametrize(
        ("op", "number", "come_to"),
        [
            (OpCode.SET_TARGETED_DISTANCE, 100, lambda m: m.distance_m),
            (OpCode.SET_TARGETED_TIME, 60, lambda m: m.elapsed_s),
            (OpCode.SET_TARGETED_ENERGY, 10, lambda m: m.runner.energy_kcal),
            (OpCode.SET_TARGETED_STEPS, 100, lambda m: m.runner.steps),
            (OpCode.SET_TARGETED_STRIDES, 100, lambda m: m.runner.steps / 2),
        ],
    )
    def test_the_console_ends_the_session_at_its_goal(
        self, op: OpCode, number: int, come_to: Callable[[Machine], float]
    ) -> None:
        machine = started()
        machine.set_speed(600)
        machine.set_goal(op, (number,))
        while machine.phase is Phase.RUNNING:
            assert come_to(machine) <= number + 0.2  # a tick further
            machine.advance(0.05)
        assert come_to(machine) >= number
        assert machine.elapsed_s > 10

    def test_what_is_left_of_a_targeted_time_counts_down(self) -> None:
        machine = started()
        machine.set_goal(OpCode.SET_TARGETED_TIME, (100,))
        machine.advance(40)
        assert machine.remaining_s == 60

    def test_times_in_zones_are_only_shown(self) -> None:
        machine = started()
        machine.set_goal(OpCode.SET_TARGETED_TIME_IN_TWO_ZONES, (1, 1))
        machine.advance(60)
        assert machine.phase is Phase.RUNNING
        assert machine.goals == {OpCode.SET_TARGETED_TIME_IN_TWO_ZONES: (1, 1)}
        machine.reset()
        assert machine.goals == {}


class TestConsolesOwnPause:
    def test_it_pauses_an_empty_belt(self) -> None:
        machine = running(300, MachineSpec(pauses_when_empty_s=10))
        machine.runner.step_off()
        machine.advance(9)
        machine.runner.step_on()
        machine.advance(9)
        machine.runner.step_off()
        machine.advance(9)
        assert phase(machine) is Phase.RUNNING
        happenings = heard(machine)
        machine.advance(2)
        assert phase(machine) is Phase.PAUSED
        assert happenings[0] == Happening(Kind.PAUSED, Origin.CONSOLE)

    def test_a_long_pause_ends_the_session(self) -> None:
        machine = running(300, MachineSpec(pause_limit_s=60))
        machine.pause()
        machine.advance(59)
        assert phase(machine) is Phase.PAUSED
        machine.advance(2)
        assert phase(machine) is Phase.IDLE

    def test_others_wait_for_ever(self) -> None:
        machine = running(300)
        machine.pause()
        machine.advance(7200)
        assert phase(machine) is Phase.PAUSED


class TestRunner:
    def test_a_walk_and_a_run_have_their_cadence_and_stride(self) -> None:
        machine = running(500)
        assert machine.runner.cadence_spm == pytest.approx(110, abs=1)
        assert machine.runner.stride_m == pytest.approx(1.52, abs=0.02)
        machine.set_speed(1000)
        machine.advance(30)
        assert machine.runner.cadence_spm == pytest.approx(170, abs=1)
        assert machine.runner.stride_m == pytest.approx(1.96, abs=0.02)

    def test_steps_are_the_cadence_in_time(self) -> None:
        machine = running(500)
        before = machine.runner.steps
        machine.advance(60)
        assert machine.runner.steps - before == pytest.approx(110, abs=1)

    def test_beside_the_belt_nothing_is_stepped_nor_spent_and_the_heart_calms(self) -> None:
        machine = running(1000)
        machine.advance(300)
        runner = machine.runner
        runner.step_off()
        machine.advance(1)
        steps, energy, heart, metres = (
            runner.steps, runner.energy_kcal, runner.heart_bpm, machine.distance_m
        )  # fmt: skip
        machine.advance(60)
        assert (runner.steps, runner.energy_kcal) == (steps, energy)
        assert runner.cadence_spm == runner.stride_m == 0
        assert runner.heart_bpm < heart - 40
        assert machine.distance_m > metres + 100  # the belt runs on, and this machine counts it

    def test_d11_some_machines_count_nothing_then(self) -> None:
        machine = running(600, MachineSpec(counts_while_empty=False))
        machine.runner.step_off()
        before = machine.elapsed_s, machine.distance_m
        machine.advance(12)
        assert machine.true_speed_kmh == pytest.approx(6.0, abs=0.01)
        assert (machine.elapsed_s, machine.distance_m) == before

    def test_a_long_hard_effort_tires_and_drives_the_heart_up(self) -> None:
        machine = running(1000, MachineSpec(runner=RunnerSpec(heart_flutter=0)))
        machine.advance(300)
        fresh, early = machine.runner.fatigue, machine.runner.heart_bpm
        machine.advance(3600)
        assert fresh < 0.1
        assert 0.4 < machine.runner.fatigue < 1
        assert 3 < machine.runner.heart_bpm - early < 12

    def test_a_walk_rests_them_again(self) -> None:
        machine = running(1000)
        machine.advance(3600)
        tired = machine.runner.fatigue
        machine.set_speed(400)
        machine.advance(600)
        assert machine.runner.fatigue < tired

    def test_nobody_is_more_than_tired_out(self) -> None:
        machine = running(1600)
        machine.advance(7200)
        assert machine.runner.fatigue == 1

    def test_the_heart_rests_at_rest(self) -> None:
        machine = Machine(seed=1)
        machine.advance(600)
        assert machine.runner.heart_bpm == pytest.approx(62, abs=5)
        assert machine.runner.energy_kcal == 0

    def test_the_heart_follows_the_effort_with_a_lag(self) -> None:
        machine = running(1000)
        early = machine.runner.heart_bpm
        machine.advance(300)
        # 10 km/h on the level: 36.8 ml/min per kg, four fifths of this runner's reserve.
        assert early < machine.runner.heart_bpm == pytest.approx(161, abs=5)

    def test_a_hill_costs_more(self) -> None:
        machine = running(500)
        level = machine.runner.met
        machine.set_incline(100)
        machine.advance(30)
        assert machine.runner.met > 2 * level

    def test_energy_is_the_effort_in_time(self) -> None:
        machine = running(1000)
        before = machine.runner.energy_kcal
        machine.advance(600)
        # 10.5 MET * 75 kg: a little under 14 kcal a minute.
        assert machine.runner.energy_kcal - before == pytest.approx(138, abs=2)

    def test_no_heart_beats_faster_than_its_maximum(self) -> None:
        machine = running(1600, MachineSpec(runner=RunnerSpec(heart_flutter=0)))
        machine.set_incline(150)
        machine.advance(900)
        assert machine.runner.heart_bpm == pytest.approx(185)


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
