"""Console and guard together, on machines with ways of their own: only a hand is obeyed.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle

import pytest

from bridge.guard import Decision
from bridge.values import Axis, Sample, Verb
from bridge.values.status import TargetChanged
from tests.guard.proof.story import KNOWN, TICK, Story, accepted
from tests.rigs.wording import rules

WARM = replace(KNOWN, warm_up_s=0.0, steep=())


@dataclass
class Odd(Story):
    """A machine that does not show what its belt does, but something like it."""

    seen: deque[float] = field(default_factory=deque)

    def shown(self) -> float:
        """The speed that it reports."""
        raise NotImplementedError

    def _measure(self) -> None:
        super()._measure()
        assert self.sample is not None
        data = replace(self.sample.data, speed=max(0, round(self.shown())))
        self.sample = Sample(self.sample.time, data)


@dataclass
class Lagging(Odd):
    """It reports, and answers, five seconds late."""

    lag: int = 5

    def shown(self) -> float:
        self.seen.append(self.speed)
        return self.seen[max(0, len(self.seen) - 1 - self.lag)]


@dataclass
class Rounding(Odd):
    """It knows halves of a km/h only."""

    def shown(self) -> float:
        return self.speed // 50 * 50


@dataclass
class Drooping(Odd):
    """Each step of its runner slows it a little."""

    strides: Iterator[float] = field(default_factory=lambda: cycle([1.0, 0.97, 0.96, 0.955, 0.98]))

    def shown(self) -> float:
        return self.speed * next(self.strides)


@dataclass
class Targets(Odd):
    """It reports what it was told, and not what the belt does."""

    def shown(self) -> float:
        return self.target[Axis.SPEED]


@dataclass
class Echoing(Story):
    """It confirms each target with a status, twice."""

    times: int = 2
    late: float = 0.25
    due: list[tuple[float, TargetChanged]] = field(default_factory=list)

    def _decide(self) -> Decision:
        before = len(self.written)
        decision = super()._decide()
        for _, target in self.written[before:]:
            status = TargetChanged(self.now, target.axis, target.value)
            self.due += [(self.now + self.late, status)] * self.times
        return decision

    def _move(self, dt: float) -> None:
        super()._move(dt)
        now = [status for when, status in self.due if when <= self.now]
        self.due = [(when, status) for when, status in self.due if when > self.now]
        for status in now:
            self.guard.observe(status, self.snapshot, self.now)


KINDS = (Lagging, Rounding, Drooping, Targets, Echoing)


@pytest.mark.parametrize("kind", KINDS)
class TestWhateverItsWays:
    def running(self, kind: type[Story], speed: int = 1000) -> Story:
        story = kind(policy=WARM)
        story.runs()
        story.ask(Verb.SPEED, speed)
        return story.wait(120)

    def test_it_gets_where_it_is_asked_to(self, kind: type[Story]) -> None:
        story = self.running(kind)
        assert story.target[Axis.SPEED] == 1000
        assert not story.heard("unexpected_rise")
        assert not story.heard("not_responding")

    def test_it_is_not_lowered_step_by_step(self, kind: type[Story]) -> None:
        story = self.running(kind)
        began = story.now - story.began
        story.wait(900)
        assert story.target[Axis.SPEED] == 1000
        assert story.speeds(began) == []
        assert story.decision.requested[Axis.SPEED] == 1000
        assert not story.decision.faults

    def test_asking_again_and_again_ratchets_nothing_down(self, kind: type[Story]) -> None:
        story = self.running(kind)
        for _ in range(10):
            story.wait(45)
            assert accepted(story.ask(Verb.SPEED, 1000))
        story.wait(20)
        assert story.target[Axis.SPEED] == 1000

    def test_a_hand_that_slows_it_is_obeyed_and_not_undone(self, kind: type[Story]) -> None:
        story = self.running(kind)
        began = story.now - story.began
        story.press(Axis.SPEED, 600)
        if kind is Echoing:
            story.says(TargetChanged(story.now, Axis.SPEED, 600))
        story.wait(300)
        assert story.heard("console_slowed")
        assert story.target[Axis.SPEED] == 600
        assert max(story.speeds(began), default=600) <= 600
        assert not story.heard("unexpected_rise")

    def test_a_bound_that_falls_is_kept(self, kind: type[Story]) -> None:
        story = self.running(kind)
        story.guard.configure(replace(WARM, max_speed=500), story.now)
        story.wait(30)
        assert story.target[Axis.SPEED] <= 500
        story.wait(300)
        assert 400 <= story.target[Axis.SPEED] <= 500


class TestRounding:
    def test_a_half_that_a_machine_does_not_know_is_no_disobedience(self) -> None:
        story = Rounding(policy=replace(WARM, stop_on_disobey=True))
        story.runs()
        story.ask(Verb.SPEED, 440)
        story.wait(120)
        assert not story.heard("not_responding")
        assert not story.halts


class TestDroop:
    """A belt that its runner slows by more than a console's smallest step, up to a tenth."""

    def running(self) -> Drooping:
        story = Drooping(policy=WARM, strides=cycle([1.0, 0.93, 0.91, 0.9, 0.92, 0.97]))
        story.runs()
        story.ask(Verb.SPEED, 1000)
        story.wait(300)
        return story

    def test_asking_again_never_ratchets_it_down(self) -> None:
        story = self.running()
        for _ in range(10):
            story.wait(60)
            story.ask(Verb.SPEED, 1000)
            story.wait(60)
            assert story.target[Axis.SPEED] >= 600


