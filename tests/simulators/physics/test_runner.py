"""Runner on the belt: steps, energy, heart, and stepping off."""

import pytest

from simulators.physics.machine import Machine
from simulators.physics.runner import RunnerSpec
from simulators.physics.spec import MachineSpec
from tests.simulators.physics.machines import after, running


class TestRunner:
    def test_a_walk_and_a_run_have_their_cadence_and_stride(self) -> None:
        machine = running(500)
        assert machine.runner.cadence_spm == pytest.approx(110, abs=1)
        assert machine.runner.stride_m == pytest.approx(1.52, abs=0.02)
        machine.set_speed(1000)
        machine.advance(30)
        assert machine.runner.cadence_spm == pytest.approx(170, abs=1)
        assert machine.runner.stride_m == pytest.approx(1.96, abs=0.02)

    def test_steps_accumulate_with_the_cadence(self) -> None:
        machine = running(500)
        before = machine.runner.steps
        machine.advance(60)
        assert machine.runner.steps - before == pytest.approx(110, abs=1)

    def test_runner_standing_beside_the_belt_takes_no_steps_and_recovers(self) -> None:
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

    def test_d11_machine_counts_no_time_or_distance_without_a_runner(self) -> None:
        machine = running(600, MachineSpec(counts_while_empty=False))
        machine.runner.step_off()
        before = machine.elapsed_s, machine.distance_m
        machine.advance(12)
        assert machine.true_speed_kmh == pytest.approx(6.0, abs=0.01)
        assert (machine.elapsed_s, machine.distance_m) == before

    @pytest.mark.unmeasured
    def test_long_effort_raises_fatigue_and_heart_rate(self) -> None:
        machine = after("300", running(1000, MachineSpec(runner=RunnerSpec(heart_flutter=0))))
        fresh, early = machine.runner.fatigue, machine.runner.heart_bpm
        after("900", machine)
        assert fresh < 0.1
        assert 0.15 < machine.runner.fatigue < 0.2
        assert 1 < machine.runner.heart_bpm - early < 2
        tired = machine.runner.fatigue
        assert after("speed 400, 300", machine).runner.fatigue < tired

    @pytest.mark.unmeasured
    def test_fatigue_and_heart_rate_have_a_maximum(self) -> None:
        machine = running(1600, MachineSpec(runner=RunnerSpec(heart_flutter=0)))
        after("incline 150, 1200", machine)
        assert machine.runner.fatigue == 1
        assert machine.runner.heart_bpm == pytest.approx(185)

    def test_heart_rate_at_rest_is_the_resting_rate(self) -> None:
        machine = Machine(seed=1)
        machine.advance(600)
        assert machine.runner.heart_bpm == pytest.approx(62, abs=5)
        assert machine.runner.energy_kcal == 0

    def test_heart_rate_follows_the_effort_with_a_lag(self) -> None:
        machine = running(1000)
        early = machine.runner.heart_bpm
        machine.advance(300)
        # 10 km/h on the level: 36.8 ml/min per kg, four fifths of this runner's reserve.
        assert early < machine.runner.heart_bpm == pytest.approx(161, abs=5)

    def test_incline_costs_more_energy(self) -> None:
        machine = running(500)
        level = machine.runner.met
        machine.set_incline(100)
        machine.advance(30)
        assert machine.runner.met > 2 * level

    def test_energy_accumulates_with_the_effort(self) -> None:
        machine = running(1000)
        before = machine.runner.energy_kcal
        machine.advance(600)
        # 10.5 MET * 75 kg: a little under 14 kcal a minute.
        assert machine.runner.energy_kcal - before == pytest.approx(138, abs=2)
