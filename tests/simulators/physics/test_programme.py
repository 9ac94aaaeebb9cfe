"""Actions of the console by itself: programmes, goals, and pauses of its own."""

from collections.abc import Callable

import pytest

from protocols.ftms.control_point import OpCode
from simulators.physics.machine import Happening, Kind, Machine, Origin, Phase
from simulators.physics.programme import Leg, Programme
from simulators.physics.spec import MachineSpec
from tests.simulators.physics.machines import happenings_of, phase, running, started


class TestProgramme:
    PROGRAMME = Programme((Leg(60, 400), Leg(30, 800, 20), Leg(60, 400)))

    def test_programme_sets_its_legs_and_ends(self) -> None:
        machine = Machine()
        happenings = happenings_of(machine)
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

    def test_press_counts_until_the_next_leg(self) -> None:
        machine = Machine()
        machine.play(self.PROGRAMME)
        machine.advance(3 + 30)
        machine.set_speed(200)
        machine.advance(20)
        assert machine.target_speed == 200
        machine.advance(20)
        assert machine.target_speed == 800

    def test_pause_interrupts_a_programme(self) -> None:
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
    def test_stop_ends_a_programme(self, end: Callable[[Machine], bool]) -> None:
        machine = Machine()
        machine.play(self.PROGRAMME)
        machine.advance(20)
        end(machine)
        machine.insert_safety_key()
        machine.advance(20)
        machine.start()
        machine.advance(60)
        assert machine.target_speed == 80

    def test_programme_begins_only_on_an_idle_machine(self) -> None:
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


class TestOwnPause:
    def test_console_pauses_an_empty_belt(self) -> None:
        machine = running(300, MachineSpec(pauses_when_empty_s=10))
        machine.runner.step_off()
        machine.advance(9)
        machine.runner.step_on()
        machine.advance(9)
        machine.runner.step_off()
        machine.advance(9)
        assert phase(machine) is Phase.RUNNING
        happenings = happenings_of(machine)
        machine.advance(2)
        assert phase(machine) is Phase.PAUSED
        assert happenings[0] == Happening(Kind.PAUSED, Origin.CONSOLE)

    def test_session_ends_after_the_limit_of_a_pause(self) -> None:
        machine = running(300, MachineSpec(pause_limit_s=60))
        machine.pause()
        machine.advance(59)
        assert phase(machine) is Phase.PAUSED
        machine.advance(2)
        assert phase(machine) is Phase.IDLE

    def test_pause_without_a_limit_does_not_end(self) -> None:
        machine = running(300)
        machine.pause()
        machine.advance(1200)
        assert phase(machine) is Phase.PAUSED