class TestNoRequest:
    def running(self) -> Story:
        story = Story(policy=WARM).runs()
        story.ask(Verb.SPEED, 800)
        return story.wait(120)

    def test_one_garbage_frame(self) -> None:
        story = self.running()
        story.speed = 1200
        story._measure()
        story._decide()
        story.speed = 800
        writes = len(story.written)
        story.wait(30)
        assert len(story.written) == writes
        assert story.decision.requested[Axis.SPEED] == 800

    def test_a_status_that_comes_twice_is_one_request(self) -> None:
        story = self.running()
        story.press(Axis.SPEED, 1000)
        for _ in range(2):
            story.says(TargetChanged(story.now, Axis.SPEED, 1000))
        story.wait(60)
        assert len(story.heard("console_raised")) == 1
        assert story.speed == 1000

    def test_a_lower_one_too(self) -> None:
        story = self.running()
        story.press(Axis.SPEED, 500)
        for _ in range(3):
            story.says(TargetChanged(story.now, Axis.SPEED, 500)).wait(TICK)
        story.wait(60)
        assert len(story.heard("console_slowed")) == 1
        assert story.speed == 500


class TestTogether:
    def test_a_runner_s_slower_is_not_undone_by_an_automation_a_second_later(self) -> None:
        story = Story(policy=WARM).runs()
        story.ask(Verb.SPEED, 1000)
        story.wait(120)
        story.press(Axis.SPEED, 600).says(TargetChanged(story.now, Axis.SPEED, 600))
        story.wait(1)
        verdict = story.ask(Verb.SPEED, 1000, program=True)
        assert rules(verdict) == ("console",)
        story.wait(28)
        assert not accepted(story.ask(Verb.SPEED, 610, program=True))
        story.wait(2)
        assert accepted(story.ask(Verb.SPEED, 1000, program=True))

    def test_a_runner_s_faster_is_a_gentle_climb_and_no_jump(self) -> None:
        story = Story(policy=WARM).runs()
        story.ask(Verb.SPEED, 600)
        story.wait(120)
        story.press(Axis.SPEED, 1200).says(TargetChanged(story.now, Axis.SPEED, 1200))
        for _ in range(60):
            before = story.setpoint(Axis.SPEED)
            story.wait(1)
            assert story.setpoint(Axis.SPEED) <= before + 20
        story.wait(10)
        assert story.speed == 1200

    def test_guard_and_runner_do_not_play_ping_pong(self) -> None:
        """The guard sets back what is above a bound, and the runner presses again."""
        story = Story(policy=replace(WARM, max_speed=800)).runs()
        story.ask(Verb.SPEED, 800)
        story.wait(120)
        for _ in range(6):
            story.press(Axis.SPEED, 900).says(TargetChanged(story.now, Axis.SPEED, 900))
            story.wait(20)
            assert story.speed == 800
        assert len(story.speeds(121)) <= 2 * 6  # at once, and at the end of each gesture
