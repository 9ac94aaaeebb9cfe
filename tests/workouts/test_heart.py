"""Control of the heart rate, on runners whose hearts lag, drift and are noisy."""

import math
import random
import statistics
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from bridge.guard.limits import NO_LIMITS
from bridge.tracking.pulse import Pulse
from bridge.values import INCLINE, SPEED, Axis, Belt
from bridge.workouts.dry_run import ABLE
from bridge.workouts.effort import eased
from bridge.workouts.heart import QUIET_S, RAISE_EVERY_S, RAISE_KMH, HeartControl
from bridge.workouts.heart_step import HeartStep
from bridge.workouts.look import Look, grids_of
from bridge.workouts.model import Band, Kind, Kmh, Step, Workout
from bridge.workouts.person import NOBODY, Runner
from bridge.workouts.plan import plan
from tests.rigs.treadmill_rig import POLICY


@dataclass
class Body:
    """A heart that follows the speed with a lag of some 60 s, and drifts upwards."""

    chance: random.Random
    belt: float = 5.0
    rate: float = 0.0
    t: int = 0
    past: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        draw = self.chance.uniform
        self.gain, self.lag, self.base = draw(7, 13), draw(50, 70), draw(45, 60)
        self.drift, self.noise, self.delay = draw(0, 0.4) / 60, draw(0.5, 2.0), int(draw(0, 10))
        self.rate = self.steady(5.0)

    def steady(self, kmh: float) -> float:
        return self.base + self.gain * kmh

    def second(self, kmh: float) -> int:
        """Run one second of a belt at the setpoint `kmh`; return what the strap reads."""
        self.belt += max(-0.5, min(0.1, kmh - self.belt))
        self.past.append(self.belt)
        felt = self.past[max(0, self.t - self.delay)]
        self.rate += (self.steady(felt) + self.drift * self.t - self.rate) / self.lag
        self.t += 1
        return round(self.rate + self.chance.gauss(0, self.noise))


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", range(20))
def test_heart_rate_control_keeps_a_runner_in_the_band(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - generated
    body = Body(chance)
    speed = chance.uniform(6.5, 8)
    middle = body.steady(speed) + chance.uniform(-5, 12)
    control, pulse = HeartControl((middle - 6, middle + 6), 0.0), Pulse()
    over = worst = 0
    errors, rises = [], []
    for t in range(2400):
        change = control.change(pulse.take_sample(body.second(speed), float(t)), float(t))
        speed += change
        if change > 0:
            rises.append(t)
        over = over + 1 if body.rate > middle + 6 + 3 else 0
        worst = max(worst, over)
        if t > 900:
            errors.append(body.rate - middle)
        assert change <= RAISE_KMH
    assert worst <= 10
    assert math.sqrt(statistics.fmean(e * e for e in errors)) <= 3
    assert all(t >= QUIET_S for t in rises)
    assert all(b - a >= RAISE_EVERY_S for a, b in pairwise(rises))


@pytest.mark.parametrize("seed", range(5))
def test_heart_control_never_raises_in_a_cool_down_nor_through_drop_outs(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    quiet = HeartControl((120, 140), 0.0, may_rise=False)
    pulse = Pulse()
    for t in range(1200):
        assert quiet.change(pulse.take_sample(90 + t % 2, float(t)), float(t)) <= 0
    control, pulse = HeartControl((120, 140), 0.0), Pulse()
    for t in range(300, 900):
        lost = t % 40 > 10
        heard = pulse.take_sample(0 if lost else chance.randint(95, 100), float(t))
        assert (heard is None) is lost
        change = control.change(heard, float(t))
        assert change <= 0 or not lost


class TestPulse:
    def test_pulse_ignores_missing_zero_and_impossible_rates(self) -> None:
        pulse = Pulse()
        assert pulse.take_sample(120, 0.0) == 120
        assert pulse.take_sample(None, 4.0) == 120
        assert pulse.take_sample(None, 6.0) is None
        assert pulse.take_sample(0, 7.0) is None
        assert pulse.take_sample(250, 8.0) is None
        assert pulse.take_sample(121, 9.0) == 121

    def test_frozen_pulse_counts_as_missing(self) -> None:
        pulse = Pulse()
        heard = [pulse.take_sample(120, float(t)) for t in range(62)]
        assert heard[60] == 120
        assert heard[61] is None
        assert pulse.take_sample(121, 62.0) == 121


def look(now: float, heart_rate: int | None, speed: int, incline: int = 30) -> Look:
    return Look(
        now=now,
        belt=Belt.RUNNING,
        fresh=True,
        connected=True,
        speed=speed,
        incline=incline,
        heart_rate=heart_rate,
        requested={SPEED: speed, INCLINE: incline},
        limits=NO_LIMITS,
        grids=grids_of(ABLE, POLICY),
        cooling=False,
        lag_s=dict.fromkeys(Axis, 1.0),
        fall=dict.fromkeys(Axis, 50.0),
    )


def heart_step(runner: Runner = NOBODY, **step: object) -> HeartStep:
    whole = Step(band=Band(120, 130), incline=3.0, **{"duration_s": 900.0, **step})  # type: ignore[arg-type]
    planned = plan(Workout("x", (whole,)), runner).steps[0]
    return HeartStep.begin(planned, look(0.0, None, 800), runner)


class TestHeartRateStep:
    def test_heart_rate_step_begins_at_its_own_or_the_current_speed(self) -> None:
        assert heart_step(speed=Kmh(9.0)).goals[SPEED] == 900
        assert heart_step().goals[SPEED] == 800
        assert heart_step(most=Kmh(7.0)).goals[SPEED] == 700

    def test_speed_of_a_heart_rate_step_stays_in_its_range(self) -> None:
        step = heart_step(least=Kmh(7.5), most=Kmh(8.5))
        for t in range(120):
            step.follow(look(float(t), 150 + t % 2, round(step.goals[SPEED])))
        assert step.goals[SPEED] == 750
        for t in range(120, 1500):
            step.follow(look(float(t), 100 + t % 2, round(step.goals[SPEED])))
        assert step.goals[SPEED] == 850

    def test_heart_rate_step_continues_from_the_speed_that_the_guard_allows(self) -> None:
        step = heart_step(speed=Kmh(9.0))
        for t in range(200, 700):
            step.follow(look(float(t), 100 + t % 2, 700))
        assert step.goals[SPEED] <= 720

    def test_heart_rate_step_without_a_pulse_raises_no_speed(self) -> None:
        step = heart_step(speed=Kmh(9.0))
        step.follow(look(1.0, None, 600))
        assert step.goals[SPEED] == 600

    def test_heart_rate_step_lowers_the_incline_first_by_choice(self) -> None:
        step = heart_step(Runner(incline_first=True))
        for t in range(8):
            speed, incline = step.goals[SPEED], step.goals[INCLINE]
            step.follow(look(float(t), 150 + t % 2, round(speed), round(incline)))
        assert step.goals[SPEED] == 800
        assert step.goals[INCLINE] < 30
        for t in range(8, 200):
            step.follow(look(float(t), 150 + t % 2, round(step.goals[SPEED]), 0))
        assert step.goals[INCLINE] == 0
        assert step.goals[SPEED] < 800
        for t in range(200, 2000):
            rig = look(float(t), 100 + t % 2, round(step.goals[SPEED]), int(step.goals[INCLINE]))
            step.follow(rig)
        assert step.goals[SPEED] == pytest.approx(800, abs=10)
        assert step.goals[INCLINE] > 5

    def test_heart_rate_step_of_a_cool_down_never_rises(self) -> None:
        step = heart_step(kind=Kind.COOL_DOWN)
        for t in range(900):
            step.follow(look(float(t), 90 + t % 2, 800))
        assert step.goals[SPEED] == 800


class TestEqualEffort:
    @pytest.mark.parametrize(
        ("percent", "acsm", "minetti"),
        [(2, 9.2, 9.0), (4, 8.5, 8.1), (6, 7.9, 7.3), (10, 6.9, 6.0)],
    )
    def test_speed_eased_for_an_incline_matches_the_published_formulas(
        self, percent: float, acsm: float, minetti: float
    ) -> None:
        assert round(eased(10, percent, "acsm"), 1) == acsm
        assert round(eased(10, percent, "minetti"), 1) == minetti

    def test_speed_eased_for_an_incline_is_never_raised(self) -> None:
        assert eased(10, -5, "minetti") == 10
        assert eased(10, 5, "off") == 10
        assert eased(5, 5, "acsm") < 5
